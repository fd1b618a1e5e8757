/** Ada, who visits, Grace, who answers, and what passes between them. */
import type { LineFrame, ServerFrame, View } from "../src/wire.ts";

export const AT = "2026-11-21T10:42:07.123Z";

export function aView(changes: Partial<View> = {}): View {
  return {
    chat: "chat-1",
    state: "open",
    ticket: "12345",
    you: "Ada Lovelace",
    person: "ada",
    operators: ["Grace Hopper"],
    head: 0,
    relayed: 0,
    ended_by: null,
    closing: null,
    rating: null,
    blocked: null,
    stranger: false,
    ...changes,
  };
}

export const welcome = (changes: Partial<View> = {}): ServerFrame => ({
  t: "welcome",
  view: aView(changes),
});

export function grace(seq: number, text: string, changes: Partial<LineFrame> = {}): LineFrame {
  return {
    t: "line",
    seq,
    kind: "said",
    author: { role: "operator", name: "Grace Hopper" },
    text,
    at: AT,
    ...changes,
  };
}

export function ada(
  seq: number,
  text: string,
  key: string,
  changes: Partial<LineFrame> = {},
): LineFrame {
  return {
    t: "line",
    seq,
    kind: "said",
    author: { role: "visitor", name: "Ada Lovelace" },
    text,
    at: AT,
    key,
    ...changes,
  };
}

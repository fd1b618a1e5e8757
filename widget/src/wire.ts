/** The frames and answers of docs/widget-protocol.md, version 1. */

export interface View {
  chat: string;
  state: "open" | "ended" | "filed";
  ticket: string;
  you: string;
  operators: string[];
  head: number;
  relayed: number;
  ended_by: "visitor" | "operator" | null;
}

export interface Quote {
  author: string;
  text: string;
}

export interface LineFrame {
  t: "line";
  seq: number;
  kind: "said" | "edited" | "removed" | "notice";
  author: { role: "visitor" | "operator" | "system"; name: string };
  text: string;
  at: string;
  key?: string;
  target?: number;
  quote?: Quote;
}

export type Refusal = "ended" | "too_long" | "empty" | "chat_full" | "slow_down";

export type ServerFrame =
  | { t: "welcome"; view: View }
  | { t: "view"; view: View }
  | LineFrame
  | { t: "ack"; key: string; seq: number; at: string }
  | { t: "refused"; key: string; error: Refusal }
  | { t: "over" }
  | { t: "pong" };

export type ClientFrame =
  | { t: "hello"; chat: string; after: number }
  | { t: "say"; key: string; text: string }
  | { t: "presence"; state: "open" | "hidden" }
  | { t: "end" }
  | { t: "ping" };

export type Fate = "pending" | "used" | "revoked" | "expired" | "unknown";

export interface Peek {
  fate: Fate;
  ticket?: string;
  operators?: string[];
  expires?: string;
}

export const SUBPROTOCOL = "livechat.v1";

/** The longest message, in bytes of UTF-8. */
export const MAX_BYTES = 30 * 1024;

export const Close = {
  restart: 1012,
  busy: 1013,
  noSession: 4401,
  otherChat: 4409,
  gone: 4410,
} as const;

/** Reads one text frame; null when it is none of ours. */
export function readFrame(data: unknown): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(String(data));
    return frame && typeof (frame as ServerFrame).t === "string" ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}

const encoder = new TextEncoder();

/** How many bytes the service will count. */
export function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

/** Random bytes as base64url, for keys and nonces. */
export function randomText(bytes: number): string {
  const raw = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...raw)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

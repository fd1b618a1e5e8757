/** What the panel shows while there is no chat. */
import type { Join } from "../api.ts";
import type { Strings } from "../strings.ts";
import { ticketName } from "../strings.ts";
import type { Peek } from "../wire.ts";
import { h, icon, ICONS } from "./dom.ts";

export interface Support {
  url: string;
  text: string;
}

type Fate = Extract<Join, { got: "refused" }>["fate"];

export type Screen =
  | { name: "checking" }
  | { name: "none" }
  | { name: "invited"; peek: Peek; busy: boolean; problem: "" | "join_trouble" | "join_slow"; join(): void }
  | { name: "refused"; fate: Fate; back: (() => void) | null }
  | { name: "trouble"; again(): void };

export function screen(t: Strings, what: Screen, support: Support): HTMLElement {
  const parts = {
    checking: () => [h("p", { class: "quiet" }, t.say("checking"))],
    none: () => none(t, support),
    invited: () => invited(t, what as Screen & { name: "invited" }),
    refused: () => refused(t, what as Screen & { name: "refused" }, support),
    trouble: () => trouble(t, what as Screen & { name: "trouble" }),
  }[what.name]();
  return h("div", { class: `screen ${what.name}`, part: "screen" }, ...parts);
}

function heading(text: string): HTMLElement {
  return h("h3", { tabindex: "-1" }, text);
}

function ticketLink(t: Strings, { url, text }: Support): HTMLElement | false {
  return !!url && h("a", { class: "button", href: url }, text || t.say("open_ticket"));
}

function none(t: Strings, support: Support): (HTMLElement | false)[] {
  return [
    h("div", { class: "emblem" }, icon(ICONS.chat)),
    heading(t.say("none_head")),
    h("p", {}, t.say("none_text")),
    h("p", {}, t.say("none_ticket")),
    ticketLink(t, support),
  ];
}

function invited(t: Strings, what: Screen & { name: "invited" }): (HTMLElement | false)[] {
  const { peek, busy, problem, join } = what;
  const ticket = ticketName(peek.ticket);
  const names = peek.operators ?? [];
  const who = names.length > 1
    ? t.say("and", { a: names.slice(0, -1).join(", "), b: names[names.length - 1] ?? "" })
    : (names[0] ?? "");
  const word = busy ? "joining" : "join";
  return [
    h("div", { class: "emblem" }, icon(ICONS.chat)),
    heading(t.say("invited_head")),
    h("p", {}, who ? t.say("invited_by", { who, ticket }) : t.say("invited_by_nobody", { ticket })),
    h(
      "div",
      { class: "record" },
      h("h4", {}, t.say("record_head")),
      h("p", {}, t.say("record", { ticket })),
      h("p", {}, t.say("passwords")),
    ),
    h("p", { class: "problem", role: "alert" }, problem && t.say(problem)),
    h("button", { type: "button", class: "primary wide", part: "join", "aria-disabled": busy && "true", click: join }, t.say(word)),
  ];
}

function refused(t: Strings, what: Screen & { name: "refused" }, support: Support): (HTMLElement | false)[] {
  const { fate, back } = what;
  return [
    heading(t.say("refused_head")),
    h("p", {}, t.say(`refused_${fate}`)),
    h("p", {}, t.say("refused_do")),
    back ? h("button", { type: "button", class: "primary", click: back }, t.say("back")) : ticketLink(t, support),
  ];
}

function trouble(t: Strings, what: Screen & { name: "trouble" }): HTMLElement[] {
  return [
    heading(t.say("trouble_head")),
    h("p", {}, t.say("trouble_text")),
    h("button", { type: "button", class: "primary", click: () => what.again() }, t.say("again")),
  ];
}

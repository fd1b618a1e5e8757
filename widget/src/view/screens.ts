/** What the panel shows while there is no chat. */
import { say } from "../strings.ts";
import type { Fate, Peek } from "../wire.ts";
import { button, h, icon, ICONS, type Child, type Spec } from "./dom.ts";

export type Screen =
  | { name: "checking" | "none" }
  | { name: "invited"; peek: Peek; busy?: boolean; failed?: boolean; join(): void }
  | { name: "refused"; fate: Exclude<Fate, "pending">; back: (() => void) | null }
  | { name: "trouble"; again(): void };

/** Where one opens a ticket, as the page says. */
export interface Support {
  url: string;
  text: string;
}

export function screen(what: Screen, { url, text }: Support): Spec {
  const ticket = !!url && h("a.button", { href: url }, text || say("none_ticket"));
  const emblem = h("div.emblem", {}, icon(ICONS.chat));
  let head = "";
  let kids: Child[] = [];
  if (what.name === "none") {
    head = say("none_head");
    kids = [h("p", {}, say("none_text")), ticket];
  } else if (what.name === "invited") {
    head = say("invited_head");
    kids = invited(what);
  } else if (what.name === "refused") {
    head = say("refused_head");
    const next = what.back ? button("main", what.back, say("back")) : ticket;
    kids = [h("p", {}, say(what.fate)), h("p", {}, say("refused_do")), next];
  } else if (what.name === "trouble") {
    head = say("trouble_head");
    kids = [h("p", {}, say("trouble_text")), button("main", what.again, say("again"))];
  } else {
    head = say("checking");
  }
  return h("div.screen", { key: what.name }, emblem, h("h3", { tabindex: "-1" }, head), ...kids);
}

function invited({ peek, busy, failed, join }: Screen & { name: "invited" }): Child[] {
  const { ticket, operators } = peek;
  const who = operators.join(", ") || say("title");
  const props = { "aria-disabled": busy && "true", click: join };
  return [
    h("p", {}, say("invited_text", { who, ticket })),
    h("div.record", {}, h("b", {}, say("record_head")), h("p", {}, say("record", { ticket }))),
    h("p.bad", { role: "alert" }, failed && say("trouble_text")),
    h("button.main", props, say(busy ? "joining" : "join")),
  ];
}

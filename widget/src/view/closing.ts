/** What stands where one wrote: the question whether to end, and what follows the end. */
import type { Session } from "../session.ts";
import type { Strings } from "../strings.ts";
import { ticketName } from "../strings.ts";
import type { Stop } from "../link.ts";
import { copy, h, setText } from "./dom.ts";

/** Asks in place; not a dialogue in front of everything. */
export function confirmEnd(t: Strings, ticket: string, yes: () => void, no: () => void): HTMLElement {
  return h(
    "div",
    { class: "foot confirm", role: "group", "aria-labelledby": "sure" },
    h("p", { id: "sure" }, t.say("end_sure", { ticket: ticketName(ticket) })),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "danger", click: yes }, t.say("end_yes")),
      h("button", { type: "button", click: no }, t.say("end_no")),
    ),
  );
}

export interface Ending {
  session: Session;
  stop: Stop | null;
  /** What was written and cannot be sent any more. */
  draft: string;
  save(): void;
  close(): void;
}

/** The last words: what became of the conversation, and what can still be done here. */
export function ending(t: Strings, end: Ending): HTMLElement {
  const { session, draft } = end;
  const { head, text } = lastWords(t, session, end.stop);
  const copyDraft = (event: Event) => {
    void copy(draft);
    setText(event.currentTarget as Node, t.say("copied"));
  };
  const kept = draft && [
    h("p", {}, t.say("unsent_head")),
    h("blockquote", { dir: "auto", tabindex: "0" }, draft),
    h("button", { type: "button", class: "link", click: copyDraft }, t.say("copy_text")),
  ];
  const said = session.entries.length > 0;
  return h(
    "div",
    { class: "foot ending", part: "ending" },
    h("h3", { tabindex: "-1" }, head),
    ...text.map((words) => h("p", {}, words)),
    ...(kept || []),
    h(
      "div",
      { class: "buttons" },
      said && h("button", { type: "button", class: "primary", click: end.save }, t.say("save")),
      h("button", { type: "button", click: end.close, "aria-describedby": "shared" }, t.say("close")),
    ),
    h("p", { class: "small", id: "shared" }, t.say("close_note")),
  );
}

function lastWords(t: Strings, session: Session, stop: Stop | null): { head: string; text: string[] } {
  const { state, ended_by: by, ticket: number } = session.view;
  const ticket = ticketName(number);
  if (stop && state !== "filed") {
    return { head: t.say("stopped_head"), text: [t.say(`stopped_${stop}`, { ticket })] };
  }
  const head = by ? t.say(`over_${by}`) : t.say("over");
  const text = [t.say(state === "filed" ? "over_filed" : "over_ended", { ticket })];
  if (state === "filed" && !session.entries.length) text.push(t.say("over_filed_gone"));
  return { head, text: [...text, t.say("over_more")] };
}

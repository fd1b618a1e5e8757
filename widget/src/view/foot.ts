/** What stands below the conversation: the composer, or what took its place. */
import { saveCopy } from "../copyfile.ts";
import { say } from "../strings.ts";
import type { Talk } from "../talk.ts";
import { bytesOf, MAX_BYTES } from "../wire.ts";
import { button, copy, h, icon, ICONS, type Child, type Spec } from "./dom.ts";

/** Bytes before the limit from which on we say how much is left. */
const NEAR_LIMIT = 3 * 1024;

export interface FootUser {
  send(): void;
  draft(text: string): void;
  end(): void;
  cancel(): void;
  leave(): void;
}

export function composer(first: string, draft: string, user: FootUser): Spec {
  const text = draft.trim();
  // No character takes more than 3 bytes for each of its units: short texts need no counting.
  const left = MAX_BYTES - (text.length * 3 < MAX_BYTES - NEAR_LIMIT ? 0 : bytesOf(text));
  const n = Math.ceil(Math.abs(left) / 100) * 100; // a screen reader is not told of every letter
  const note = left < 0 ? say("too_long", { n }) : left < NEAR_LIMIT ? say("left", { n }) : "";
  const submit = (event: Event) => {
    event.preventDefault();
    if (text && left >= 0) user.send();
  };
  // Enter sends, unless it ends the composing of a character; Shift+Enter breaks the line.
  const keydown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
  };
  const box: Spec = h("textarea", {
    id: "box", rows: "1", dir: "auto", enterkeyhint: "send", part: "input", "aria-describedby": "note",
    "aria-invalid": left < 0 && "true", keydown,
    input: (event: Event) => user.draft((event.target as HTMLTextAreaElement).value),
  }, first);
  const name = say("send");
  const off = (!text || left < 0) && "true";
  return h(
    "form",
    { key: "composer", submit },
    h("label", { for: "box" }, say("label")),
    h(
      "div",
      { class: "field" },
      h("div", { class: "twin" }, h("span", { "aria-hidden": "true" }, `${draft} `), box),
      h("button", { class: "send", part: "send", "aria-label": name, title: name, "aria-disabled": off }, icon(ICONS.send)),
    ),
    h("p", { id: "note", role: "status" }, note),
  );
}

/** Asks in place; not a dialogue in front of everything. */
export const confirm = (ticket: string, user: FootUser): Spec =>
  h(
    "div",
    { class: "foot", key: "confirm", role: "group", "aria-labelledby": "sure" },
    h("p", { id: "sure" }, say("end_sure", { ticket })),
    h("p", { class: "acts" }, button(say("end_yes"), user.end, { class: "bad" }), button(say("end_no"), user.cancel)),
  );

export const ending = (): Spec => h("p", { class: "foot", role: "status", key: "ending" }, say("ending"));

/** The last words: what became of the conversation, and what can still be done here. */
export function over({ session, stop, outbox }: Talk, user: FootUser): Spec {
  const { state, ticket } = session.view;
  const stopped = state !== "filed" && stop;
  const words: string[] = stopped
    ? [say(stopped), say("stopped_do", { ticket })]
    : [say(state === "filed" ? "over_filed" : "over_ended", { ticket }), say("over_more")];
  const { draft } = outbox;
  const kept: Child[] = draft
    ? [h("p", {}, say("unsent")), h("blockquote", { dir: "auto", tabindex: "0" }, draft), button(say("copy"), () => void copy(draft), { class: "link" })]
    : [];
  return h(
    "div",
    { class: "foot", key: "over" },
    h("h3", { tabindex: "-1" }, say(stopped ? "stopped_head" : "over_head")),
    ...words.map((text) => h("p", {}, text)),
    ...kept,
    h(
      "p",
      { class: "acts" },
      session.entries.length > 0 && button(say("save"), () => saveCopy(session), { class: "main" }),
      button(say("close"), user.leave, { "aria-describedby": "shared" }),
    ),
    h("p", { class: "quiet", id: "shared" }, say("close_note")),
  );
}

/** What stands below the conversation: the composer, or what took its place. */
import type { App } from "../app.ts";
import { moreOf } from "../more.ts";
import { say } from "../strings.ts";
import type { Talk } from "../talk.ts";
import { bytesOf, MAX_BYTES } from "../wire.ts";
import { button, h, icon, ICONS, type Spec } from "./dom.ts";

/** Bytes before the limit from which on we say how much is left. */
const NEAR_LIMIT = 3 * 1024;

export function composer(app: App, talk: Talk): Spec {
  const { draft } = talk;
  const text = draft.trim();
  const left = MAX_BYTES - bytesOf(text);
  const n = Math.ceil(Math.abs(left) / 100) * 100; // a screen reader is not told of every letter
  const note = left < 0 ? say("chars_over", { n }) : left < NEAR_LIMIT ? say("chars_left", { n }) : "";
  const off = (!text || left < 0) && "true";
  const submit = (event: Event) => {
    event.preventDefault();
    if (!off && !moreOf(app)?.waits(app, talk)) app.send(talk);
  };
  // Enter sends, unless it ends the composing of a character; Shift+Enter breaks the line. Who has
  // chosen so sends with Ctrl+Enter.
  const keydown = (event: KeyboardEvent) => {
    const sends = app.chosen.enter !== false && !event.shiftKey;
    if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229)
      if (event.ctrlKey || event.metaKey || sends) submit(event);
  };
  const box: Spec = h(
    "textarea",
    {
      id: "box",
      rows: "1",
      dir: "auto",
      enterkeyhint: "send",
      "aria-describedby": "note",
      "aria-invalid": left < 0 && "true",
      keydown,
      input: (event: Event) => {
        talk.draft = (event.target as HTMLTextAreaElement).value;
        talk.keep();
        talk.typed();
        app.draw();
      },
    },
    app.first,
  );
  return h(
    "form",
    { key: "composer", submit },
    h("label", { for: "box" }, say("box_name")),
    h(
      "div.field",
      {},
      h("div.twin", {}, h("span", { "aria-hidden": "true" }, `${draft} `), box),
      ...(moreOf(app)?.choosers(app) ?? []),
      h("button.send", { "aria-label": say("send_name"), "aria-disabled": off }, icon(ICONS.send)),
    ),
    h("p", { id: "note", role: "status" }, note),
  );
}

/** The chat is about to end by itself. */
export function closing(app: App, talk: Talk): Spec {
  return moreOf(app)?.closing(app, talk) ?? h("p.foot", { key: "short" }, say("closing_short"));
}

/** Asks in place, not in a dialogue in front of everything: to end the chat, or to close it. */
export function confirm(app: App, talk: Talk): Spec {
  const { ticket } = talk.session.view;
  const what = talk.over ? "close" : "end";
  app.first = talk.draft; // for the composer, which goes away meanwhile and is made anew
  const yes = () => {
    app.asking = false;
    if (talk.over) return app.leave();
    talk.end();
    app.draw();
  };
  return h(
    "div.foot",
    { key: "confirm", role: "group", "aria-labelledby": "sure" },
    h("p", { id: "sure" }, say(ticket || talk.over ? `${what}_sure` : "end_sure_new", { ticket })),
    h(
      "p.acts",
      {},
      button("bad", yes, say(what)),
      button("no", () => app.escape(), say(`${what}_no`)),
    ),
  );
}

export const ending = (): Spec =>
  h("div.foot", { key: "ending" }, h("h3", { tabindex: "-1" }, say("ending")));

/** The last words: what became of the conversation. */
export function over(app: App, talk: Talk): Spec {
  const { draft, session, stop, unsaid } = talk;
  const { state, ticket } = session.view;
  const stopped = state !== "filed" && stop;
  const word = stopped || (!ticket ? "over_new" : state === "filed" ? "over_filed" : "over_ended");
  app.first = draft; // should it go on after all
  const close = button("close", () => (unsaid ? app.question() : app.leave()), say("close"));
  return h(
    "div.foot",
    { key: "over" },
    h("h3", { tabindex: "-1" }, say(state === "open" ? "stopped_head" : "over_head")),
    h("p", {}, say(word, { ticket })),
    h("p", {}, !session.view.stranger && say("go_on")),
    ...(moreOf(app)?.over(app, talk, close) ?? [h("p.acts", { key: "acts" }, close)]),
  );
}

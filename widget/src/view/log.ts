/** The list of messages. It announces nothing: `announcer.ts` does. */
import type { App } from "../app.ts";
import { moreOf } from "../more.ts";
import { rowsOf, type Row } from "../rows.ts";
import type { Entry } from "../session.ts";
import { say, sayIfKnown } from "../strings.ts";
import type { Talk } from "../talk.ts";
import { copy, h, type Child, type Spec } from "./dom.ts";
import { rich } from "./rich.ts";

export function log(app: App, talk: Talk): Spec {
  const { lang, changed } = app;
  const acts = ({ entry: { key, text, refused } }: Row): Child[] => {
    const again = () => (talk.say(text, key), changed());
    const remove = () => (talk.discard(key), changed());
    return refused
      ? [
          refused === "slow_down" && act(say("again"), again),
          act(say("copy"), copy(text)),
          act(say("remove"), remove),
        ]
      : [];
  };
  const rows = rowsOf(talk.session, talk.newFrom).map((row) => [
    row.day && h("li.day", { key: `day ${row.entry.id}` }, dayOf(row.entry.at, lang)),
    row.fresh && h("li.new", { key: "new" }, say("fresh")),
    row.entry.notice ? notice(app, row.entry) : said(app, row, acts(row)),
  ]);
  return h("ol", {}, ...rows.flat());
}

const act = (words: string, click: () => void) => h("button.link", { click, key: words }, words);

function notice(app: App, { id, text, name }: Entry): Child {
  const who = { name: name || say("title") };
  const words = sayIfKnown(text, who) || moreOf(app)?.noticed(text, who);
  return !!words && h("li.notice", { key: id }, words);
}

function said(app: App, row: Row, acts: Child[]): Spec {
  const { entry, first, last, delivery } = row;
  const { id, own, name, at, change, refused } = entry;
  const state = delivery && say(refused ? `refused_${refused}` : (delivery as "sent"));
  const alone = last || acts.length || delivery === "sending" || entry.mark || change;
  const names = ["said", own && "own", first && "first", alone && "last", delivery].filter(Boolean);
  return h(
    "li",
    { class: names.join(" "), key: id },
    h("p.who", {}, own ? say("you") : name),
    body(app, entry),
    h(
      "p.meta",
      {},
      at &&
        h("time", { datetime: at }, new Date(at).toLocaleTimeString(app.lang, { timeStyle: "short" })),
      change === "edited" && h("span", { key: "edited" }, say("edited")),
      state && h("span", { key: "state" }, state),
      ...acts,
    ),
  );
}

/** Bodies as they were described before: a long conversation is not read again at every stroke. */
const bodies = new WeakMap<Entry, { of: string; spec: Spec }>();

function body(app: App, entry: Entry): Spec {
  const { text, change, quote, file } = entry;
  const files = file && moreOf(app);
  const of = `${change} ${text} ${file?.standing} ${!files}`;
  const before = bodies.get(entry);
  if (before?.of === of) return before.spec;
  const gone = change === "removed";
  const reply = quote && !gone && [h("b", {}, say("reply_to", { name: quote.author })), quote.text];
  const kids = gone ? [h("p.quiet", {}, say("removed"))] : files ? files.body(app, entry) : rich(text);
  const spec = h(
    "div.body",
    {},
    reply && h("blockquote", { dir: "auto", key: "reply" }, ...reply),
    ...kids,
  );
  bodies.set(entry, { of, spec });
  return spec;
}

function dayOf(at: string, lang: string): string {
  return new Date(at).toLocaleDateString(lang, { dateStyle: "full" });
}

/** What can still be done when the chat is over. */
import type { App } from "../app.ts";
import type { Kit, More } from "../more.ts";
import type { Child } from "../view/dom.ts";
import { elsewhere } from "./closed.ts";
import { printCopy, saveCopy } from "./copyfile.ts";
import { dress } from "./dress.ts";
import { keptOut } from "./keptout.ts";
import { rate } from "./rate.ts";

/** @param left what is to be said of files that did not get away */
export function over(kit: Kit, left: (app: App) => Child[]): More["over"] {
  const { h, button, copy, say } = kit;
  const rating = rate(kit);
  return (app: App, talk, close) => {
    dress(app);
    if (elsewhere.has(talk)) return [];
    const { session, draft } = talk;
    const kept = draft && [
      h("p", { key: "kept" }, say("refused_lost")),
      h("blockquote", { key: "draft", dir: "auto", tabindex: "0" }, draft),
      button("link", copy(draft), say("copy")),
    ];
    const copies = !!session.entries[0] && [
      button("main", () => saveCopy(kit, session, app.lang), say("save")),
      button("print", () => printCopy(kit, session, app.lang), say("print")),
    ];
    const { blocked } = session.view;
    const told = !!blocked && h("p", { key: "blocked" }, keptOut(kit, blocked));
    return [
      told,
      ...(kept || []),
      ...left(app),
      ...rating(app, talk),
      h("p.acts", { key: "acts" }, ...(copies || []), close),
      h("p.quiet", { key: "note" }, say("close_note")),
    ];
  };
}

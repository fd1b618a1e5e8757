/**
 * A page comes out of the back-forward cache as it was left. What was written on other pages of its
 * tab since then stands in the tab's storage: a draft that was sent there is not to be sent again,
 * and one from there not to be written over.
 */
import type { App } from "../app.ts";
import type { Outbox } from "../outbox.ts";
import type { Talk } from "../talk.ts";
import { heed } from "./heed.ts";

/** What the tab keeps of the app's chat. */
function kept({ talk }: App): string | null {
  try {
    return talk && sessionStorage.getItem(`livechat:${talk.session.view.chat}`);
  } catch {
    return null; // blocked: then no other page wrote there either
  }
}

function take(app: App, talk: Talk, written: string | null): void {
  const { draft = "", unsent = [] } = JSON.parse(written ?? "{}") as Partial<Outbox>;
  app.first = talk.draft = draft;
  const box = app.root.querySelector<HTMLTextAreaElement>("#box");
  if (box) box.value = draft;
  const { session } = talk;
  for (const one of unsent) if (!session.unsent.some(({ key }) => key === one.key)) session.say(one);
  app.draw();
}

export function back(): (app: App) => void {
  const heard = new WeakSet<App>();
  return (app) => {
    if (heard.has(app)) return;
    heard.add(app);
    let left: string | null = null;
    heed(app, "pagehide", (it) => (left = kept(it)));
    heed(app, "pageshow", (it, { persisted }) => {
      const { talk } = it;
      const now = kept(it);
      if (persisted && talk && !talk.stop && now !== left) take(it, talk, now);
    });
  };
}

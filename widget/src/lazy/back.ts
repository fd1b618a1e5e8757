/**
 * A browser may keep a page whole, and whoever presses Back later may be somebody else: it is laid
 * away without its chat. When it comes back it asks who is there, as a page does that is loaded
 * anew. What was written on other pages of its tab since then is in the tab's storage, as ever.
 */
import type { App } from "../app.ts";
import type { Session } from "../session.ts";
import { heed } from "./heed.ts";

/** @param leave lets go of what was typed at the door */
export function back(leave: (app: App) => void): (app: App) => void {
  const heard = new WeakSet<App>();
  const left = new WeakMap<App, Session | null>();

  function layAway(app: App): void {
    const { talk, screen } = app;
    if (!talk && screen.name !== "none") return;
    left.set(app, talk?.session ?? null);
    talk?.link.stop();
    leave(app);
    app.talk = null;
    app.asking = false;
    app.announcer.clear();
    app.go({ name: "checking" });
  }

  /** The same chat's lines are here already; once it is filed, nowhere else. */
  function takeUp(app: App): void {
    const was = left.get(app);
    const { talk } = app;
    left.delete(app);
    if (!was || !talk || talk.stop || was.view.chat !== talk.session.view.chat) return;
    const { entries, seq } = was;
    Object.assign(talk.session, { entries, seq });
    app.changed();
  }

  return (app) => {
    takeUp(app);
    if (heard.has(app)) return;
    heard.add(app);
    heed(app, "pagehide", (it, { persisted }) => persisted && layAway(it));
    heed(app, "pageshow", (it, { persisted }) => persisted && left.has(it) && void it.resume());
  };
}

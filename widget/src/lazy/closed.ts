/**
 * A chat that was closed in another window of this browser, or before this page came back out of the
 * back-forward cache: nothing of it is shown any more.
 */
import type { App } from "../app.ts";

export function closed(): (app: App) => void {
  const heard = new WeakSet<App>();
  return (app) => {
    if (!heard.has(app)) for (const event of ["storage", "pageshow"]) addEventListener(event, app.changed);
    heard.add(app);
    const { talk } = app;
    if (!talk?.session.entries[0]) return;
    try {
      if (localStorage.getItem("livechat:left") !== JSON.stringify(talk.session.view.chat)) return;
    } catch {
      return; // blocked: no window knows of another
    }
    talk.session.entries = [];
    talk.forget();
    app.announcer.clear();
    app.changed();
  };
}

/**
 * A chat that was closed in another window of this browser, or before this page came back out of the
 * back-forward cache: nothing of it is shown any more.
 */
import type { App } from "../app.ts";

/** The name stands there only until the service has been told; a window hears of it by the event. */
const LEFT = "livechat:left";

export function closed(): (app: App) => void {
  const heard = new WeakSet<App>();
  return (app) => {
    if (heard.has(app)) return;
    heard.add(app);
    addEventListener("storage", ({ key, newValue }) => {
      if (key === LEFT && newValue === JSON.stringify(app.talk?.session.view.chat)) drop(app);
    });
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted && app.talk && !app.talk.stop && isNobodys()) drop(app);
    });
  };
}

/** Whether this browser has no chat any more. Where nothing can be kept, no window knows of another. */
function isNobodys(): boolean {
  try {
    return !JSON.parse(localStorage.getItem("livechat:session") ?? '""');
  } catch {
    return false;
  }
}

function drop(app: App): void {
  const { talk } = app;
  if (!talk) return;
  talk.session.entries = [];
  talk.forget();
  app.announcer.clear();
  app.changed();
}

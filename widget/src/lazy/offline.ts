/** The browser knows at once when there is no network; a socket only finds out by hearing nothing for long. */
import type { App } from "../app.ts";
import { heed } from "./heed.ts";

export function offline(): (app: App) => void {
  const heard = new WeakSet<App>();
  return (app) => {
    if (heard.has(app)) return;
    heard.add(app);
    // If the browser is mistaken the next attempt, half a second later, gets through.
    heed(app, "offline", ({ talk }) => talk?.link.restart());
  };
}

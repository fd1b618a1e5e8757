/** Hearing of the window for a pop-up without keeping it: a page may take its element away. */
import type { App } from "../app.ts";

/** `act` is given the app: what it holds of it otherwise would stay for as long as the window. */
export function heed<Name extends keyof WindowEventMap>(
  app: App,
  name: Name,
  act: (app: App, event: WindowEventMap[Name]) => void,
): void {
  const held = new WeakRef(app);
  addEventListener(name, (event) => {
    const there = held.deref();
    if (there) act(there, event);
  });
}

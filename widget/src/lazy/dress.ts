/** Puts the styles of what was fetched on the pop-up, once. */
import type { App } from "../app.ts";
import css from "./all.css";

const dressed = new WeakSet<App>();

export function dress(app: App): void {
  if (dressed.has(app) || !app.root.adoptedStyleSheets) return;
  dressed.add(app);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  app.root.adoptedStyleSheets = [...app.root.adoptedStyleSheets, sheet];
}

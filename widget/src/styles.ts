/** Puts the styles on a shadow tree without a `<style>` element, so that a strict CSP allows them. */
import css from "./all.css";

export function dress(root: ShadowRoot): void {
  if (!root.adoptedStyleSheets || root.firstChild) return; // see view/panel.ts; the element was moved
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
}

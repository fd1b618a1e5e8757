/** Puts the styles on a shadow tree without a `<style>` element, so that a strict CSP allows them. */
import css from "./styles.css";

export function dress(root: ShadowRoot): void {
  if ("adoptedStyleSheets" in root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } else {
    // Safari before 16.4 knows no other way. (Its `root` has no more precise type here.)
    const style = document.createElement("style");
    style.textContent = css;
    (root as ShadowRoot).append(style);
  }
}

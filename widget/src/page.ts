/** What the widget does to the page around it: its title, and stepping aside on small screens. */

/** What we put before the page's title, which may begin with a number of its own. */
let mark = "";

/** Puts the number of unread messages before the page's title, or takes it away. */
export function countInTitle(n: number): void {
  const { title } = document;
  const own = title.startsWith(mark) ? title.slice(mark.length) : title;
  mark = n ? `(${n}) ` : "";
  if (title !== mark + own) document.title = mark + own;
}

/** Sends an event of the element; false when the page prevents it. One with a detail only tells. */
export const tell = (host: HTMLElement, name: string, detail?: object): boolean =>
  host.dispatchEvent(
    new CustomEvent(`livechat-${name}`, { detail, bubbles: true, composed: true, cancelable: !detail }),
  );

/** The screens which the panel fills; the same words stand in styles.css. */
const SMALL = "(max-width: 480px), (max-height: 460px)";
let aside: HTMLElement[] = [];

/**
 * While the panel fills the screen, what lies behind it cannot be reached: a focus that nobody can
 * see is worse than none (WCAG 2.4.11). And the panel is as high as the keyboard leaves room for.
 */
export function stepAside(host: HTMLElement, panel: HTMLElement | null, open: boolean): void {
  const full = open && matchMedia(SMALL).matches;
  if (full !== !!aside[0]) {
    for (const node of aside) node.inert = false;
    aside = full ? beside(host) : [];
    for (const node of aside) node.inert = true;
  }
  const view = visualViewport;
  // Zoomed in by hand, one looks at a part: the panel keeps its size then.
  const fits = full && view && view.scale < 1.1;
  if (panel) panel.style.cssText = fits ? `--room:${view.height}px;--above:${view.offsetTop}px` : "";
}

/** Everything that is neither in, nor around, this node. */
function beside(node: HTMLElement): HTMLElement[] {
  const { parentElement: parent } = node;
  if (!parent || node === document.body) return [];
  const others = [...parent.children].filter(
    (one): one is HTMLElement => one !== node && one instanceof HTMLElement && !one.inert,
  );
  return [...others, ...beside(parent)];
}

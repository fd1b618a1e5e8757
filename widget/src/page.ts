/** What the widget does to the page around it: its title, and stepping aside on small screens. */

const COUNT = /^\(\d+\+?\) /;

/** Puts the number of unread messages before the page's title, or takes it away. */
export function countInTitle(n: number): void {
  const bare = document.title.replace(COUNT, "");
  const title = n ? `(${n > 99 ? "99+" : n}) ${bare}` : bare;
  if (document.title !== title) document.title = title;
}

/** The screens which the panel fills; the same words stand in styles.css. */
export const SMALL = "(max-width: 480px), (max-height: 460px)";

/**
 * While the panel fills the screen, what lies behind it cannot be reached: a focus that nobody can
 * see is worse than none (WCAG 2.4.11). And the panel is as high as the keyboard leaves room for.
 */
export class FullScreen {
  #host: HTMLElement;
  #panel: HTMLElement;
  #resized: () => void;
  #small = matchMedia(SMALL);
  #aside: HTMLElement[] = [];
  #open = false;

  constructor(host: HTMLElement, panel: HTMLElement, resized: () => void) {
    this.#host = host;
    this.#panel = panel;
    this.#resized = resized;
  }

  set(open: boolean): void {
    if (open !== this.#open) {
      this.#open = open;
      const listen = open ? "addEventListener" : "removeEventListener";
      this.#small[listen]("change", this.#fit);
      window.visualViewport?.[listen]("resize", this.#fit);
      window.visualViewport?.[listen]("scroll", this.#fit);
    }
    this.#fit();
  }

  #fit = (): void => {
    const full = this.#open && this.#small.matches;
    if (full !== this.#aside.length > 0) this.#setAside(full);
    const view = window.visualViewport;
    if (view && this.#open) {
      // Zoomed in by hand, one looks at a part: the panel keeps its size then.
      const fits = full && view.scale < 1.05;
      this.#panel.style.setProperty("--room", fits ? `${view.height}px` : "");
      this.#panel.style.setProperty("--above", fits ? `${view.offsetTop}px` : "");
    }
    if (this.#open) this.#resized();
  };

  #setAside(full: boolean): void {
    for (const node of this.#aside) node.inert = false;
    this.#aside = [];
    for (let node: HTMLElement | null = this.#host; full && node?.parentElement; node = node.parentElement) {
      if (node === document.body) break;
      for (const other of node.parentElement.children) {
        if (other === node || !(other instanceof HTMLElement) || other.inert) continue;
        other.inert = true;
        this.#aside.push(other);
      }
    }
  }
}

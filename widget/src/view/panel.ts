/** The frame of the pop-up: launcher, header, connection state, and room for what is inside. */
import type { Strings } from "../strings.ts";
import { h, icon, ICONS, setText } from "./dom.ts";

export interface PanelUser {
  toggle(): void;
  minimise(): void;
  askEnd(): void;
  escape(): void;
}

export class Panel {
  readonly launcher: HTMLButtonElement;
  readonly node: HTMLElement;
  #t: Strings;
  #badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
  #title: HTMLElement;
  #presence = h("p", { class: "presence" });
  #end: HTMLButtonElement;
  #state = h("p", { class: "state", role: "status", part: "state" });
  #main = h("div", { class: "main" });
  #foot = h("div", { class: "foot-frame" });

  constructor(t: Strings, user: PanelUser) {
    this.#t = t;
    const name = t.say("launcher");
    this.launcher = h(
      "button",
      { type: "button", class: "launcher", part: "launcher", "aria-expanded": "false", "aria-controls": "panel", click: () => user.toggle() },
      icon(ICONS.chat),
      h("span", { class: "name" }, name),
      this.#badge,
    );
    const minimise = t.say("minimise");
    this.#title = h("h2", { id: "title", tabindex: "-1" }, t.say("title"));
    this.#end = h("button", { type: "button", class: "end", hidden: true, click: () => user.askEnd() }, t.say("end"));
    this.node = h(
      "section",
      {
        id: "panel", class: "panel", part: "panel", role: "dialog", "aria-labelledby": "title", hidden: true,
        keydown: (event) => {
          const { key, isComposing, defaultPrevented } = event as KeyboardEvent;
          if (key === "Escape" && !isComposing && !defaultPrevented) user.escape();
        },
      },
      h(
        "header",
        { part: "header" },
        h("div", { class: "titles" }, this.#title, this.#presence),
        this.#end,
        h("button", { type: "button", class: "minimise", "aria-label": minimise, title: minimise, click: () => user.minimise() }, icon(ICONS.down)),
      ),
      this.#state,
      this.#main,
      this.#foot,
    );
  }

  get open(): boolean {
    return !this.node.hidden;
  }

  show(open: boolean): void {
    this.node.hidden = !open;
    this.launcher.setAttribute("aria-expanded", String(open));
  }

  /** What fills the middle and stands below it; what is there already is left alone. */
  fill(main: HTMLElement, foot: HTMLElement | null): void {
    if (this.#main.firstChild !== main) this.#main.replaceChildren(main);
    if (this.#foot.firstChild !== foot) this.#foot.replaceChildren(...(foot ? [foot] : []));
  }

  /** `presence` is null while there is no chat. */
  head(presence: string | null, canEnd: boolean): void {
    setText(this.#presence, presence ?? "");
    this.node.classList.toggle("live", presence !== null);
    this.#end.hidden = !canEnd;
  }

  state(text: string): void {
    setText(this.#state, text);
  }

  unread(n: number): void {
    const t = this.#t;
    this.#badge.hidden = !n;
    setText(this.#badge, n > 99 ? "99+" : String(n));
    if (n) this.launcher.setAttribute("aria-label", t.count("launcher_unread", n));
    else this.launcher.removeAttribute("aria-label");
  }

  focusTitle(): void {
    this.#title.focus({ preventScroll: true });
  }

  /** Puts the focus on what the panel is about now: a screen's heading, or the panel's own. */
  focusHeading(): void {
    const inner = this.node.querySelector<HTMLElement>("h3");
    (inner ?? this.#title).focus({ preventScroll: true });
  }

  /** Where the focus is within the shadow tree. */
  holds(root: ShadowRoot): boolean {
    return this.node.contains(root.activeElement);
  }

  focusEnd(): void {
    this.#end.focus({ preventScroll: true });
  }
}

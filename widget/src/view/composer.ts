/** Where the visitor writes. */
import type { Strings } from "../strings.ts";
import { bytesOf, MAX_BYTES } from "../wire.ts";
import { h, icon, ICONS, setText } from "./dom.ts";

/** Bytes before the limit from which on we say how much is left. */
const NEAR_LIMIT = 3 * 1024;

export interface ComposerUser {
  send(text: string): void;
  drafted(text: string): void;
  grown(): void;
}

export class Composer {
  readonly node: HTMLFormElement;
  #t: Strings;
  #user: ComposerUser;
  #box: HTMLTextAreaElement;
  #note = h("p", { class: "note", id: "note", role: "status" });
  #send: HTMLButtonElement;

  constructor(t: Strings, user: ComposerUser, draft: string) {
    this.#t = t;
    this.#user = user;
    this.#box = h("textarea", {
      id: "box",
      rows: "1",
      dir: "auto",
      enterkeyhint: "send",
      "aria-describedby": "note",
      part: "input",
      input: () => this.#typed(),
      keydown: (event) => this.#key(event as KeyboardEvent),
    });
    const name = t.say("send");
    this.#send = h("button", { type: "submit", class: "send", part: "send", "aria-label": name, title: name }, icon(ICONS.send));
    this.node = h(
      "form",
      { class: "composer", submit: (event) => this.#submit(event) },
      h("label", { for: "box" }, t.say("label")),
      h("div", { class: "field" }, this.#box, this.#send),
      this.#note,
    );
    this.#box.value = draft;
    this.#judge();
  }

  focus(): void {
    this.#box.focus({ preventScroll: true });
  }

  /** Makes the box as high as its text; to be called when it comes onto the screen. */
  fit(): void {
    const { style } = this.#box;
    style.height = "auto";
    style.height = `${this.#box.scrollHeight}px`;
    this.#user.grown();
  }

  #typed(): void {
    this.#user.drafted(this.#box.value);
    this.#judge();
    this.fit();
  }

  /** Enter sends, unless it ends the composing of a character; Shift+Enter breaks the line. */
  #key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    this.#submit(event);
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#box.value.trim();
    if (!text || !this.#judge()) return;
    this.#box.value = "";
    this.#user.send(text);
    this.#judge();
    this.fit();
    this.focus();
  }

  /** Says how much room is left when that is little; false when there is none. */
  #judge(): boolean {
    const text = this.#box.value.trim();
    // A character takes at most 3 bytes of each of its UTF-16 units: short texts need no counting.
    const left = text.length * 3 < MAX_BYTES - NEAR_LIMIT ? MAX_BYTES : MAX_BYTES - bytesOf(text);
    // In whole tens, so that a screen reader is not told of every letter.
    const n = Math.ceil(Math.abs(left) / 10) * 10;
    if (left < 0) setText(this.#note, this.#t.say("too_long", { n }));
    else setText(this.#note, left < NEAR_LIMIT ? this.#t.say("left", { n: Math.floor(n / 500) * 500 || n }) : "");
    this.#box.setAttribute("aria-invalid", String(left < 0));
    this.#send.setAttribute("aria-disabled", String(!text || left < 0));
    return left >= 0;
  }
}

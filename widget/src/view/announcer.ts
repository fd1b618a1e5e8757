/**
 * Speaks what others say, once. A live region of its own, in the page and not in the shadow tree
 * (some screen readers do not hear it there), one text node at a time. Our own messages and the
 * history are never spoken, and a burst of messages is only counted; how the chat stands is not.
 */
import { sayUnread } from "../strings.ts";
import { fill, h } from "./dom.ts";

/** Milliseconds within which this many messages make a burst. */
const BURST = 700;
const MANY = 3;
/** What is longer than is worth hearing in one go. */
const LONG = /^(.{600}).+/s;

export class Announcer {
  readonly node = document.createElement("div");
  #messages: string[] = [];
  #notices: string[] = [];

  constructor() {
    this.node.slot = "announcer";
    this.node.setAttribute("aria-live", "polite");
  }

  /** Speaks, with what else comes meanwhile. */
  say(words: string, message?: boolean): void {
    if (!this.#messages.concat(this.#notices)[0]) setTimeout(() => this.#speak(), BURST);
    (message ? this.#messages : this.#notices).push(words.replace(LONG, "$1…"));
  }

  clear(): void {
    this.#messages = [];
    this.#notices = [];
    fill(this.node, []);
  }

  #speak(): void {
    const { length } = this.#messages;
    const messages = length < MANY ? this.#messages : [sayUnread(length)];
    const words = messages.concat(this.#notices).join("; ");
    this.clear();
    // A new node each time: what is only changed may be spoken as a whole, or not at all. And one:
    // of two that come together Chromium may tell a screen reader the second one first.
    fill(this.node, [h("p", {}, words)]);
  }
}

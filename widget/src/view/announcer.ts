/**
 * Speaks what others say, once. A live region of its own, in the page and not in the shadow tree
 * (some screen readers do not hear it there), one text node at a time. Our own messages and the
 * history are never spoken, and a burst is only counted.
 */
import { sayUnread } from "../strings.ts";
import { fill, h } from "./dom.ts";

/** Milliseconds within which this many messages make a burst. */
const BURST = 700;
const MANY = 3;
const LONGEST = 600;

export class Announcer {
  readonly node = document.createElement("div");
  #waiting: string[] = [];
  #count = 0;

  constructor() {
    this.node.slot = "announcer";
    this.node.setAttribute("aria-live", "polite");
  }

  say(words: string): void {
    const short = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
    if (this.#waiting.push(short) === 1) setTimeout(() => this.#speak(), BURST);
  }

  clear(): void {
    this.#waiting = [];
    fill(this.node, []);
  }

  #speak(): void {
    const { length } = this.#waiting;
    const words = length < MANY ? this.#waiting.join("; ") : sayUnread(length);
    this.#waiting = [];
    // A new node each time: what is only changed may be spoken as a whole, or not at all. And one:
    // of two that come together Chromium may tell a screen reader the second one first.
    fill(this.node, [h("p", { key: `${(this.#count += 1)}` }, words)]);
  }
}

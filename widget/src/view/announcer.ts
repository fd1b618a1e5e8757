/**
 * Speaks what others say, once. A live region of its own, in the page and not in the shadow tree
 * (some screen readers do not hear it there), one text node per message. Our own messages and the
 * history are never spoken, and a burst is only counted.
 */
import { sayUnread } from "../strings.ts";
import { fill, h, type Spec } from "./dom.ts";

/** Milliseconds within which this many messages make a burst. */
const BURST = 700;
const MANY = 3;
const LONGEST = 600;
/** Spoken lines that stay, for those who walk through the page; older ones go. */
const KEPT = 5;

export class Announcer {
  readonly node = document.createElement("div");
  #waiting: string[] = [];
  #lines: Spec[] = [];
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
    this.#lines = [];
    fill(this.node, []);
  }

  #speak(): void {
    const { length } = this.#waiting;
    for (const words of length < MANY ? this.#waiting : [sayUnread(length)]) {
      this.#lines.push(h("p", { key: `${(this.#count += 1)}` }, words));
    }
    this.#waiting = [];
    fill(this.node, (this.#lines = this.#lines.slice(-KEPT)));
  }
}

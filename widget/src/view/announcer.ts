/**
 * Speaks what others say, once. A live region of its own, in the page and not in the shadow tree
 * (some screen readers do not hear it there), one text node per message. Our own messages and the
 * history are never spoken, and a burst is only counted.
 */
import type { Strings } from "../strings.ts";
import { h } from "./dom.ts";

/** Milliseconds within which messages make a burst. */
const BURST = 700;
const MANY = 3;
const LONGEST = 600;
/** Spoken lines that stay, for those who walk through the page; older ones go. */
const KEPT = 5;

export class Announcer {
  readonly node = h("div", { slot: "announcer", "aria-live": "polite", "aria-relevant": "additions" });
  #t: Strings;
  #waiting: string[] = [];
  #timer = 0;

  constructor(t: Strings) {
    this.#t = t;
  }

  message(name: string, text: string): void {
    const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    this.#waiting.push(this.#t.say("says_long", { name, text: short }));
    this.#timer ||= window.setTimeout(() => this.#flush(), BURST);
  }

  /** Says only how many there are. */
  count(n: number): void {
    this.#speak(this.#t.count("new_messages", n));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#waiting = [];
    this.node.replaceChildren();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#timer = 0;
    if (waiting.length >= MANY) this.count(waiting.length);
    else for (const words of waiting) this.#speak(words);
  }

  #speak(words: string): void {
    this.node.append(h("p", {}, words));
    while (this.node.childElementCount > KEPT) this.node.firstElementChild?.remove();
  }
}

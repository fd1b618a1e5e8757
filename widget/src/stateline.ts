/** The line that says how the connection is: only when there is something to say. */
import { say, type Word } from "./strings.ts";
import type { Talk } from "./talk.ts";

/** Milliseconds: a gap as short as this is not worth a word. */
const BLIP = 1_500;
const REJOICE = 4_000;

export class StateLine {
  #shown: Word | "" = "";
  #want: Word | "" = "";
  #timer = 0;
  #been = false;
  #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get text(): string {
    return this.#shown && say(this.#shown);
  }

  look(talk: Talk | null): void {
    const been = this.#been; // not of a first connection that took long
    this.#been = !!talk && (been || talk.link.up);
    const why = () => (navigator.onLine ? (this.#been ? "lost" : "connecting") : "offline");
    const want = talk?.link.running && !talk.link.up && !talk.over ? why() : "";
    if (want === this.#want) return;
    const found = been && this.#shown && !talk?.over && "found";
    this.#want = want;
    this.#show(want || found || "", this.#shown ? 0 : BLIP);
  }

  #show(word: Word | "", wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#shown = word;
      this.#changed();
      if (word === "found") this.#show("", REJOICE);
    }, wait);
  }
}

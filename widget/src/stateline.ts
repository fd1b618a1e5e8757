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
    const down = talk?.link.running && !talk.link.up && !talk.over;
    this.#been = !!talk && (this.#been || talk.link.up);
    const why = !navigator.onLine ? "offline" : this.#been ? "lost" : "connecting";
    const want = down ? why : "";
    if (want === this.#want) return;
    this.#want = want;
    if (want) this.#show(want, this.#shown ? 0 : BLIP);
    else if (this.#been && this.#shown && !talk?.over) this.#show("found", 0);
    else this.#show("", 0);
  }

  #show(word: Word | "", wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#shown = word;
      this.#changed();
      if (word === "found") this.#show("", REJOICE);
    }, wait);
  }
}

/** The line that says how the connection is: only when there is something to say. */
import type { Strings, Word } from "./strings.ts";
import type { Talk } from "./talk.ts";

/** Milliseconds: a gap as short as this is not worth a word. */
const BLIP = 1_500;
const REJOICE = 4_000;

export class StateLine {
  #t: Strings;
  #show: (text: string) => void;
  #timer = 0;
  #want: Word | "" = "";
  #shown: Word | "" = "";
  #been = false;

  constructor(t: Strings, show: (text: string) => void) {
    this.#t = t;
    this.#show = show;
  }

  update(talk: Talk): void {
    const up = talk.status === "up";
    const want = up || talk.status === "off" || talk.over ? "" : this.#trouble();
    this.#been ||= up;
    if (want === this.#want) return;
    this.#want = want;
    clearTimeout(this.#timer);
    if (want) this.#timer = window.setTimeout(() => this.#say(want), this.#shown ? 0 : BLIP);
    else if (this.#shown && this.#shown !== "connecting" && up) this.#again();
    else this.#say("");
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#want = "";
    this.#been = false;
    this.#say("");
  }

  #trouble(): Word {
    if (!navigator.onLine) return "offline";
    return this.#been ? "reconnecting" : "connecting";
  }

  #again(): void {
    this.#say("back_again");
    this.#timer = window.setTimeout(() => this.#say(""), REJOICE);
  }

  #say(word: Word | ""): void {
    this.#shown = word;
    this.#show(word && this.#t.say(word));
  }
}

/** Asks again by itself while the service does not answer, as a lost connection does. */
import { waitBefore } from "./link.ts";

export class Retry {
  #attempt = 0;
  #timer = 0;
  #again: (() => void) | null = null;

  /** Calls `again` after a while, or at once on `online` and on becoming visible. */
  later(again: () => void, crowd: boolean): void {
    this.#listen("addEventListener");
    clearTimeout(this.#timer);
    this.#again = again;
    this.#timer = setTimeout(this.#go, waitBefore(this.#attempt, crowd));
    this.#attempt += 1;
  }

  /** There is an answer, or nobody wants one any more. */
  stop(): void {
    this.#listen("removeEventListener");
    clearTimeout(this.#timer);
    this.#again = null;
    this.#attempt = 0;
  }

  /** Nothing while an answer is still waited for: two would come. */
  #go = (): void => {
    const again = this.#again;
    clearTimeout(this.#timer);
    this.#again = null;
    again?.();
  };

  #wake = (): void => {
    if (document.hidden) return;
    this.#attempt = 0;
    this.#go();
  };

  #listen(how: "addEventListener" | "removeEventListener"): void {
    window[how]("online", this.#wake);
    window[how]("visibilitychange", this.#wake);
  }
}

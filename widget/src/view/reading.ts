/** Where the reader is in the conversation: at its end, which he follows, or further up. */

/** Pixels from the end within which he follows the conversation. */
const NEAR = 90;

export class Reading {
  /** The end of the conversation is to be seen, and stays so. */
  follow = true;
  #marked = 0;
  /** Where its end was last put: who is above it has gone there himself, whatever has grown since. */
  #end = 0;
  #log: () => HTMLElement | null;

  /** @param log finds the conversation's box, if it is there */
  constructor(log: () => HTMLElement | null) {
    this.#log = log;
  }

  /**
   * The reader may have scrolled; true if that changed what he follows. To be asked before drawing,
   * too: the browser tells of scrolling a frame later, and drawing would have pulled him down.
   */
  scrolled(): boolean {
    const { follow } = this;
    const box = this.#log();
    if (box?.clientHeight)
      this.follow =
        box.scrollHeight - box.scrollTop - box.clientHeight < NEAR ||
        (follow && box.scrollTop >= this.#end);
    return follow !== this.follow;
  }

  /** From now on he follows the conversation. */
  toEnd(): void {
    this.follow = true;
    this.#end = 0;
  }

  /** After drawing: keeps to the end, or to the first new line, `newFrom`, when that is new itself. */
  keep(newFrom = 0): void {
    const box = this.#log();
    if (!box?.clientHeight) return;
    if (this.follow) box.scrollTop = box.scrollHeight;
    this.#end = box.scrollTop;
    const mark = box.querySelector<HTMLElement>(".new");
    if (mark && newFrom !== this.#marked)
      box.scrollTop = Math.min(box.scrollTop, mark.offsetTop - 8);
    this.#marked = newFrom;
  }
}

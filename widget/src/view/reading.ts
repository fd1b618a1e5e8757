/** Where the reader is in the conversation: at its end, which he follows, or further up. */

/** Pixels from the end within which he follows the conversation. */
const NEAR = 90;

export class Reading {
  /** The end of the conversation is to be seen, and stays so. */
  follow = true;
  #marked = 0;
  #log: () => HTMLElement | null;

  /** @param log finds the conversation's box, if it is there */
  constructor(log: () => HTMLElement | null) {
    this.#log = log;
  }

  /** The reader scrolled; true if that changed what he follows. */
  scrolled(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.#log() as HTMLElement;
    const follow = scrollHeight - scrollTop - clientHeight < NEAR;
    if (!clientHeight || follow === this.follow) return false;
    this.follow = follow;
    return true;
  }

  /** After drawing: keeps to the end, or to the first new line, `newFrom`, when that is new itself. */
  keep(newFrom = 0): void {
    const box = this.#log();
    if (!box?.clientHeight) return;
    if (this.follow) box.scrollTop = box.scrollHeight;
    const mark = box.querySelector<HTMLElement>(".new");
    if (mark && newFrom !== this.#marked)
      box.scrollTop = Math.min(box.scrollTop, mark.offsetTop - 8);
    this.#marked = newFrom;
  }
}

/** What the visitor has seen, for the count on the launcher and the line "New since you left". */
import type { Shelf } from "./outbox.ts";
import type { Session } from "./session.ts";

const NAME = "livechat:read";

export class Reading {
  /** The seq of the first message that came while nobody looked; 0 when none did. */
  newFrom = 0;
  unread = 0;
  #shelf: Shelf;
  #read: number;
  #watching = false;

  constructor(shelf: Shelf, chat: string) {
    this.#shelf = shelf;
    const [name, seq] = (shelf.get(NAME) ?? "").split(" ");
    this.#read = name === chat ? Number(seq) || 0 : -1;
  }

  /** Takes note of the log as it is now; `watching` when it is on a screen in front of somebody. */
  update(session: Session, watching: boolean): void {
    if (!session.settled) return;
    if (this.#read < 0) this.#read = session.seq; // all of it came before this browser did
    if (this.#watching && !watching) this.newFrom = 0;
    const fresh = session.entries.filter(
      (one) => one.kind === "said" && !one.own && one.seq > this.#read,
    );
    // What arrives before one's eyes is not "since you left".
    if (!this.#watching && !this.newFrom) this.newFrom = fresh[0]?.seq ?? 0;
    this.unread = watching ? 0 : fresh.length;
    this.#watching = watching;
    if (watching) this.#mark(session);
  }

  /** Whoever answers has read: the line goes. */
  answered(): void {
    this.newFrom = 0;
  }

  #mark({ seq, view }: Session): void {
    if (seq === this.#read && this.#shelf.get(NAME)) return;
    this.#read = seq;
    this.#shelf.set(NAME, `${view.chat} ${seq}`);
  }
}

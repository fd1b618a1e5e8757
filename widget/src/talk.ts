/** One chat on the wire: the session, its connection, and what is kept until acknowledged. */
import { Link, type Stop } from "./link.ts";
import type { Outbox, Shelf } from "./outbox.ts";
import { Session, type Entry } from "./session.ts";
import { randomText, type ServerFrame, type View } from "./wire.ts";

/** Milliseconds for the last lines to come when the record is on the ticket. */
const LAST_LINES = 2_000;

export interface TalkUser {
  /** Something to be shown changed. */
  changed(): void;
  arrived(entry: Entry): void;
  /** Does the service still know this browser? */
  known(): Promise<boolean>;
}

export class Talk {
  readonly session: Session;
  readonly link: Link;
  /** What stands in the composer. */
  draft: string;
  stop: Stop | null = null;
  /** The seq of the first message that came while nobody looked; 0 when none did. */
  newFrom = 0;
  unread = 0;
  #user: TalkUser;
  #tab: Shelf;
  #browser: Shelf;
  #watched = false;
  /** The last line that was seen in this browser; -1 while that is not known. */
  #seen: number;

  /** `tab` keeps what is written here, `browser` what was read. */
  constructor(socket: string, tab: Shelf, browser: Shelf, view: View, user: TalkUser) {
    this.#user = user;
    this.#tab = tab;
    this.#browser = browser;
    const { draft = "", unsent } = tab.get<Outbox>(view.chat) ?? {};
    this.draft = draft;
    this.session = new Session(view, unsent);
    const [chat, seen] = browser.get<[string, number]>("read") ?? ["", -1];
    this.#seen = chat === view.chat ? seen : -1;
    this.link = new Link(socket, {
      hello: () => this.session.hello(),
      receive: (frame) => this.#receive(frame),
      changed: user.changed,
      known: user.known,
      stopped: (why) => {
        this.stop = why;
        user.changed();
      },
    });
  }

  /** Nothing can be written any more. */
  get over(): boolean {
    return this.session.view.state !== "open" || !!this.stop;
  }

  /** Connects, unless there is nothing more to hear. */
  start(): void {
    if (!this.stop && this.session.view.state !== "filed") this.link.start();
  }

  end(): void {
    this.session.ending = true;
    this.link.send({ t: "end" });
  }

  /** Keeps what is not acknowledged, and the draft, for this tab's next page. */
  keep(): void {
    const unsent = this.session.unsent.filter((one) => !one.seq);
    const { draft } = this;
    const outbox: Outbox = { draft, unsent };
    this.#tab.set(this.session.view.chat, draft || unsent[0] ? outbox : null);
  }

  /** Says something; or again, under its old key, what was refused: that makes no doubles. */
  say(text: string, key = randomText()): void {
    this.session.discard(key);
    this.session.say({ key, text });
    this.keep(); // before anything else can go wrong
    this.newFrom = 0; // who answers has read
    if (this.link.up) this.link.send({ t: "say", key, text });
  }

  /** Takes a message away that was not sent. */
  discard(key: string): void {
    this.session.discard(key);
    this.keep();
  }

  /** Takes note of what is seen; `watching` when the chat is in front of somebody's eyes. */
  look(watching: boolean): void {
    const { settled, entries, seq } = this.session;
    const before = this.#watched;
    this.#watched = watching;
    if (before !== watching) this.#present();
    if (before && !watching) this.newFrom = 0;
    if (!settled) return;
    if (this.#seen < 0) this.#saw(seq); // what came before this browser did is not new to it
    const fresh = entries.filter((one) => !one.own && !one.notice && one.seq > this.#seen);
    if (!before) this.newFrom ||= fresh[0]?.seq ?? 0;
    this.unread = watching ? 0 : fresh.length;
    if (watching && this.#seen < seq) this.#saw(seq);
  }

  #saw(seq: number): void {
    this.#seen = seq;
    this.#browser.set("read", [this.session.view.chat, seq]);
  }

  #receive(frame: ServerFrame): void {
    const { send = [], arrived, then } = this.session.receive(frame);
    this.keep();
    for (const one of send) this.link.send(one);
    if (frame.t === "welcome") this.#present();
    if (arrived) this.#user.arrived(arrived);
    if (then === "foreign") this.stop = "other_chat";
    if (then === "resync") this.link.restart();
    else if (then) this.link.stop();
    if (this.session.view.state === "filed") setTimeout(() => this.link.stop(), LAST_LINES);
    this.#user.changed();
  }

  #present(): void {
    this.link.send({ t: "presence", state: this.#watched ? "open" : "hidden" });
  }
}

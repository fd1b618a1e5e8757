/** One chat on the wire: the session, its connection, and what is kept until acknowledged. */
import { Link, type Stop } from "./link.ts";
import { Outbox, type Shelf } from "./outbox.ts";
import { Session, type Effect, type Entry, type Unsent } from "./session.ts";
import { randomText, type ServerFrame, type View } from "./wire.ts";

/** Milliseconds for the last lines to come when the record is on the ticket. */
const LAST_LINES = 5_000;

export interface TalkUser {
  /** Something to be shown changed. */
  changed(): void;
  arrived(entry: Entry): void;
  /** Does the service still know this browser? */
  known(): Promise<boolean>;
}

export class Talk {
  readonly session: Session;
  readonly outbox: Outbox;
  readonly link: Link;
  stop: Stop | null = null;
  /** The seq of the first message that came while nobody looked; 0 when none did. */
  newFrom = 0;
  unread = 0;
  #user: TalkUser;
  #read: Shelf;
  #watched = false;

  /** `tab` keeps what is written here, `browser` what was read. */
  constructor(socket: string, tab: Shelf, browser: Shelf, view: View, user: TalkUser) {
    this.#user = user;
    this.#read = browser;
    this.outbox = new Outbox(tab, view.chat);
    this.session = new Session(view, this.outbox.unsent);
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

  /** Says something; or again, under its old key, what was refused: that makes no doubles. */
  say(text: string, key = randomText(16)): void {
    const message: Unsent = { key, text };
    this.outbox.add(message); // before anything else can go wrong
    this.session.discard(key);
    this.session.say(message);
    this.newFrom = 0; // who answers has read
    if (this.link.up) this.link.send({ t: "say", key, text });
  }

  /** Takes a message away that was not sent. */
  discard(key: string): void {
    this.outbox.settle(key);
    this.session.discard(key);
  }

  /** Takes note of what is seen; `watching` when the chat is in front of somebody's eyes. */
  look(watching: boolean): void {
    const { settled, entries, seq, view } = this.session;
    if (this.#watched !== watching) {
      this.link.send({ t: "presence", state: watching ? "open" : "hidden" });
      if (!watching) this.newFrom = 0;
    }
    if (settled) {
      // What came before this browser did is not new to it.
      const [chat, read = seq] = this.#read.get<[string, number]>("read") ?? [];
      const known = chat === view.chat ? read : seq;
      const fresh = entries.filter((one) => !one.own && !one.notice && one.seq > known);
      if (!this.#watched) this.newFrom ||= fresh[0]?.seq ?? 0;
      this.unread = watching ? 0 : fresh.length;
      if (chat !== view.chat || (watching && read !== seq)) this.#read.set("read", [view.chat, seq]);
    }
    this.#watched = watching;
  }

  #receive(frame: ServerFrame): void {
    for (const effect of this.session.receive(frame)) this.#act(effect);
    if (frame.t === "welcome") {
      this.link.send({ t: "presence", state: this.#watched ? "open" : "hidden" });
    }
    const { view, seq } = this.session;
    if (view.state === "filed") {
      setTimeout(() => this.link.stop(), seq < view.head ? LAST_LINES : 0);
    }
    this.#user.changed();
  }

  #act(effect: Effect): void {
    if (effect.do === "send") this.link.send(effect.frame);
    else if (effect.do === "settle") this.outbox.settle(effect.key);
    else if (effect.do === "keep") this.outbox.mark(effect.key, effect.refused);
    else if (effect.do === "arrived") this.#user.arrived(effect.entry);
    else if (effect.do === "resync") this.link.restart();
    else {
      this.link.stop();
      if (effect.do === "foreign") this.stop = "other_chat";
    }
  }
}

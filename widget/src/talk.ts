/** One chat on the wire: the session, its connection and what is kept until acknowledged. */
import type { Api } from "./api.ts";
import { Link, type Status, type Stop } from "./link.ts";
import { Outbox, type Shelf } from "./outbox.ts";
import { Session, type Effect, type Entry } from "./session.ts";
import { randomText, type ClientFrame, type ServerFrame, type View } from "./wire.ts";

/** Milliseconds for the last lines to come when the record is on the ticket. */
const LAST_LINES = 5_000;

export interface TalkUser {
  /** Something to be shown changed. */
  changed(): void;
  arrived(entry: Entry): void;
}

export class Talk {
  readonly session: Session;
  readonly outbox: Outbox;
  status: Status = "off";
  stop: Stop | null = null;
  #api: Api;
  #user: TalkUser;
  #link: Link;
  #presence: "open" | "hidden" = "hidden";

  constructor(api: Api, shelf: Shelf, view: View, user: TalkUser) {
    this.#api = api;
    this.#user = user;
    this.outbox = new Outbox(shelf, view.chat);
    this.session = new Session(view, this.outbox.unsent);
    this.#link = new Link(api.socket, {
      hello: () => this.session.hello(),
      receive: (frame) => this.#receive(frame),
      status: (status) => this.#status(status),
      stopped: (why) => this.#stopped(why),
      doubt: () => this.#stillKnown(),
    });
  }

  /** Nothing can be written any more. */
  get over(): boolean {
    return this.session.over || this.stop !== null;
  }

  /** Connects, unless there is nothing more to hear. */
  start(): void {
    if (!this.stop && this.session.view.state !== "filed") this.#link.start();
  }

  end(): void {
    this.session.ending = true;
    this.#link.send({ t: "end" });
    this.#user.changed();
  }

  /** Leaves the line; what was not acknowledged stays kept. */
  close(): void {
    this.#link.stop();
  }

  say(text: string): void {
    const key = randomText(16);
    this.outbox.add(key, text); // before anything else can go wrong
    this.session.say(key, text);
    this.#link.send({ t: "say", key, text });
    this.#user.changed();
  }

  retry(key: string): void {
    const entry = this.session.retry(key);
    if (!entry) return;
    this.outbox.mark(key, "");
    this.#link.send({ t: "say", key, text: entry.text });
    this.#user.changed();
  }

  discard(key: string): void {
    this.outbox.settle(key);
    this.session.discard(key);
    this.#user.changed();
  }

  presence(state: "open" | "hidden"): void {
    if (state === this.#presence) return;
    this.#presence = state;
    this.#link.send({ t: "presence", state });
  }

  #receive(frame: ServerFrame): void {
    const before = this.session.view.state;
    // The session's own frames go first: a retry must not overtake them.
    for (const effect of this.session.receive(frame)) this.#act(effect);
    if (frame.t === "welcome") this.#write({ t: "presence", state: this.#presence });
    const { view, seq } = this.session;
    if (view.state === "filed" && before !== "filed") {
      setTimeout(() => this.#link.stop(), seq >= view.head ? 0 : LAST_LINES);
    }
    this.#user.changed();
  }

  #act(effect: Effect): void {
    switch (effect.do) {
      case "send":
        return this.#write(effect.frame);
      case "settle":
        return this.outbox.settle(effect.key);
      case "keep":
        return this.outbox.mark(effect.key, effect.refused);
      case "arrived":
        return this.#user.arrived(effect.entry);
      case "resync":
        return this.#link.restart();
      case "foreign":
        this.#link.stop();
        return this.#stopped("other_chat");
      case "done":
        return this.#link.stop();
    }
  }

  #write(frame: ClientFrame): void {
    if (frame.t === "hello") this.#link.greet(frame);
    else this.#link.send(frame);
  }

  #status(status: Status): void {
    this.status = status;
    this.#user.changed();
  }

  #stopped(why: Stop): void {
    this.stop = why;
    this.#user.changed();
  }

  async #stillKnown(): Promise<boolean> {
    const view = await this.#api.session();
    if (view === undefined) return true; // no answer is no reason to stop
    if (view && view.chat !== this.session.view.chat) return true; // the socket will be told so
    return view !== null;
  }
}

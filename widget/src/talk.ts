/** One chat on the wire: the session, its connection, and what is kept until acknowledged. */
import { Link, type Stop } from "./link.ts";
import { Spare, type Outbox, type Shelf } from "./outbox.ts";
import { Session, type Entry } from "./session.ts";
import { randomText, type ServerFrame, type View } from "./wire.ts";

/** Milliseconds to wait when the record is on the ticket: for a line, for an answer, and in all. */
const NEXT_LINE = 5_000;
const ANSWER = 10_000;
const IN_ALL = 30_000;
/** Milliseconds between two words to the service that the visitor is typing. */
const TYPING = 60_000;

/**
 * What the chat that was last written in left unsent in this tab, if it is of whoever is here now. Of
 * somebody else it goes away: the session may have run out before he left. While nobody is known to be
 * here, it stays for its writer.
 */
export const leftBehind = (tab: Shelf, { chat, person }: Partial<View>): Outbox | void => {
  const name = `${tab.get("last")}`;
  const left = tab.get<Outbox>(name);
  if (left && (left.view.chat === chat || person?.includes(left.view.person))) return left;
  if (person) tab.set(name, null);
};

export interface TalkUser {
  /** Something to be shown changed. */
  changed(): void;
  arrived(entry: Entry): void;
  /** Nobody may have seen this. */
  marked(entry: Entry): void;
  /** How is it answered whether the service still knows this browser? */
  known(): Promise<number>;
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
  #spare: Spare;
  #watched = false;
  #patience = 0;
  #limit = 0;
  #typed = -TYPING;
  /** The last line that was seen in this browser, in whichever window; -1 while that is not known. */
  last: number;

  /** `tab` keeps what is written here, `browser` what was read. */
  constructor(socket: string, tab: Shelf, browser: Shelf, view: View, user: TalkUser) {
    this.#user = user;
    this.#tab = tab;
    this.#browser = browser;
    leftBehind(tab, view);
    const { draft = "", unsent = [] } = tab.get<Outbox>(view.chat) ?? {};
    this.draft = draft;
    this.#spare = new Spare(browser, view.chat);
    const others = this.#spare.all().filter(({ key }) => unsent.every((one) => one.key !== key));
    this.session = new Session(view, [...others, ...unsent]);
    const [chat, seen] = browser.get<[string, number]>("read") ?? ["", -1];
    this.last = chat === view.chat ? seen : -1;
    this.link = new Link(socket, {
      hello: () => this.session.hello(),
      receive: (frame) => this.#receive(frame),
      changed: user.changed,
      known: async () => {
        const status = await user.known();
        if (status !== 401) return status;
        // Signed out at the site: whoever is next at this computer sees nothing.
        this.session.entries = [];
        this.forget();
        return 204;
      },
      stopped: (why) => this.quit(why),
    });
  }

  /** Nothing can be written any more. */
  get over(): boolean {
    return this.session.view.state !== "open" || !!this.stop;
  }

  /** Something was written that is not known to have arrived. */
  get unsaid(): boolean {
    return !!this.draft || this.session.unsent.some((one) => !one.seq);
  }

  /** Connects, unless there is nothing more to hear. */
  start(): void {
    const { waiting, view } = this.session;
    if (this.stop || (view.state === "filed" && !waiting[0])) return;
    if (this.last < 0) this.#saw(view.head); // what came before this browser did is not new to it
    this.#spare.only();
    this.link.start();
    this.#wait();
  }

  /** When the chat ends by itself because nobody is heard; "" while it does not. */
  get closing(): string {
    return (!this.over && this.session.view.closing) || "";
  }

  /** The visitor is still there. */
  here(): void {
    this.link.send({ t: "here" });
  }

  /** Something was typed: whoever types is there, however slowly. */
  typed(): void {
    const now = performance.now();
    if (!this.link.up || (now - this.#typed < TYPING && !this.closing)) return;
    this.#typed = now;
    this.here();
  }

  end(): void {
    this.session.ending = true;
    this.link.send({ t: "end" });
  }

  /** Keeps what is not acknowledged, and the draft, for this tab's next page. */
  keep(): void {
    const unsent = this.session.unsent.filter((one) => !one.seq);
    const { view } = this.session;
    // Once the record is on the ticket, the page is the only place that still has it.
    const draft = view.state === "filed" ? "" : this.draft;
    const outbox: Outbox = { view, draft, unsent };
    this.#tab.set(view.chat, (draft && !this.stop) || unsent[0] ? outbox : null);
    if (unsent[0]) this.#tab.set("last", view.chat);
    else if (this.#tab.get("last") === view.chat) this.#tab.set("last", null);
  }

  /** Nothing of it stays in this tab. */
  forget(): void {
    this.draft = "";
    this.#browser.set("read", null);
    for (const one of this.session.unsent) this.#spare.drop(one.key);
    this.session.unsent = [];
    this.keep();
  }

  /** Says something; or again, under its old key, what was refused: that makes no doubles. */
  say(words: string, key = randomText()): void {
    // Control characters, which the service leaves out, might make the frame too long for it.
    const text = words.replace(/[\0-\b\v-\x1f\x7f]/g, "");
    this.session.discard(key);
    this.session.say({ key, text });
    this.keep(); // before anything else can go wrong
    this.#spare.put(key, text);
    this.newFrom = 0; // who answers has read
    this.link.send({ t: "say", key, text });
  }

  /** Takes a message away that was not sent. */
  discard(key: string): void {
    this.session.discard(key);
    this.#spare.drop(key);
    this.keep();
  }

  /** Takes note of what is seen: `watching` when the chat is in front of somebody's eyes, who `follows` its end. */
  look(watching: boolean, follows: boolean): void {
    const { settled, entries, seq } = this.session;
    const before = this.#watched;
    this.#watched = watching;
    if (before !== watching) {
      this.#present();
      this.link.watch(watching);
      if (before) this.newFrom = 0;
    }
    if (!settled) return;
    const fresh = entries.filter((one) => !one.own && !one.notice && one.seq > this.last);
    const reads = watching && follows;
    if (!before || !reads) this.newFrom ||= fresh[0]?.seq ?? 0;
    this.unread = reads ? 0 : fresh.length;
    if (reads && this.last < seq) this.#saw(seq);
  }

  #saw(seq: number): void {
    this.last = seq;
    this.#browser.set("read", [this.session.view.chat, seq]);
  }

  #receive(frame: ServerFrame): void {
    const { send = [], arrived, marked, then } = this.session.receive(frame);
    if ("key" in frame && frame.key) this.#spare.drop(frame.key);
    this.keep();
    for (const one of send) this.link.send(one);
    if (frame.t === "welcome") this.#present();
    if (arrived) this.#user.arrived(arrived);
    if (marked) this.#user.marked(marked);
    if (then === "resync") this.link.restart();
    else if (then) this.quit(then === "foreign" ? "other_chat" : then === "gone" ? then : null);
    this.#wait();
    this.#user.changed();
  }

  /** Once the record is on the ticket: until every line is here, and every message answered. */
  #wait(): void {
    const { waiting, view, seq } = this.session;
    if (view.state !== "filed" || !this.link.running) return;
    const finish = () => {
      if (this.link.running) this.quit();
    };
    clearTimeout(this.#patience);
    if (!waiting[0] && seq >= view.head) return finish();
    this.#limit ||= setTimeout(finish, IN_ALL);
    this.#patience = setTimeout(finish, waiting[0] ? ANSWER : NEXT_LINE);
  }

  /** Nothing more will be heard: what has no answer was not sent, as far as anybody here knows. */
  quit(why: Stop | null = null): void {
    this.stop = why;
    for (const one of this.session.waiting) {
      one.refused = "lost";
      this.#spare.drop(one.key);
    }
    this.keep();
    if (this.session.view.state === "filed") this.#browser.set("read", null);
    this.link.stop();
    this.#user.changed();
  }

  #present(): void {
    this.link.send({ t: "presence", state: this.#watched ? "open" : "hidden" });
  }
}

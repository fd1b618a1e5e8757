/**
 * One chat as this window knows it. Pure: no DOM, no clock, no network. Frames go in; what must be
 * done about them comes out.
 */
import type { ClientFrame, FileInfo, LineFrame, Refusal, ServerFrame, View } from "./wire.ts";

/** What was said or is to be noticed. `id` stays the same for as long as it is on the page. */
export interface Entry {
  id: string;
  notice: boolean;
  /** 0 until the service has stored it. */
  seq: number;
  own: boolean;
  name: string;
  text: string;
  /** ISO time; "" until the service has said it. */
  at: string;
  change?: "edited" | "removed";
  quote?: LineFrame["quote"] | undefined;
  file?: FileInfo | undefined;
  key: string;
  refused?: Failure;
  /** Why computing support may not see it although it is stored. */
  mark?: (typeof MARKS)[number];
}

/** Notices about a message of the visitor. */
const MARKS = ["not_shown", "not_sure"] as const;

/** Why the service will not store it; `lost` when it cannot be asked any more. */
type Failure = Refusal | "lost" | undefined;

export interface Unsent {
  key: string;
  text: string;
  refused?: Failure;
}

/** What must be done about a frame. */
export interface Outcome {
  send?: ClientFrame[];
  /** Somebody else said something that was not there when this window began to look. */
  arrived?: Entry;
  /** A message of our own may not have been seen by anybody. */
  marked?: Entry;
  /** A line is missing: connect anew. The answer is about another chat. Nothing more will come. */
  then?: "resync" | "foreign" | "done" | "gone";
}

export class Session {
  /** Lines of the log in order of `seq`, without those that only change others. */
  entries: Entry[] = [];
  /** Our own messages that have no line yet, in the order they were written. */
  unsent: Entry[];
  /** The last line we have. */
  seq = 0;
  /** The visitor has asked to end the chat and the service has not answered yet. */
  ending = false;
  view: View;
  /** Up to here the log is history; -1 until the first welcome. */
  #history = -1;
  /** Where we asked again for what was missing. */
  #hole = -1;

  constructor(view: View, unsent: readonly Unsent[] = []) {
    this.view = view;
    this.unsent = unsent.map((one) => this.#own(one));
  }

  /** All that was there when this window began to look is here. */
  get settled(): boolean {
    return this.#history >= 0 && this.seq >= this.#history;
  }

  /** Our own messages of which the service has not said what became of them. */
  get waiting(): Entry[] {
    return this.unsent.filter((one) => !one.seq && !one.refused);
  }

  hello(): ClientFrame {
    return { t: "hello", chat: this.view.chat, after: this.seq };
  }

  /** Adds a message of our own. It is to be sent whenever there is a connection. */
  say(message: Unsent): void {
    this.unsent.push(this.#own(message));
  }

  /** Takes a message of our own away; says what it was. */
  discard(key: string): Entry | undefined {
    const found = this.unsent.find((one) => one.key === key);
    this.unsent = this.unsent.filter((one) => one !== found);
    return found;
  }

  receive(frame: ServerFrame): Outcome {
    switch (frame.t) {
      case "welcome":
      case "view":
        return this.#look(frame.view, frame.t === "welcome");
      case "line":
        return this.#line(frame);
      case "over":
        return this.#over();
      case "relayed":
        this.view = { ...this.view, relayed: frame.seq };
        break;
      case "ack":
      case "refused": {
        const entry = this.unsent.find((one) => one.key === frame.key);
        if (!entry) break;
        if (frame.t === "ack") Object.assign(entry, { seq: frame.seq, at: frame.at, refused: undefined });
        else if (!entry.seq) entry.refused = frame.error;
      }
    }
    return {};
  }

  #own({ key, text, refused }: Unsent): Entry {
    return {
      id: key,
      notice: false,
      seq: 0,
      own: true,
      name: this.view.you,
      text,
      at: "",
      key,
      refused,
    };
  }

  #look(view: View, welcome: boolean): Outcome {
    if (view.chat !== this.view.chat) return { then: "foreign" };
    this.view = view;
    this.ending &&= view.state === "open";
    if (!welcome) return {};
    if (this.#history < 0) this.#history = view.head;
    // Also after the end: the answer tells what became of a message whose answer was lost.
    const send: ClientFrame[] = this.waiting.map(({ id, text }) => ({ t: "say", key: id, text }));
    if (this.ending) send.push({ t: "end" });
    return { send };
  }

  #line({ seq, kind, author, text, at, key, target, quote, file }: LineFrame): Outcome {
    if (seq <= this.seq) return {};
    if (seq > this.seq + 1 && this.#hole !== this.seq) {
      this.#hole = this.seq; // asked for once: a log that really has a hole is shown with it
      return { then: "resync" };
    }
    this.seq = seq;
    if (target) {
      const about = this.entries.find((one) => one.seq === target);
      const mark = MARKS.find((one) => one === text);
      // file_here, file_missing: what was coming
      if (about?.file && kind === "notice") about.file = { ...about.file, standing: text.slice(5) as "here" };
      if (kind !== "notice") Object.assign(about ?? {}, { change: kind, text });
      else if (about && mark) {
        about.mark = mark;
        if (seq > this.#history) return { marked: about };
      }
      return {};
    }
    const own = author.role === "visitor";
    const notice = kind === "notice";
    const arrived: Entry = {
      ...this.#own({ key: key ?? "", text }),
      id: key ?? `line-${seq}`,
      notice,
      seq,
      own,
      name: author.name,
      at,
      quote,
      file,
    };
    this.entries.push(arrived);
    if (key) this.discard(key);
    return own || notice || seq <= this.#history ? {} : { arrived };
  }

  /**
   * The service has less than we were shown: it came back from an older copy of its data. What we
   * said is sent again under its old keys, which doubles nothing.
   */
  #over(): Outcome {
    if (this.view.state === "filed") return { then: "done" }; // purged there; the page may keep it
    if (!this.seq) return { then: "gone" }; // less than nothing: there is no starting over
    const ours = this.entries.filter((one) => one.own && !one.notice && !one.change);
    const again = [...ours, ...this.unsent.filter((one) => one.seq)];
    this.unsent = [...again.map((one) => this.#own(one)), ...this.unsent.filter((one) => !one.seq)];
    this.entries = [];
    this.seq = 0;
    this.#history = -1;
    return { send: [this.hello()] };
  }
}

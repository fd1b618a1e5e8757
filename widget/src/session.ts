/**
 * One chat as this window knows it. Pure: no DOM, no clock, no network. Frames go in; what must be
 * done about them comes out.
 */
import type { ClientFrame, LineFrame, Quote, Refusal, ServerFrame, View } from "./wire.ts";

/** One thing in the list: an utterance, or a notice. `id` stays the same while it is on the page. */
export interface Entry {
  id: string;
  kind: "said" | "notice";
  /** 0 until the service has stored it. */
  seq: number;
  own: boolean;
  name: string;
  text: string;
  /** ISO time, "" while the service has not said it. */
  at: string;
  edited: boolean;
  removed: boolean;
  quote: Quote | null;
  key: string;
  /** Why the service will not store it; "" when it has not refused. */
  refused: Refusal | "";
}

export type Effect =
  | { do: "send"; frame: ClientFrame }
  /** The service has this message for good: our copy may go. */
  | { do: "settle"; key: string }
  /** It does not take this message: keep the text, with the reason. */
  | { do: "keep"; key: string; refused: Refusal }
  /** Somebody else said something that was not there when this window began to look. */
  | { do: "arrived"; entry: Entry }
  /** A line is missing: connect anew and ask for it. */
  | { do: "resync" }
  /** The answer is about another chat. */
  | { do: "foreign" }
  /** Nothing more will come. */
  | { do: "done" };

export interface Unsent {
  key: string;
  text: string;
  refused: Refusal | "";
}

export class Session {
  /** Lines of the log in order of `seq`, without those that only change others. */
  entries: Entry[] = [];
  /** Our own messages that have no line yet, in the order they were written. */
  unsent: Entry[] = [];
  /** The last line we have. */
  seq = 0;
  /** The visitor has asked to end the chat and the service has not answered yet. */
  ending = false;
  /** The whole log up to the welcome's head is here. */
  settled = false;
  view: View;
  #history = -1;
  #bySeq = new Map<number, Entry>();

  constructor(view: View, unsent: Unsent[] = []) {
    this.view = view;
    this.unsent = unsent.map((one) => ownEntry(one, view.you));
  }

  get over(): boolean {
    return this.view.state !== "open";
  }

  hello(): ClientFrame {
    return { t: "hello", chat: this.view.chat, after: this.seq };
  }

  /** Adds a message of our own. It is to be sent whenever there is a connection. */
  say(key: string, text: string): Entry {
    const entry = ownEntry({ key, text, refused: "" }, this.view.you);
    this.unsent.push(entry);
    return entry;
  }

  /** Makes a refused message one that is to be sent again, under its old key: no doubles. */
  retry(key: string): Entry | undefined {
    const entry = this.unsent.find((one) => one.key === key);
    if (entry) entry.refused = "";
    return entry;
  }

  discard(key: string): void {
    this.unsent = this.unsent.filter((one) => one.key !== key);
  }

  /** Is our message in computing support's thread? */
  delivered(entry: Entry): boolean {
    return entry.own && entry.seq > 0 && entry.seq <= this.view.relayed;
  }

  receive(frame: ServerFrame): Effect[] {
    switch (frame.t) {
      case "welcome":
        return this.#welcome(frame.view);
      case "view":
        return this.#look(frame.view);
      case "line":
        return this.#line(frame);
      case "ack":
        return this.#ack(frame.key, frame.seq, frame.at);
      case "refused":
        return this.#refused(frame.key, frame.error);
      case "over":
        return this.#over();
      default:
        return [];
    }
  }

  #welcome(view: View): Effect[] {
    const effects = this.#look(view);
    if (effects.length) return effects;
    if (this.#history < 0) this.#history = view.head;
    this.settled = this.seq >= view.head;
    // Also after the end: the answer tells what became of a message whose answer was lost.
    const again = this.unsent.filter((one) => !one.seq && !one.refused).map(sayEffect);
    if (this.ending && !this.over) again.push({ do: "send", frame: { t: "end" } });
    return again;
  }

  #look(view: View): Effect[] {
    if (view.chat !== this.view.chat) return [{ do: "foreign" }];
    this.view = view;
    if (this.over) this.ending = false;
    return [];
  }

  #line(line: LineFrame): Effect[] {
    if (line.seq <= this.seq) return [];
    if (line.seq > this.seq + 1) return [{ do: "resync" }];
    this.seq = line.seq;
    this.settled ||= line.seq >= this.view.head;
    if (line.kind === "edited" || line.kind === "removed") return this.#change(line);
    const entry = this.#place(line);
    const effects: Effect[] = [];
    if (entry.key) effects.push({ do: "settle", key: entry.key });
    if (line.author.role === "operator" && line.kind === "said" && line.seq > this.#history) {
      effects.push({ do: "arrived", entry });
    }
    return effects;
  }

  #place(line: LineFrame): Entry {
    const own = line.author.role === "visitor";
    const mine = own && line.key ? this.unsent.find((one) => one.key === line.key) : undefined;
    if (mine) this.unsent = this.unsent.filter((one) => one !== mine);
    const entry: Entry = {
      id: (own && line.key) || `line-${line.seq}`,
      kind: line.kind === "notice" ? "notice" : "said",
      seq: line.seq,
      own,
      name: line.author.name,
      text: line.text,
      at: line.at,
      edited: false,
      removed: false,
      quote: line.quote ?? null,
      key: (own && line.key) || "",
      refused: "",
    };
    this.entries.push(entry);
    this.#bySeq.set(entry.seq, entry);
    return entry;
  }

  #change(line: LineFrame): Effect[] {
    const entry = this.#bySeq.get(line.target ?? 0);
    if (!entry) return [];
    entry.edited = line.kind === "edited";
    entry.removed = line.kind === "removed";
    entry.text = line.text;
    if (entry.removed) entry.quote = null;
    return [];
  }

  #ack(key: string, seq: number, at: string): Effect[] {
    const entry = this.unsent.find((one) => one.key === key);
    if (entry) Object.assign(entry, { seq, at, refused: "" });
    return [{ do: "settle", key }];
  }

  #refused(key: string, refused: Refusal): Effect[] {
    const entry = this.unsent.find((one) => one.key === key);
    if (!entry || entry.seq) return [];
    entry.refused = refused;
    return [{ do: "keep", key, refused }];
  }

  #over(): Effect[] {
    if (this.view.state === "filed") return [{ do: "done" }]; // purged there; the page may keep it
    this.entries = [];
    this.#bySeq.clear();
    this.unsent = this.unsent.filter((one) => !one.seq);
    this.seq = 0;
    this.#history = -1;
    this.settled = false;
    return [{ do: "send", frame: this.hello() }];
  }
}

function ownEntry({ key, text, refused }: Unsent, name: string): Entry {
  const rest = { seq: 0, at: "", edited: false, removed: false, quote: null };
  return { id: key, kind: "said", own: true, name, text, key, refused, ...rest };
}

function sayEffect(entry: Entry): Effect {
  return { do: "send", frame: { t: "say", key: entry.key, text: entry.text } };
}

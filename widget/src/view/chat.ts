/** A chat in the panel: the log in the middle, below it the composer or what took its place. */
import { saveCopy } from "../copyfile.ts";
import { Reading } from "../reading.ts";
import { rowsOf } from "../rows.ts";
import type { Strings } from "../strings.ts";
import type { Talk } from "../talk.ts";
import { confirmEnd, ending } from "./closing.ts";
import { Composer } from "./composer.ts";
import { h } from "./dom.ts";
import { LogView } from "./log.ts";

export class ChatView {
  readonly log: LogView;
  readonly reading: Reading;
  foot: HTMLElement;
  #t: Strings;
  #talk: Talk;
  #composer: Composer;
  #leave: () => void;
  #footIs = "composer";
  #marked = 0;

  constructor(t: Strings, talk: Talk, reading: Reading, leave: () => void) {
    this.#t = t;
    this.#talk = talk;
    this.#leave = leave;
    this.reading = reading;
    this.log = new LogView(t, talk);
    this.#composer = new Composer(
      t,
      {
        send: (text) => this.#send(text),
        drafted: (text) => (talk.outbox.draft = text),
        grown: () => this.log.resized(),
      },
      talk.outbox.draft,
    );
    this.foot = this.#composer.node;
  }

  get asking(): boolean {
    return this.#footIs === "asking";
  }

  /** Shows everything as it is now. True when what stands below the log was exchanged. */
  render(watching: boolean): boolean {
    const { session } = this.#talk;
    this.reading.update(session, watching);
    this.log.render(rowsOf(session, this.reading.newFrom));
    if (this.reading.newFrom !== this.#marked && watching) {
      this.#marked = this.reading.newFrom;
      if (this.#marked) this.log.toNew();
    }
    return this.#setFoot();
  }

  shown(): void {
    this.#composer.fit();
  }

  focus(): void {
    if (this.#footIs === "composer") this.#composer.focus();
    else this.foot.querySelector<HTMLElement>("h3, button")?.focus({ preventScroll: true });
  }

  /** Asks whether to end; `back` is called when the visitor would rather not. */
  ask(back: () => void): void {
    const no = () => {
      this.cancel();
      back();
    };
    const { ticket } = this.#talk.session.view;
    this.foot = confirmEnd(this.#t, ticket, () => this.#end(), no);
    this.#footIs = "asking";
  }

  cancel(): void {
    this.foot = this.#composer.node;
    this.#footIs = "composer";
  }

  #send(text: string): void {
    this.reading.answered();
    this.log.toEnd();
    this.#talk.say(text);
    this.log.toEnd();
  }

  #end(): void {
    this.cancel();
    this.#talk.end();
  }

  #setFoot(): boolean {
    const { session, over, stop, status, outbox } = this.#talk;
    const waiting = session.ending && (status === "up" ? "ending" : "ending_later");
    const want = over ? `over ${stop} ${session.view.state} ${session.entries.length > 0}` : waiting || this.#kept();
    if (want === this.#footIs) return false;
    this.#footIs = want;
    if (over) this.foot = this.#ending(outbox.draft);
    else if (waiting) this.foot = h("p", { class: "foot quiet", role: "status" }, this.#t.say(waiting));
    else this.foot = this.#composer.node;
    return true;
  }

  /** The question stays until it is answered. */
  #kept(): string {
    return this.asking ? "asking" : "composer";
  }

  #ending(draft: string): HTMLElement {
    const { session, stop } = this.#talk;
    const save = () => saveCopy(this.#t, session);
    return ending(this.#t, { session, stop, draft, save, close: this.#leave });
  }
}

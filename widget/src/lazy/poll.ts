/**
 * What stands in for a WebSocket where no proxy lets one through: the same frames in requests
 * (docs/widget-protocol.md). Fetched when it is needed; it shares nothing with the bundle.
 */

/** Milliseconds after which we see whether a WebSocket gets through by now. */
const LOOK_AFTER = 300_000;
/** And for which an answer is waited for; the service takes 20 s at most. */
const PATIENCE = 40_000;
/** Between two answers that say nothing. */
const BREATH = 1_000;
/** What goes in one request: the service takes 32 frames, and 128 KiB. */
const MOST_FRAMES = 16;
const MOST_LETTERS = 20_000;

/** What an answer means in close codes; another: too busy, or not the service. */
const CODES: Record<number, number> = { 400: 4400, 401: 4401, 409: 4409, 410: 4410, 413: 1009 };
const BUSY = 1013;
const LOST = 1006;
/** A WebSocket gets through. */
const BETTER = 1000;

interface Frame {
  t: string;
  seq?: number;
  after?: number;
}

interface Told {
  frames: Frame[];
  seen: string;
  /** What it answers: where we stood when we asked. */
  hello: Frame;
  had: string;
}

/** This page, as far as the service can tell pages apart. */
const page = [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("-");

export class Poll {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  /** Where the next WebSocket is tried, and our own requests go. */
  #socket: string;
  #service: string;
  #hello: Frame = { t: "hello" };
  #seen = "";
  #waiting: string[] = [];
  #saying = false;
  #listening = false;
  #abort = new AbortController();
  #timer = 0;
  #better: WebSocket | null = null;

  constructor(socket: string, _protocol: string, service = new URL("api/poll", import.meta.url).href) {
    this.#socket = socket;
    this.#service = service;
    queueMicrotask(() => {
      if (this.readyState) return;
      this.readyState = 1;
      this.#later();
      this.onopen?.();
    });
  }

  send(data: string): void {
    const frame = JSON.parse(data) as Frame;
    if (frame.t === "hello") {
      this.#hello = frame;
      this.#seen = "";
      void this.#listen();
    } else {
      this.#waiting.push(data);
      void this.#say();
    }
  }

  close(): void {
    this.readyState = 3;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#better?.close();
  }

  /** Always one request waits for what is new. */
  async #listen(): Promise<void> {
    if (this.#listening) return;
    this.#listening = true;
    while (this.#open) {
      const began = Date.now();
      const told = await this.#ask([]);
      if (!told) return;
      this.#take(told);
      void this.#say();
      if (!told.frames[0] && Date.now() - began < BREATH) await new Promise((go) => setTimeout(go, BREATH));
    }
  }

  /** One request at a time says what there is to say: it arrives in order. */
  async #say(): Promise<void> {
    if (this.#saying || !this.#seen) return;
    this.#saying = true;
    while (this.#open && this.#waiting[0]) {
      let letters = 0;
      const most = this.#waiting.findIndex(
        (frame, at) => at === MOST_FRAMES || ((letters += frame.length) > MOST_LETTERS && at > 0),
      );
      const told = await this.#ask(this.#waiting.splice(0, most < 0 ? MOST_FRAMES : most));
      if (told) this.#take(told);
    }
    this.#saying = false;
  }

  async #ask(frames: string[]): Promise<Told | null> {
    const { signal } = this.#abort;
    const [hello, had] = [this.#hello, this.#seen];
    const late = setTimeout(() => this.#end(LOST), PATIENCE);
    const told = `{"window":"${page}","seen":"${had}","frames":[${[JSON.stringify(hello), ...frames]}]}`;
    const headers = { "Content-Type": "application/json", "X-Livechat": "1" };
    try {
      const answer = await fetch(this.#service, { method: "POST", headers, body: told, signal });
      const heard = (await answer.json().catch(() => null)) as (Told & { error?: string }) | null;
      if (answer.ok && Array.isArray(heard?.frames)) return { ...heard, hello, had };
      // Who finds that nobody gets in asks for the session, and then forgets what is here.
      this.#end(heard?.error === "signed_out" ? LOST : (CODES[answer.status] ?? BUSY));
    } catch {
      this.#end(LOST);
    } finally {
      clearTimeout(late);
    }
    return null;
  }

  /**
   * Two answers may bring the same line, and overtake each other: the view that is shown is always the
   * one whose mark we tell. Of another one only the next answer knows whether it is newer.
   */
  #take({ frames, seen, hello, had }: Told): void {
    const next = had === this.#seen;
    if (next && this.#open && hello === this.#hello) this.#seen = seen;
    for (const frame of frames) {
      // Another hello was said meanwhile: what answers the old one is of no use.
      if (!this.#open || hello !== this.#hello) return;
      if (frame?.t === "line") {
        if ((frame.seq as number) <= (hello.after as number)) continue;
        hello.after = frame.seq as number;
      }
      if (!next && frame?.t === "view") continue;
      if (frame?.t === "over") this.#seen = "";
      this.onmessage?.({ data: JSON.stringify(frame) });
    }
  }

  get #open(): boolean {
    return this.readyState === 1;
  }

  #end(code: number): void {
    if (!this.#open) return;
    this.close();
    this.onclose?.({ code });
  }

  /** A WebSocket that brings something is better than this. */
  #later(): void {
    if (!this.#open) return;
    this.#timer = setTimeout(() => {
      const socket = (this.#better = new WebSocket(this.#socket, "livechat.v1"));
      socket.onopen = () => socket.send(JSON.stringify(this.#hello));
      socket.onmessage = () => this.#end(BETTER);
      socket.onclose = () => this.#later();
    }, LOOK_AFTER);
  }
}

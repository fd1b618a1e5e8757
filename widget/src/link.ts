/** The connection: one WebSocket at a time, or its stand-in, opened again whenever it can be, and known to be alive. */
import { fits, type ClientFrame, type ServerFrame } from "./wire.ts";

/** Milliseconds: together a dead connection is found within 15 s while somebody looks. */
const PING_EVERY = 9_000;
const PONG_WITHIN = 5_000;
/** While nobody looks, the service's own pings do; this is to be sure. */
const PING_SELDOM = 30_000;
const WELCOME_WITHIN = 8_000;
/** A connection that lived this long had no trouble of its own: the next wait starts small. */
const LASTED = 1_000;
/** So many waits stay small: a restart is over by then, and the visitor is in the middle of a talk. */
const SOON = 6;
/** Handshakes that may bring no welcome before we ask by HTTP whether there is still a session. */
const DOUBT_AFTER = 2;

export type Stop = "no_session" | "other_chat" | "gone";

export interface LinkUser {
  hello(): ClientFrame;
  receive(frame: ServerFrame): void;
  /** `up` changed. */
  changed(): void;
  /** The service wants no more of us. */
  stopped(why: Stop): void;
  /** The handshake keeps failing, which is all a browser says of a 401: how is it answered? */
  known(): Promise<number>;
}

/** Close codes after which there is no coming back. */
const STOPS: Record<number, Stop> = { 4401: "no_session", 4409: "other_chat", 4410: "gone" };

/** Milliseconds before attempt number `attempt` (from 0): a random part of a span that grows late. */
export const waitBefore = (attempt: number, crowd?: boolean, random = Math.random()): number =>
  random *
  (attempt > SOON + 6
    ? 30_000
    : Math.min(8_000, (crowd ? 2_000 : attempt ? 1_000 : 500) * 2 ** Math.max(0, attempt - SOON)));

let found: typeof WebSocket | null = null;
/** Fetches what stands in for WebSockets, until it is here; null if it cannot be had now. */
const standIn = async (url: string) =>
  (found ??= await import(url.replace(/^ws(.*)ws$/, "http$1poll.js?") + Date.now()).then(
    ({ Poll }) => Poll,
    () => null,
  ));

export class Link {
  /** The service knows us: what is sent now arrives, or the connection ends. */
  up = false;
  running = false;
  #url: string;
  #user: LinkUser;
  #socket: WebSocket | null = null;
  /** What we talk through instead, where only WebSockets fail. */
  #poll: typeof WebSocket | null = null;
  #attempt = 0;
  #failed = 0;
  /** Until when to wait: for the next attempt without a socket, for a sign of life with one. */
  #timer = 0;
  #beat = 0;
  /** How often in a row an answer came too late for us: the next one gets longer. */
  #late = 0;
  #crowd = false;
  #watched = false;

  constructor(url: string, user: LinkUser) {
    this.#url = url;
    this.#user = user;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.#listen("addEventListener");
    this.#connect();
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.#listen("removeEventListener");
    this.#drop();
  }

  /** Sends a frame if the service knows us; what is not sent then goes with the next welcome, in order. */
  send(frame: ClientFrame): void {
    const hello = frame.t === "hello";
    // On one that is closing, a browser would drop it and complain.
    if ((this.up || hello) && this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
    this.up &&= !hello;
  }

  /** Leaves this connection and makes another. */
  restart(): void {
    this.#drop();
    if (!this.running) return;
    this.#timer = setTimeout(() => void this.#again(), waitBefore(this.#attempt, this.#crowd));
    this.#attempt += 1;
  }

  /** Somebody looks, or nobody does. */
  watch(watched: boolean): void {
    this.#watched = watched;
    if (this.up && watched) this.#ping();
  }

  #listen(how: "addEventListener" | "removeEventListener"): void {
    window[how]("online", this.#wake);
    window[how]("pageshow", this.#wake);
    window[how]("pagehide", this.#drop);
    window[how]("visibilitychange", this.#wake);
  }

  #wake = ({ type }: Event): void => {
    if (document.hidden) return;
    // Another network may let more through.
    if (type === "online") this.#poll = null;
    // What was begun without a network is not waited for when there is one.
    if (!this.#socket || (!this.up && type === "online")) {
      this.#attempt = 0;
      this.#connect();
    } else if (this.up) {
      this.#ping(); // after sleep a socket may look alive and be dead
    }
  };

  #connect(): void {
    this.#drop();
    const socket = (this.#socket = new (this.#poll ?? WebSocket)(this.#url, "livechat.v1"));
    let since = 0;
    this.#await(WELCOME_WITHIN);
    socket.onopen = () => {
      since = Date.now();
      this.send(this.#user.hello());
    };
    socket.onmessage = ({ data }) => this.#message(String(data));
    socket.onclose = ({ code }) => {
      const why = STOPS[code];
      // With these a service asks everybody at once to come back: not all at once.
      this.#crowd = code === 1012 || code === 1013;
      // What stands in for it has seen one get through.
      if (code === 1000) this.#poll = null;
      if (!this.up) this.#failed += 1;
      else if (Date.now() - since > LASTED) this.#attempt = 0;
      if (why) this.#halt(why);
      else this.restart();
    };
  }

  #message(data: string): void {
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    clearTimeout(this.#timer); // whatever came, it lives
    if (!fits(frame)) return;
    if (frame.t === "pong") this.#late = 0;
    if (frame.t === "welcome") {
      this.up = true;
      this.#failed = 0;
      this.#pace();
    }
    this.#user.receive(frame);
  }

  async #again(): Promise<void> {
    if (this.#failed >= DOUBT_AFTER) {
      this.#failed = 0;
      const status = await this.#user.known();
      if (status === 204) return this.#halt("no_session");
      if (status === 200) this.#poll = await standIn(this.#url);
    }
    if (this.running && !this.#socket) this.#connect();
  }

  #halt(why: Stop): void {
    if (!this.running) return;
    this.stop();
    this.#user.stopped(why);
  }

  #ping = (): void => {
    this.send({ t: "ping" });
    this.#await(PONG_WITHIN);
    this.#pace();
  };

  /** When the next ping is due. */
  #pace(): void {
    clearTimeout(this.#beat);
    this.#beat = setTimeout(this.#ping, this.#watched ? PING_EVERY : PING_SELDOM);
  }

  /** Something must arrive within this time, or the connection is taken for dead. */
  #await(span: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#late += 1;
      if (!this.up) this.#failed += 1;
      this.restart();
    }, span * 2 ** Math.min(this.#late, 3));
  }

  /** Also when the page goes into the back-forward cache, which must not hold a socket. */
  #drop = (): void => {
    const socket = this.#socket;
    this.#socket = null;
    this.up = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#beat);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#user.changed();
  };
}

/** The connection: one WebSocket at a time, opened again whenever it can be, and known to be alive. */
import { Close, readFrame, SUBPROTOCOL, type ClientFrame, type ServerFrame } from "./wire.ts";

const PING_EVERY = 20_000;
const PONG_WITHIN = 10_000;
const WELCOME_WITHIN = 15_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** A connection that lived this long had no trouble of its own: the next wait starts small. */
const LASTED = 5_000;
/** Handshakes that may fail before we ask by HTTP whether there is still a session. */
const DOUBT_AFTER = 2;

export type Status = "off" | "connecting" | "up";
export type Stop = "no_session" | "other_chat" | "gone";

export interface LinkUser {
  hello(): ClientFrame;
  receive(frame: ServerFrame): void;
  status(status: Status): void;
  /** The service wants no more of us. */
  stopped(why: Stop): void;
  /** The handshake keeps failing, which is all a browser says of a 401: is there a session? */
  doubt(): Promise<boolean>;
}

const STOPS: Record<number, Stop> = {
  [Close.noSession]: "no_session",
  [Close.otherChat]: "other_chat",
  [Close.gone]: "gone",
};

/** How long to wait before attempt number `attempt` (from 0): a random part of a doubling span. */
export function waitBefore(attempt: number, random = Math.random()): number {
  return random * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
}

export class Link {
  #url: string;
  #user: LinkUser;
  #socket: WebSocket | null = null;
  #running = false;
  #up = false;
  #attempt = 0;
  #failed = 0;
  #since = 0;
  #retry = 0;
  #beat = 0;
  #deadline = 0;

  constructor(url: string, user: LinkUser) {
    this.#url = url;
    this.#user = user;
  }

  get up(): boolean {
    return this.#up;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const [target, name] of this.#wakers()) target.addEventListener(name, this.#wake);
    addEventListener("pagehide", this.#sleep);
    this.#connect();
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const [target, name] of this.#wakers()) target.removeEventListener(name, this.#wake);
    removeEventListener("pagehide", this.#sleep);
    this.#drop();
    this.#user.status("off");
  }

  /** Sends a frame if the service knows us by now; what is not sent then goes with the welcome. */
  send(frame: ClientFrame): void {
    if (this.#up) this.#write(frame);
  }

  /** Sends a frame before the welcome: only a new hello does that. */
  greet(frame: ClientFrame): void {
    this.#setUp(false);
    this.#write(frame);
  }

  /** Leaves this connection and makes another. */
  restart(): void {
    if (!this.#running) return;
    this.#drop();
    this.#later();
  }

  #wakers(): [EventTarget, string][] {
    return [
      [window, "online"],
      [window, "pageshow"],
      [document, "visibilitychange"],
    ];
  }

  #wake = (event: Event): void => {
    if (event.type === "visibilitychange" && document.hidden) return;
    if (!this.#socket) {
      this.#attempt = 0;
      this.#connect();
    } else if (this.#up) {
      this.#ping(); // after sleep a socket may look alive and be dead
    }
  };

  /** A page that goes into the back-forward cache must not hold a socket. */
  #sleep = (): void => {
    this.#drop();
    this.#user.status("connecting");
  };

  #connect(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.#user.status("connecting");
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    this.#since = 0;
    this.#await(WELCOME_WITHIN);
    const mine = (act: (event: never) => void) => (event: Event) => {
      if (this.#socket === socket) act(event as never);
    };
    socket.addEventListener("open", mine(this.#opened));
    socket.addEventListener("message", mine(this.#message));
    socket.addEventListener("close", mine(this.#closed));
  }

  #opened = (): void => {
    this.#failed = 0;
    this.#since = Date.now();
    this.#write(this.#user.hello());
  };

  #message = (event: MessageEvent): void => {
    clearTimeout(this.#deadline); // whatever came, it lives
    const frame = readFrame(event.data);
    if (!frame) return;
    if (frame.t === "welcome") this.#setUp(true);
    this.#user.receive(frame);
    if (!this.#up && this.#socket) this.#await(WELCOME_WITHIN);
  };

  #closed = (event: CloseEvent): void => {
    const why = STOPS[event.code];
    if (!this.#since) this.#failed += 1;
    else if (Date.now() - this.#since > LASTED) this.#attempt = 0;
    this.#drop();
    if (why) this.#halt(why);
    else this.#later();
  };

  #halt(why: Stop): void {
    this.stop();
    this.#user.stopped(why);
  }

  #later(): void {
    this.#user.status("connecting");
    this.#retry = window.setTimeout(() => void this.#again(), waitBefore(this.#attempt));
    this.#attempt += 1;
  }

  async #again(): Promise<void> {
    if (this.#failed >= DOUBT_AFTER) {
      this.#failed = 0;
      const good = await this.#user.doubt();
      if (!this.#running) return;
      if (!good) return this.#halt("no_session");
    }
    if (this.#running && !this.#socket) this.#connect();
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    clearInterval(this.#beat);
    if (up) this.#beat = window.setInterval(() => this.#ping(), PING_EVERY);
    this.#user.status(up ? "up" : "connecting");
  }

  #ping(): void {
    this.#write({ t: "ping" });
    this.#await(PONG_WITHIN);
  }

  /** Something must arrive within this time, or the connection is taken for dead. */
  #await(span: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = window.setTimeout(() => this.restart(), span);
  }

  #write(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#up = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#deadline);
    clearInterval(this.#beat);
    socket?.close(1000);
  }
}

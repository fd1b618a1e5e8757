/** What survives a reload or a crash. */
import type { Unsent } from "./session.ts";
import type { View } from "./wire.ts";

/** The browser's storage, which may be blocked or full: then it keeps nothing. */
export interface Shelf {
  get<T>(name: string): T | null;
  /** Null takes it away. */
  set(name: string, value: unknown): void;
  /** What there is whose name begins so. */
  names(start: string): string[];
}

export const shelfOn = (open: () => Storage): Shelf => ({
  names(start) {
    try {
      return Object.keys(open())
        .map((name) => name.replace("livechat:", ""))
        .filter((name) => name.startsWith(start));
    } catch {
      return [];
    }
  },
  get(name) {
    try {
      return JSON.parse(open().getItem(`livechat:${name}`) ?? "null");
    } catch {
      return null; // blocked by the visitor or by policy, or not ours
    }
  },
  set(name, value) {
    try {
      if (value === null) open().removeItem(`livechat:${name}`);
      else open().setItem(`livechat:${name}`, JSON.stringify(value));
    } catch {
      // blocked, or full: the page still knows
    }
  },
});

export const tab = shelfOn(() => sessionStorage);
export const browser = shelfOn(() => localStorage);

const DAY = 86_400_000;

/** What the visitor wrote and the service has not acknowledged; it belongs to one tab. */
export interface Outbox {
  /** As it was last; the service may not tell it any more. */
  view: View;
  draft: string;
  unsent: Unsent[];
}

/**
 * What was said in any tab of this browser and is not answered yet: a tab that crashed cannot send
 * it again itself. Each message has its own place, so that tabs do not write over one another.
 */
export class Spare {
  #browser: Shelf;
  #start: string;

  /** Without a chat it is for letting go of everything. */
  constructor(browser: Shelf, chat = "") {
    this.#browser = browser;
    this.#start = `said ${chat} `;
  }

  /** This browser has left every other chat. */
  only(): void {
    for (const name of this.#browser.names("said "))
      if (!name.startsWith(this.#start)) this.#browser.set(name, null);
  }

  put(key: string, text: string): void {
    this.#browser.set(this.#start + key, [Date.now(), text]);
  }

  drop(key: string): void {
    this.#browser.set(this.#start + key, null);
  }

  /** All of it, the oldest first; nothing that is older than a session. */
  all(): Unsent[] {
    return this.#browser
      .names(this.#start)
      .map((name) => {
        const [at, text] = this.#browser.get<[number, string]>(name) ?? [0, ""];
        return { key: name.slice(this.#start.length), text, at };
      })
      .filter(({ at }) => at > Date.now() - DAY)
      .sort((one, next) => one.at - next.at);
  }
}

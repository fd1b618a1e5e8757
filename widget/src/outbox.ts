/**
 * What the visitor wrote and the service has not acknowledged, and the draft: kept in this tab's
 * sessionStorage, so that a reload or a crash loses nothing. Without storage it lives in memory.
 */
import type { Unsent } from "./session.ts";

/** A storage that may be blocked or full; every refusal of the browser is survived in memory. */
export interface Shelf {
  get<T>(name: string): T | null;
  /** Null takes it away. */
  set(name: string, value: unknown): void;
}

export function shelfOn(open: () => Storage): Shelf {
  const memory: Record<string, string | null> = {};
  return {
    get(name) {
      try {
        return JSON.parse(memory[name] ?? open().getItem(`livechat:${name}`) ?? "null");
      } catch {
        return null; // blocked by the visitor or by policy, or not ours
      }
    },
    set(name, value) {
      memory[name] = value === null ? null : JSON.stringify(value);
      try {
        if (value === null) open().removeItem(`livechat:${name}`);
        else open().setItem(`livechat:${name}`, memory[name] ?? "");
      } catch {
        // blocked, or full
      }
    },
  };
}

interface Kept {
  draft: string;
  unsent: Unsent[];
}

export class Outbox {
  #kept: Kept;
  #shelf: Shelf;
  #name: string;

  constructor(shelf: Shelf, chat: string) {
    this.#shelf = shelf;
    this.#name = `chat:${chat}`;
    this.#kept = shelf.get<Kept>(this.#name) ?? { draft: "", unsent: [] };
  }

  get draft(): string {
    return this.#kept.draft;
  }

  get unsent(): readonly Unsent[] {
    return this.#kept.unsent;
  }

  write(draft: string): void {
    this.#save(draft, this.#kept.unsent);
  }

  /** Keeps a message, in place of one with its key, and empties the draft in the same write. */
  add(message: Unsent): void {
    this.#save("", [...this.#without(message.key), message]);
  }

  /** Keeps the reason why a message was not taken. */
  mark(key: string, refused: Unsent["refused"]): void {
    const marked = this.#kept.unsent.map((one) => (one.key === key ? { ...one, refused } : one));
    this.#save(this.draft, marked);
  }

  settle(key: string): void {
    this.#save(this.draft, this.#without(key));
  }

  forget(): void {
    this.#save("", []);
  }

  #without(key: string): Unsent[] {
    return this.#kept.unsent.filter((one) => one.key !== key);
  }

  #save(draft: string, unsent: Unsent[]): void {
    this.#kept = { draft, unsent };
    this.#shelf.set(this.#name, draft || unsent.length ? this.#kept : null);
  }
}

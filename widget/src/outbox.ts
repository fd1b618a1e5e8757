/**
 * What the visitor wrote and the service has not acknowledged, and the draft: kept in this tab's
 * sessionStorage, so that a reload or a crash loses nothing. Without storage it lives in memory.
 */
import type { Unsent } from "./session.ts";
import type { Refusal } from "./wire.ts";

/** Storage that may be blocked or full: the browser's, or nothing but a variable of ours. */
export interface Shelf {
  get(name: string): string | null;
  set(name: string, value: string | null): void;
}

/** A shelf on one of the browser's storages. Every refusal of the browser is survived. */
export function shelfOn(open: () => Storage): Shelf {
  const memory = new Map<string, string>();
  const attempt = <T>(use: (storage: Storage) => T): T | null => {
    try {
      return use(open());
    } catch {
      return null; // blocked by the visitor or by policy, or full
    }
  };
  return {
    get: (name) => memory.get(name) ?? attempt((storage) => storage.getItem(name)),
    set(name, value) {
      if (value === null) memory.delete(name);
      else memory.set(name, value);
      attempt((storage) =>
        value === null ? storage.removeItem(name) : storage.setItem(name, value),
      );
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
    this.#name = `livechat:chat:${chat}`;
    this.#kept = read(shelf.get(this.#name));
  }

  get draft(): string {
    return this.#kept.draft;
  }

  set draft(text: string) {
    if (text === this.#kept.draft) return;
    this.#kept.draft = text;
    this.#save();
  }

  get unsent(): Unsent[] {
    return this.#kept.unsent;
  }

  /** Keeps a message, and empties the draft it came from in the same write. */
  add(key: string, text: string): void {
    this.#kept = { draft: "", unsent: [...this.#kept.unsent, { key, text, refused: "" }] };
    this.#save();
  }

  mark(key: string, refused: Refusal | ""): void {
    for (const one of this.#kept.unsent) if (one.key === key) one.refused = refused;
    this.#save();
  }

  settle(key: string): void {
    const rest = this.#kept.unsent.filter((one) => one.key !== key);
    if (rest.length === this.#kept.unsent.length) return;
    this.#kept.unsent = rest;
    this.#save();
  }

  forget(): void {
    this.#kept = { draft: "", unsent: [] };
    this.#save();
  }

  #save(): void {
    const { draft, unsent } = this.#kept;
    this.#shelf.set(this.#name, draft || unsent.length ? JSON.stringify(this.#kept) : null);
  }
}

function read(text: string | null): Kept {
  try {
    const kept = JSON.parse(text ?? "") as Kept;
    const whole = (one: Unsent) => typeof one.key === "string" && typeof one.text === "string";
    return { draft: String(kept.draft), unsent: kept.unsent.filter(whole) };
  } catch {
    return { draft: "", unsent: [] };
  }
}

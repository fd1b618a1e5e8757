/** What survives a reload or a crash. */
import type { Unsent } from "./session.ts";

/** The browser's storage, which may be blocked or full: then all of it lives in memory. */
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

/** What the visitor wrote and the service has not acknowledged; it belongs to one tab. */
export interface Outbox {
  draft: string;
  unsent: Unsent[];
}

/** What survives a reload or a crash. */
import type { Unsent } from "./session.ts";
import type { View } from "./wire.ts";

/** The browser's storage, which may be blocked or full: then it keeps nothing. */
export interface Shelf {
  get<T>(name: string): T | null;
  /** Null takes it away. */
  set(name: string, value: unknown): void;
}

export const shelfOn = (open: () => Storage): Shelf => ({
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

/** What the visitor wrote and the service has not acknowledged; it belongs to one tab. */
export interface Outbox {
  /** As it was last; the service may not tell it any more. */
  view: View;
  draft: string;
  unsent: Unsent[];
}

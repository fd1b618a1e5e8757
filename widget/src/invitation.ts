/** The secret of the link, from the address bar to the service, and nowhere else. */
import type { Shelf } from "./outbox.ts";
import { randomText } from "./wire.ts";

const MARK = "#livechat=";
const NAME = "livechat:invitation";

export interface Invitation {
  token: string;
  /** Ours: who repeats a join with it gets in again, so a lost answer locks nobody out. */
  nonce: string;
  /** "Join" was pressed, and no answer has come. */
  pressed: boolean;
}

/** Takes the token out of the address and of the history; null when there is none. */
export function takeFromAddress(shelf: Shelf): Invitation | null {
  const { hash, pathname, search } = location;
  if (!hash.startsWith(MARK)) return null;
  history.replaceState(history.state, "", pathname + search);
  const token = hash.slice(MARK.length);
  const before = recall(shelf);
  // The same link opened again keeps its nonce.
  const nonce = before?.token === token ? before.nonce : randomText(32);
  const invitation = { token, nonce, pressed: false };
  keep(shelf, invitation);
  return invitation;
}

export function recall(shelf: Shelf): Invitation | null {
  try {
    const kept = JSON.parse(shelf.get(NAME) ?? "") as Invitation;
    return typeof kept.token === "string" && typeof kept.nonce === "string" ? kept : null;
  } catch {
    return null;
  }
}

export function keep(shelf: Shelf, invitation: Invitation | null): void {
  shelf.set(NAME, invitation && JSON.stringify(invitation));
}

/** The secret of the link, from the address bar to the service, and nowhere else. */
import { tab } from "./outbox.ts";
import { randomText } from "./wire.ts";

export interface Invitation {
  token: string;
  /** Ours: who repeats a join with it gets in again, so a lost answer locks nobody out. */
  nonce: string;
  /** "Join" was pressed, and no answer has come. */
  pressed?: boolean;
}

/** A link was followed to this page. */
export const hasToken = () => location.hash.match(/^#livechat=(.+)/)?.[1];

/** Takes the token out of the address and the history at once; null when there is none. */
export function takeFromAddress(): Invitation | null {
  const token = hasToken();
  if (!token) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  const before = recall();
  // The same link opened again keeps its nonce.
  const invitation = before?.token === token ? before : { token, nonce: randomText() };
  keep(invitation);
  return invitation;
}

export const recall = (): Invitation | null => tab.get("invitation");

/** Null when it was answered, and is of no more use. */
export const keep = (invitation: Invitation | null): void => tab.set("invitation", invitation);

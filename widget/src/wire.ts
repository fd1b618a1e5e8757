/** The frames and answers of docs/widget-protocol.md, version 1. */

export interface View {
  chat: string;
  state: "open" | "ended" | "filed";
  /** Empty while there is none: the visitor began the chat. */
  ticket: string;
  /** The visitor began it and did not sign in: nobody writes to him by what he typed. */
  stranger: boolean;
  you: string;
  /** Whose the chat is: what was left unsent in it is for whoever's own has this in it. */
  person: string;
  operators: string[];
  head: number;
  relayed: number;
  ended_by: "visitor" | "operator" | "system" | null;
  /** While he waits for an answer: how many others have been waiting longer. Not told by an older service. */
  waiting_longer?: number;
  /** When the chat ends by itself unless somebody is heard. */
  closing: string | null;
  /** Until when the visitor is blocked. */
  blocked: string | null;
  /** Whether the chat helped: "" while that is asked, null where it is not, else the answer. */
  rating: "" | "yes" | "partly" | "no" | null;
  /** Told to who joins or begins it: what this browser keeps is another's, who has signed out. */
  signed_out?: boolean;
}

/** What came with a line. */
export interface FileInfo {
  id: string;
  name: string;
  type: string;
  size: number;
  standing: "here" | "coming" | "missing" | "link";
  url: string;
}

export interface LineFrame {
  t: "line";
  seq: number;
  kind: "said" | "edited" | "removed" | "notice";
  author: { role: "visitor" | "operator" | "system"; name: string };
  text: string;
  at: string;
  key?: string;
  target?: number;
  quote?: { author: string; text: string };
  file?: FileInfo;
}

export type Refusal = "ended" | "too_long" | "empty" | "chat_full" | "slow_down";

export type ServerFrame =
  | { t: "welcome" | "view"; view: View }
  | LineFrame
  | { t: "ack"; key: string; seq: number; at: string }
  | { t: "refused"; key: string; error: Refusal }
  | { t: "relayed"; seq: number }
  | { t: "over" | "pong" };

export type ClientFrame =
  | { t: "hello"; chat: string; after: number }
  | { t: "say"; key: string; text: string }
  | { t: "presence"; state: "open" | "hidden" }
  | { t: "here" | "end" | "ping" };

export type Fate = "pending" | "used" | "revoked" | "expired" | "unknown" | "not_yours" | "blocked";

export interface Peek {
  fate: Fate;
  /** Of somebody who is blocked: until when. */
  until?: string;
  /** Not there where nobody can sign in. */
  admission?: "join" | "sign_in";
  /** Where one signs in. */
  sign_in?: string;
  ticket: string;
  operators: string[];
}

/** The longest message, in bytes of UTF-8. */
export const MAX_BYTES = 30 * 1024;

/** How many bytes the service will count. */
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** 43 random characters of base64url (two of its letters read as one: 254 bits). */
export const randomText = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(33))))
    .replace(/\W/g, "-")
    .slice(1);

const texts = (...all: unknown[]) => all.every((one) => typeof one === "string");
const numbers = (...all: unknown[]) => all.every(Number.isSafeInteger);

export const isView = (view: any): view is View =>
  texts(view?.chat, view?.state, view?.ticket, view?.you, view?.closing ?? "") &&
  Array.isArray(view.operators) &&
  texts(...view.operators) &&
  numbers(view.head, view.relayed);

/**
 * It is a frame that can be taken, so far as this version knows its kind. What it holds is drawn, and
 * only a text is drawn as a text: whatever else stands there is not the service's.
 */
export function fits(frame: any): frame is ServerFrame {
  const { t, view, seq, at = "", key = "", text, target = 0, author, quote, file } = frame ?? {};
  if (/^(view|welcome)$/.test(texts(t) && t)) return isView(view);
  return (
    texts(t, at, key) &&
    (!/^(line|ack|relayed)$/.test(t) || numbers(seq)) &&
    (t !== "line" ||
      (texts(text, author?.role, author?.name) &&
        numbers(target) &&
        (!quote || texts(quote.author, quote.text)) &&
        (!file || (texts(file.id, file.name, file.type, file.standing, file.url) && numbers(file.size)))))
  );
}

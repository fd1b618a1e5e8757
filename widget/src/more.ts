/**
 * What a page carries only once the panel is open or there is a chat: beginning one, files, options,
 * sounds, rare notices, and what can be done at the end. It is fetched with the chat. Until then, and
 * without it, a message with a file shows what its sender says of it, a chat that is over says so and
 * where its ticket is, a rare notice is not shown, and what looks like a password is sent like anything
 * else.
 */
import type { App } from "./app.ts";
import type { Entry } from "./session.ts";
import { say, sayNames, sayUnread, spoken } from "./strings.ts";
import type { Talk } from "./talk.ts";
import type { Fate, Peek } from "./wire.ts";
import { button, copy, h, icon, type Child, type Spec } from "./view/dom.ts";

/** Names the edition of the script that is fetched. */
declare const MORE: string;
/** Milliseconds after which a script that did not come is asked for again. */
const PATIENCE = 30_000;

/** What a reader chose. */
export interface Chosen {
  /** False when only Ctrl+Enter sends. */
  enter?: boolean;
  sound?: boolean;
  notify?: boolean;
}

/** What src/lazy/more.ts makes. */
export interface More {
  /** The buttons in the composer. */
  choosers(app: App): Child[];
  /** What was pasted or dropped. */
  take(app: App, event: Event, from: DataTransfer | null): void;
  /** What is to be sent, and what is asked of it, above the composer. */
  tray(app: App): Child;
  /** Whether what stands in the composer has to wait, because it is asked whether to send it. */
  waits(app: App, talk: Talk): boolean;
  /** What is told, and asked, without a chat; `ticket` leads to a ticket. */
  door(app: App, ticket: Child): Child[];
  /** What is told while nobody has answered, below what was said. */
  waiting(app: App): Child;
  /** Why a link opens nothing, and what to do about it; `peek` is what the service told of it. */
  refused(fate: Exclude<Fate, "pending">, peek?: Peek): Child[];
  /** What whoever is invited does about a browser that keeps no cookies. */
  cookies(): string;
  /** What a notice that few chats have says; "" for one that a later service might send. */
  noticed(word: string, values: { name: string }): string;
  /** A message's file. */
  body(app: App, entry: Entry): Child[];
  /** What a reader may choose. */
  options(app: App): Child;
  /** Calls a reader back who looks elsewhere. */
  chime(chosen: Chosen): void;
  /** What is said while the chat is about to end by itself. */
  closing(app: App, talk: Talk): Spec;
  /** What can be done when the chat is over, `close` among it. */
  over(app: App, talk: Talk, close: Child): Child[];
}

/** What the fetched script is given of ours: it must not bring a second one of each. */
const kit = { h, button, copy, icon, say, sayNames, sayUnread, spoken };
export type Kit = typeof kit;

let more: More | undefined;
let coming: Promise<unknown> | undefined;
/** It did not come. A browser may remember that an address gave no script: the next time we ask for another. */
export let failed = "";

/** The rest, if it is here; else it is fetched, and then the page is drawn. */
export function moreOf(app: App): More | undefined {
  coming ??= import(`${app.base}more.${MORE}.js${failed}`).then(
    (script) => {
      more = script.default(kit);
      app.changed();
    },
    () =>
      setTimeout(() => {
        coming = undefined;
        failed += "?";
        app.changed();
      }, PATIENCE),
  );
  return more;
}

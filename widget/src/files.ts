/**
 * Files, as much of them as every page carries: the rest is fetched once there is a chat. Until then,
 * and without it, a message with a file shows what its sender says of it.
 */
import type { App } from "./app.ts";
import type { Entry } from "./session.ts";
import { say } from "./strings.ts";
import { button, h, icon, type Child } from "./view/dom.ts";

/** Names the edition of the script that is fetched. */
declare const FILES: string;
/** Milliseconds after which a script that did not come is asked for again. */
const PATIENCE = 30_000;

/** What src/lazy/files.ts makes. */
export interface Files {
  /** The buttons in the composer. */
  choosers(app: App): Child[];
  /** What was pasted or dropped. */
  take(app: App, event: Event, from: { files: FileList | null } | null): void;
  /** What is to be sent, above the composer. */
  tray(app: App): Child;
  /** A message's file. */
  body(app: App, entry: Entry): Child[];
}

/** What the fetched script is given of ours: it must not bring a second one of each. */
const kit = { h, button, icon, say };
export type Kit = typeof kit;

let files: Files | undefined;
let coming: Promise<unknown> | undefined;

/** The rest, if it is here; else it is fetched, and then the page is drawn. */
export function filesOf(app: App): Files | undefined {
  coming ??= import(`${app.base}files.${FILES}.js`).then(
    (script) => {
      files = script.default(kit);
      app.changed();
    },
    () => setTimeout(() => (coming = undefined), PATIENCE),
  );
  return files;
}

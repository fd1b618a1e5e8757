import { test } from "node:test";
import { deepEqual } from "node:assert/strict";
import type { App } from "../src/app.ts";
import { back } from "../src/lazy/back.ts";
import type { Outbox } from "../src/outbox.ts";
import { Session } from "../src/session.ts";
import { aView } from "./cast.ts";

const heard: Record<string, (event: object) => void> = {};
let tab: string | null = null;
Object.assign(globalThis, {
  addEventListener: (name: string, hear: (event: object) => void) => void (heard[name] = hear),
  sessionStorage: { getItem: (name: string) => (name === "livechat:chat-1" ? tab : null) },
});

type Kept = Pick<Outbox, "draft" | "unsent">;
const write = (kept: Kept | null) => (tab = kept && JSON.stringify({ view: aView(), ...kept }));

/** A page was left with this in the tab, and comes back when that stands there. */
function returned(left: Kept | null, now: Kept | null) {
  const session = new Session(aView(), left?.unsent);
  const talk = { session, draft: left?.draft ?? "", stop: null };
  const box = { value: talk.draft };
  back()({ talk, root: { querySelector: () => box }, draw: () => undefined } as unknown as App);
  write(left);
  heard["pagehide"]?.({});
  write(now);
  heard["pageshow"]?.({ persisted: true });
  return [talk.draft, box.value, session.waiting.map(({ key }) => key)];
}

const one = { key: "k1", text: "one" };
const two = { key: "k2", text: "two" };

test("a draft that was sent on the next page is not there any more", () => {
  deepEqual(returned({ draft: "half", unsent: [] }, null), ["", "", []]);
});

test("a draft that was written on the next page is there", () => {
  deepEqual(returned(null, { draft: "half", unsent: [] }), ["half", "half", []]);
});

test("what was not sent on the next page is sent from here, each once", () => {
  deepEqual(returned({ draft: "", unsent: [one] }, { draft: "", unsent: [one, two] }), ["", "", ["k1", "k2"]]);
});

test("where nothing was written since the page stays as it is", () => {
  const left = { draft: "half", unsent: [one] };
  deepEqual(returned(left, left), ["half", "half", ["k1"]]);
});

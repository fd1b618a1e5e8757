import { test } from "node:test";
import { equal } from "node:assert/strict";
import { fits } from "../src/wire.ts";
import { sayIfKnown } from "../src/strings.ts";
import { aView, AT, grace, welcome } from "./cast.ts";

const told = { id: "v-1", name: "a.png", type: "image/png", size: 7, standing: "here", url: "" } as const;

test("what the protocol has fits, and kinds that a later service may send", () => {
  for (const frame of [
    welcome(),
    { t: "view", view: aView({ closing: AT }) },
    grace(1, "Hello"),
    grace(2, "x", { target: 1, kind: "edited" }),
    grace(3, "x", { quote: { author: "Ada", text: "It beeps." }, file: told, key: "k" }),
    { t: "ack", key: "k", seq: 1, at: AT },
    { t: "refused", key: "k", error: "ended" },
    { t: "relayed", seq: 2 },
    { t: "over" },
    { t: "news" },
  ])
    equal(fits(frame), true, JSON.stringify(frame));
});

test("what would be drawn as something else than text does not fit", () => {
  const spec = { tag: "script", props: { src: "https://evil.example/" }, kids: [] };
  const line = grace(1, "Hello");
  for (const frame of [
    ...[null, 0, true, "pong", [], {}, { t: null }, { t: { toString: 1 } }, { t: "view" }, { t: "view", view: null }],
    ...[{ ...line, text: spec }, { ...line, text: undefined }, { ...line, author: null }],
    ...[{ ...line, author: { role: "operator", name: spec } }, { ...line, at: 5 }, { ...line, seq: "1" }],
    ...[{ ...line, quote: { author: spec, text: "" } }, { ...line, quote: true }, { ...line, key: spec }],
    ...[{ ...line, file: { ...told, type: 1 } }, { ...line, file: { ...told, name: spec } }, { ...line, target: "1" }],
    ...[{ t: "view", view: aView({ operators: [spec as never] }) }, { t: "view", view: aView({ you: spec as never }) }],
    ...[{ t: "view", view: aView({ operators: null as never }) }, { t: "view", view: aView({ head: 1e300 }) }],
    ...[{ t: "view", view: aView({ closing: spec as never }) }, { t: "relayed", seq: -0.5 }],
    ...[{ t: "ack", key: "k", seq: null, at: AT }, { t: "refused", key: 1, error: "ended" }],
  ])
    equal(fits(frame), false, JSON.stringify(frame));
});

test("no word is found where nobody put one", () => {
  for (const word of ["constructor", "toString", "__proto__"]) equal(sayIfKnown(word), "");
});

import { test } from "node:test";
import { deepEqual, equal } from "node:assert/strict";
import ar from "../src/languages/ar.json";
import pl from "../src/languages/pl.json";
import type { App } from "../src/app.ts";
import { waiting } from "../src/lazy/waiting.ts";
import type { Kit } from "../src/more.ts";
import { EN, say, speak, spoken } from "../src/strings.ts";
import { h, type Spec } from "../src/view/dom.ts";

/** A file of words, as the build makes it. */
const file = (words: Record<string, string>) =>
  Object.fromEntries(Object.entries(words).map(([word, text]) => [(EN as Record<string, string>)[word] ?? word, text]));

/** Somebody who waits; what was spoken, and what is shown of the others. */
function waits() {
  const said: string[] = [];
  const draw = waiting({ h, say, spoken } as unknown as Kit);
  const view = { ticket: "", operators: [] as string[], waiting_longer: undefined as unknown };
  const app = { talk: { session: { view }, over: false }, announcer: { say: (text: string) => said.push(text) } };
  const drawn = (waiting_longer: unknown, text = "") => {
    Object.assign(view, { waiting_longer });
    const shown = draw({ ...app, line: { text } } as unknown as App) as Spec | null;
    return (shown?.kids[1] as Spec | undefined)?.kids[0] || "";
  };
  return { said, drawn, view };
}

test("how many others have been waiting longer is shown, and spoken when it changes", () => {
  const { said, drawn } = waits();
  const shown = [3, 3, 1, 0, 0].map((n) => drawn(n));
  const [three, one, none] = [
    "3 others have been waiting longer than you.",
    "1 other has been waiting longer than you.",
    "Nobody else has been waiting longer than you.",
  ];
  deepEqual(shown, [three, three, one, none, none]);
  deepEqual(said, [`${EN.door_waiting} ${three}`, one, none]);
});

test("without a connection it is not shown, and not said again when it is back", () => {
  const { said, drawn } = waits();
  deepEqual([drawn(2), drawn(2, "Connection lost"), drawn(2)], [drawn(2), "", drawn(2)]);
  equal(said.length, 1);
});

test("who is put back is told again", () => {
  const { said, drawn, view } = waits();
  drawn(0);
  view.operators = ["Grace Hopper"];
  equal(drawn(undefined), "");
  view.operators = [];
  drawn(1);
  equal(said.length, 2);
});

test("an older service says nothing of others, and nothing else than a number is shown", () => {
  const { said, drawn } = waits();
  deepEqual([undefined, null, "3", {}, 0.5, NaN].map((n) => drawn(n)), ["", "", "", "", "", ""]);
  deepEqual(said, [EN.door_waiting]);
});

test("each language counts as it does", () => {
  const { drawn } = waits();
  speak("pl", file(pl));
  deepEqual([1, 2, 5, 22].map((n) => drawn(n)), [
    "1 inna osoba czeka dłużej niż Ty.",
    "2 inne osoby czekają dłużej niż Ty.",
    "5 innych osób czeka dłużej niż Ty.",
    "22 inne osoby czekają dłużej niż Ty.",
  ]);
  speak("ar", file(ar));
  deepEqual([2, 3, 11].map((n) => drawn(n)), [ar.longer_two, "3 أشخاص آخرين ينتظرون منذ مدة أطول منك.", "11 شخصًا آخر ينتظرون منذ مدة أطول منك."]);
  speak("en", {});
});

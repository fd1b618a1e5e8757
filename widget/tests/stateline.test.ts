import { mock, test } from "node:test";
import { equal } from "node:assert/strict";
import { StateLine } from "../src/stateline.ts";
import type { Talk } from "../src/talk.ts";

Object.defineProperty(globalThis, "navigator", { value: { onLine: true } });
mock.timers.enable({ apis: ["setTimeout"] });

/** What is said after each of these, and so long that it is said. */
function said(...ups: boolean[]): string[] {
  const line = new StateLine(() => undefined);
  return ups.map((up) => {
    line.look({ link: { running: true, up } } as Talk);
    mock.timers.tick(2_000);
    return line.text;
  });
}

test("a first connection that takes long is no second one", () => {
  equal(said(false, true).join("|"), "Connecting…|");
});

test("one that was lost is told of, and that it is back", () => {
  const lost = "Connection lost; trying again. What you write is kept and sent later.";
  equal(said(true, false, true).join("|"), `|${lost}|Connected again.`);
});

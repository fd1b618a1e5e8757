import { test } from "node:test";
import { ok } from "node:assert/strict";
import { waitBefore } from "../src/link.ts";

test("waiting before an attempt doubles from half a second up to thirty, and a random part is waited", () => {
  for (const [attempt, most] of [
    [0, 500],
    [1, 1000],
    [3, 4000],
    [6, 30_000],
    [60, 30_000],
  ] as const) {
    ok(waitBefore(attempt, 1) === most && waitBefore(attempt, 0) === 0);
  }
});

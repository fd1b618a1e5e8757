import { test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { outcomeOf, pauseBefore } from "../src/lazy/door.ts";

test("only an answer that says so is taken for one: else the same form is sent again", () => {
  equal(outcomeOf(200), "begun");
  equal(outcomeOf(410), "begun");
  deepEqual([400, 413, 422].map(outcomeOf), ["wrong", "wrong", "wrong"]);
  deepEqual([401, 403, 409].map(outcomeOf), ["look", "look", "look"]);
  for (const status of [0, 408, 429, 500, 502, 503]) equal(outcomeOf(status), "again");
});

test("repeats become rarer, and never stop", () => {
  const pauses = [1, 2, 3, 4, 5, 50].map(pauseBefore);
  deepEqual(pauses, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  ok(pauses.every((ms) => ms > 0));
});

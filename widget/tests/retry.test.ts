import { mock, test } from "node:test";
import { deepEqual, equal } from "node:assert/strict";
import { Retry } from "../src/retry.ts";

const page = new EventTarget();
const tab = { hidden: false };
Object.assign(globalThis, { window: page, document: tab });
mock.timers.enable({ apis: ["setTimeout"] });
Math.random = () => 1;

const happens = (name: string) => page.dispatchEvent(new Event(name));

/** A service that never answers: each try ends in another. */
function trying(crowd = false): { retry: Retry; tries: () => number } {
  const retry = new Retry();
  let tries = 0;
  const again = (): void => {
    tries += 1;
    retry.later(again, crowd);
  };
  retry.later(again, crowd);
  return { retry, tries: () => tries };
}

test("it tries by itself, soon at first, then more and more seldom, and never gives up", () => {
  const { retry, tries } = trying();
  const soon = [500, ...Array<number>(6).fill(1_000)];
  const spans = [...soon, 2_000, 4_000, ...Array<number>(4).fill(8_000), 30_000, 30_000];
  const after = spans.map((wait) => {
    mock.timers.tick(wait - 1);
    const early = tries();
    mock.timers.tick(1);
    return tries() - early;
  });
  deepEqual([after, tries()], [Array(15).fill(1), 15]);
  retry.stop();
});

test("a service that answers that it cannot is asked after longer", () => {
  const { retry, tries } = trying(true);
  mock.timers.tick(1_999);
  equal(tries(), 0);
  mock.timers.tick(1);
  equal(tries(), 1);
  retry.stop();
});

test("it tries at once when there is a network again or somebody looks, and not for a hidden page", () => {
  const { retry, tries } = trying();
  happens("online");
  happens("visibilitychange");
  equal(tries(), 2);
  tab.hidden = true;
  happens("visibilitychange");
  tab.hidden = false;
  equal(tries(), 2);
  retry.stop();
});

test("while an answer is waited for nothing asks a second time", () => {
  const retry = new Retry();
  let tries = 0;
  retry.later(() => (tries += 1), false);
  for (const name of ["online", "visibilitychange"]) happens(name);
  mock.timers.tick(60_000);
  equal(tries, 1);
  retry.stop();
});

test("once there is an answer it rests", () => {
  const { retry, tries } = trying();
  retry.stop();
  happens("online");
  mock.timers.tick(60_000);
  equal(tries(), 0);
});

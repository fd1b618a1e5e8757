import { test } from "node:test";
import { deepEqual } from "node:assert/strict";
import { atOnce, inTurn } from "../src/steps.ts";

const task = () => new Promise((done) => setTimeout(done));

test("each step has a task of its own, and others come in between", async () => {
  const done: string[] = [];
  inTurn([() => done.push("one"), () => done.push("two")]);
  const between = setInterval(() => done.push("page"));
  deepEqual(done, []);
  while (!done.includes("two")) await task();
  clearInterval(between);
  deepEqual(done.filter((name) => name !== "page"), ["one", "two"]);
  deepEqual(done.slice(done.indexOf("one"), done.indexOf("two")).includes("page"), true);
});

test("what is left is done at once, in order, and not again", async () => {
  const done: string[] = [];
  const steps = ["one", "two", "three"].map((name) => () => void done.push(name));
  inTurn(steps);
  await task();
  atOnce(steps);
  deepEqual(done, ["one", "two", "three"]);
  await task();
  await task();
  deepEqual(done, ["one", "two", "three"]);
});

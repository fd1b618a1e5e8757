import { test } from "node:test";
import { deepEqual } from "node:assert/strict";
import { rowsOf } from "../src/rows.ts";
import { Session } from "../src/session.ts";
import type { ServerFrame } from "../src/wire.ts";
import { ada, aView, grace, welcome } from "./cast.ts";

function rowsAfter(frames: ServerFrame[], newFrom = 0) {
  const session = new Session(aView());
  session.receive(welcome());
  for (const frame of frames) session.receive(frame);
  return rowsOf(session, newFrom);
}

test("what one person says within five minutes belongs together", () => {
  const at = (time: string) => ({ at: `2026-11-21T${time}:00.000Z` });
  const rows = rowsAfter([
    grace(1, "a", at("10:00")),
    grace(2, "b", at("10:04")),
    grace(3, "c", at("10:10")),
    ada(4, "d", "k", at("10:10")),
  ]);
  deepEqual(
    rows.map(({ first, last }) => [first, last]),
    [
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ],
  );
});

test("two operators are never taken for one", () => {
  const alan = { author: { role: "operator" as const, name: "Alan Turing" } };
  const rows = rowsAfter([grace(1, "a"), grace(2, "b", alan)]);
  deepEqual(
    rows.map((row) => row.first),
    [true, true],
  );
});

test("each day is named once, also with messages on their way", () => {
  const session = new Session(aView());
  session.receive(welcome());
  session.receive(grace(1, "a", { at: "2026-11-20T12:00:00.000Z" }));
  session.receive(grace(2, "b", { at: "2026-11-21T12:00:00.000Z" }));
  session.say({ key: "k1", text: "c" });
  deepEqual(
    rowsOf(session, 0).map((row) => row.day),
    [true, true, false],
  );
});

test("the line 'new since you left' stands before the first new message only", () => {
  const rows = rowsAfter([grace(1, "a"), grace(2, "b"), grace(3, "c")], 2);
  deepEqual(
    rows.map((row) => row.fresh),
    [false, true, false],
  );
  deepEqual(
    rows.map((row) => row.first),
    [true, true, false],
  );
});

test("a message of one's own says what became of it, and no more than is known", () => {
  const session = new Session(aView());
  for (const frame of [welcome(), ada(1, "a", "k1"), ada(2, "b", "k2")]) session.receive(frame);
  session.receive({ t: "view", view: aView({ relayed: 1 }) });
  session.say({ key: "k3", text: "c" });
  session.say({ key: "k4", text: "d" });
  session.receive({ t: "refused", key: "k4", error: "chat_full" });
  deepEqual(
    rowsOf(session, 0).map((row) => row.delivery),
    ["delivered", "sent", "sending", "refused"],
  );
});

test("a message that may not have been seen says so, however far it is relayed", () => {
  const about = { kind: "notice", author: { role: "system", name: "" }, target: 1 } as const;
  const rows = rowsAfter([
    ada(1, "a", "k1"),
    ada(2, "b", "k2"),
    grace(3, "not_shown", about),
    { t: "relayed", seq: 2 },
  ]);
  deepEqual(
    rows.map((row) => row.delivery),
    ["not_shown", "delivered"],
  );
});

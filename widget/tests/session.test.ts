import { test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { Session } from "../src/session.ts";
import type { ServerFrame } from "../src/wire.ts";
import { ada, aView, AT, grace, welcome } from "./cast.ts";

function sessionAfter(...frames: ServerFrame[]): Session {
  const session = new Session(aView());
  for (const frame of frames) session.receive(frame);
  return session;
}

const texts = (session: Session) => [...session.entries, ...session.unsent].map((one) => one.text);

test("a line is shown once, however often it comes", () => {
  const session = sessionAfter(
    welcome(),
    grace(1, "one"),
    grace(2, "two"),
    grace(1, "one"),
    grace(2, "two"),
  );
  deepEqual(texts(session), ["one", "two"]);
  deepEqual(session.hello(), { t: "hello", chat: "chat-1", after: 2 });
});

test("a missing line makes us ask again, once, instead of showing a log with a hole", () => {
  const session = sessionAfter(welcome(), grace(1, "one"));
  deepEqual(session.receive(grace(3, "three")), { then: "resync" });
  deepEqual(texts(session), ["one"]);
  session.receive(welcome());
  session.receive(grace(3, "three"));
  deepEqual([texts(session), session.seq], [["one", "three"], 3]);
});

test("what was not acknowledged is sent with every welcome, in order, under its own key", () => {
  const session = new Session(aView(), [{ key: "k1", text: "from before the reload" }]);
  session.say({ key: "k2", text: "and since" });
  deepEqual(session.receive(welcome()).send, [
    { t: "say", key: "k1", text: "from before the reload" },
    { t: "say", key: "k2", text: "and since" },
  ]);
});

test("after a lost acknowledgement the line itself settles the message, without a double", () => {
  const session = sessionAfter(welcome());
  session.say({ key: "k1", text: "hello" });
  session.receive(welcome({ head: 1 }));
  session.receive(ada(1, "hello", "k1"));
  session.receive({ t: "ack", key: "k1", seq: 1, at: AT });
  deepEqual(texts(session), ["hello"]);
  deepEqual(session.receive(welcome({ head: 1 })).send, []);
});

test("an acknowledged message keeps its identity when its line comes", () => {
  const session = sessionAfter(welcome());
  session.say({ key: "k1", text: "hello" });
  const before = session.unsent[0]?.id;
  session.receive({ t: "ack", key: "k1", seq: 1, at: AT });
  equal(session.unsent[0]?.seq, 1);
  session.receive(ada(1, "hello", "k1"));
  equal(session.entries[0]?.id, before);
});

test("a refused message stays with its reason and is not sent again by itself", () => {
  const session = sessionAfter(welcome());
  session.say({ key: "k1", text: "hello" });
  session.receive({ t: "refused", key: "k1", error: "slow_down" });
  equal(session.unsent[0]?.refused, "slow_down");
  deepEqual(session.receive(welcome()).send, []);
});

test("a refusal cannot take back what was acknowledged", () => {
  const session = sessionAfter(welcome());
  session.say({ key: "k1", text: "hello" });
  session.receive({ t: "ack", key: "k1", seq: 1, at: AT });
  session.receive({ t: "refused", key: "k1", error: "ended" });
  equal(session.unsent[0]?.refused, undefined);
});

test("history and one's own words are not announced; what comes later is, once", () => {
  const session = new Session(aView());
  const heard = [
    welcome({ head: 2 }),
    grace(1, "old"),
    ada(2, "mine", "k"),
    grace(3, "new"),
    grace(3, "new"),
  ]
    .map((frame) => session.receive(frame).arrived?.text)
    .filter(Boolean);
  deepEqual(heard, ["new"]);
});

test("what came while the connection was lost is announced after it", () => {
  const session = sessionAfter(welcome(), grace(1, "one"));
  session.receive(welcome({ head: 2 }));
  equal(session.receive(grace(2, "two")).arrived?.text, "two");
});

test("edits and removals change the line they are about and stand nowhere themselves", () => {
  const session = sessionAfter(
    welcome(),
    grace(1, "tpyo"),
    grace(2, "wrong window"),
    grace(3, "typo", { kind: "edited", target: 1 }),
    grace(4, "", { kind: "removed", target: 2 }),
  );
  deepEqual(
    session.entries.map((one) => [one.text, one.change]),
    [
      ["typo", "edited"],
      ["", "removed"],
    ],
  );
  equal(session.seq, 4);
});

test("when the service's log is behind ours, ours is forgotten but not what is unsent", () => {
  const session = sessionAfter(welcome(), grace(1, "one"), grace(2, "two"));
  session.say({ key: "k1", text: "mine" });
  deepEqual(session.receive({ t: "over" }).send, [{ t: "hello", chat: "chat-1", after: 0 }]);
  deepEqual(texts(session), ["mine"]);
});

test("what a service that came back from an older copy has lost of ours is sent again", () => {
  const session = sessionAfter(welcome(), ada(1, "one", "k1"), grace(2, "two"), ada(3, "three", "k3"));
  session.receive({ t: "over" });
  deepEqual(session.receive(welcome()).send, [
    { t: "say", key: "k1", text: "one" },
    { t: "say", key: "k3", text: "three" },
  ]);
  session.receive(ada(1, "one", "k1"));
  session.receive({ t: "ack", key: "k3", seq: 2, at: AT });
  deepEqual(texts(session), ["one", "three"]);
});

test("there is no starting over from nothing, and so no going round in circles", () => {
  const session = sessionAfter(welcome());
  deepEqual(session.receive({ t: "over" }), { then: "gone" });
});

test("how far it is relayed is heard of by itself too", () => {
  const session = sessionAfter(welcome(), ada(1, "one", "k1"), { t: "relayed", seq: 1 });
  deepEqual([session.view.relayed, session.view.ticket], [1, "12345"]);
});

test("a notice about our message marks it, and is news only when it is", () => {
  const about = { kind: "notice", author: { role: "system", name: "" }, target: 1 } as const;
  const session = sessionAfter(welcome(), ada(1, "one", "k1"));
  const { marked } = session.receive(grace(2, "not_sure", about));
  deepEqual([marked?.text, marked?.mark, texts(session)], ["one", "not_sure", ["one"]]);
  const later = sessionAfter(welcome({ head: 2 }), ada(1, "one", "k1"));
  deepEqual(later.receive(grace(2, "not_shown", about)), {});
  equal(later.entries[0]?.mark, "not_shown");
  deepEqual(later.receive(grace(3, "of a later service", about)), {});
});

test("a purged log does not take the conversation out of the page once it is filed", () => {
  const session = sessionAfter(welcome(), grace(1, "one"), {
    t: "view",
    view: aView({ state: "filed" }),
  });
  deepEqual(session.receive({ t: "over" }), { then: "done" });
  deepEqual(texts(session), ["one"]);
});

test("a view of another chat is never shown", () => {
  const session = sessionAfter(welcome());
  deepEqual(session.receive({ t: "view", view: aView({ chat: "chat-2", you: "Eve" }) }), {
    then: "foreign",
  });
  equal(session.view.you, "Ada Lovelace");
});

test("the wish to end is repeated until the service has heard it", () => {
  const session = sessionAfter(welcome());
  session.ending = true;
  deepEqual(session.receive(welcome()).send, [{ t: "end" }]);
  session.receive({ t: "view", view: aView({ state: "ended", ended_by: "visitor" }) });
  ok(!session.ending);
});

test("it is settled when everything up to the first welcome's head is here", () => {
  const session = sessionAfter(welcome({ head: 2 }), grace(1, "one"));
  ok(!session.settled);
  session.receive(grace(2, "two"));
  ok(session.settled);
});

test("what a later service may send is ignored", () => {
  const session = sessionAfter(welcome());
  deepEqual(session.receive({ t: "typing" } as unknown as ServerFrame), {});
});

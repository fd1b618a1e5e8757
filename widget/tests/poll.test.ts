import { mock, test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { Poll } from "../src/lazy/poll.ts";
import { AT, aView, grace, welcome } from "./cast.ts";

interface Request {
  window: string;
  seen: string;
  frames: { t: string; after?: number; key?: string }[];
  answer: (frames: object[], seen?: string) => Promise<void>;
  refuse: (status: number, error?: string) => Promise<void>;
  lose: () => Promise<void>;
  aborted: () => boolean;
}

/** Everything that waits for nothing but its turn is done. */
const settled = async () => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
};

let asked: Request[] = [];
const sockets: { onopen: () => void; onmessage: () => void; onclose: () => void; closed: boolean }[] = [];

Object.assign(globalThis, {
  fetch: (_url: string, { body, signal }: { body: string; signal: AbortSignal }) =>
    new Promise((give, fail) => {
      signal.addEventListener("abort", () => fail(new Error("aborted")));
      const answered = async (ok: boolean, status: number, value: object) => {
        give({ ok, status, json: async () => value });
        await settled();
      };
      asked.push({
        ...JSON.parse(body),
        answer: (frames, seen = "aa") => answered(true, 200, { frames, seen }),
        refuse: (status, error) => answered(false, status, { error }),
        lose: async () => (fail(new Error("lost")), await settled()),
        aborted: () => signal.aborted,
      });
    }),
  WebSocket: class {
    closed = false;
    onopen = () => undefined;
    onmessage = () => undefined;
    onclose = () => undefined;
    constructor() {
      sockets.push(this);
    }
    send = () => undefined;
    close = () => void (this.closed = true);
  },
});
mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1 });

/** A poll whose hello is on its way, and what it brings. */
async function polling() {
  asked = [];
  const poll = new Poll("ws://127.0.0.1:1/ws", "livechat.v1", "http://127.0.0.1:1/api/poll");
  const got: { t: string; seq?: number; view?: { state: string } }[] = [];
  const closed: number[] = [];
  poll.onmessage = ({ data }) => void got.push(JSON.parse(data));
  poll.onclose = ({ code }) => void closed.push(code);
  poll.onopen = () => poll.send(JSON.stringify({ t: "hello", chat: "chat-1", after: 0 }));
  await settled();
  return { poll, got, closed, say: (key: string) => poll.send(JSON.stringify({ t: "say", key, text: key })) };
}

const first = () => asked[0] as Request;
const at = (n: number) => asked[n] as Request;
const keys = ({ frames }: Request) => frames.map(({ t, key }) => key ?? t);

test("hello is asked until there is something, from where the last answer ended", async () => {
  const { got } = await polling();
  deepEqual([keys(first()), first().seen], [["hello"], ""]);
  await first().answer([welcome(), grace(1, "Hello"), grace(2, "there")]);
  deepEqual(got.map(({ t }) => t), ["welcome", "line", "line"]);
  deepEqual([asked.length, at(1).seen, at(1).frames[0]?.after], [2, "aa", 2]);
});

test("nothing is said before the welcome, then one request after the other says it in order", async () => {
  const { say } = await polling();
  say("one");
  say("two");
  equal(asked.length, 1);
  await first().answer([welcome()]);
  const saying = asked.filter(({ frames }) => frames.length > 1);
  deepEqual(saying.map(keys), [["hello", "one", "two"]]);
  say("three");
  await settled();
  equal(asked.filter(({ frames }) => frames.length > 1).length, 1);
  await (saying[0] as Request).answer([]);
  deepEqual(keys(asked.at(-1) as Request), ["hello", "three"]);
});

test("a line that two answers bring is shown once", async () => {
  const { got, say } = await polling();
  await first().answer([welcome()]);
  say("one");
  const [listening, saying] = [at(1), at(2)];
  await saying.answer([grace(1, "Hello")]);
  await listening.answer([grace(1, "Hello"), grace(2, "again")]);
  deepEqual(got.map(({ seq }) => seq), [undefined, 1, 2]);
});

test("errors end it with the codes of a socket", async () => {
  for (const [status, code] of [[400, 4400], [401, 4401], [409, 4409], [410, 4410], [413, 1009], [503, 1013], [429, 1013], [502, 1013]] as const) {
    const { closed, poll } = await polling();
    await first().refuse(status);
    deepEqual([closed, poll.readyState], [[code], 3]);
  }
  const { closed } = await polling();
  await first().lose();
  deepEqual(closed, [1006]);
});

test("whether one has signed out at the site is for the page to ask, which forgets the chat then", async () => {
  const { closed } = await polling();
  await first().refuse(401, "signed_out");
  deepEqual(closed, [1006]);
});

test("an answer that never comes ends it", async () => {
  const { closed } = await polling();
  mock.timers.tick(40_000);
  deepEqual([closed, first().aborted()], [[1006], true]);
});

test("closing it frees its requests and says nothing more", async () => {
  const { poll, closed, got } = await polling();
  poll.close();
  await first().answer([welcome()]);
  deepEqual([first().aborted(), closed, got], [true, [], []]);
});

test("a log that starts over is asked for anew", async () => {
  const { poll } = await polling();
  await first().answer([welcome(), grace(1, "Hello")]);
  poll.onmessage = () => poll.send(JSON.stringify({ t: "hello", chat: "chat-1", after: 0 }));
  await at(1).answer([{ t: "over" }]);
  deepEqual([at(2).seen, at(2).frames[0]?.after], ["", 0]);
});

test("what answers a hello before that is of no use, and starts nothing over", async () => {
  const { poll, got, say } = await polling();
  await first().answer([welcome(), grace(1, "Hello")]);
  say("one");
  const [listening, saying] = [at(1), at(2)];
  poll.onmessage = ({ data }) => {
    got.push(JSON.parse(data));
    if (got.at(-1)?.t === "over") poll.send(JSON.stringify({ t: "hello", chat: "chat-1", after: 0 }));
  };
  await listening.answer([{ t: "over" }]);
  await saying.answer([{ t: "ack", key: "one", seq: 1, at: AT }, { t: "over" }]);
  deepEqual(got.map(({ t }) => t), ["welcome", "line", "over"]);
  deepEqual([at(3).seen, at(3).frames[0]?.after], ["", 0]);
});

test("an older view that comes later is not shown, and one that is newer comes again", async () => {
  const { got, say } = await polling();
  await first().answer([welcome()]);
  say("one");
  const [listening, saying] = [at(1), at(2)];
  await listening.answer([{ t: "view", view: aView({ state: "ended" }) }], "bb");
  equal(at(3).seen, "bb");
  await saying.answer([{ t: "ack", key: "one", seq: 1, at: AT }, { t: "view", view: aView() }], "cc");
  deepEqual(got.map(({ t, view }) => view?.state ?? t), ["open", "ended", "ack"]);
  say("two");
  await settled();
  equal(at(4).seen, "bb");
});

test("answers that say nothing at once are not asked for without a breath", async () => {
  await polling();
  await first().answer([welcome()]);
  await at(1).answer([]);
  equal(asked.length, 2);
  mock.timers.tick(1_000);
  await settled();
  equal(asked.length, 3);
});

test("long messages go in several requests, many short ones too", async () => {
  const { poll } = await polling();
  for (let n = 0; n < 20; n += 1) poll.send(JSON.stringify({ t: "say", key: `k${n}`, text: "" }));
  poll.send(JSON.stringify({ t: "say", key: "long", text: "x".repeat(30_000) }));
  poll.send(JSON.stringify({ t: "say", key: "more", text: "" }));
  await first().answer([welcome()]);
  const saying = () => asked.filter(({ frames }) => frames.length > 1);
  for (let n = 0; n < saying().length && n < 9; n += 1) await (saying()[n] as Request).answer([]);
  const told = saying().map(({ frames }) => frames.length - 1);
  deepEqual([told, told.reduce((a, b) => a + b)], [[16, 4, 1, 1], 22]);
});

test("after five minutes a WebSocket is tried, and used once it brings something", async () => {
  const { closed } = await polling();
  await first().answer([welcome()]);
  sockets.length = 0;
  // What waits is answered in time.
  const pass = async () => {
    for (let n = 0; n < 10; n += 1) {
      mock.timers.tick(30_000);
      await (asked.at(-1) as Request).answer([{ t: "pong" }]);
    }
  };
  await pass();
  equal(sockets.length, 1);
  sockets[0]?.onclose();
  await pass();
  equal(sockets.length, 2);
  deepEqual(closed, []);
  sockets[1]?.onmessage();
  ok(sockets[1]?.closed);
  deepEqual(closed, [1000]);
});

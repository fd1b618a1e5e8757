import { mock, test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { Link, waitBefore } from "../src/link.ts";
import type { ClientFrame } from "../src/wire.ts";
import { welcome } from "./cast.ts";

test("waiting stays short for as long as a restart takes, then doubles up to thirty seconds", () => {
  for (const [attempt, most] of [
    [0, 500],
    [1, 1_000],
    [6, 1_000],
    [7, 2_000],
    [9, 8_000],
    [12, 8_000],
    [13, 30_000],
    [60, 30_000],
  ] as const) {
    ok(waitBefore(attempt, false, 1) === most && waitBefore(attempt, false, 0) === 0);
  }
});

test("when a service sends everybody away at once they come back spread over seconds", () => {
  deepEqual(
    [0, 6, 7, 8, 9, 13].map((attempt) => waitBefore(attempt, true, 1)),
    [2_000, 2_000, 4_000, 8_000, 8_000, 30_000],
  );
});

/** A service that takes frames and says nothing by itself. */
class Service {
  static all: Service[] = [];
  readyState = 1;
  heard: ClientFrame[] = [];
  onopen = () => undefined;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    Service.all.push(this);
  }
  send = (data: string) => void this.heard.push(JSON.parse(data));
  close = () => void (this.readyState = 3);
  tell = (frame: object) => this.onmessage?.({ data: JSON.stringify(frame) });
  get pings() {
    return this.heard.filter((frame) => frame.t === "ping").length;
  }
}

const silent = () => undefined;
Object.assign(globalThis, {
  WebSocket: Service,
  window: globalThis,
  document: { hidden: false },
  addEventListener: silent,
  removeEventListener: silent,
});
mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1 });
Math.random = () => 1;

/** Time goes by, in small steps: what is set in one goes by the next. */
function pass(milliseconds: number): void {
  for (let gone = 0; gone < milliseconds; gone += 500) mock.timers.tick(500);
}

function linked(watched: boolean): Link {
  Service.all = [];
  const link = new Link("ws://127.0.0.1:1", {
    hello: () => ({ t: "hello", chat: "chat-1", after: 0 }),
    receive: silent,
    changed: silent,
    stopped: silent,
    known: async () => 200,
  });
  link.start();
  link.watch(watched);
  (Service.all[0] as Service).tell(welcome());
  return link;
}

const last = () => Service.all.at(-1) as Service;

test("a connection that died without a word is given up within fifteen seconds", () => {
  const link = linked(true);
  pass(9_000);
  equal(last().pings, 1);
  last().tell({ t: "pong" });
  pass(14_000);
  deepEqual([link.up, Service.all.length], [false, 1]);
  pass(500);
  equal(Service.all.length, 2);
  link.stop();
});

test("while answers come the connection stays", () => {
  const link = linked(true);
  for (let round = 0; round < 20; round += 1) {
    pass(9_000);
    last().tell({ t: "pong" });
  }
  deepEqual([link.up, Service.all.length, last().pings], [true, 1, 20]);
  link.stop();
});

test("lines that come do not keep us from showing that we live", () => {
  const link = linked(true);
  for (let second = 0; second < 30; second += 1) {
    pass(1_000);
    last().tell({ t: "relayed", seq: second });
  }
  equal(last().pings, 3);
  link.stop();
});

test("a network too slow for the limit gets longer ones instead of being cut for ever", () => {
  const link = linked(true);
  pass(14_500);
  equal(Service.all.length, 2);
  last().tell(welcome());
  pass(9_000 + 9_000);
  deepEqual([Service.all.length, link.up], [2, true]);
  last().tell({ t: "pong" });
  pass(9_000 + 5_000);
  equal(link.up, false);
  link.stop();
});

/** The service dies again and again, each time so many milliseconds after it let us in. */
function waits(lived: number): number[] {
  const link = linked(true);
  const found = Array.from({ length: 9 }, () => {
    last().onopen();
    last().tell(welcome());
    pass(lived);
    const before = Service.all.length;
    last().onclose?.({ code: 1006 });
    let waited = 0;
    for (; Service.all.length === before; waited += 500) mock.timers.tick(500);
    return waited;
  });
  link.stop();
  return found;
}

test("a service that dies again and again is come back to soon each time", () => {
  deepEqual(waits(1_500), Array(9).fill(500));
});

test("one that lets us in only to die at once is left alone for longer and longer", () => {
  deepEqual(waits(500), [500, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000, 4_000]);
});

test("while nobody looks pings are seldom, and looking sends one at once", () => {
  const link = linked(false);
  pass(29_000);
  equal(last().pings, 0);
  link.watch(true);
  equal(last().pings, 1);
  link.stop();
});

/** What a proxy does that lets no WebSocket through. */
async function refuseAll(link: Link, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    last().onclose?.({ code: 1006 });
    pass(1_000);
    await settled();
  }
  link.stop();
}

/** Everything that waits for nothing but its turn is done. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

test("nothing is sent on a socket that is closing: a browser drops it and complains", () => {
  const link = linked(true);
  const before = last().heard.length;
  last().readyState = 2;
  link.send({ t: "here" });
  equal(last().heard.length, before);
  link.stop();
});

test("two handshakes that bring nothing raise the question, welcomes in between do not", async () => {
  let asked = 0;
  Service.all = [];
  const link = new Link("ws://127.0.0.1:1/ws", {
    hello: () => ({ t: "hello", chat: "chat-1", after: 0 }),
    receive: silent,
    changed: silent,
    stopped: silent,
    known: async () => ((asked += 1), 503),
  });
  link.start();
  last().tell(welcome());
  last().onclose?.({ code: 1006 });
  pass(1_000);
  await settled();
  last().onopen(); // let through, and nothing after it
  last().onclose?.({ code: 1006 });
  pass(1_000);
  await settled();
  equal(asked, 0);
  await refuseAll(link, 1);
  equal(asked, 1);
});

test("a proxy that lets the handshake through and nothing after it counts as well", async () => {
  let asked = 0;
  Service.all = [];
  const link = new Link("ws://127.0.0.1:1/ws", {
    hello: () => ({ t: "hello", chat: "chat-1", after: 0 }),
    receive: silent,
    changed: silent,
    stopped: silent,
    known: async () => ((asked += 1), 0),
  });
  link.start();
  for (let half = 0; half < 60 && !asked; half += 1) {
    last().onopen?.();
    pass(500);
    await settled();
  }
  equal(asked, 1);
  link.stop();
});

test("what stands in for WebSockets is asked for again where a browser remembers that it did not come", async () => {
  const asked = { times: 0 };
  Object.assign(globalThis, { asked, Service });
  Service.all = [];
  const standIn = `data:text/javascript,
    if (!globalThis.asked.times++) throw new Error("the service restarts");
    export class Poll extends globalThis.Service { polls = true }//`;
  for (const use of ["once", "again"]) {
    const link = new Link(standIn, {
      hello: () => ({ t: "hello", chat: "chat-1", after: 0 }),
      receive: silent,
      changed: silent,
      stopped: silent,
      known: async () => 200,
    });
    link.start();
    for (let time = 0; time < 40 && !("polls" in last()); time += 1) {
      last().onclose?.({ code: 1006 });
      pass(1_000);
      await import(`data:text/javascript,//${use}${time}`); // fetched after what was asked for before
    }
    // Once it is here it is not fetched again: each time it would be another window to the service.
    deepEqual([asked.times, "polls" in last()], [2, true]);
    link.stop();
  }
});

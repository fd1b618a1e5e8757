import { mock, test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { Link, waitBefore } from "../src/link.ts";
import type { ClientFrame } from "../src/wire.ts";
import { welcome } from "./cast.ts";

test("waiting before an attempt doubles from half a second up to thirty, and a random part is waited", () => {
  for (const [attempt, most] of [
    [0, 500],
    [1, 1000],
    [3, 4000],
    [6, 8_000],
    [8, 30_000],
    [60, 30_000],
  ] as const) {
    ok(waitBefore(attempt, false, 1) === most && waitBefore(attempt, false, 0) === 0);
  }
});

test("when a service sends everybody away at once they come back spread over seconds", () => {
  deepEqual(
    [0, 1, 2, 3].map((attempt) => waitBefore(attempt, true, 1)),
    [2000, 4000, 8000, 8000],
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
mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
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
    known: async () => true,
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

test("while nobody looks pings are seldom, and looking sends one at once", () => {
  const link = linked(false);
  pass(29_000);
  equal(last().pings, 0);
  link.watch(true);
  equal(last().pings, 1);
  link.stop();
});

import { mock, test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { shelfOn } from "../src/outbox.ts";
import { leftBehind, Talk } from "../src/talk.ts";
import type { ServerFrame, View } from "../src/wire.ts";
import { ada, aView, AT, grace, welcome } from "./cast.ts";

/** The service's end of the connection that was opened last. */
class Service {
  static last: Service | null = null;
  readyState = 1;
  heard: string[] = [];
  onopen = () => undefined;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    Service.last = this;
  }
  send = (data: string) => void this.heard.push(data);
  close = () => void (this.readyState = 3);
  tell = (...frames: ServerFrame[]) => {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  };
}

class Storage {
  kept = new Map<string, string>();
  getItem = (name: string) => this.kept.get(name) ?? null;
  setItem = (name: string, value: string) => void this.kept.set(name, value);
  removeItem = (name: string) => void this.kept.delete(name);
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

/** A page with the chat on it; the same storage again is a reload. */
function page(storage: Storage, view: Partial<View> = {}, browser: unknown = silent) {
  const shelf = shelfOn((() => storage) as never);
  const user = { changed: silent, arrived: silent, marked: silent, known: async () => 200 };
  Service.last = null;
  const talk = new Talk("ws://127.0.0.1:1", shelf, shelfOn(browser as never), aView(view), user);
  talk.start();
  return { talk, shelf, service: Service.last as Service | null };
}

const fates = (talk: Talk) => talk.session.unsent.map((one) => [one.text, one.seq, one.refused]);

/** Ada wrote this in the tunnel, and computing support filed the chat meanwhile. */
function fromTheTunnel(): Storage {
  const storage = new Storage();
  const { talk } = page(storage);
  talk.say("from the tunnel", "k1");
  talk.link.stop();
  return storage;
}

test("a message written before the chat was filed is asked about after it, also after a reload", () => {
  const { talk, service } = page(fromTheTunnel(), { state: "filed" });
  service?.tell(welcome({ state: "filed" }));
  ok(service?.heard.some((frame) => frame.includes('"key":"k1"')));
  service?.tell({ t: "ack", key: "k1", seq: 3, at: AT });
  deepEqual(fates(talk), [["from the tunnel", 3, undefined]]);
  ok(!talk.link.running);
});

test("a message that the filed chat refuses is not sent, and one whose line comes is", () => {
  const refused = page(fromTheTunnel(), { state: "filed" });
  refused.service?.tell(welcome({ state: "filed" }), { t: "refused", key: "k1", error: "ended" });
  deepEqual(fates(refused.talk), [["from the tunnel", 0, "ended"]]);
  const arrived = page(fromTheTunnel(), { state: "filed" });
  arrived.service?.tell(welcome({ state: "filed", head: 1 }), ada(1, "from the tunnel", "k1"));
  deepEqual([fates(arrived.talk), arrived.talk.link.running], [[], false]);
});

test("without an answer in ten seconds a message counts as not sent, and is kept over a reload", () => {
  const storage = fromTheTunnel();
  const { talk, service } = page(storage, { state: "filed" });
  service?.tell(welcome({ state: "filed" }));
  mock.timers.tick(9_000);
  deepEqual(fates(talk), [["from the tunnel", 0, undefined]]);
  mock.timers.tick(1_000);
  const lost = [["from the tunnel", 0, "lost"]];
  deepEqual([fates(talk), talk.unsaid], [lost, true]);
  const after = page(storage, { state: "filed" });
  deepEqual([fates(after.talk), after.service], [lost, null]);
  equal(leftBehind(after.shelf, { chat: "chat-1" })?.view.ticket, "12345");
  after.talk.discard("k1");
  deepEqual([leftBehind(after.shelf, { chat: "chat-1" }), after.talk.unsaid], [undefined, false]);
});

for (const code of [4401, 4409, 4410]) {
  test(`what the service did not answer before closing with ${code} was not sent`, () => {
    const { talk, service } = page(fromTheTunnel());
    service?.tell(welcome());
    service?.onclose?.({ code });
    deepEqual(fates(talk), [["from the tunnel", 0, "lost"]]);
  });
}

test("what was not answered when the purged log ends is not sent", () => {
  const { talk, service } = page(fromTheTunnel());
  service?.tell(welcome({ state: "filed", head: 1 }), grace(1, "one"), { t: "over" });
  deepEqual(fates(talk), [["from the tunnel", 0, "lost"]]);
});

test("the lines of a filed chat are waited for as long as they come, but not for ever", () => {
  const { talk, service } = page(new Storage());
  service?.tell(welcome({ state: "filed", head: 3 }));
  mock.timers.tick(4_000);
  service?.tell(grace(1, "one"));
  mock.timers.tick(4_000);
  service?.tell(grace(2, "two"));
  ok(talk.link.running);
  service?.tell(grace(3, "three"));
  ok(!talk.link.running);

  const purged = page(new Storage());
  purged.service?.tell(welcome({ state: "filed", head: 3 }));
  mock.timers.tick(5_000);
  ok(!purged.talk.link.running);

  const endless = page(new Storage());
  endless.service?.tell(welcome({ state: "filed", head: 99 }));
  for (let seq = 1; seq <= 10; seq += 1) {
    mock.timers.tick(3_000);
    endless.service?.tell(grace(seq, "slow"));
  }
  ok(!endless.talk.link.running);
});

test("a chat that was left keeps nothing behind when its time is up", () => {
  const storage = fromTheTunnel();
  const { talk, service } = page(storage, { state: "filed" });
  service?.tell(welcome({ state: "filed" }));
  talk.link.stop();
  storage.kept.clear();
  mock.timers.tick(40_000);
  equal(storage.kept.size, 0);
});

/** A browser's localStorage: what is kept are its own properties. */
function localStorage(): object {
  const calls = {
    getItem(name: string) {
      return (this as never)[name] ?? null;
    },
    setItem(name: string, value: string) {
      Object.assign(this, { [name]: value });
    },
    removeItem(name: string) {
      delete (this as never)[name];
    },
  };
  return Object.create(calls) as object;
}

const said = (service: Service | null) =>
  (service?.heard ?? []).filter((frame) => frame.includes('"say"')).map((one) => JSON.parse(one).key);

test("what a tab that crashed had not sent goes out with the next one, under the same keys", () => {
  const browser = localStorage();
  const crashed = page(new Storage(), {}, () => browser);
  crashed.talk.say("one", "k1");
  crashed.talk.say("two", "k2");
  crashed.talk.link.stop();
  const { talk, service } = page(new Storage(), {}, () => browser);
  service?.tell(welcome());
  deepEqual(said(service), ["k1", "k2"]);
  service?.tell({ t: "ack", key: "k1", seq: 1, at: AT }, ada(2, "two", "k2"));
  talk.link.stop();
  const third = page(new Storage(), {}, () => browser);
  third.service?.tell(welcome());
  deepEqual(said(third.service), []);
  third.talk.link.stop();
});

test("what was written for one chat is never sent to another, and not kept for it either", () => {
  const browser = localStorage();
  const tab = new Storage();
  const first = page(tab, {}, () => browser);
  first.talk.say("for the first only", "k1");
  first.talk.draft = "half a sen";
  first.talk.keep();
  first.talk.link.stop();
  const second = page(tab, { chat: "chat-2" }, () => browser);
  second.service?.tell(welcome({ chat: "chat-2" }));
  deepEqual([said(second.service), second.talk.draft, second.talk.session.unsent], [[], "", []]);
  deepEqual(Object.keys(browser), ["livechat:read"]); // which says how far, not what
  second.talk.link.stop();
});

test("a message that is answered in one tab is not waited for in the other", () => {
  const browser = localStorage();
  const [one, two] = [page(new Storage(), {}, () => browser), page(new Storage(), {}, () => browser)];
  one.talk.say("hello", "k1");
  two.service?.tell(welcome());
  two.talk.session.say({ key: "k1", text: "hello" }); // a tab that was duplicated
  two.service?.tell(ada(1, "hello", "k1"));
  deepEqual([two.talk.session.waiting, Object.keys(browser)], [[], ["livechat:read"]]);
  for (const { talk } of [one, two]) talk.link.stop();
});

test("control characters do not make a message too long for a frame", () => {
  const { talk } = page(new Storage());
  talk.say("a\u0000\u001b[1mb\n\tc\u007f", "k1");
  equal(talk.session.unsent[0]?.text, "a[1mb\n\tc");
  talk.link.stop();
});

test("whoever types is there: the service hears of it once a minute, and at once when it is about to end the chat", () => {
  let now = 0;
  const real = performance.now;
  performance.now = () => now;
  const { talk, service } = page(new Storage());
  const said = () => service?.heard.filter((frame) => frame.includes('"here"')).length;
  service?.onopen?.();
  service?.tell(welcome());
  talk.typed();
  talk.typed();
  now += 59_000;
  talk.typed();
  equal(said(), 1);
  now += 2_000;
  talk.typed();
  equal(said(), 2);
  service?.tell({ t: "view", view: aView({ closing: AT }) });
  equal(talk.closing, AT);
  talk.typed();
  equal(said(), 3);
  service?.tell({ t: "view", view: aView() });
  equal(talk.closing, "");
  performance.now = real;
});

test("the chat ends behind what was said before, also when there is no welcome yet", () => {
  const { talk, service } = page(new Storage());
  talk.say("and one more thing", "k1");
  service?.onopen();
  talk.end();
  service?.tell(welcome());
  const told = service?.heard.map((frame) => JSON.parse(frame).t).filter((t) => t !== "presence");
  deepEqual(told, ["hello", "say", "end"]);
  talk.link.stop();
});

test("what is said while a log starts over is said behind what was said before", () => {
  const { talk, service } = page(new Storage());
  service?.onopen();
  service?.tell(welcome({ head: 1 }), ada(1, "one", "k1"), { t: "over" });
  talk.say("two", "k2");
  service?.tell(welcome());
  deepEqual(said(service), ["k1", "k2"]);
  talk.link.stop();
});

test("a chat that is over does not end once more", () => {
  const { talk, service } = page(new Storage());
  service?.tell(welcome({ state: "ended", closing: AT }));
  equal(talk.closing, "");
});

test("when the record is on the ticket nothing of it stays on the device, and the page keeps the draft", () => {
  const tab = new Storage();
  const browser = new Storage();
  const { talk, service } = page(tab, {}, () => browser);
  service?.tell(welcome({ head: 1 }), grace(1, "CANARY"));
  talk.look(true, true);
  talk.draft = "CANARY draft";
  talk.keep();
  service?.tell({ t: "view", view: aView({ state: "filed", head: 1 }) });
  equal(talk.draft, "CANARY draft");
  ok(!JSON.stringify([...tab.kept, ...browser.kept]).includes("CANARY"));
  equal(browser.kept.has("livechat:read"), false);
});

test("what comes while one reads further up is new until one is at the end", () => {
  const { talk, service } = page(new Storage(), { head: 1 });
  service?.tell(welcome({ head: 1 }), grace(1, "seen"));
  talk.look(true, true);
  service?.tell(grace(2, "far below"));
  talk.look(true, false);
  deepEqual([talk.unread, talk.newFrom], [1, 2]);
  talk.look(true, true);
  deepEqual([talk.unread, talk.newFrom], [0, 2]);
  service?.tell(grace(3, "in front of her eyes"));
  talk.look(true, true);
  equal(talk.unread, 0);
});

test("what is said before there is a connection is new", () => {
  const { talk, service } = page(new Storage(), { head: 1 });
  talk.look(false, true);
  service?.tell(welcome({ head: 2 }), grace(1, "before Ada came"), grace(2, "when she had just looked away"));
  talk.look(false, true);
  deepEqual([talk.unread, talk.newFrom], [1, 2]);
});

for (const [name, here, shown, kept] of [
  ["its writer, who has signed in again", { person: "ada" }, true, true],
  ["its writer, who had not signed in before", { person: "in-ada" }, true, true],
  ["its writer, in another chat", { chat: "chat-2", person: "ada" }, true, true],
  ["whoever is back in that chat, of whose writer nothing is known any more", { chat: "chat-1", person: "chat-1" }, true, true],
  ["somebody else, of the same name", { chat: "chat-3", person: "ad" }, false, false],
  ["somebody else, who has no chat", { person: "bob" }, false, false],
  ["nobody knows whom", { person: null }, false, true],
] as [string, Partial<View>, boolean, boolean][])
  test(`what was left unsent in this tab is found by ${name}: ${shown}, and stays for its writer: ${kept}`, () => {
    const storage = fromTheTunnel();
    const shelf = shelfOn((() => storage) as never);
    const texts = leftBehind(shelf, here)?.unsent.map(({ text }) => text);
    deepEqual(texts, shown ? ["from the tunnel"] : undefined);
    equal(JSON.stringify([...storage.kept]).includes("from the tunnel"), kept);
  });

test("what was left unsent in this tab is not for somebody else who begins a chat, nor after that one", () => {
  const storage = fromTheTunnel();
  page(storage, { chat: "chat-2" }).talk.link.stop();
  ok(JSON.stringify([...storage.kept]).includes("from the tunnel"));
  page(storage, { chat: "chat-3", person: "bob" }).talk.link.stop();
  ok(!JSON.stringify([...storage.kept]).includes("from the tunnel"));
});

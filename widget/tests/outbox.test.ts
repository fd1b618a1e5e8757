import { test } from "node:test";
import { deepEqual, equal } from "node:assert/strict";
import { shelfOn } from "../src/outbox.ts";
import { Talk } from "../src/talk.ts";
import { aView } from "./cast.ts";

class Storage {
  kept = new Map<string, string>();
  getItem = (name: string) => this.kept.get(name) ?? null;
  setItem = (name: string, value: string) => void this.kept.set(name, value);
  removeItem = (name: string) => void this.kept.delete(name);
}

const blocked = (): never => {
  throw new Error("SecurityError");
};

function talkOn(tab: () => Storage, chat = "chat-1"): Talk {
  const shelf = shelfOn(tab as never);
  const silent = () => undefined;
  const user = { changed: silent, arrived: silent, marked: silent, known: async () => 200 };
  return new Talk("ws://127.0.0.1:1", shelf, shelfOn(blocked), aView({ chat }), user);
}

test("a draft and what was not acknowledged survive a reload, for their own chat only", () => {
  const storage = new Storage();
  const before = talkOn(() => storage);
  before.say("sent into a tunnel", "k1");
  before.draft = "half a sen";
  before.keep();
  const after = talkOn(() => storage);
  deepEqual(
    [after.draft, after.session.unsent.map((one) => [one.key, one.text])],
    ["half a sen", [["k1", "sent into a tunnel"]]],
  );
  equal(talkOn(() => storage, "chat-2").session.unsent.length, 0);
});

test("nothing stays in the storage once there is nothing to keep", () => {
  const storage = new Storage();
  const talk = talkOn(() => storage);
  talk.say("hello", "k1");
  talk.discard("k1");
  equal(storage.kept.size, 0);
});

test("a browser that blocks storage loses no message within the page", () => {
  const talk = talkOn(blocked);
  talk.say("hello", "k1");
  talk.keep();
  deepEqual(
    talk.session.unsent.map((one) => one.text),
    ["hello"],
  );
});

test("rubbish in the storage is no reason to fail", () => {
  const storage = new Storage();
  storage.setItem("livechat:a", "{");
  equal(shelfOn((() => storage) as never).get("a"), null);
});

import { test } from "node:test";
import { deepEqual } from "node:assert/strict";
import { chime } from "../src/lazy/chime.ts";
import type { Kit } from "../src/more.ts";

const noted: string[] = [];
const silent = () => undefined;
const tone = () => ({
  connect: () => ({ connect: silent }),
  start: () => void noted.push("tone"),
  stop: silent,
});

/** A hidden page in a browser that has these. */
function ring(has: object): string[] {
  noted.length = 0;
  Object.assign(globalThis, { document: { hidden: true }, Notification: undefined, ...has });
  chime({ say: () => "", sayUnread: () => "" } as unknown as Kit)({ sound: true, notify: true });
  return noted;
}

class AudioContext {
  currentTime = 0;
  createOscillator = tone;
  createGain = () => ({ gain: {}, connect: silent });
}
class Notified {
  constructor() {
    noted.push("notification");
  }
}
class Refused {
  constructor() {
    throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification()");
  }
}

test("a message rings and is shown to who asked for both", () => {
  deepEqual(ring({ AudioContext, Notification: Notified }), ["notification", "tone"]);
});

test("a browser that shows no notifications to pages, as on Android, rings all the same", () => {
  deepEqual(ring({ AudioContext, Notification: Refused }), ["tone"]);
});

test("so does one that has no notifications, as on an iPhone", () => {
  deepEqual(ring({ AudioContext }), ["tone"]);
});

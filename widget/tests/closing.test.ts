import { test } from "node:test";
import { equal } from "node:assert/strict";
import type { App } from "../src/app.ts";
import { closing } from "../src/lazy/closing.ts";
import type { Kit } from "../src/more.ts";
import type { Talk } from "../src/talk.ts";
import type { Spec } from "../src/view/dom.ts";
import { AT } from "./cast.ts";

let press = () => undefined as void;
const kit = {
  h: () => ({}) as Spec,
  say: () => "",
  button: (_: string, click: () => void) => ((press = click), {} as Spec),
} as unknown as Kit;

/** A chat that asks, and how often it was told that somebody is there. */
function asked() {
  const talk = {
    closing: AT,
    link: { up: true },
    session: { view: { ticket: "12345" } },
    told: 0,
    here: () => void (talk.told += 1),
  };
  const drawn = closing(kit);
  const draw = (up: boolean, hour = AT) => {
    Object.assign(talk, { closing: hour, link: { up } });
    drawn({ lang: "en-GB" } as App, talk as unknown as Talk);
  };
  return { talk, draw };
}

test("that one is still there is said once, however often it is drawn", () => {
  const { talk, draw } = asked();
  draw(true);
  equal(talk.told, 0);
  press();
  draw(true);
  draw(true);
  equal(talk.told, 1);
});

test("pressed without a connection it is said when there is one", () => {
  const { talk, draw } = asked();
  draw(false);
  press();
  equal(talk.told, 0);
  draw(true);
  draw(true);
  equal(talk.told, 1);
});

test("pressed while a connection was dead it is said over the next one, too", () => {
  const { talk, draw } = asked();
  draw(true);
  press();
  draw(false);
  draw(true);
  equal(talk.told, 2);
});

test("an answer counts for the question that was asked, and for no later one", () => {
  const { talk, draw } = asked();
  draw(false);
  press();
  draw(true, "2026-11-21T18:00:00.000Z");
  equal(talk.told, 0);
});

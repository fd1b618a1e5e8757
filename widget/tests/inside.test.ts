import { test } from "node:test";
import { equal, ok } from "node:assert/strict";
import { inside } from "../src/lazy/inside.ts";
import { EN, say, sayNames } from "../src/strings.ts";
import { button, h, type Child, type Spec } from "../src/view/dom.ts";
import type { Kit } from "../src/more.ts";

const { offer, barred } = inside({ h, button, say, sayNames } as unknown as Kit);

/** All that is written there. */
const words = (child: Child): string =>
  !child ? "" : typeof child === "string" ? child : child.kids.map(words).join(" ");

const shown = (operators: string[], go = () => {}): Child[] => offer("ada", { chat: "ID", operators }, "Why not", false, go);

test("who is in a chat already is told with whom, or that nobody has answered yet", () => {
  const answered = shown(["Grace Hopper", "Alan Turing"]).map(words).join(" ");
  ok(answered.includes("You are in a chat already, with Grace Hopper and Alan Turing."));
  ok(answered.includes("You are signed in as ada."));
  ok(shown([]).map(words).join(" ").includes("wait for an answer"));
});

test("it is entered by a press", () => {
  let pressed = 0;
  const way = shown([], () => pressed++).at(-1) as Spec;
  equal(words(way), EN.door_go_on);
  ok(shown([]).map(words).includes("Why not"));
  (way.props["click"] as () => void)();
  equal(pressed, 1);
});

test("why it cannot be entered is said where there is something to say", () => {
  equal(barred("ended"), EN.over_head);
  equal(barred("running"), EN.door_running);
  for (const why of ["lost", "busy", "slow_down", "internal"]) equal(barred(why), EN.trouble_text);
  ok(!barred("sign_in") && !barred(""));
});

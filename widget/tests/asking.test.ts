import { test } from "node:test";
import { deepEqual, equal } from "node:assert/strict";
import type { App } from "../src/app.ts";
import { asking, type Written } from "../src/lazy/asking.ts";
import type { Kit } from "../src/more.ts";
import { EN, say } from "../src/strings.ts";
import { h, type Spec } from "../src/view/dom.ts";

const SECRET = "my password is Xy12ab";

/** Somebody who writes: what was spoken, where the focus went, and how often something was sent. */
function writes() {
  const seen = { said: [] as string[], focused: [] as string[], sent: 0 };
  const { waits, asks } = asking({ h, say } as unknown as Kit);
  const find = (selector: string) => ({ focus: () => void seen.focused.push(selector) });
  const app = {
    announcer: { say: (words: string) => seen.said.push(words) },
    draw: () => undefined,
    root: { querySelector: find },
  } as unknown as App;
  const at = (text: string, box: Written["box"] = "#box"): Written => ({ text, box });
  const shown = (text: string, box?: Written["box"]) => asks(app, at(text, box), "foot", () => void (seen.sent += 1));
  const press = (text: string, name: string) => {
    const acts = shown(text)?.kids[1] as Spec;
    const button = acts.kids.find((kid) => (kid as Spec).props["key"] === name) as Spec;
    (button.props["click"] as () => void)();
  };
  return { seen, shown, press, waits: (text: string, box?: Written["box"]) => waits(app, at(text, box)) };
}

test("what carries no secret is not asked about", () => {
  const { seen, shown, waits } = writes();
  equal(waits("I forgot my password"), false);
  equal(shown("I forgot my password"), null);
  deepEqual(seen, { said: [], focused: [], sent: 0 });
});

test("however often Enter is pressed it waits, is spoken of once, and the focus is on what changes it", () => {
  const { seen, waits } = writes();
  deepEqual([waits(SECRET), waits(SECRET), waits(SECRET)], [true, true, true]);
  deepEqual(seen, { said: [EN.secret], focused: [".change", ".change", ".change"], sent: 0 });
});

test("whoever changes it finds the focus in the box, and what he changed is looked at anew", () => {
  const { seen, shown, press, waits } = writes();
  waits(SECRET);
  press(SECRET, "change");
  deepEqual(seen.focused, [".change", "#box"]);
  equal(shown("my password is wrong"), null);
  equal(waits("my password is wrong"), false);
  equal(shown(SECRET), null); // before it is to be sent again
  equal(waits(SECRET), true);
});

test("what is sent all the same is sent once, and not asked about again", () => {
  const { seen, shown, press, waits } = writes();
  waits(SECRET);
  press(SECRET, "anyway");
  equal(seen.sent, 1);
  equal(shown(SECRET), null);
  equal(waits(SECRET), false); // it was refused, and is sent again
  equal(waits(SECRET, "#door-question"), false); // nor in the other box
  equal(waits("PW: hunter2"), true);
});

test("what is asked in one box is not shown at the other", () => {
  const { shown, waits } = writes();
  waits(SECRET, "#door-question");
  equal(shown(SECRET), null);
  equal(shown(SECRET, "#door-question")?.tag, "div");
});

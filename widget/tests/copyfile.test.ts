import { test } from "node:test";
import { deepEqual } from "node:assert/strict";
import { transcript } from "../src/lazy/copyfile.ts";
import type { Kit } from "../src/more.ts";
import { Session } from "../src/session.ts";
import { say } from "../src/strings.ts";
import { ada, aView, grace, welcome } from "./cast.ts";

const kit = { say } as unknown as Kit;

function copyOf(name: string, lang: string): string {
  const session = new Session(aView());
  session.receive(welcome());
  session.receive(grace(1, "Paper was out."));
  session.receive(ada(2, "It prints.", "k", { author: { role: "visitor", name } }));
  return transcript(kit, session, lang);
}

/** The lines that say who spoke, and when, without the hour. */
const heads = (text: string) =>
  text.split("\n").filter((line) => line.endsWith(":")).map((line) => line.replace(/\d\d:\d\d /, ""));

test("a copy tells the time as the language of the page writes it, whatever the browser's is", () => {
  deepEqual(heads(copyOf("Ada Lovelace", "en-GB")), ["21 Nov 2026, Grace Hopper:", "21 Nov 2026, Ada Lovelace:"]);
  deepEqual(heads(copyOf("Ada Lovelace", "de")), ["21.11.2026, Grace Hopper:", "21.11.2026, Ada Lovelace:"]);
});

test("nobody's name turns the direction of what stands beside it in a copy", () => {
  const [, own] = heads(copyOf("Ada\u202e ecalevoL\u2066\u0000", "en-GB"));
  deepEqual(own, "21 Nov 2026, Ada ecalevoL:");
});

test("a copy says what a message answers, and that it was edited", () => {
  const session = new Session(aView());
  session.receive(welcome());
  session.receive(ada(1, "It eats paper.", "k"));
  const quote = { author: "Ada\u202e Lovelace", text: "It eats paper." };
  session.receive(grace(2, "Which tray?", { quote }));
  session.receive(grace(3, "Which of the trays?", { kind: "edited", target: 2 }));
  session.receive(grace(4, "Mine, too.", { quote }));
  session.receive(grace(5, "", { kind: "removed", target: 4 }));
  const [, , second, third] = transcript(kit, session, "en-GB").replace(/\d\d:\d\d /g, "").split("\n\n");
  deepEqual(second?.split("\n"), [
    "21 Nov 2026, Grace Hopper (edited):",
    "> In reply to Ada Lovelace: It eats paper.",
    "Which of the trays?",
  ]);
  deepEqual(third?.trim().split("\n"), ["21 Nov 2026, Grace Hopper:", "This message was taken back."]);
});

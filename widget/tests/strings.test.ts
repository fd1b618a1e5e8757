import { test } from "node:test";
import { equal } from "node:assert/strict";
import { say, sayIfKnown, sayPresence, sayUnread } from "../src/strings.ts";

test("who is there is said in words", () => {
  equal(sayPresence([]), "Somebody will answer here");
  equal(sayPresence(["Grace Hopper"]), "Grace Hopper is here");
  equal(sayPresence(["Grace Hopper", "Alan Turing"]), "Grace Hopper and Alan Turing are here");
  equal(
    sayPresence(["Grace Hopper", "Alan Turing", "Edsger Dijkstra"]),
    "Grace Hopper, Alan Turing and Edsger Dijkstra are here",
  );
});

test("numbers are counted as English does", () => {
  equal(sayUnread(1), "1 new message");
  equal(sayUnread(2), "2 new messages");
});

test("what is filled in is not filled again", () => {
  equal(
    say("invited_text", { who: "{ticket}", ticket: "12345" }),
    "{ticket} would like to talk with you about ticket #12345.",
  );
});

test("a notice of a later service is left out, not shown as a code", () => {
  equal(sayIfKnown("visitor_moved"), "");
  equal(sayIfKnown("operator_joined", { name: "Grace Hopper" }), "Grace Hopper joined");
});

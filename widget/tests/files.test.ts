import { test } from "node:test";
import { deepEqual, equal } from "node:assert/strict";
import { planFor, renamed } from "../src/lazy/shrink.ts";
import { verdict } from "../src/lazy/upload.ts";
import { Session } from "../src/session.ts";
import { aView, grace } from "./cast.ts";

test("a screenshot keeps its sharp edges, and is made smaller only when it is very wide", () => {
  deepEqual(planFor("image/png", 1920, 1080), { width: 1920, height: 1080, type: "image/png" });
  deepEqual(planFor("image/png", 5120, 2880), { width: 2560, height: 1440, type: "image/png" });
});

test("a photo becomes a smaller JPEG, whatever the camera makes", () => {
  deepEqual(planFor("image/heic", 3000, 4000), { width: 1500, height: 2000, type: "image/jpeg" });
  deepEqual(planFor("image/jpeg", 640, 480), { width: 640, height: 480, type: "image/jpeg" });
  deepEqual(planFor("image/jpeg", 100_000, 1), { width: 2000, height: 1, type: "image/jpeg" });
});

test("what may move is left as it is", () => {
  equal(planFor("image/gif", 5000, 5000), null);
});

test("a picture is called as what it has become", () => {
  equal(renamed("IMG_0001.HEIC", "image/jpeg"), "IMG_0001.jpg");
  equal(renamed("shot of 12.5.png", "image/png"), "shot of 12.5.png");
  equal(renamed("image", "image/png"), "image.png");
});

test("only what a second try may change is tried again", () => {
  equal(verdict(200, "undefined"), "done");
  equal(verdict(413, ""), "size");
  equal(verdict(415, "file_type"), "type");
  equal(verdict(409, "files_full"), "full");
  equal(verdict(422, "file_unsafe"), "unsafe");
  equal(verdict(410, "ended"), "ended");
  equal(verdict(401, "no_session"), "lost");
  equal(verdict(408, "slow"), "lost");
  equal(verdict(409, "other_chat"), "lost");
  for (const status of [0, 429, 500, 502, 503]) equal(verdict(status, "busy"), "");
});

test("a file that was coming is there, or missing, when a notice says so", () => {
  const session = new Session(aView());
  const file = { id: "o-1", name: "a", type: "", size: 0, standing: "coming" as const, url: "" };
  session.receive({ ...grace(1, "a picture"), file });
  equal(session.entries[0]?.file?.standing, "coming");
  const notice = { ...grace(2, "file_here"), kind: "notice" as const, target: 1 };
  session.receive(notice);
  equal(session.entries[0]?.file?.standing, "here");
  session.receive({ ...notice, seq: 3, text: "file_missing" });
  equal(session.entries[0]?.file?.standing, "missing");
  equal(session.entries.length, 1);
});

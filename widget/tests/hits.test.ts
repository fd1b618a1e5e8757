import { mock, test } from "node:test";
import { deepEqual } from "node:assert/strict";
import { Hits, hitsOf } from "../src/lazy/hits.ts";

const SITE = "https://help.example.org";

test("pages of the site are shown, each once, and three at most", () => {
  const titles = ["Printing", "Again", "Remote", "Tickets", "More"];
  const addresses = ["/printing", `${SITE}/printing`, "/remote", "/ticket", "/more"];
  deepEqual(hitsOf(["print", titles, [], addresses], SITE), [
    { title: "Printing", href: `${SITE}/printing` },
    { title: "Remote", href: `${SITE}/remote` },
    { title: "Tickets", href: `${SITE}/ticket` },
  ]);
});

test("what leads elsewhere, or is no page, is not", () => {
  const addresses = ["https://evil.test/", "javascript:alert(1)", "//evil.test/", "http://[", 5, null, "/ok"];
  const titles = ["a", "b", "c", "d", "e", "f", " "];
  deepEqual(hitsOf(["x", titles, [], addresses], SITE), []);
});

test("what is no answer at all has no hits", () => {
  for (const answer of [null, undefined, 5, "x", {}, [], ["x"], ["x", ["a"]], ["x", "a", [], "b"], [[], {}, [], {}]])
    deepEqual(hitsOf(answer, SITE), []);
});

test("a title is not as long as its writer likes", () => {
  deepEqual(hitsOf(["x", [`${"x".repeat(500)}`], [], ["/x"]], SITE)[0]?.title.length, 120);
});

test("a sign of two halves where the words are cut breaks no search", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const asked: string[] = [];
  const answer = async (path: string) => (asked.push(path), { ok: false });
  Object.assign(globalThis, { fetch: answer });
  const hits = new Hits(() => undefined);
  hits.typed("/search?q={words}", `${"a".repeat(199)}\u{1F5A8} is jammed`);
  mock.timers.tick(600);
  deepEqual(asked, [`/search?q=${"a".repeat(199)}`]);
});

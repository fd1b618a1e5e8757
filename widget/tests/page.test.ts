import { test } from "node:test";
import { deepEqual } from "node:assert/strict";
import { countInTitle } from "../src/page.ts";

const page = { title: "" };
Object.assign(globalThis, { document: page });

/** The page's title after each of these numbers of unread messages. */
const titles = (...numbers: number[]): string[] => numbers.map((n) => (countInTitle(n), page.title));

test("the number of unread messages comes before the page's title, and goes again", () => {
  page.title = "Printing";
  deepEqual(titles(0, 1, 2, 0), ["Printing", "(1) Printing", "(2) Printing", "Printing"]);
});

test("a number with which the page's own title begins stays", () => {
  page.title = "(2024) Annual report";
  const own = "(2024) Annual report";
  deepEqual(titles(0, 1, 12, 0), [own, `(1) ${own}`, `(12) ${own}`, own]);
});

test("a title that the page has changed meanwhile keeps what it begins with", () => {
  page.title = "Printing";
  countInTitle(2);
  page.title = "(404) Not found";
  deepEqual(titles(2, 0), ["(2) (404) Not found", "(404) Not found"]);
});

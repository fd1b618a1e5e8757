import { test } from "node:test";
import { deepEqual, equal, ok } from "node:assert/strict";
import { readBlocks, readInlines } from "../src/text.ts";

const links = (text: string) =>
  readInlines(text)
    .filter((one) => one.kind === "link")
    .map((one) => one.text);

test("a fenced block is code, with its spaces and nothing of its fences", () => {
  deepEqual(
    readBlocks("Try\n```sh\n  ls -l\n\n`x`\n```\nplease").map(({ kind, text }) => [kind, text]),
    [
      ["plain", "Try"],
      ["code", "  ls -l\n\n`x`"],
      ["plain", "please"],
    ],
  );
});

test("a fence that is never closed reaches to the end and loses nothing", () => {
  deepEqual(
    readBlocks("```\na\nb").map(({ kind, text }) => [kind, text]),
    [["code", "a\nb"]],
  );
});

test("lines that begin with > are a quote", () => {
  deepEqual(
    readBlocks("> one\n>\n> two\nmine").map(({ kind, text }) => [kind, text]),
    [
      ["quote", "one\n\ntwo"],
      ["plain", "mine"],
    ],
  );
});

test("code in a line", () => {
  deepEqual(readInlines("run `lpq -P x` now"), [
    { kind: "text", text: "run " },
    { kind: "code", text: "lpq -P x" },
    { kind: "text", text: " now" },
  ]);
});

test("links end where the sentence begins", () => {
  deepEqual(links("See https://a.example/b, (https://a.example/c) and https://a.example/d_(e)."), [
    "https://a.example/b",
    "https://a.example/c",
    "https://a.example/d_(e)",
  ]);
});

test("only the web is linked, and nothing that looks like another place", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://a.example",
    "//a.example",
    "https://",
    "https://ed.ac.uk@evil.example/",
    "https://user:pw@evil.example",
  ])
    deepEqual(links(text), [], text);
});

test("characters that turn text around end a link", () => {
  deepEqual(links("https://a.example/\u202egpj.exe"), ["https://a.example/"]);
});

test("every character outside of marks is kept", () => {
  const text = "a\n\nb https://x.example/y. `c` <b>&amp;</b> \ud83d\ude00";
  const read = readBlocks(text)
    .flatMap((block) => block.inlines)
    .map((one) => one.text)
    .join("");
  equal(read, text.replaceAll("`", ""));
});

test("30 KB of anything are read in linear time", () => {
  for (const piece of ["`", "```a\n", "> \n", "https://", "(", "https://x)", "``` `"]) {
    const text = piece.repeat(30_720 / piece.length);
    const before = process.hrtime();
    readBlocks(text);
    const [seconds] = process.hrtime(before);
    ok(seconds < 2, JSON.stringify(piece));
  }
});

test("what stands behind ``` is no fence when it is more than the name of a language", () => {
  for (const text of ["```rm -rf / now", "look\n```}}", "```<b>x</b>\n```a b"]) {
    const shown = readBlocks(text).map((block) => block.text);
    equal(shown.join("\n"), text);
  }
});

test("nothing is left out because there is nothing in a fence or behind a quote mark", () => {
  for (const text of ["```", "```password", ">", "> \n>"]) {
    const shown = readBlocks(text).map((block) => block.text);
    equal(shown.join("\n"), text);
  }
  const shown = readBlocks("so:\n```secret").map((block) => block.text);
  deepEqual(shown, ["so:", "```secret"]);
});

/** What a message's plain text looks like to a reader: code, quotes, links. Pure, linear in length. */

export interface Inline {
  kind: "text" | "code" | "link";
  text: string;
}

export interface Block {
  kind: "code" | "quote" | "plain";
  /** A code block's text. */
  text: string;
  inlines: Inline[];
}

/** Splits a message into blocks. Nothing of the text is lost but quote marks and fences around code. */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let kind = "plain" as Block["kind"];
  let lines: string[] = [];
  let opened = "";
  const plain = (text: string): Block => ({ kind: "plain", text, inlines: readInlines(text) });
  const flush = (next: Block["kind"]) => {
    const raw = lines.join("\n");
    const body = kind === "code" ? raw : raw.replace(/^\n|\n$/g, "");
    if (body) blocks.push(kind === "code" ? { kind, text: body, inlines: [] } : { ...plain(body), kind });
    else if (kind === "code") blocks.push(plain(opened)); // a fence around nothing is text
    kind = next;
    lines = [];
  };
  for (const line of text.split("\n")) {
    const fence = kind === "code" ? /^\s*```\s*$/.test(line) : /^\s*```[\w+#.-]*\s*$/.test(line);
    const quote = kind !== "code" && /^> ?/.exec(line);
    if (fence) {
      flush(kind === "code" ? "plain" : "code");
      opened = line;
    }
    if (!fence && kind !== "code" && !!quote !== (kind === "quote")) flush(quote ? "quote" : "plain");
    if (!fence) lines.push(quote ? line.slice(quote[0].length) : line);
  }
  flush("plain");
  return blocks[0] ? blocks : [plain(text)];
}

// Characters that turn or hide text (\p{C}) are no part of a link: what is read is where it goes.
const PIECES = /(`{1,3})([^`\n]+)\1|https?:\/\/[^\s<>"'`\p{C}]+/giu;

/** Finds code and links within one block. */
export function readInlines(text: string): Inline[] {
  const inlines: Inline[] = [];
  let from = 0;
  const add = (kind: Inline["kind"], piece: string) => piece && inlines.push({ kind, text: piece });
  for (const { 0: whole, 2: code, index = 0 } of text.matchAll(PIECES)) {
    const found = code ? whole : trimLink(whole);
    if (!code && !isLink(found)) continue;
    add("text", text.slice(from, index));
    add(code ? "code" : "link", code ?? found);
    from = index + found.length;
  }
  add("text", text.slice(from));
  return inlines;
}

/** The sentence's punctuation after a link is not the link's, nor a bracket that it did not open. */
const trimLink = (link: string): string =>
  link.replace(link.includes("(") ? /[.,;:!?…]+$/ : /[.,;:!?…)]+$/, "");

/** Nobody's name may stand before the host: `https://ed.ac.uk@elsewhere` is no link. */
function isLink(link: string): boolean {
  try {
    return !/@/.test(new URL(link).href.split("/")[2] ?? "@");
  } catch {
    return false;
  }
}

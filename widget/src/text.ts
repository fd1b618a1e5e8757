/** What a message's plain text looks like to a reader: code, quotes, links. Pure, linear in length. */

export interface Inline {
  kind: "text" | "code" | "link";
  text: string;
}

export type Block =
  | { kind: "code"; text: string }
  | { kind: "quote" | "plain"; inlines: Inline[] };

const FENCE = "```";

/** Splits a message into blocks. Nothing of the text is lost but fences and quote marks. */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let kind = "plain" as Block["kind"];
  let lines: string[] = [];
  const flush = (next: Block["kind"]) => {
    const body = kind === "code" ? lines.join("\n") : trimBreaks(lines.join("\n"));
    if (body && kind === "code") blocks.push({ kind, text: body });
    else if (body && kind !== "code") blocks.push({ kind, inlines: readInlines(body) });
    kind = next;
    lines = [];
  };
  for (const line of text.split("\n")) {
    const mark = line.trim();
    if (kind === "code") {
      if (mark === FENCE) flush("plain");
      else lines.push(line);
    } else if (mark.startsWith(FENCE) && !mark.includes("`", FENCE.length)) {
      flush("code");
    } else {
      const quoted = /^>(?: |$)/.test(line);
      if (quoted !== (kind === "quote")) flush(quoted ? "quote" : "plain");
      lines.push(quoted ? line.slice(2) : line);
    }
  }
  flush("plain");
  return blocks;
}

function trimBreaks(text: string): string {
  return text.replace(/^\n/, "").replace(/\n$/, "");
}

// Characters that turn or hide text are no part of a link: what is read is where it goes.
const PIECES =
  /(`{1,3})([^`\n]+)\1|https?:\/\/[^\s<>"'`\u0000-\u001f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gi;

/** Finds code and links within one block. */
export function readInlines(text: string): Inline[] {
  const inlines: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(PIECES)) {
    const found = match[2] ? match[0] : trimLink(match[0]);
    if (!match[2] && !isLink(found)) continue;
    if (match.index > from) inlines.push({ kind: "text", text: text.slice(from, match.index) });
    inlines.push(match[2] ? { kind: "code", text: match[2] } : { kind: "link", text: found });
    from = match.index + found.length;
  }
  if (from < text.length) inlines.push({ kind: "text", text: text.slice(from) });
  return inlines;
}

/** The sentence's punctuation after a link is not the link's. */
function trimLink(link: string): string {
  let end = link.length;
  let closing = link.split(")").length - link.split("(").length;
  for (; end > 0; end -= 1) {
    const last = link[end - 1] ?? "";
    if (last === ")" && closing > 0) closing -= 1;
    else if (!".,;:!?*_~]}…".includes(last)) break;
  }
  return link.slice(0, end);
}

/** Only the web, and nobody's name before the host: `https://ed.ac.uk@elsewhere` is no link. */
function isLink(link: string): boolean {
  try {
    const { protocol, username, password } = new URL(link);
    return /^https?:$/.test(protocol) && !username && !password;
  } catch {
    return false;
  }
}

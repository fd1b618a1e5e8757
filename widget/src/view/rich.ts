/** A message's text as specs. Plain text in, no markup ever. */
import { readBlocks, type Inline } from "../text.ts";
import { h, type Child, type Spec } from "./dom.ts";

export const rich = (text: string): Spec[] =>
  readBlocks(text).map(({ kind, text: code, inlines }) =>
    kind === "code"
      ? h("pre", { tabindex: "0" }, h("code", {}, code)) // it scrolls: the keyboard must reach it
      : h(kind === "quote" ? "blockquote" : "p", { dir: "auto" }, ...inlines.map(inline)),
  );

function inline({ kind, text }: Inline): Child {
  if (kind === "code") return h("code", {}, text);
  if (kind === "text") return text;
  return h("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, text);
}

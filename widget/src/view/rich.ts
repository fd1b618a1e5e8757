/** A message's text as nodes. Plain text in, no markup ever. */
import { readBlocks, type Inline } from "../text.ts";
import { h } from "./dom.ts";

export function rich(text: string): DocumentFragment {
  const all = document.createDocumentFragment();
  for (const block of readBlocks(text)) {
    if (block.kind === "code") {
      // It scrolls sideways, so the keyboard must reach it.
      all.append(h("pre", { dir: "ltr", tabindex: "0" }, h("code", {}, block.text)));
    } else {
      const tag = block.kind === "quote" ? "blockquote" : "p";
      all.append(h(tag, { dir: "auto" }, ...block.inlines.map(inline)));
    }
  }
  return all;
}

function inline({ kind, text }: Inline): Node | string {
  if (kind === "code") return h("code", { dir: "ltr" }, text);
  if (kind === "text") return text;
  const href = new URL(text).href;
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, text);
}

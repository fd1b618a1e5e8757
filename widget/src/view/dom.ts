/** Building nodes. Text only ever goes in as text: Trusted Types has nothing to refuse. */

type Child = Node | string | null | false;
type Props = Record<string, string | boolean | null | ((event: Event) => void)>;

/** Makes an element. Functions among `props` become listeners; true is an empty attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child): child is Node | string => !!child));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** A line drawing in a 24 × 24 box, hidden from screen readers: its button has a name. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  chat: "M12 4c4.7 0 8.5 3.3 8.5 7.4s-3.8 7.4-8.5 7.4c-1 0-2-.2-2.900-.5L4.5 20l1.3-3.600c-1.4-1.3-2.3-3.100-2.3-5C3.5 7.3 7.3 4 12 4z",
  down: "M6 9.5l6 6 6-6",
  send: "M12 19V5.5M6 11.5l6-6 6 6",
} as const;

/** Sets a node's text, touching it only when it changes: live regions speak every touch. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Copies text; the old way too, where the page may not use the clipboard. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = h("textarea", { readonly: true });
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

/**
 * What is to be seen is described by specs, and `fill` makes the page so: it touches only what
 * changed, so the focus stays, and a live region speaks each thing once. Text only ever goes in as
 * text: Trusted Types have nothing to refuse.
 */

/** Attributes; a function is the handler of the event of that name. `key` tells siblings apart. */
type Props = Record<string, string | boolean | null | undefined | ((event: never) => void)>;
export type Child = Spec | string | false | null | undefined;

export interface Spec {
  tag: string;
  props: Props;
  kids: Child[];
}

export const h = (tag: string, props: Props = {}, ...kids: Child[]): Spec => ({ tag, props, kids });

export const button = (text: Child, click: () => void, props: Props = {}, ...kids: Child[]): Spec =>
  h("button", { type: "button", click, ...props }, text, ...kids);

/** A line drawing in a 24 × 24 box, hidden from screen readers: its button has a name. */
export const icon = (d: string): Spec =>
  h("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d }));

export const ICONS = {
  chat: "M12 4c4.7 0 8.5 3.3 8.5 7.4s-3.8 7.4-8.5 7.4c-1 0-2-.2-2.9-.5L4.5 20l1.3-3.6c-1.4-1.3-2.3-3.1-2.3-5C3.5 7.3 7.3 4 12 4z",
  down: "M6 9.5l6 6 6-6",
  send: "M12 19V5.5M6 11.5l6-6 6 6",
};

const specs = new WeakMap<Node, Child>();

/** Makes the children of `parent` what `kids` describe. The same spec again is not looked into. */
export function fill(parent: Node, kids: readonly Child[]): void {
  const wanted = new Map<string, Child>();
  kids.forEach((kid, index) => kid && wanted.set(nameOf(kid, index), kid));
  const there = new Map<string, ChildNode>();
  for (const node of [...parent.childNodes]) {
    const name = names.get(node) ?? "";
    if (wanted.has(name)) there.set(name, node);
    else node.remove();
  }
  let place = parent.firstChild;
  for (const [name, kid] of wanted) {
    let node = there.get(name);
    if (!node) {
      node = typeof kid === "string" ? document.createTextNode("") : create(kid as Spec);
      names.set(node, name);
    }
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, kid);
  }
}

const names = new WeakMap<Node, string>();

function nameOf(kid: Spec | string, index: number): string {
  return typeof kid === "string" ? `${index}` : `${kid.tag} ${kid.props["key"] ?? index}`;
}

function create({ tag }: Spec): ChildNode {
  const kind = /svg|path/.test(tag) ? "2000/svg" : "1999/xhtml";
  return document.createElementNS(`http://www.w3.org/${kind}`, tag);
}

function update(node: ChildNode, kid: Child): void {
  const before = specs.get(node);
  if (before === kid) return;
  specs.set(node, kid);
  if (typeof kid === "string") {
    node.nodeValue = kid;
    return;
  }
  const { props, kids } = kid as Spec;
  const old = (before as Spec | undefined)?.props ?? {};
  const element = node as Element;
  for (const name of Object.keys({ ...old, ...props })) {
    const value = props[name];
    if (typeof value === "function") Object.assign(element, { [`on${name}`]: value });
    else if (value === old[name] || name === "key") continue;
    else if (value === undefined || value === null || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
  fill(element, kids);
}

/** Copies text; the old way too, where the page may not use the clipboard. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement("textarea");
    document.body.append(box);
    box.value = text;
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

/**
 * What is to be seen is described by specs, and `fill` makes the page so: it touches only what
 * changed, so the focus stays, and a live region speaks each thing once. Text only ever goes in as
 * text: Trusted Types have nothing to refuse.
 */

/**
 * Attributes; one that comes and goes is left out, or given as null, when it is not there. A function
 * is the handler of the event of that name, and stays. `key` tells siblings apart.
 */
type Props = Record<string, string | boolean | null | undefined | ((event: never) => void)>;
export type Child = Spec | string | false | null | undefined;

export interface Spec {
  tag: string;
  props: Props;
  kids: Child[];
}

/** `what` is a tag, or tag.class. */
export const h = (what: string, props: Props = {}, ...kids: Child[]): Spec => {
  const [tag = "", name] = what.split(".");
  return { tag, props: name ? { class: name, ...props } : props, kids };
};

export const button = (what: string, click: () => void, ...kids: Child[]): Spec =>
  h(`button.${what}`, { click, key: what }, ...kids);

/** A line drawing in a 24 × 24 box, hidden from screen readers: its button has a name. */
export const icon = (d: string): Spec =>
  h("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d }));

export const ICONS = {
  chat: "M4 5h16v11h-9l-4 4v-4H4z",
  down: "M6 9l6 6 6-6",
  send: "M12 19V5m-6 6l6-6 6 6",
};

/** What each of our nodes was made from, and its name among its siblings. */
const made = new WeakMap<Node, { name: string; kid?: Child }>();

/** Makes the children of `parent` what `kids` describe. The same spec again is not looked into. */
export function fill(parent: Node, kids: readonly Child[]): void {
  const wanted = new Map<string, Spec | string>();
  kids.forEach((kid, index) => {
    if (kid)
      wanted.set(
        typeof kid === "string" ? `${index}` : `${kid.tag} ${kid.props["key"] ?? index}`,
        kid,
      );
  });
  const there = new Map<string, ChildNode>();
  for (const node of [...parent.childNodes]) {
    const name = made.get(node)?.name ?? "";
    if (wanted.has(name)) there.set(name, node);
    else node.remove();
  }
  let place = parent.firstChild;
  for (const [name, kid] of wanted) {
    const node = there.get(name) ?? create(kid, name);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, kid);
  }
}

function create(kid: Spec | string, name: string): ChildNode {
  const tag = (kid as Spec).tag;
  const kind = /svg|path/.test(tag) ? "2000/svg" : "1999/xhtml";
  const node = tag ? document.createElementNS(`http://www.w3.org/${kind}`, tag) : new Text();
  made.set(node, { name });
  return node;
}

function update(node: ChildNode, kid: Spec | string): void {
  const mark = made.get(node) as { kid?: Child };
  const before = mark.kid;
  if (before === kid) return;
  mark.kid = kid;
  if (typeof kid === "string") {
    node.nodeValue = kid;
    return;
  }
  const old = (before as Spec | undefined)?.props ?? {};
  const element = node as Element;
  for (const name in { ...old, ...kid.props }) {
    const value = kid.props[name];
    if (typeof value === "function") (element as unknown as Props)[`on${name}`] = value;
    else if (value !== old[name] && name !== "key")
      // What has a class can be dressed by the page.
      for (const one of name === "class" ? [name, "part"] : [name])
        if (value) element.setAttribute(one, value === true ? "" : value);
        else element.removeAttribute(one);
  }
  fill(element, kid.kids);
}

export const copy = (text: string) => () => void navigator.clipboard?.writeText(text);

// A small renderer of Adaptive Cards: the elements that Teams shows and a bot of this kind uses.

import { actionRow } from "./actions.js";
import { h } from "./dom.js";
import { makeInput } from "./inputs.js";
import { cardText, link } from "./markup.js";

/** Inputs and named elements of a card; a card inside a card sees those of its parents too. */
class Scope {
  constructor(parent = null) {
    this.parent = parent;
    this.inputs = [];
    this.named = parent ? parent.named : new Map();
  }

  all() {
    return [...(this.parent ? this.parent.all() : []), ...this.inputs];
  }
}

/** `press(action, data)` is called for Execute and Submit; it returns a promise. */
export function renderCard(card, press) {
  return cardIn(card, new Scope(), press);
}

function cardIn(card, scope, press) {
  const root = h("div", { class: "card", "data-card": true });
  const context = { scope, press, showCard: (inner) => cardIn(inner, new Scope(scope), press) };
  if (card.fallbackText && Number(card.version) > 1.5) root.append(warning(`Teams may show only: ${card.fallbackText}`));
  appendAll(card.body, root, context);
  if (card.actions?.length) root.append(actionRow(card.actions, context));
  return root;
}

function appendAll(elements, into, context) {
  for (const element of elements || []) {
    const made = render(element, context);
    if (made) into.append(made);
  }
}

function render(element, context) {
  const make = ELEMENTS[element.type] || (String(element.type).startsWith("Input.") ? input : null);
  const made = make?.(element, context);
  if (!made) return fallback(element, context);
  if (element.id) {
    made.dataset.elementId = element.id;
    context.scope.named.set(element.id, made);
  }
  if (element.isVisible === false) made.hidden = true;
  if (element.separator) made.classList.add("separator");
  if (element.spacing) made.classList.add(`spacing-${element.spacing.toLowerCase()}`);
  if (element.horizontalAlignment) made.classList.add(`align-${element.horizontalAlignment.toLowerCase()}`);
  return made;
}

function fallback(element, context) {
  if (element.fallback === "drop") return null;
  if (element.fallback?.type) return render(element.fallback, context);
  return warning(`Teams would not show an element of type ${element.type}.`);
}

function warning(words) {
  return h("p", { class: "card-warning" }, words);
}

const ELEMENTS = {
  TextBlock: textBlock,
  RichTextBlock: richText,
  FactSet: facts,
  Image: image,
  Container: container,
  ColumnSet: columns,
  Table: table,
  ActionSet: (element, context) => actionRow(element.actions || [], context),
};

function looks(element) {
  const classes = [];
  if (element.size) classes.push(`size-${element.size.toLowerCase()}`);
  if (element.weight) classes.push(`weight-${element.weight.toLowerCase()}`);
  if (element.color) classes.push(`color-${element.color.toLowerCase()}`);
  if (element.fontType) classes.push(`font-${element.fontType.toLowerCase()}`);
  if (element.isSubtle) classes.push("subtle");
  return classes.join(" ");
}

function textBlock(element) {
  const heading = element.style === "heading";
  const made = h("div", { class: `text-block ${looks(element)} ${element.wrap ? "wrap" : "no-wrap"}` }, cardText(element.text));
  if (heading) {
    made.setAttribute("role", "heading");
    made.setAttribute("aria-level", "2");
  }
  if (element.maxLines) made.style.setProperty("--max-lines", element.maxLines);
  made.classList.toggle("clamped", Boolean(element.maxLines));
  return made;
}

function richText(element) {
  return h("p", { class: "rich-text" }, ...(element.inlines || []).map(textRun));
}

/** Verbatim: a TextRun knows no markdown. */
function textRun(run) {
  if (typeof run === "string") return document.createTextNode(run);
  const classes = [looks(run)];
  for (const style of ["italic", "strikethrough", "underline", "highlight"]) if (run[style]) classes.push(style);
  const made = h("span", { class: classes.join(" ") }, run.text ?? "");
  return run.selectAction?.type === "Action.OpenUrl" ? link(run.selectAction.url, [made]) : made;
}

function facts(element) {
  const rows = (element.facts || []).map((fact) =>
    h("div", { class: "fact" }, h("dt", {}, cardText(fact.title)), h("dd", {}, cardText(fact.value))),
  );
  return h("dl", { class: "facts" }, ...rows);
}

function image(element) {
  if (!String(element.url).startsWith("data:image/")) return h("span", { class: "subtle" }, `[${element.altText || "picture"}]`);
  return h("img", { src: element.url, alt: element.altText || "", class: `image-${String(element.size || "auto").toLowerCase()}` });
}

function container(element, context) {
  const made = h("div", { class: `container style-${String(element.style || "default").toLowerCase()}` });
  appendAll(element.items, made, context);
  return made;
}

function columns(element, context) {
  const made = h("div", { class: `columns style-${String(element.style || "default").toLowerCase()}` });
  for (const column of element.columns || []) {
    const one = render({ ...column, type: "Container" }, context);
    const share = Number(column.width);
    one.classList.add("column", column.width === "auto" ? "auto" : "stretch");
    if (share > 0) one.style.flexGrow = share;
    if (column.verticalContentAlignment) one.classList.add(`middle-${column.verticalContentAlignment.toLowerCase()}`);
    made.append(one);
  }
  return made;
}

function table(element, context) {
  const rows = (element.rows || []).map((row, index) => {
    const header = index === 0 && element.firstRowAsHeader !== false;
    const cells = (row.cells || []).map((cell) => {
      const made = h(header ? "th" : "td", header ? { scope: "col" } : {});
      appendAll(cell.items, made, context);
      return made;
    });
    return h("tr", {}, ...cells);
  });
  return h("table", {}, h("tbody", {}, ...rows));
}

function input(element, context) {
  const made = makeInput(element);
  if (!made) return null;
  context.scope.inputs.push(made);
  return made.element;
}

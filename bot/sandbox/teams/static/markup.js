// Text as Teams shows it. Markup is read by an inert parser and rebuilt from an allow-list, never inserted.
//
// plain      verbatim, with links
// markdown   a subset, and the same HTML tags as xml: the worst that Teams is known to do with a bot's text
// xml        the HTML subset
// Cards      markdown without HTML

import { h } from "./dom.js";

const ALLOWED = new Set(
  "b strong i em s strike del u code pre br p div span ul ol li blockquote h1 h2 h3 table thead tbody tr td th hr".split(" "),
);
const GONE = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "TITLE", "NOSCRIPT"]);
const URL_PATTERN = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/g;

/** A post's text as nodes. `entities` are the activity's; only those make <at>...</at> a mention. */
export function text(content, format, entities) {
  const mentions = (entities || []).filter((entity) => entity.type === "mention" && entity.text);
  if (format === "plain") return plain(content, mentions);
  return markup(format === "xml" ? content : toHtml(content, false), mentions);
}

/** Text of a card: markdown, in which HTML is just text. */
export function cardText(content) {
  return markup(toHtml(dates(String(content ?? "")), true), []);
}

/** HTML as a person's client sent it. */
export function html(content) {
  return markup(content, []);
}

function plain(content, mentions) {
  const fragment = document.createDocumentFragment();
  const names = mentions.map((mention) => escapePattern(mention.text));
  const parts = names.length ? content.split(new RegExp(`(${names.join("|")})`)) : [content];
  for (const part of parts) {
    const mention = mentions.find((one) => one.text === part);
    if (mention) fragment.append(mentionOf(mention.mentioned.name));
    else linked(part, fragment);
  }
  return fragment;
}

function linked(content, into) {
  let at = 0;
  for (const match of content.matchAll(URL_PATTERN)) {
    into.append(content.slice(at, match.index), link(match[0], [match[0]]));
    at = match.index + match[0].length;
  }
  into.append(content.slice(at));
}

function markup(content, mentions) {
  const parsed = new DOMParser().parseFromString(unstyled(content), "text/html");
  const fragment = document.createDocumentFragment();
  copy(parsed.body, fragment, { mentions, count: 0, linkify: true });
  return fragment;
}

/** Style attributes never get to the page, but the parser would report each to the console. */
function unstyled(content) {
  return content.replace(/<\w[^>]*>/g, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
}

function copy(from, into, context) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) context.linkify ? linked(node.data, into) : into.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE && !GONE.has(node.tagName)) into.append(rebuilt(node, context));
  }
}

function rebuilt(node, context) {
  const name = node.tagName.toLowerCase();
  if (name === "img") return image(node);
  if (name === "at") return atTag(node, context);
  if (name === "a") return anchor(node, context);
  if (name === "codeblock") return filled(h("pre"), node, context);
  if (name === "span" && (node.getAttribute("itemtype") || "").endsWith("/Mention")) return mentionOf(node.textContent);
  if (ALLOWED.has(name)) return filled(document.createElement(name), node, context);
  const fragment = document.createDocumentFragment();
  copy(node, fragment, context);
  return fragment;
}

function filled(element, node, context) {
  copy(node, element, context);
  return element;
}

function anchor(node, context) {
  const inside = document.createDocumentFragment();
  copy(node, inside, { ...context, linkify: false });
  return link(node.getAttribute("href") || "", [inside]);
}

function atTag(node, context) {
  const said = (one) => new DOMParser().parseFromString(one.text, "text/html").body.textContent;
  const mention = context.mentions.find((one) => said(one) === node.textContent);
  return mention ? mentionOf(mention.mentioned.name) : document.createTextNode(node.textContent);
}

function image(node) {
  if ((node.getAttribute("itemtype") || "").endsWith("/Emoji")) return document.createTextNode(node.getAttribute("alt") || "");
  const source = node.getAttribute("src") || "";
  const stored = source.match(/\/v3\/attachments\/([\w-]+)\/views\/original$/);
  if (stored) return h("img", { src: `/_page/files/${stored[1]}`, alt: "Pasted picture" });
  if (source.startsWith("data:image/")) return h("img", { src: source, alt: node.getAttribute("alt") || "Picture" });
  return document.createTextNode("[picture]");
}

export function mentionOf(name) {
  return h("span", { class: "mention" }, name);
}

export function link(address, children) {
  const good = /^(https?:|mailto:)/i.test(address);
  if (!good) return h("span", { class: "bad-link", title: "Teams would not follow this" }, ...children);
  return h("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, ...children);
}

// --- markdown ---

function toHtml(source, escaped) {
  const safe = escaped ? source.replace(/&/g, "&amp;").replace(/</g, "&lt;") : source;
  const fences = [];
  const held = safe.replace(/^```\w*\n([\s\S]*?)\n?```$/gm, (_, code) => {
    fences.push(`<pre><code>${code.replace(/</g, "&lt;")}</code></pre>`);
    return `\u0000${fences.length - 1}\u0000`;
  });
  const blocks = held.split(/\n{2,}/).map(block);
  return blocks.join("").replace(/\u0000(\d+)\u0000/g, (_, number) => fences[Number(number)]);
}

function block(source) {
  const lines = source.split(/\r?\n|\r/);
  const all = (pattern) => lines.every((line) => pattern.test(line));
  const items = (pattern) => lines.map((line) => `<li>${inline(line.replace(pattern, ""))}</li>`).join("");
  if (all(/^\s*[-*+] /)) return `<ul>${items(/^\s*[-*+] /)}</ul>`;
  if (all(/^\s*\d+[.)] /)) return `<ol>${items(/^\s*\d+[.)] /)}</ol>`;
  if (all(/^(>|&gt;)/)) return `<blockquote>${lines.map((line) => inline(line.replace(/^(>|&gt;) ?/, ""))).join("<br>")}</blockquote>`;
  return `<p>${lines.map(inline).join("\n").replace(/(  |\\)\n/g, "<br>")}</p>`;
}

function inline(source) {
  const held = [];
  const hold = (piece) => `\u0001${held.push(piece) - 1}\u0001`;
  const done = source
    .replace(/\\([!-/:-@[-`{-~])/g, (_, one) => hold(one === "<" ? "&lt;" : one))
    .replace(/`([^`]+)`/g, (_, code) => hold(`<code>${code.replace(/</g, "&lt;")}</code>`))
    .replace(/\[([^\]]*)\]\(([^)\s]+)\)/g, (_, name, address) => `${hold(`<a href="${address.replace(/"/g, "&quot;")}">`)}${name}</a>`)
    .replace(/\*\*(?=\S)(.+?)\*\*/g, "<b>$1</b>")
    .replace(/(^|[^\w*])\*(?=\S)([^*]+?)\*(?!\w)/g, "$1<i>$2</i>")
    .replace(/(^|\W)_(?=\S)([^_]+?)_(?!\w)/g, "$1<i>$2</i>")
    .replace(/~~(?=\S)(.+?)~~/g, "<s>$1</s>");
  return done.replace(/\u0001(\d+)\u0001/g, (_, number) => held[Number(number)]);
}

function dates(source) {
  return source.replace(/\{\{(DATE|TIME)\(([^,)]+)(?:, *(\w+))?\)\}\}/g, (whole, kind, stamp, style) => {
    const when = new Date(stamp);
    if (Number.isNaN(when.getTime())) return whole;
    if (kind === "TIME") return when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    return when.toLocaleDateString("en-GB", { dateStyle: style === "LONG" ? "full" : style === "SHORT" ? "medium" : "short" });
  });
}

function escapePattern(words) {
  return words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

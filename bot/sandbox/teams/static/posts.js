// One post: its words, its card, and what its author may do with it.

import { act } from "./api.js";
import { renderCard } from "./card.js";
import { announce, h } from "./dom.js";
import { openDialog } from "./dialog.js";
import { html, text } from "./markup.js";

/** `me` is the person who looks, `bot` the bot's name. */
export function renderPost(post, me, bot) {
  const mine = post.author === me;
  const name = post.authorName || bot;
  const body = post.deleted ? h("p", { class: "deleted" }, "This message has been deleted.") : content(post, me);
  const article = h("article", { class: `post ${mine ? "mine" : ""} ${post.author ? "" : "bot"}`, "data-post": post.id, "aria-label": `${name}, ${clock(post.at)}` },
    h("div", { class: "avatar", "aria-hidden": "true" }, initials(name)),
    h("div", { class: "bubble" }, head(post, name), body, reactions(post, me), note(post), tools(post, me, mine)),
  );
  if (!post.deleted) refreshOnce(post, me);
  return article;
}

function head(post, name) {
  return h("header", { class: "post-head" },
    h("span", { class: "author" }, name),
    post.author ? null : h("span", { class: "badge" }, "App"),
    h("time", { datetime: post.at, title: new Date(post.at).toLocaleString("en-GB") }, clock(post.at)),
    post.edited && !post.deleted ? h("span", { class: "edited" }, "Edited") : null,
  );
}

function content(post, me) {
  const words = post.author ? html(post.html) : text(post.text, post.textFormat, post.entities);
  const made = h("div", { class: `content ${post.textFormat === "plain" && !post.author ? "verbatim" : ""}` });
  if (post.author || post.text) made.append(h("div", { class: "words" }, words));
  if (!post.author) made.append(...pictures(post));
  for (const card of cardsOf(post)) made.append(renderCard(card, (action, data) => press(post, me, action, data)));
  if (post.own) made.append(h("p", { class: "only-you" }, "Only you can see this card."));
  return made;
}

/** What a bot shows inline; Teams takes nothing but pictures that way. */
function pictures(post) {
  const inline = post.attachments.filter((one) => String(one.contentUrl).startsWith("data:image/"));
  return inline.map((one) => h("img", { src: one.contentUrl, alt: one.name || "Picture", class: "inline" }));
}

function cardsOf(post) {
  if (post.own) return [post.card];
  return post.attachments.filter((one) => String(one.contentType).endsWith("card.adaptive")).map((one) => one.content);
}

async function press(post, me, action, data, dialog = null) {
  const { pressed } = await act({ person: me, do: "press", post: post.id, action, data, dialog });
  if (pressed.kind === "dialog" && pressed.card) {
    openDialog(pressed, (inner, typed) => press(post, me, inner, typed, pressed.card));
  }
  return pressed;
}

const refreshed = new Set();

/** Teams refreshes a card by itself for those whom its `refresh` names (everybody, when it names none). */
function refreshOnce(post, me) {
  const refresh = cardsOf(post)[0]?.refresh;
  const key = `${post.id} ${post.version} ${me}`;
  if (!refresh?.action || refreshed.has(key)) return;
  const named = refresh.userIds;
  if (named?.length && !named.includes(document.body.dataset.teamsId)) return;
  refreshed.add(key);
  act({ person: me, do: "refresh", post: post.id }).catch((error) => announce(error.message, "error"));
}

function reactions(post, me) {
  const names = Object.entries(post.reactions);
  if (!names.length) return null;
  const counted = names.map(([name, who]) => h("span", { class: "reaction" }, `${name === "like" ? "👍" : name} ${who.length}`));
  return h("p", { class: "reactions" }, ...counted);
}

function note(post) {
  return post.note ? h("p", { class: "trial-note" }, `For testers: ${post.note}`) : null;
}

function tools(post, me, mine) {
  const doing = (what, more = {}) => () => act({ person: me, do: what, post: post.id, ...more }).catch((error) => announce(error.message, "error"));
  const tool = (label, onclick) => h("button", { type: "button", class: "tool", onclick }, label);
  if (mine && post.deleted) return h("div", { class: "tools" }, tool("Undo delete", doing("undelete")));
  if (post.deleted) return null;
  if (mine) return h("div", { class: "tools" }, tool("Edit", (event) => edit(post, me, event)), tool("Delete", doing("delete")));
  const liked = (post.reactions.like || []).includes(me);
  return h("div", { class: "tools" }, tool(liked ? "Unlike" : "Like", doing("react", { remove: liked })));
}

function edit(post, me, event) {
  const place = event.target.closest(".bubble").querySelector(".content");
  const box = h("textarea", { "aria-label": "Edit your message", rows: 3, value: post.written });
  const save = () => act({ person: me, do: "edit", post: post.id, text: box.value }).catch((error) => announce(error.message, "error"));
  const buttons = h("div", { class: "form-buttons" },
    h("button", { type: "button", onclick: () => place.replaceWith(content(post, me)) }, "Cancel"),
    h("button", { type: "button", class: "primary", onclick: save }, "Save"));
  place.replaceChildren(box, buttons);
  box.focus();
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function initials(name) {
  return name.split(" ").map((word) => word[0]).join("").slice(0, 2);
}

// The middle of the page: threads of a channel or messages of a chat, kept up to date in place.

import { act } from "./api.js";
import { announce, freshId, h } from "./dom.js";
import { pictures } from "./pictures.js";
import { renderPost } from "./posts.js";

/** Shows one conversation for one person. update() may be called as often as one likes. */
export class Conversation {
  constructor(list, person, bot) {
    this.list = list;
    this.person = person;
    this.bot = bot;
    this.posts = new Map(); // id -> {revision, element}
    this.threads = new Map(); // root id -> element that holds the posts
    this.first = true;
    list.replaceChildren();
  }

  update(view) {
    const pinned = this.first || nearEnd(this.list);
    for (const post of view.posts) this.place(post, view);
    if (!view.posts.length && !this.list.children.length) this.list.append(h("li", { class: "empty" }, "Nothing here yet."));
    if (pinned) this.list.scrollTop = this.list.scrollHeight;
    this.first = false;
  }

  place(post, view) {
    const known = this.posts.get(post.id);
    if (known && known.revision === post.revision) return;
    if (known && known.element.contains(document.activeElement) && document.activeElement.matches("textarea[aria-label^=Edit]") && !post.deleted && known.version === post.version && known.written === post.written) {
      return; // somebody is editing it: a reaction may wait
    }
    const element = renderPost(post, this.person, this.bot);
    const cards = JSON.stringify([post.version, post.own, post.card, post.deleted]);
    if (known?.cards === cards) keepCards(known.element, element);
    if (known) this.swap(known.element, element);
    else this.add(post, view, element);
    this.posts.set(post.id, { revision: post.revision, version: post.version, written: post.written, cards, element });
  }

  swap(old, fresh) {
    const focused = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (focused) {
      fresh.setAttribute("tabindex", "-1");
      fresh.focus({ preventScroll: true });
    }
  }

  add(post, view, element) {
    this.list.querySelector(".empty")?.remove();
    if (view.kind !== "channel") this.list.append(h("li", {}, element));
    else this.thread(post).append(element);
    if (!this.first && post.author !== this.person) announce(`New message from ${post.authorName || this.bot}`, "quiet");
  }

  thread(post) {
    const known = this.threads.get(post.root);
    if (known) return known;
    const posts = h("div", { class: "thread-posts" });
    const label = `Thread of ${post.authorName || this.bot}, ${post.id}`;
    const reply = composer({
      label: "Reply", button: "Reply", bot: this.bot, rows: 1,
      send: (text, images) => act({ person: this.person, do: "reply", post: post.root, text, images }),
    });
    this.list.append(h("li", { class: "thread", role: "listitem", "data-thread": post.root }, h("section", { "aria-label": label }, posts, reply)));
    this.threads.set(post.root, posts);
    return posts;
  }
}

/** What somebody has typed into a card stays when only a reaction or a note came. */
function keepCards(from, to) {
  const old = from.querySelectorAll(".content > .card");
  to.querySelectorAll(".content > .card").forEach((card, index) => card.replaceWith(old[index]));
}

/** A box to write in. `send(text, images)` returns a promise; the box is emptied at once, as in Teams. */
export function composer({ label, button, bot, rows, send }) {
  const id = freshId("box");
  const box = h("textarea", { id, rows, placeholder: label });
  const pasted = pictures(box);
  const go = async () => {
    const typed = box.value;
    const images = await pasted.take();
    if (!typed.trim() && !images.length) return;
    box.value = "";
    fit(box);
    try {
      await send(typed, images);
    } catch (error) {
      box.value = box.value || typed;
      announce(error.message, "error");
    }
  };
  box.addEventListener("input", () => fit(box));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    go();
  });
  const mention = bot ? h("button", { type: "button", class: "mention-button", onclick: () => insert(box, `@${bot} `) }, `@${bot}`) : null;
  return h("form", { class: "composer", onsubmit: (event) => event.preventDefault() },
    h("label", { for: id, class: "visually-hidden" }, label), box, pasted.element,
    h("div", { class: "form-buttons" }, mention, h("button", { type: "button", class: "primary", onclick: go }, button)));
}

function insert(box, words) {
  if (!box.value.includes(words.trim())) box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
  box.focus();
}

function fit(box) {
  box.rows = Math.min(8, Math.max(1, box.value.split("\n").length));
}

function nearEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 120;
}

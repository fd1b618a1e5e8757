/** The list of messages. It announces nothing: `announcer.ts` does. */
import type { Row } from "../rows.ts";
import type { Entry } from "../session.ts";
import type { Strings, Word } from "../strings.ts";
import { copy, h, icon, ICONS, setText } from "./dom.ts";
import { rich } from "./rich.ts";

/** Pixels from the end within which the reader follows the conversation. */
const NEAR = 90;

export interface LogUser {
  retry(key: string): void;
  discard(key: string): void;
}

interface Shown {
  node: HTMLElement;
  update(row: Row): void;
}

export class LogView {
  readonly node: HTMLElement;
  #list = h("ol", { class: "list" });
  #box: HTMLElement;
  #jump: HTMLButtonElement;
  #shown = new Map<string, Shown>();
  #t: Strings;
  #user: LogUser;
  #follow = true;

  constructor(t: Strings, user: LogUser) {
    this.#t = t;
    this.#user = user;
    const label = t.say("conversation");
    this.#box = h("div", { class: "log", part: "log", role: "region", "aria-label": label, tabindex: "0" }, this.#list);
    this.#jump = h(
      "button",
      { type: "button", class: "jump", hidden: true, click: () => this.toEnd(true) },
      icon(ICONS.down),
      t.say("latest"),
    );
    this.#box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.node = h("div", { class: "log-frame" }, this.#box, this.#jump);
  }

  render(rows: readonly Row[]): void {
    const ids = new Set(rows.map((row) => row.id));
    for (const [id, shown] of this.#shown) {
      if (ids.has(id)) continue;
      shown.node.remove();
      this.#shown.delete(id);
    }
    let place = this.#list.firstElementChild;
    for (const row of rows) {
      const shown = this.#shown.get(row.id) ?? this.#make(row);
      shown.update(row);
      if (shown.node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(shown.node, place);
    }
    if (this.#follow) this.toEnd();
    else this.#scrolled();
  }

  /** Shows the end and stays there. */
  toEnd(focus = false): void {
    this.#follow = true;
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#jump.hidden = true;
    if (focus) this.#box.focus({ preventScroll: true });
  }

  /** Shows where the new messages begin, if that is further up than a window's height. */
  toNew(): void {
    const mark = this.#shown.get("new")?.node;
    this.toEnd();
    if (mark && mark.offsetTop < this.#box.scrollTop) {
      this.#box.scrollTop = mark.offsetTop - 8;
      this.#scrolled();
    }
  }

  /** To be called when the window's height changed. */
  resized(): void {
    if (this.#follow) this.toEnd();
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    if (!clientHeight) return; // not on the screen
    this.#follow = scrollHeight - scrollTop - clientHeight < NEAR;
    this.#jump.hidden = this.#follow;
  }

  #make(row: Row): Shown {
    const shown = row.kind === "said" ? this.#said() : this.#plain(row);
    this.#shown.set(row.id, shown);
    return shown;
  }

  #plain(row: Row): Shown {
    const text = h("span");
    const node = h("li", { class: row.kind }, text);
    const update = (now: Row) => {
      if (now.kind === "day") setText(text, this.#day(now.at));
      else if (now.kind === "new") setText(text, this.#t.say("new_line"));
      else if (now.kind === "notice") setText(text, this.#notice(now.entry));
    };
    return { node, update };
  }

  #said(): Shown {
    const t = this.#t;
    const who = h("p", { class: "who" });
    const body = h("div", { class: "body" });
    const time = h("time");
    const state = h("span");
    const acts = h("span", { class: "acts" });
    const meta = h("p", { class: "meta" }, time, state, acts);
    const node = h("li", {}, who, body, meta);
    let drawn = "";
    const update = (row: Row) => {
      if (row.kind !== "said") return;
      const { entry, first, last, delivery } = row;
      const classes = ["said", entry.own ? "own" : "theirs", first && "first", last && "last", delivery];
      node.className = classes.filter(Boolean).join(" ");
      setText(who, entry.own ? t.say("you") : entry.name);
      const content = `${entry.removed} ${entry.edited} ${entry.text}`;
      if (content !== drawn) {
        drawn = content;
        body.replaceChildren(this.#body(entry));
      }
      if (entry.at && time.dateTime !== entry.at) {
        time.dateTime = entry.at;
        time.textContent = t.time(entry.at);
      }
      setText(state, stateText(t, row));
      this.#acts(acts, row);
    };
    return { node, update };
  }

  #body(entry: Entry): Node {
    const all = document.createDocumentFragment();
    const t = this.#t;
    if (entry.removed) {
      all.append(h("p", { class: "removed" }, t.say("removed")));
      return all;
    }
    if (entry.quote) {
      const name = entry.quote.author || t.say("someone");
      const label = h("span", { class: "cite" }, t.say("in_reply_to", { name }));
      all.append(h("blockquote", { dir: "auto" }, label, entry.quote.text));
    }
    all.append(rich(entry.text));
    return all;
  }

  /** What can be done about a message that was not sent. */
  #acts(acts: HTMLElement, row: Row): void {
    if (row.kind !== "said") return;
    const { refused, key, text } = row.entry;
    if (acts.dataset["for"] === refused) return;
    acts.dataset["for"] = refused;
    acts.replaceChildren();
    if (!refused) return;
    const button = (word: Word, click: (event: Event) => void) =>
      acts.append(h("button", { type: "button", class: "link", click }, this.#t.say(word)));
    if (refused === "slow_down") button("again", () => this.#user.retry(key));
    button("copy_text", (event) => {
      void copy(text);
      setText(event.target as Node, this.#t.say("copied"));
    });
    button("remove", () => this.#user.discard(key));
  }

  #day(at: string): string {
    const days = (Date.parse(new Date().toDateString()) - Date.parse(new Date(at).toDateString())) / 864e5;
    const word = Math.round(days) === 0 ? "today" : Math.round(days) === 1 ? "yesterday" : null;
    return word ? this.#t.say(word) : this.#t.date(at);
  }

  #notice({ text, name, own }: Entry): string {
    const t = this.#t;
    if (text === "visitor_joined") return own ? t.say("you_joined") : t.say("joined", { name });
    if (text === "operator_joined") return t.say("joined", { name });
    if (text === "ended_by_visitor") return t.say("notice_you_ended");
    if (text === "ended_by_operator") return t.say("notice_ended", { name: name || t.say("title") });
    return text === "filed" ? t.say("notice_filed") : "";
  }
}

function stateText(t: Strings, row: Row & { kind: "said" }): string {
  const { entry, delivery } = row;
  if (delivery === "refused") return `${t.say("not_sent")} ${t.say(`not_${entry.refused || "empty"}`)}`;
  if (delivery) return t.say(delivery);
  return entry.edited && !entry.removed ? t.say("edited") : "";
}

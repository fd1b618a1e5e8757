/**
 * `<rt-livechat>`: attributes, methods and events for the page that embeds it.
 *
 * Attributes: `endpoint` (the service's prefix; where this script came from when absent), `lang`,
 * `position` ("right" or "left"), `theme` ("light" or "dark"; the reader's choice when absent),
 * `hidden-launcher`, `fullpage`, `support-url` and `support-text` (where one opens a ticket).
 * Events, none with anything that was said: `livechat-open` (may be prevented), `livechat-close`,
 * `livechat-change` with `{state, unread}`.
 */
import { Api } from "./api.ts";
import { Strings } from "./strings.ts";
import { dress } from "./styles.ts";
import { h } from "./view/dom.ts";
import { Widget } from "./widget.ts";

export class LiveChatElement extends HTMLElement {
  #widget: Widget | null = null;

  connectedCallback(): void {
    this.#widget ??= this.#build();
    this.#widget.connect();
  }

  disconnectedCallback(): void {
    this.#widget?.disconnect();
  }

  /** Opens the panel and puts the focus into it. */
  open(): void {
    this.#widget?.open();
  }

  /** Minimises the panel; a chat goes on. */
  close(): void {
    this.#widget?.close();
  }

  #build(): Widget {
    const root = this.attachShadow({ mode: "open" });
    const widget = new Widget(new Strings(this.#language()), new Api(this.#endpoint()), {
      host: this,
      root,
      fullpage: () => this.hasAttribute("fullpage"),
      support: () => ({
        url: webAddress(this.getAttribute("support-url")),
        text: this.getAttribute("support-text") ?? "",
      }),
      tell: (name, detail) => this.#tell(name, detail),
    });
    dress(root);
    const { launcher, node } = widget.panel;
    root.append(h("div", { lang: "en", class: "all" }, launcher, node), h("slot", { name: "announcer" }));
    this.append(widget.announcer.node);
    return widget;
  }

  #tell(name: string, detail?: object): boolean {
    const init = { bubbles: true, composed: true, cancelable: name === "open", detail };
    return this.dispatchEvent(new CustomEvent(`livechat-${name}`, init));
  }

  /** Of dates and times; the words are English so far. */
  #language(): string {
    const near = this.closest<HTMLElement>("[lang]")?.lang;
    return [near, ...navigator.languages].find((one) => /^en\b/.test(one ?? "")) ?? "en-GB";
  }

  #endpoint(): string {
    const named = this.getAttribute("endpoint");
    if (!named) return new URL(".", import.meta.url).href;
    return new URL(named.replace(/\/?$/, "/"), document.baseURI).href;
  }
}

/** An attribute's address, if it is one that a link may have. */
function webAddress(text: string | null): string {
  try {
    const url = new URL(text ?? "", document.baseURI);
    return text && /^(https?|mailto|tel):$/.test(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}

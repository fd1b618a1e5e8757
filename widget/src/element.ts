/**
 * `<rt-livechat>`: attributes, methods and events for the page that embeds it.
 *
 * Attributes: `endpoint` (the service's prefix; where this script came from when absent), `lang`
 * (of dates and times), `position` ("right" or "left"), `theme` ("light" or "dark"; the reader's
 * choice when absent), `hidden-launcher`, `fullpage`, `support-url` and `support-text` (where one
 * opens a ticket). Events, none with anything that was said: `livechat-open` (may be prevented),
 * `livechat-close`, `livechat-change` with `{state, unread}`.
 */
import { apiAt } from "./api.ts";
import { App } from "./app.ts";
import { dress } from "./styles.ts";

export class LiveChatElement extends HTMLElement {
  #app: App | null = null;

  connectedCallback(): void {
    this.#app ??= this.#build();
    this.#app.connect();
  }

  disconnectedCallback(): void {
    this.#app?.disconnect();
  }

  /** Opens the panel and puts the focus into it. */
  open(): void {
    this.#app?.show();
  }

  /** Minimises the panel; a chat goes on. */
  close(): void {
    this.#app?.hide();
  }

  #build(): App {
    const root = this.attachShadow({ mode: "open" });
    const all = document.createElement("div");
    const slot = document.createElement("slot");
    const endpoint = this.#read("endpoint");
    const base = endpoint ? new URL(endpoint.replace(/\/?$/, "/"), document.baseURI) : new URL(".", import.meta.url);
    const support = this.#read("support-url");
    const app = new App({
      host: this,
      root,
      ask: apiAt(base.href),
      socket: base.href.replace(/^http/, "ws") + "ws",
      fullpage: this.hasAttribute("fullpage"),
      support: {
        url: /^(https?:|mailto:|\/)/.test(support) ? support : "",
        text: this.#read("support-text"),
      },
      lang: this.lang || "en-GB",
      tell: (name, detail) =>
        this.dispatchEvent(
          new CustomEvent(`livechat-${name}`, { bubbles: true, composed: true, cancelable: name === "open", detail }),
        ),
    });
    all.lang = "en"; // the words
    slot.name = "announcer";
    dress(root);
    root.prepend(all, slot);
    this.append(app.announcer.node);
    return app;
  }

  #read(name: string): string {
    return this.getAttribute(name) ?? "";
  }
}

/**
 * `<rt-livechat>`: attributes, methods and events for the page that embeds it.
 *
 * Attributes: `endpoint` (the service's prefix; where this script came from when absent), `lang`
 * (of the words, dates and times; the page's when absent), `position` ("right" or "left"), `theme` ("light" or "dark"; the reader's
 * choice when absent), `hidden-launcher`, `fullpage`, `support-url` and `support-text` (where one
 * opens a ticket). Events, none with anything that was said: `livechat-open` and
 * `livechat-close` (both may be prevented), `livechat-change` with `{state, unread}`.
 */
import { App } from "./app.ts";

export class LiveChatElement extends HTMLElement {
  #app: App | null = null;

  connectedCallback(): void {
    this.#app ??= new App(this);
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
}

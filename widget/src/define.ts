import { LiveChatElement } from "./element.ts";

// A page may carry the script twice.
if (!customElements.get("rt-livechat")) customElements.define("rt-livechat", LiveChatElement);

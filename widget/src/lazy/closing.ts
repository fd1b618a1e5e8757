/** The chat is about to end by itself: one press, or any word, and it does not. */
import type { App } from "../app.ts";
import type { Kit } from "../more.ts";
import type { Talk } from "../talk.ts";
import type { Spec } from "../view/dom.ts";

export function closing({ h, button, say }: Kit) {
  return (app: App, talk: Talk): Spec => {
    const at = new Date(talk.closing);
    const time = at.toLocaleTimeString(app.lang, { timeStyle: "short" });
    const { ticket } = talk.session.view;
    return h(
      "div.foot",
      { key: "closes", role: "group", "aria-labelledby": "closes" },
      h("p", { id: "closes" }, ticket ? say("closing", { time, ticket }) : say("closing_new", { time })),
      h("p.acts", {}, button("main", () => talk.here(), say("still_here"))),
    );
  };
}

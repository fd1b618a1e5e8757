/** The chat is about to end by itself: one press, or any word, and it does not. */
import type { App } from "../app.ts";
import type { Kit } from "../more.ts";
import type { Talk } from "../talk.ts";
import type { Spec } from "../view/dom.ts";

/** What was answered: for which hour, and whether over the connection that there is now. */
interface Pressed {
  hour: string;
  told: boolean;
}

export function closing({ h, button, say }: Kit) {
  const answers = new WeakMap<Talk, Pressed>();

  /** Without a connection, or over one that was dead, it is said as soon as there is one. */
  function tell(talk: Talk): void {
    const pressed = answers.get(talk);
    if (pressed?.hour !== talk.closing) return;
    if (talk.link.up && !pressed.told) talk.here();
    pressed.told = talk.link.up;
  }

  return (app: App, talk: Talk): Spec => {
    tell(talk);
    const at = new Date(talk.closing);
    const time = at.toLocaleTimeString(app.lang, { timeStyle: "short" });
    const { ticket } = talk.session.view;
    const here = () => {
      answers.set(talk, { hour: talk.closing, told: false });
      tell(talk);
    };
    return h(
      "div.foot",
      { key: "closes", role: "group", "aria-labelledby": "closes" },
      h("p", { id: "closes" }, ticket ? say("closing", { time, ticket }) : say("closing_new", { time })),
      h("p.acts", {}, button("main", here, say("still_here"))),
    );
  };
}

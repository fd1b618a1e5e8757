/**
 * What looks like a password is not sent at once: beside its box it is asked whether to. The focus
 * goes to the button that changes it, so whoever presses Enter twice sends nothing. As long as the
 * text stays as it is only the other button sends it, and then it is not asked of that text again.
 */
import type { App } from "../app.ts";
import type { Kit } from "../more.ts";
import type { Spec } from "../view/dom.ts";
import { carriesSecret } from "./secret.ts";

/** What is to be sent, and where it stands. */
export interface Written {
  text: string;
  box: "#box" | "#door-question";
}

export function asking({ h, say }: Kit) {
  /** What it is asked of, in each box. */
  const doubted = new WeakMap<App, Partial<Record<Written["box"], string>>>();
  /** What was sent all the same. */
  const meant = new WeakMap<App, string>();

  return {
    /** Whether it has to wait; then it is asked. */
    waits(app: App, { text, box }: Written): boolean {
      if (text === meant.get(app) || !carriesSecret(text)) return false;
      const before = doubted.get(app);
      if (before?.[box] !== text) app.announcer.say(say("secret"));
      doubted.set(app, { ...before, [box]: text });
      app.draw();
      const change = app.root.querySelector<HTMLElement>(".change");
      change?.focus();
      change?.parentElement?.parentElement?.scrollIntoView({ block: "center" });
      return true;
    },

    /** The question, if this text is the one that waits. */
    asks(app: App, { text, box }: Written, look: string, send: () => void): Spec | null {
      const all = doubted.get(app) ?? {};
      if (all[box] !== text) {
        delete all[box];
        return null;
      }
      const act = (name: string, click: () => void, words: string) =>
        h(`button.${name}`, { key: name, type: "button", click }, words);
      const change = () => app.root.querySelector<HTMLElement>(box)?.focus();
      const anyway = () => {
        meant.set(app, text);
        delete all[box];
        send();
      };
      return h(
        `div.${look}`,
        { key: "asked" },
        h("p", {}, say("secret")),
        h("p.acts", {}, act("change", change, say("secret_change")), act("anyway", anyway, say("secret_send"))),
      );
    },
  };
}

export type Asking = ReturnType<typeof asking>;

/** Who is in a chat already, with another browser: what is told of it, the way in, and why there is none. */
import type { Kit } from "../more.ts";
import type { Child } from "../view/dom.ts";

/** The chat of whoever signed in, as docs/widget-protocol.md has it. */
export interface Inside {
  chat: string;
  operators: string[];
}

export function inside({ h, button, say, sayNames }: Kit) {
  return {
    /** Of the chat no more than with whom it is; and why the press on it led nowhere. */
    offer(who: string, { operators }: Inside, why: Child, kept: Child, go: () => void): Child[] {
      const [one] = operators;
      return [
        h("h3", { tabindex: "-1" }, say("door_title")),
        h("p", { key: "who" }, say("door_who", { who })),
        h("p", { key: "in" }, one ? say("door_in", { who: sayNames(operators) }) : say("door_asked")),
        h("p.bad", { key: "alert", role: "alert" }, why),
        kept,
        button("main", go, say("door_go_on")),
      ];
    },
    /** Why that chat is not here, if it is not to be seen; `why` is the service's word for it. */
    barred: (why: string): Child =>
      why === "running"
        ? say("door_running")
        : why === "ended"
          ? say("over_head")
          : !/^(sign_in|not_yours|blocked|)$/.test(why) && say("trouble_text"),
    /** For whom it may be, whether others may begin one or not; `href` leads to the sign-in. */
    sign: (href: string): Child => h("p", { key: "sign" }, h("a", { href }, say("door_there"))),
  };
}

/** The one question at the end: whether the chat has helped. It is asked while an answer still goes into the record. */
import type { App } from "../app.ts";
import type { Kit } from "../more.ts";
import type { Talk } from "../talk.ts";
import type { Child } from "../view/dom.ts";
import { ask } from "./ask.ts";

type Answer = "yes" | "partly" | "no";
/** What became of an answer from here. */
type Fate = "sending" | "kept" | "late" | "failed";

/** What the service's answer means; `rated`: another window was quicker. */
export const fateOf = (status: number, error?: string): Fate =>
  status === 200 || error === "rated" ? "kept" : [401, 409, 410].includes(status) ? "late" : "failed";

export function rate({ h, button, say }: Kit): (app: App, talk: Talk) => Child[] {
  const fates = new WeakMap<Talk, Fate>();

  const words = (fate: Fate | undefined): string =>
    fate === "sending"
      ? say("rate_sending")
      : fate === "kept"
        ? say("rate_thanks")
        : fate === "late"
          ? say("rate_late")
          : fate === "failed"
            ? say("rate_failed")
            : "";

  async function send(app: App, talk: Talk, answer: Answer): Promise<void> {
    fates.set(talk, "sending");
    app.draw();
    const [status, body] = await ask(app, "api/rate", { chat: talk.session.view.chat, answer });
    const fate = fateOf(status, (body as { error?: string } | null)?.error);
    fates.set(talk, fate);
    app.announcer.say(words(fate));
    app.draw();
  }

  return (app, talk) => {
    const { rating } = talk.session.view;
    const told = fates.get(talk);
    const fate = rating ? "kept" : told;
    const asked = rating === "" && !talk.stop && (!fate || fate === "failed");
    if (!asked) return fate ? [h("p", { key: "rated" }, words(fate))] : [];
    const choice = (answer: Answer, text: string) =>
      button(`rate-${answer}`, () => void send(app, talk, answer), text);
    return [
      h(
        "div.record",
        { key: "rate", role: "group", "aria-labelledby": "rate", "aria-describedby": "rate-note" },
        h("p", { id: "rate" }, h("b", {}, say("rate_question"))),
        h(
          "p.acts",
          {},
          choice("yes", say("rate_yes")),
          choice("partly", say("rate_partly")),
          choice("no", say("rate_not")),
        ),
        h("p.quiet", { id: "rate-note" }, say("rate_note")),
        fate === "failed" && h("p", { key: "failed" }, words(fate)),
      ),
    ];
  };
}

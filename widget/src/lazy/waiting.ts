/** What a visitor who began the chat is told while nobody has answered him. */
import type { App } from "../app.ts";
import type { Kit } from "../more.ts";
import type { Word } from "../strings.ts";
import type { Child } from "../view/dom.ts";
import type { View } from "../wire.ts";

export function waiting({ h, say, spoken }: Kit): (app: App) => Child {
  /** How many others, as it was said last; of a chat that is not here nothing was said of the wait. */
  const told = new WeakMap<object, number | undefined>();

  /** How many others have been waiting longer; "" if the service does not say. */
  function longer({ waiting_longer: n }: View): string {
    if (!Number.isSafeInteger(n)) return "";
    if (!n) return say("longer_none");
    const form = new Intl.PluralRules(spoken().lang).select(n);
    if (form === "one") return say("longer_one", { n });
    if (form === "other") return say("longer_other", { n });
    return say(("longer_" + form) as Word, { n }); // which English has not
  }

  return ({ talk, announcer, line }) => {
    const view = talk?.session.view;
    if (talk && view?.operators[0]) told.delete(talk); // who is put back is told again
    if (!talk || !view || view.ticket || view.operators[0] || talk.over) return null;
    const n = view.waiting_longer;
    if (!told.has(talk)) announcer.say(`${say("door_waiting")} ${longer(view)}`.trim());
    else if (told.get(talk) !== n && longer(view)) announcer.say(longer(view));
    told.set(talk, n);
    // Without a connection nobody here knows how it stands now.
    return h(
      "div.record",
      { key: "waiting" },
      h("p", {}, say("door_waiting")),
      h("p", { key: "longer" }, !line.text && longer(view)),
    );
  };
}

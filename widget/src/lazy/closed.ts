/**
 * What happened in another window of this browser: of a chat that was closed there nothing is shown
 * any more, and what was read there is not new here.
 */
import type { App } from "../app.ts";
import type { Stop } from "../link.ts";
import type { Kit } from "../more.ts";
import type { Talk } from "../talk.ts";
import { heed } from "./heed.ts";

/** The name stands there only until the service has been told; a window hears of it by the event. */
const LEFT = "livechat:left";
const READ = "livechat:read";

/** Those that were closed elsewhere: there is nothing left to be done about them. */
export const elsewhere = new WeakSet<Talk>();

export function closed({ say }: Kit): (app: App) => void {
  function drop(app: App): void {
    const { talk } = app;
    if (!talk) return;
    talk.session.entries = [];
    talk.forget();
    // Its cookie is gone, too: before or after this the service says that it does not know us.
    elsewhere.add(talk);
    talk.quit([say("closed_there"), ...whereabouts(talk)].join(" ") as Stop);
    app.announcer.clear();
    // Who has read it and minimises it is done with it. The service has been told by the other window.
    const done = () => {
      if (app.talk !== talk) return;
      app.talk = null;
      app.go({ name: "none" });
    };
    app.host.addEventListener("livechat-close", done, { once: true });
  }

  /** Where to find what was said in a chat that had ended. */
  function whereabouts({ session }: Talk): string[] {
    const { state, ticket } = session.view;
    if (state === "open") return [];
    return [ticket ? say("over_ended", { ticket }) : say("over_new")];
  }

  function read(app: App, [chat, seq]: [string, number]): void {
    const { talk } = app;
    if (talk?.session.view.chat !== chat || talk.last >= seq) return;
    talk.last = seq;
    if (talk.newFrom <= seq) talk.newFrom = 0;
    app.changed();
  }

  const heard = new WeakSet<App>();
  return (app) => {
    if (heard.has(app)) return;
    heard.add(app);
    heed(app, "storage", (it, { key, newValue, oldValue }) => {
      if (key === READ && newValue) read(it, JSON.parse(newValue) as [string, number]);
      // A sign-out page emptied the storage; a filed chat leaves its session there.
      else if (key === READ && oldValue && isNobodys() && isOurs(it, oldValue)) drop(it);
      if (key === LEFT && newValue === JSON.stringify(it.talk?.session.view.chat)) drop(it);
    });
  };
}

function isOurs(app: App, read: string): boolean {
  return (JSON.parse(read) as [string, number])[0] === app.talk?.session.view.chat;
}

/** Whether this browser has no chat any more. */
function isNobodys(): boolean {
  return !JSON.parse(localStorage.getItem("livechat:session") ?? "null");
}

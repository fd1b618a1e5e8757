/** What a reader may choose. `details` opens, closes and says so by itself. */
import type { App } from "../app.ts";
import type { Chosen, Kit } from "../more.ts";
import { browser } from "../outbox.ts";
import type { Spec } from "../view/dom.ts";
import { dress } from "./dress.ts";

const DOTS = "M5 12h.1M12 12h.1M19 12h.1";

export function options({ h, icon, say }: Kit, ring: (chosen: Chosen) => void) {
  return (app: App): Spec => {
    dress(app);
    const choice = (name: keyof Chosen, words: string) => {
      // Another window may have chosen meanwhile.
      const set = (on: boolean) =>
        (app.chosen = { ...app.chosen, ...browser.get<Chosen>("options"), [name]: on });
      const input = async ({ target }: Event) => {
        const box = target as HTMLInputElement;
        set(box.checked);
        if (name === "sound") ring({ sound: box.checked });
        if (name !== "notify" || !box.checked) return;
        const answer = await globalThis.Notification?.requestPermission();
        if (answer !== "granted") set((box.checked = false)); // nothing would be shown
      };
      const checked = app.chosen[name] ?? name === "enter";
      return h("label", {}, h("input", { type: "checkbox", checked, input }), words);
    };
    return h(
      "details",
      { key: "options" },
      h("summary.button", { "aria-label": say("options") }, icon(DOTS)),
      h(
        "div.menu",
        {},
        choice("enter", say("enter_sends")),
        choice("sound", say("sound_plays")),
        choice("notify", say("notify_shows")),
      ),
    );
  };
}

/** What a reader may choose. `details` opens, closes and says so by itself. */
import type { App } from "../app.ts";
import { say, type Word } from "../strings.ts";
import { h, icon, ICONS, type Spec } from "./dom.ts";

export function options(app: App): Spec {
  const choice = (name: "enter" | "sound" | "notify") => {
    const input = ({ target }: Event) => app.choose(name, (target as HTMLInputElement).checked);
    const checked = app.chosen[name] ?? name === "enter";
    return h("label", {}, h("input", { type: "checkbox", checked, input }), say(name as Word));
  };
  return h(
    "details",
    { key: "options" },
    h("summary.button", { "aria-label": say("options") }, icon(ICONS.more)),
    h("div.menu", {}, choice("enter"), choice("sound"), choice("notify")),
  );
}

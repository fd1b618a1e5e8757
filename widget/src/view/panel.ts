/** The launcher and the panel. */
import type { App } from "../app.ts";
import { say, sayPresence, sayUnread } from "../strings.ts";
import { button, h, icon, ICONS, type Child } from "./dom.ts";
import { composer, confirm, ending, over } from "./foot.ts";
import { log } from "./log.ts";
import { screen } from "./screens.ts";

export function view(app: App): Child[] {
  const { talk, open, around, asking } = app;
  const keydown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) app.escape();
  };
  const minimise = say("minimise");
  const live = talk && !talk.over;
  const canEnd = live && !asking && !talk.session.ending;
  return [
    launcher(app),
    h(
      "section",
      { id: "panel", class: talk ? "panel live" : "panel", role: "dialog", "aria-labelledby": "title", hidden: !open, keydown },
      h(
        "header",
        { },
        h("div", {}, h("h2", { id: "title" }, say("title")), h("p", {}, live && sayPresence(talk.session.view.operators))),
        canEnd && button("end", () => ((app.asking = true), app.draw()), say("end")),
        !around.fullpage &&
          h("button.minimise", { "aria-label": minimise, title: minimise, click: () => app.hide() }, icon(ICONS.down)),
      ),
      h("p.state", { role: "status" }, app.line.text),
      ...inside(app),
    ),
  ];
}

function launcher(app: App): Child {
  const { talk, open } = app;
  const name = say("launcher");
  const unread = talk?.unread ?? 0;
  const props = {
    "aria-expanded": String(open),
    "aria-controls": "panel",
    "aria-label": unread ? `${name}, ${sayUnread(unread)}` : null,
    click: () => (open ? app.hide() : app.show()),
  };
  return h("button.launcher", props, icon(ICONS.chat), name, !!unread && h("span.badge", {}, `${unread}`));
}

function inside(app: App): Child[] {
  const { talk, around } = app;
  if (!talk) return [screen(app.screen, around.support)];
  const box = { class: "log", role: "region", "aria-label": say("log"), tabindex: "0", scroll: () => app.scrolled() };
  return [
    h(
      "div.middle",
      { key: "log" },
      h("div", box, log(talk, around.lang, app.changed)),
      !app.follow && button("jump", () => app.jump(), icon(ICONS.down), say("latest")),
    ),
    talk.over ? over(app, talk)
      : talk.session.ending ? ending()
      : app.asking ? confirm(app, talk)
      : composer(app, talk),
  ];
}

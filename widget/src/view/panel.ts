/** The launcher and the panel. */
import type { App } from "../app.ts";
import { say, sayPresence, sayUnread } from "../strings.ts";
import { button, h, icon, ICONS, type Child } from "./dom.ts";
import { composer, confirm, ending, over, type FootUser } from "./foot.ts";
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
      { id: "panel", class: talk ? "panel live" : "panel", part: "panel", role: "dialog", "aria-labelledby": "title", hidden: !open, keydown },
      h(
        "header",
        { part: "header" },
        h("div", {}, h("h2", { id: "title" }, say("title")), h("p", {}, live && sayPresence(talk.session.view.operators))),
        canEnd && button(say("end"), () => ((app.asking = true), app.draw()), { key: "end" }),
        !around.fullpage &&
          button(icon(ICONS.down), () => app.hide(), { class: "minimise", "aria-label": minimise, title: minimise }),
      ),
      h("p", { class: "state", role: "status", part: "state" }, app.line.text),
      ...inside(app),
    ),
  ];
}

function launcher(app: App): Child {
  const { talk, open } = app;
  const name = say("launcher");
  const unread = talk?.unread ?? 0;
  return button(icon(ICONS.chat), () => (open ? app.hide() : app.show()), {
    class: "launcher", part: "launcher", "aria-expanded": String(open), "aria-controls": "panel",
    "aria-label": unread ? `${name}, ${sayUnread(unread)}` : null,
  }, name, !!unread && h("span", { class: "badge" }, `${unread}`));
}

function inside(app: App): Child[] {
  const { talk, around, asking } = app;
  if (!talk) return [screen(app.screen, around.support)];
  const user: FootUser = {
    send: () => app.send(),
    draft: (text) => (talk.outbox.write(text), app.draw()),
    end: () => ((app.asking = false), talk.end(), app.draw()),
    cancel: () => app.escape(),
    leave: () => app.leave(),
  };
  const { session, outbox } = talk;
  const box = { class: "log", part: "log", role: "region", "aria-label": say("log"), tabindex: "0", scroll: () => app.scrolled() };
  return [
    h(
      "div",
      { class: "middle", key: "log" },
      h("div", box, log(talk, around.lang, app.changed)),
      !app.follow && button(icon(ICONS.down), () => app.jump(), { class: "jump" }, say("latest")),
    ),
    talk.over ? over(talk, user)
      : session.ending ? ending()
      : asking ? confirm(session.view.ticket, user)
      : composer(app.first, outbox.draft, user),
  ];
}

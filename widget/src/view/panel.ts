/** The launcher and the panel. */
import type { App } from "../app.ts";
import { moreOf } from "../more.ts";
import { launcherIn, say, sayPresence, sayUnread, spoken } from "../strings.ts";
import { button, h, icon, ICONS, type Child } from "./dom.ts";
import { closing, composer, confirm, ending, over } from "./foot.ts";
import { log } from "./log.ts";
import { screen } from "./screens.ts";

export function view(app: App): Child[] {
  const { talk, open } = app;
  const keydown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) app.escape();
  };
  return [
    // Where a tree of its own takes no sheets (Safari before 16.4).
    !app.root.adoptedStyleSheets && h("link", { rel: "stylesheet", href: `${app.base}widget.css` }),
    launcher(app),
    h(
      "section",
      {
        ...spoken(),
        id: "panel",
        class: talk ? "panel live" : "panel",
        role: "dialog",
        "aria-labelledby": "title",
        hidden: !open,
        keydown,
        paste: (event: ClipboardEvent) => moreOf(app)?.take(app, event, event.clipboardData),
        drop: (event: DragEvent) => moreOf(app)?.take(app, event, event.dataTransfer),
        dragover: (event: Event) => event.preventDefault(),
      },
      // Nobody sees more of it than the launcher yet.
      ...(open || talk ? [head(app), h("p.state", { role: "status" }, app.line.text), ...inside(app)] : []),
    ),
    h("slot", { name: "announcer" }),
  ];
}

function head(app: App): Child {
  const { talk } = app;
  const live = talk && !talk.over;
  const minimise = { "aria-label": say("minimise"), click: () => app.hide() };
  return h(
    "div.head",
    {},
    h(
      "div",
      {},
      h("h2", { id: "title" }, say("title")),
      // Without a connection nobody here knows who is there.
      h("p", {}, live && (app.line.text ? "\xa0" : sayPresence(talk.session.view.operators))),
    ),
    live && !app.asking && !talk.session.ending && button("end", () => app.question(), say("end")),
    live && moreOf(app)?.options(app),
    !app.fullpage && h("button.minimise", minimise, icon(ICONS.down)),
  );
}

function launcher(app: App): Child {
  const { talk, open } = app;
  const unread = talk?.unread ?? 0;
  const [lang, text] = launcherIn(app.lang);
  const props = {
    ...spoken(),
    lang,
    "aria-expanded": String(open),
    "aria-controls": "panel",
    click: () => (open ? app.hide() : app.show()),
  };
  return h(
    "button.launcher",
    props,
    icon(ICONS.chat),
    text,
    !open && !!talk?.closing && h("span", { key: "ask" }, say("closing_short")),
    // One sees "2", and hears "2 new messages".
    !!unread && h("span.badge", { key: "count", "aria-hidden": "true" }, `${unread}`),
    !!unread && h("span.unseen", { key: "what" }, sayUnread(unread)),
  );
}

function inside(app: App): Child[] {
  const { talk } = app;
  if (!talk) return [screen(app)];
  const box = {
    class: "log",
    role: "region",
    "aria-label": say("log_name"),
    tabindex: "0",
    scroll: () => app.reading.scrolled() && app.draw(),
  };
  return [
    h(
      "div.middle",
      { key: "log" },
      h("div", box, log(app, talk), moreOf(app)?.waiting(app)),
      !app.reading.follow && button("jump", () => app.jump(), icon(ICONS.down), talk.unread ? sayUnread(talk.unread) : say("latest")),
    ),
    !!talk.closing && closing(app, talk),
    !talk.over && moreOf(app)?.tray(app),
    app.asking
      ? confirm(app, talk)
      : talk.over
        ? over(app, talk)
        : talk.session.ending
          ? ending()
          : composer(app, talk),
  ];
}

/**
 * What the widget fetches with a chat. The kit holds what it shares with the bundle, whose names it
 * knows by the same build.
 */
import type { Kit, More } from "../more.ts";
import type { Talk } from "../talk.ts";
import { asking, type Written } from "./asking.ts";
import { back } from "./back.ts";
import { chime } from "./chime.ts";
import { closed } from "./closed.ts";
import { closing } from "./closing.ts";
import { door } from "./door.ts";
import { files } from "./files.ts";
import { invited } from "./invited.ts";
import { noticed } from "./noticed.ts";
import { offline } from "./offline.ts";
import { options } from "./options.ts";
import { over } from "./over.ts";
import { waiting } from "./waiting.ts";

export default (kit: Kit): More => {
  const ring = chime(kit);
  const { left, tray, ...rest } = files(kit);
  const { waits, asks } = asking(kit);
  const { enter, leave } = door(kit, { waits, asks });
  const turns = back(leave);
  const minds = [closed(kit), turns, offline()];
  const wait = waiting(kit);
  const inBox = (talk: Talk): Written => ({ text: talk.draft.trim(), box: "#box" });
  return {
    ...rest,
    waits: (app, talk) => waits(app, inBox(talk)),
    tray(app) {
      const { talk } = app;
      const writes = talk && !app.asking && !talk.session.ending;
      const asked = writes && asks(app, inBox(talk), "foot", () => app.send(talk));
      return kit.h("div.above", { key: "above" }, tray(app), asked);
    },
    door(app, ticket) {
      turns(app);
      return enter(app, ticket);
    },
    waiting(app) {
      for (const mind of minds) mind(app);
      return wait(app);
    },
    ...invited(kit),
    noticed: noticed(kit),
    options: options(kit, ring),
    chime: ring,
    closing: closing(kit),
    over: over(kit, left),
  };
};

/**
 * What the widget fetches with a chat. The kit holds what it shares with the bundle, whose names it
 * knows by the same build.
 */
import type { Kit, More } from "../more.ts";
import { back } from "./back.ts";
import { chime } from "./chime.ts";
import { closed } from "./closed.ts";
import { closing } from "./closing.ts";
import { door } from "./door.ts";
import { files } from "./files.ts";
import { invited } from "./invited.ts";
import { offline } from "./offline.ts";
import { options } from "./options.ts";
import { over } from "./over.ts";
import { waiting } from "./waiting.ts";

export default (kit: Kit): More => {
  const ring = chime(kit);
  const { left, ...rest } = files(kit);
  const { enter, leave } = door(kit);
  const turns = back(leave);
  const minds = [closed(kit), turns, offline()];
  const wait = waiting(kit);
  return {
    ...rest,
    door(app, ticket) {
      turns(app);
      return enter(app, ticket);
    },
    waiting(app) {
      for (const mind of minds) mind(app);
      return wait(app);
    },
    ...invited(kit),
    options: options(kit, ring),
    chime: ring,
    closing: closing(kit),
    over: over(kit, left),
  };
};

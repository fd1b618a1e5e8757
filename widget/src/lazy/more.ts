/**
 * What the widget fetches with a chat. The kit holds what it shares with the bundle, whose names it
 * knows by the same build.
 */
import type { Kit, More } from "../more.ts";
import { chime } from "./chime.ts";
import { closing } from "./closing.ts";
import { door, waiting } from "./door.ts";
import { files } from "./files.ts";
import { options } from "./options.ts";
import { over } from "./over.ts";

export default (kit: Kit): More => {
  const { left, ...rest } = files(kit);
  return {
    ...rest,
    door: door(kit),
    waiting: waiting(kit),
    options: options(kit),
    chime: chime(kit),
    closing: closing(kit),
    over: over(kit, left),
  };
};

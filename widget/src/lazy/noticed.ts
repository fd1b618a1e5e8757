/** Notices that few chats have. */
import type { Kit, More } from "../more.ts";

export const noticed =
  ({ say }: Kit): More["noticed"] =>
  (word, who) =>
    /^mailed$/.test(word) ? say("mailed", who) : /^moved$/.test(word) ? say("moved", who) : "";

/**
 * Notices that few chats have. The words are looked for as patterns: the build leaves a sentence in the
 * bundle whose name stands anywhere as a string of its own, and these are to be here alone.
 */
import type { Kit, More } from "../more.ts";

export const noticed =
  ({ say }: Kit): More["noticed"] =>
  (word, who) =>
    /^mailed$/.test(word) ? say("mailed", who) : /^moved$/.test(word) ? say("moved", who) : "";

/** What is told to whoever opens a link that leads nowhere, or not yet. */
import type { Kit, More } from "../more.ts";
import { keepsCookies } from "./cookies.ts";

export function invited({ say, sayUntil }: Kit): { cookies(): string; refused: More["refused"] } {
  return {
    cookies: () => (keepsCookies() ? "" : say("cookies")),
    refused: (fate, until) => {
      switch (fate) {
        case "used":
          return say("link_used");
        case "revoked":
          return say("link_revoked");
        case "expired":
          return say("link_expired");
        case "not_yours":
          return say("link_not_yours");
        case "blocked":
          return say("kept_out", { time: sayUntil(until) });
        default:
          return say("link_unknown");
      }
    },
  };
}

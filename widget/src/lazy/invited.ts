/** What is told to whoever opens a link that leads nowhere, or not yet. */
import type { Kit, More } from "../more.ts";
import type { Fate, Peek } from "../wire.ts";
import { keptOut } from "./keptout.ts";

export function invited(kit: Kit): { cookies(): string; refused: More["refused"] } {
  const { h, say } = kit;
  function why(fate: Fate, until?: string): string {
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
        return keptOut(kit, until);
      default:
        return say("link_unknown");
    }
  }
  return {
    cookies: () => say("cookies"),
    // Who signed in here before may have left: his name is no reason to be sent away.
    refused: (fate, { until, sign_in } = {} as Peek) => [
      h("p", {}, why(fate, until)),
      fate === "not_yours" &&
        !!sign_in &&
        h("a.button", { href: `${sign_in}?${location.pathname}${location.search}` }, say("sign_in")),
    ],
  };
}

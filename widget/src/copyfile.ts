/** The visitor's own copy of the conversation, as a text file made in the page. */
import type { Session } from "./session.ts";
import { ticketName, type Strings } from "./strings.ts";
import { h } from "./view/dom.ts";

export function transcript(t: Strings, session: Session): string {
  const ticket = ticketName(session.view.ticket);
  const parts = [t.say("file_head", { ticket })];
  let day = "";
  for (const entry of session.entries) {
    if (entry.kind !== "said") continue;
    const date = new Date(entry.at).toLocaleDateString(t.lang, { dateStyle: "full" });
    if (date !== day) parts.push((day = date));
    const text = entry.removed ? t.say("removed") : entry.text;
    const mark = entry.edited && !entry.removed ? ` (${t.say("edited")})` : "";
    const quote = entry.quote ? entry.quote.text.replace(/^/gm, "  > ") + "\n" : "";
    parts.push(`[${t.time(entry.at)}] ${entry.name}${mark}:\n${quote}${text.replace(/^/gm, "  ")}`);
  }
  return parts.join("\n\n") + "\n";
}

export function saveCopy(t: Strings, session: Session): void {
  const href = URL.createObjectURL(new Blob([transcript(t, session)], { type: "text/plain;charset=utf-8" }));
  h("a", { href, download: t.say("file_name", { ticket: session.view.ticket }) }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** The visitor's own copy of the conversation: a text file made in the page. */
import type { Session } from "./session.ts";
import { say } from "./strings.ts";

export function transcript({ entries, view }: Session): string {
  const parts = entries
    .filter((entry) => !entry.notice)
    .map(({ at, name, text, change, quote }) => {
      const mark = change === "edited" ? ` (${say("edited")})` : "";
      const body = change === "removed" ? say("removed") : text;
      const reply = quote ? `> ${quote.text.replace(/\n/g, "\n> ")}\n` : "";
      return `${new Date(at).toLocaleString()} ${name}${mark}:\n${reply}${body}\n`;
    });
  return [`${say("title")}, ${say("launcher")} #${view.ticket}\n`, ...parts].join("\n");
}

export function saveCopy(session: Session): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([transcript(session)], { type: "text/plain" }));
  link.download = `chat-${session.view.ticket}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

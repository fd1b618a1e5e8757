/** The visitor's own copy of the conversation: a text file made in the page. */
import type { Session } from "./session.ts";
import { say } from "./strings.ts";

export function transcript({ entries, view }: Session): string {
  const parts = entries
    .filter((entry) => !entry.notice)
    .map(
      ({ at, name, text, mark }) =>
        `${new Date(at).toLocaleString()} ${name}:\n${text || say("removed")}\n${mark ? `[${say(mark)}]\n` : ""}`,
    );
  return [`${say("title")}, #${view.ticket}\n`, ...parts].join("\n");
}

export function saveCopy(session: Session): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([transcript(session)], { type: "text/plain" }));
  link.download = `chat-${session.view.ticket}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

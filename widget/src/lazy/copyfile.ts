/** The visitor's own copy of the conversation, made in the page: a text file, or on paper. */
import type { Kit } from "../more.ts";
import type { Session } from "../session.ts";

export function transcript({ say }: Kit, { entries, view }: Session): string {
  const parts = entries
    .filter((entry) => !entry.notice)
    .map(
      ({ at, name, text, mark }) =>
        `${new Date(at).toLocaleString()} ${name}:\n${text || say("removed")}\n${mark ? `[${say(mark)}]\n` : ""}`,
    );
  return [`${say("title")}${view.ticket && `, #${view.ticket}`}\n`, ...parts].join("\n");
}

export function saveCopy(kit: Kit, session: Session): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([transcript(kit, session)], { type: "text/plain" }));
  link.download = `chat-${session.view.ticket || "new"}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Prints the conversation and nothing of the page: out of a frame, which no policy forbids. */
export function printCopy(kit: Kit, session: Session): void {
  const { say, spoken } = kit;
  const frame = document.createElement("iframe");
  frame.style.cssText = "position:fixed;width:0;height:0;border:0";
  frame.title = say("print");
  document.body.append(frame);
  const { contentWindow: page } = frame;
  if (page) {
    page.document.title = say("title");
    const { body } = page.document;
    body.style.cssText = "font:12pt/1.4 sans-serif;white-space:pre-wrap;unicode-bidi:plaintext";
    body.dir = spoken().dir;
    body.textContent = transcript(kit, session);
    page.print();
  }
  setTimeout(() => frame.remove(), 60_000);
}

/** The visitor's own copy of the conversation, made in the page: a text file, or on paper. */
import type { Kit } from "../more.ts";
import type { Entry, Session } from "../session.ts";

/** What nobody sees may turn the direction of what stands beside it; the service does so, too (legible.py). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `lang` is the language whose way of writing days and hours is used, as in the pop-up. */
export function transcript({ say }: Kit, { entries, view }: Session, lang: string): string {
  const time = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  const plain = (name: string) => name.replace(UNSEEN, "");
  const part = ({ at, name, text, change, quote, mark }: Entry) => {
    const edited = change === "edited" ? ` (${say("edited")})` : "";
    const reply = quote && change !== "removed";
    const lines = [
      `${time.format(new Date(at))} ${plain(name)}${edited}:`,
      ...(reply ? [`> ${say("reply_to", { name: plain(quote.author) })}: ${quote.text}`] : []),
      text || say("removed"),
      ...(mark ? [`[${say(mark)}]`] : []),
    ];
    return `${lines.join("\n")}\n`;
  };
  const parts = entries.filter((entry) => !entry.notice).map(part);
  return [`${say("title")}${view.ticket && `, #${view.ticket}`}\n`, ...parts].join("\n");
}

export function saveCopy(kit: Kit, session: Session, lang: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([transcript(kit, session, lang)], { type: "text/plain" }));
  link.download = `chat-${session.view.ticket || "new"}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Prints the conversation and nothing of the page: out of a frame, which no policy forbids. */
export function printCopy(kit: Kit, session: Session, lang: string): void {
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
    body.textContent = transcript(kit, session, lang);
    page.print();
  }
  setTimeout(() => frame.remove(), 60_000);
}

/** Until when computing support has closed the chat to somebody. */
import type { Kit } from "../more.ts";

/** The day and the hour are written as the language writes them. */
export const keptOut = ({ say, spoken }: Kit, until = ""): string => {
  const { lang } = spoken();
  const region = lang === "en" ? "en-GB" : lang;
  const time = until && new Date(until).toLocaleString(region, { dateStyle: "medium", timeStyle: "short" });
  return say("kept_out", { time });
};

/** The words of another language than English: fetched when somebody is about to read them. */
import type { Ask } from "./api.ts";
import { speak, wordsOf } from "./strings.ts";

/** Milliseconds for which we wait for the words of a language before we begin in English. */
const SPEECHLESS = 3_000;

/** Fetches the words of the language that is wanted, if they are not here; then `changed` is called. */
export function learn(ask: Ask, lang: string, changed: () => void): Promise<unknown> | undefined {
  const path = wordsOf(lang);
  if (!path) return;
  const fetched = ask(path).then(([status, words]) => {
    if (status !== 200) return; // English, until it is asked for again
    speak(lang, words as Record<string, string>);
    changed();
  });
  return Promise.race([fetched, new Promise((late) => setTimeout(late, SPEECHLESS))]);
}

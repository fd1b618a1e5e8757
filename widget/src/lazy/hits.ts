/**
 * Pages of the help site that may answer a question, while it is typed: by the site's own search,
 * which answers as OpenSearch suggestions do, `[words, titles, descriptions, addresses]`.
 */
import type { Kit } from "../more.ts";
import type { Child } from "../view/dom.ts";

export interface Hit {
  title: string;
  href: string;
}

const MOST = 3;
const LONGEST = 120; // characters of a title
/** Milliseconds without a stroke after which the site is asked. */
const PAUSE = 600;
const PATIENCE = 5_000;
/** Characters: less than this is no question yet, and more than that is not needed to find a page. */
const SHORT = 8;
const ENOUGH = 200;

/** What of an answer can be shown: pages of `origin`, each once. Whatever else it holds is nothing. */
export function hitsOf(answer: unknown, origin: string): Hit[] {
  const [, titles, , addresses] = Array.isArray(answer) ? answer : [];
  if (!Array.isArray(titles) || !Array.isArray(addresses)) return [];
  const found = new Map<string, string>();
  titles.forEach((title, n) => {
    const address = addresses[n];
    if (typeof title !== "string" || !title.trim() || typeof address !== "string") return;
    const url = urlOf(address, origin);
    if (url?.origin === origin && !found.has(url.href)) found.set(url.href, title.trim().slice(0, LONGEST));
  });
  return [...found].slice(0, MOST).map(([href, title]) => ({ href, title }));
}

function urlOf(address: string, origin: string): URL | null {
  try {
    return new URL(address, origin);
  } catch {
    return null;
  }
}

/** The search for what stands in one form. */
export class Hits {
  hits: Hit[] = [];
  #timer = 0;
  #asked = "";
  #draw: () => void;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** What was typed has changed; `way` is the path to ask, with `{words}` in it. */
  typed(way: string, text: string): void {
    clearTimeout(this.#timer);
    // Half a sign, which no address can hold, may be typed, or left by the cut.
    const words = text.trim().slice(0, ENOUGH).replace(/\p{Cs}/gu, "");
    this.#timer = setTimeout(() => void this.#ask(way, words), PAUSE);
  }

  async #ask(way: string, words: string): Promise<void> {
    if (words === this.#asked) return;
    this.#asked = words;
    const found = words.length < SHORT ? [] : await this.#found(way.replace("{words}", encodeURIComponent(words)));
    if (words !== this.#asked) return; // a later one is on its way
    this.hits = found;
    this.#draw();
  }

  /** Without an answer there are no hits: nobody needs them to ask. */
  async #found(path: string): Promise<Hit[]> {
    try {
      const signal = AbortSignal.timeout?.(PATIENCE) ?? null;
      const answer = await fetch(path, { signal });
      return answer.ok ? hitsOf(await answer.json(), location.origin) : [];
    } catch {
      return [];
    }
  }
}

/** The list of them; its heading is said, once, when there are any. */
export function hitsView({ h, say }: Kit): (hits: readonly Hit[]) => Child {
  return (hits) =>
    h(
      "div.hits",
      { key: "hits" },
      h("p", { role: "status" }, !!hits[0] && say("door_hits")),
      !!hits[0] &&
        h(
          "ul",
          { key: "list" },
          ...hits.map(({ title, href }) =>
            h("li", { key: href }, h("a", { href, target: "_blank", rel: "noopener" }, title)),
          ),
        ),
    );
}

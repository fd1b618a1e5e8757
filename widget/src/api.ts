/** The requests of docs/widget-protocol.md. Nothing here throws for what the service answers. */
import type { Peek, View } from "./wire.ts";

const PATIENCE = 15_000;

export type Join =
  | { got: "view"; view: View }
  | { got: "refused"; fate: "used" | "revoked" | "expired" | "unknown" }
  | { got: "trouble"; slow: boolean };

export class Api {
  /** `base` ends with a slash. */
  readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  get socket(): string {
    return new URL("ws", this.base).href.replace(/^http/, "ws");
  }

  /** What the link is worth, or null when that could not be found out. */
  async peek(token: string): Promise<Peek | null> {
    const answer = await this.#ask("api/peek", { token });
    return answer?.status === 200 ? json<Peek>(answer) : null;
  }

  async join(token: string, nonce: string): Promise<Join> {
    const answer = await this.#ask("api/join", { token, nonce });
    const body = answer && (await json<View & { error?: string }>(answer));
    if (answer?.status === 200 && body?.chat) return { got: "view", view: body };
    const fate = body?.error;
    if (fate === "used" || fate === "revoked" || fate === "expired" || fate === "unknown") {
      return { got: "refused", fate };
    }
    return { got: "trouble", slow: answer?.status === 429 };
  }

  /** The view; null when there is no session; undefined when that could not be found out. */
  async session(): Promise<View | null | undefined> {
    const answer = await this.#ask("api/session");
    if (answer?.status === 204) return null;
    return answer?.status === 200 ? ((await json<View>(answer)) ?? undefined) : undefined;
  }

  async leave(): Promise<void> {
    await this.#ask("api/leave", {});
  }

  async #ask(path: string, body?: object): Promise<Response | null> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    const init: RequestInit = { credentials: "same-origin", cache: "no-store", signal: stop.signal };
    if (body) {
      init.method = "POST";
      init.headers = { "Content-Type": "application/json", "X-Livechat": "1" };
      init.body = JSON.stringify(body);
    }
    try {
      return await fetch(new URL(path, this.base), init);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function json<T>(answer: Response): Promise<T | null> {
  try {
    return (await answer.json()) as T;
  } catch {
    return null;
  }
}

/** A request whose answer may be another's than the service's, and not JSON: a proxy's, or a network's that wants a sign-in. */
import type { App } from "../app.ts";

const PATIENCE = 15_000;

/** The status and the JSON of an answer, null if it is none; status 0 when there was no answer. A POST when there is a body. */
export async function ask(app: App, path: string, body?: object): Promise<[status: number, body: unknown]> {
  try {
    const answer = await fetch(app.base + path, {
      signal: AbortSignal.timeout?.(PATIENCE) ?? null,
      ...(body && {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Livechat": "1" },
        body: JSON.stringify(body),
      }),
    });
    return [answer.status, await answer.json().catch(() => null)];
  } catch {
    return [0, null];
  }
}

/** The requests of docs/widget-protocol.md. */

const PATIENCE = 15_000;

/** The status and the JSON of an answer; status 0 when there was none. Without JSON it says who is here, if it does. */
export type Ask = (path: string, body?: object) => Promise<[status: number, body: unknown]>;

/** Asks the service below `base`, which ends with a slash: a POST when there is a body. */
export const apiAt =
  (base: string): Ask =>
  async (path, body) => {
    const signal = AbortSignal.timeout?.(PATIENCE) ?? null; // younger than some browsers
    const post = body && {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Livechat": "1" },
      body: JSON.stringify(body),
    };
    try {
      // What must not be kept says so itself (Cache-Control); the words of a language may be.
      const answer = await fetch(base + path, { signal, ...post });
      const { status, headers } = answer;
      return [status, status === 204 ? { person: headers.get("X-Livechat-Person") } : await answer.json()];
    } catch {
      return [0, null];
    }
  };

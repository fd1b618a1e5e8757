/** One file on its way: repeated under the same key until there is an answer, so it is there once. */
import { Retry } from "../retry.ts";

/** Why it will not be stored. */
export type Failure = "type" | "size" | "full" | "unsafe" | "empty" | "ended" | "lost";

export interface Watch {
  progress(percent: number): void;
  /** There was no answer; it is tried again by itself. */
  waiting(): void;
  done(): void;
  failed(why: Failure): void;
}

const REASONS: Record<string, Failure> = {
  file_type: "type",
  file_size: "size",
  files_full: "full",
  chat_full: "full",
  file_unsafe: "unsafe",
  empty: "empty",
  ended: "ended",
  other_chat: "lost",
};

/** What an answer means: nothing when it says no more than that it is to be tried again. */
export function verdict(status: number, error: string): "done" | Failure | "" {
  if (status === 200) return "done";
  if (status === 413) return "size"; // also of a proxy
  // Too slow for the service is too slow the next time, too, unless somebody does something.
  return REASONS[error] ?? ([400, 401, 403, 408].includes(status) ? "lost" : "");
}

/** So many go at a time, as many as the service takes; the others wait for their turn. */
const LINES = 2;
const queue: (() => void)[] = [];
let busy = 0;

export class Upload {
  #xhr: XMLHttpRequest | undefined;
  #retry = new Retry();
  #over = false;

  constructor(url: string, file: File, headers: Record<string, string>, watch: Watch) {
    const again = () => {
      if (busy >= LINES) return void queue.push(again);
      if (this.#over) return queue.shift()?.();
      busy++;
      const xhr = new XMLHttpRequest();
      this.#xhr = xhr;
      xhr.open("POST", url);
      xhr.timeout = 120_000;
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = (event) => watch.progress(Math.floor((100 * event.loaded) / event.total));
      xhr.onloadend = () => {
        busy--;
        queue.shift()?.();
        if (this.#over) return;
        const said = verdict(xhr.status, errorIn(xhr.responseText));
        this.#over = !!said;
        if (said === "done") watch.done();
        else if (said) watch.failed(said);
        else {
          watch.waiting();
          this.#retry.later(again, xhr.status > 0);
        }
      };
      xhr.send(file);
    };
    again();
  }

  cancel(): void {
    this.#over = true;
    this.#retry.stop();
    this.#xhr?.abort();
  }
}

function errorIn(text: string): string {
  try {
    return String((JSON.parse(text) as { error?: string }).error);
  } catch {
    return "";
  }
}

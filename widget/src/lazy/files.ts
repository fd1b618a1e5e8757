/** Files: sending and showing them. */
import type { App } from "../app.ts";
import type { Kit, More } from "../more.ts";
import type { Entry } from "../session.ts";
import type { Child } from "../view/dom.ts";
import { randomText } from "../wire.ts";
import { dress } from "./dress.ts";
import { heed } from "./heed.ts";
import { shrink } from "./shrink.ts";
import { Upload, type Failure } from "./upload.ts";

interface Item {
  key: string;
  name: string;
  about: string;
  stage: "preparing" | "ready" | "sending" | "waiting" | "sent" | "failed";
  percent: number;
  file?: File;
  upload?: Upload;
  why?: Failure;
}

const CLIP = "M8 13l6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l8-8";
const CAMERA = "M3 7h5l2-3h4l2 3h5v12H3zM12 9a4 4 0 1 0 .1 0";

type Files = Pick<More, "choosers" | "take" | "tray" | "body"> & {
  /** What was to be sent when the chat was over. */
  left(app: App): Child[];
};

export function files({ h, icon, say }: Kit): Files {
  /** By chat. */
  const items = new WeakMap<App, Record<string, Item[]>>();
  const asked = new WeakSet<App>();
  const held = new WeakSet<App>();
  /** Pictures that were coming when they were first shown. */
  const awaited = new Set<string>();
  let told = "";

  /** What the service takes, once it has said so. */
  let limits: { bytes: number; most: number } | undefined;

  const chatOf = ({ talk }: App) => talk?.session.view.chat ?? "";
  const of = (app: App): Item[] => items.get(app)?.[chatOf(app)] ?? [];
  const set = (app: App, list: Item[]) => items.set(app, { ...items.get(app), [chatOf(app)]: list });

  function ask(app: App): void {
    dress(app);
    if (asked.has(app)) return;
    asked.add(app);
    void fetch(`${app.base}api/file`)
      .then((answer) => answer.json())
      .then((told) => {
        limits = told;
        app.changed();
      })
      .catch(() => undefined); // then it says so when a file is sent
  }

  const tell = (app: App, words: string) => {
    told = words;
    app.draw();
  };

  async function prepare(app: App, item: Item, given: File): Promise<void> {
    item.file = await shrink(given);
    if (item.stage !== "preparing") return;
    const fits = item.file.size <= (limits?.bytes ?? Infinity);
    Object.assign(item, { name: item.file.name, stage: fits ? "ready" : "failed", why: fits ? undefined : "size" });
    tell(app, fits ? "" : `${item.name}: ${say("file_size")}`);
  }

  function send(app: App, item: Item): void {
    if (!item.file || !app.talk) return;
    Object.assign(item, { stage: "sending", percent: 0, why: undefined });
    const headers = {
      "X-Livechat": "1",
      // Another chat may be this browser's by the time it gets through.
      "X-Livechat-Chat": app.talk.session.view.chat,
      "X-Livechat-Key": item.key,
      "X-Livechat-Name": encodeURIComponent(item.name),
      "X-Livechat-About": encodeURIComponent(item.about.trim().slice(0, 500)),
      "Content-Type": "application/octet-stream",
    };
    item.upload = new Upload(`${app.base}api/file`, item.file, headers, {
      progress(percent) {
        item.percent = percent;
        app.changed();
      },
      waiting() {
        item.stage = "waiting";
        tell(app, `${item.name}: ${say("file_waiting")}`);
      },
      done() {
        item.stage = "sent";
        app.reading.toEnd();
        tell(app, `${item.name}: ${say("sent")}`);
      },
      failed(why) {
        Object.assign(item, { stage: "failed", why });
        tell(app, `${item.name}: ${reason(why)}`);
      },
    });
    tell(app, "");
  }

  function drop(app: App, item: Item): void {
    item.upload?.cancel();
    item.stage = "failed"; // what still prepares it is told
    set(app, of(app).filter((one) => one !== item));
    tell(app, "");
    const next = app.root.querySelector<HTMLElement>(".tray input, #box");
    next?.focus();
  }

  const reason = (why: Failure | undefined): string =>
    why === "type"
      ? say("file_type")
      : why === "size"
        ? say("file_size")
        : why === "full"
          ? say("file_full")
          : why === "unsafe"
            ? say("file_unsafe")
            : why === "ended"
              ? say("refused_ended")
              : why === "empty"
                ? say("refused_empty")
                : say("refused_lost");

  function state({ stage, percent, why }: Item): string {
    if (stage === "preparing") return say("file_preparing");
    if (stage === "sending") return say("file_sending", { n: percent });
    if (stage === "waiting") return say("file_waiting");
    if (stage === "sent") return say("sent");
    return stage === "failed" ? reason(why) : "";
  }

  function row(app: App, item: Item): Child {
    const { key, name, stage, percent } = item;
    const away = stage === "sending" || stage === "waiting" ? say("file_cancel") : say("remove");
    const busy = stage === "sending" || stage === "waiting";
    const input = (event: Event) => {
      item.about = (event.target as HTMLInputElement).value;
    };
    const again = stage === "failed" && item.why !== "type" && item.why !== "size" && item.file;
    const named = (words: string) => ({ "aria-label": `${words}: ${name}` });
    return h(
      "li",
      { key, class: stage },
      h("p.name", {}, icon(CLIP), h("bdi", {}, name), ` ${sizeOf(item.file?.size ?? 0, app.lang)}`),
      (stage === "ready" || stage === "preparing") &&
        h(
          "label",
          { key: "about" },
          say("file_about"),
          h("input", { type: "text", dir: "auto", maxlength: "500", ...named(say("file_about")), input }),
        ),
      busy && h("progress", { key: "progress", max: "100", value: `${percent}`, ...named(say("file_sending", { n: percent })) }),
      h("p.quiet", { key: "state" }, state(item)),
      stage !== "sent" &&
        h(
          "p.acts",
          { key: "acts" },
          again && h("button.link", { key: "again", type: "button", click: () => send(app, item), ...named(say("again")) }, say("again")),
          h(
            "button.link",
            { key: "drop", type: "button", click: () => drop(app, item), ...named(away) },
            away,
          ),
        ),
    );
  }

  /** What has become a line of the conversation need not stand here any more. */
  function remaining(app: App): Item[] {
    const lines = app.talk?.session.entries ?? [];
    const kept = of(app).filter(
      (item) => item.stage !== "sent" || !lines.some((line) => line.key === item.key),
    );
    set(app, kept);
    return kept;
  }

  function picture(app: App, entry: Entry, url: string): Child {
    const { name } = entry.file as { name: string };
    const load = () => app.reading.follow && app.draw();
    return h(
      "a",
      { key: "picture", href: url, download: name },
      h("img", { src: url, alt: entry.text, load }),
    );
  }

  function document_(app: App, entry: Entry, url: string): Child {
    const { name, size } = entry.file as { name: string; size: number };
    const link = { href: url, download: name, key: "file", class: "name" };
    return h("a", link, icon(CLIP), h("bdi", {}, name), ` ${sizeOf(size, app.lang)}`);
  }

  /** A button that opens the device's own way to choose. */
  const chooser = (app: App, label: string, drawn: string, more: Record<string, string | boolean>) =>
    h(
      "label.button",
      { key: label, title: label },
      icon(drawn),
      h("input", {
        type: "file",
        class: "chooser",
        "aria-label": label,
        ...more,
        // quoted: the build has a short name for the members of that name
        "change": (event: Event) => {
          const input = event.target as HTMLInputElement;
          add(app, [...(input.files ?? [])]);
          input.value = "";
        },
      }),
    );

  /** What is not sent is in this page alone: the browser asks who leaves it. */
  function hold(app: App): void {
    if (held.has(app)) return;
    held.add(app);
    heed(app, "beforeunload", (it, event) => {
      const kept = of(it).every(({ stage }) => stage === "sent" || stage === "failed");
      if (kept || it.talk?.over) return;
      event.preventDefault();
      event.returnValue = "leave?"; // nobody reads it, but older browsers want one
    });
  }

  function add(app: App, files: File[]): void {
    if (!files[0]) return;
    hold(app);
    const fresh = files.map((file): Item => {
      const name = file.name || "file";
      return { key: randomText(), name, about: "", stage: "preparing", percent: 0 };
    });
    set(app, [...of(app), ...fresh]);
    fresh.forEach((item, index) => void prepare(app, item, files[index] as File));
    tell(app, "");
    app.root.querySelector<HTMLElement>(`.tray li:nth-last-child(${fresh.length}) input`)?.focus();
  }

  return {
    choosers(app) {
      ask(app);
      if (limits?.most === 0) return [];
      const photo = { accept: "image/*", capture: "environment" };
      return [
        chooser(app, say("file_add"), CLIP, { multiple: true }),
        matchMedia("(pointer: coarse)").matches && chooser(app, say("file_camera"), CAMERA, photo),
      ];
    },

    take(app, event, from) {
      // Of words out of an office program there is a picture, too: who pastes them means the words.
      const worded = event.type === "paste" && ["text/plain", "text/html"].every((kind) => from?.types.includes(kind));
      const list = [...(from?.files ?? [])];
      if (worded || !list[0] || !app.talk || app.talk.over) return;
      event.preventDefault();
      add(app, list);
    },

    tray(app) {
      ask(app);
      const list = remaining(app);
      const ready = list.filter(({ stage }) => stage === "ready" || stage === "preparing");
      const go = () => {
        ready.forEach((item) => send(app, item));
        app.root.querySelector<HTMLElement>("#box")?.focus();
      };
      const all = ready.every(({ stage }) => stage === "ready");
      return h(
        "div.tray",
        { key: "tray", role: "group", "aria-label": say("file_send") },
        h("ol", {}, ...list.map((item) => row(app, item))),
        !!ready[0] &&
          h("button.main", { key: "go", type: "button", "aria-disabled": !all && "true", click: () => all && go() }, say("file_send")),
        h("p.unseen", { role: "status", key: "told" }, told),
      );
    },

    left: (app) =>
      remaining(app)
        .filter(({ stage }) => stage !== "sent")
        .map((item) => {
          const chosen = item.stage === "ready" || item.stage === "preparing";
          const fate = chosen ? say("refused_lost") : state(item);
          return h("p", { key: item.key }, h("bdi", {}, item.name), `: ${fate}`);
        }),

    body(app, entry) {
      ask(app);
      const { file, text } = entry;
      if (!file) return [];
      const { id, name, type, standing, url } = file;
      const about = text !== name && standing !== "link" && h("p", { dir: "auto", key: "about" }, text);
      if (standing === "coming") {
        awaited.add(id);
        return [about, h("p.quiet", { key: "coming" }, say("file_coming"))];
      }
      const now = awaited.delete(id);
      if (standing === "missing") {
        if (now) app.announcer.say(say("file_missing"));
        return [about, h("p.quiet", { key: "missing" }, say("file_missing"))];
      }
      if (standing === "link") {
        const link = { href: url, target: "_blank", rel: "noopener noreferrer", class: "name" };
        return [
          /^https:\/\/[^@/]+\//.test(url) ? h("a", link, icon(CLIP), h("bdi", {}, name)) : name,
          h("p.quiet", { key: "link" }, say("file_link")),
        ];
      }
      if (now) app.announcer.say(say("file_here"));
      const address = `${app.base}api/file/${id}`;
      const shown = type === "" || type.startsWith("image/");
      return [(shown ? picture : document_)(app, entry, address), about];
    },
  };
}

/** "182 kB", as the language writes it; "" of nothing. */
function sizeOf(bytes: number, lang: string): string {
  if (!bytes) return "";
  const [number, unit] = bytes < 1e6 ? [Math.ceil(bytes / 1e3), "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(number);
}

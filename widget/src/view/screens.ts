/** What the panel shows while there is no chat. */
import type { App } from "../app.ts";
import { keepsCookies } from "../cookies.ts";
import { failed, moreOf } from "../more.ts";
import { say, sayNames } from "../strings.ts";
import type { Fate, Peek } from "../wire.ts";
import { button, h, icon, ICONS, type Child, type Spec } from "./dom.ts";

/** `other`: this browser has another chat, perhaps one without a ticket. */
export type Screen =
  | { name: "checking" | "none" }
  | { name: "invited"; peek: Peek; other: boolean; busy?: boolean; failed?: boolean | undefined; join(): void }
  | { name: "refused"; fate: Exclude<Fate, "pending">; peek: Peek | undefined; back: (() => void) | null }
  | { name: "trouble"; kept: boolean | undefined; again(): void };

const link = (href: string, words: string, look = "") => h(`a.button${look}`, { href }, words);

/** The element says where one opens a ticket. */
export function screen(app: App): Spec {
  const { screen: what, host } = app;
  const url = host.getAttribute("support-url") ?? "";
  // Nothing that a link must not do; a relative address begins with a slash.
  const ticket =
    /^(http|mailto:|\/)/.test(url) &&
    link(url, host.getAttribute("support-text") || say("none_ticket"));
  const p = (words?: string) => h("p", {}, words);
  const kids =
    what.name === "none"
      ? [ticket]
      : what.name === "invited"
        ? invited(app, what)
        : what.name === "refused"
          ? [...(moreOf(app)?.refused(what.fate, what.peek) ?? []), p(say("go_on")), what.back ? button("main", what.back, say("back")) : ticket]
          : what.name === "trouble"
            ? [
                p(say("trying")),
                what.kept && p(say("unsent_kept")),
                button("main", what.again, say("try_now")),
                ticket,
              ]
            : [];
  const door = what.name === "none" && moreOf(app)?.door(app, ticket);
  // What is told without a chat is on its way: until that fails nobody knows whether one can be begun.
  const name = what.name === "none" && !failed ? "checking" : what.name;
  const head = h("h3", { tabindex: "-1" }, say(`${name}_head`));
  return h(
    "div.screen",
    { key: door ? "door" : name },
    h("div.emblem", {}, icon(ICONS.chat)),
    ...(door || [head, ...kids]),
  );
}

function invited(app: App, { peek, other, busy, failed, join }: Screen & { name: "invited" }): Child[] {
  const { ticket, operators, admission, sign_in } = peek;
  const who = sayNames(operators) || say("title");
  const cookieless = !keepsCookies() && (moreOf(app)?.cookies() ?? say("trying"));
  const props = { "aria-disabled": busy && "true", click: join };
  return [
    h("p", {}, say("invited_text", { who, ticket })),
    h("p.record", {}, say("record", { ticket })),
    other && h("p", { key: "other" }, say("leaves")),
    h("p.bad", { role: "alert" }, failed && say("trouble_text")),
    // Without a cookie the link would be used up, and nobody be in the chat.
    cookieless
      ? h("p.bad", { key: "cookieless" }, cookieless)
      : admission === "sign_in"
      ? link(`${sign_in}?${location.pathname}${location.search}`, say("sign_in"), " main")
      : h("button.main", props, busy ? say("joining") : say("join")),
  ];
}

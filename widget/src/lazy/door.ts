/**
 * Beginning a chat without a link: what is told at the door, and the form. It is asked once the panel
 * is open. What was typed, and the key of a form whose answer is awaited, are kept in the tab.
 */
import type { App } from "../app.ts";
import type { Kit } from "../more.ts";
import type { Child, Spec } from "../view/dom.ts";
import { randomText, type View } from "../wire.ts";
import { keepsCookies } from "../cookies.ts";
import { ask } from "./ask.ts";
import type { Asking, Written } from "./asking.ts";
import { dress } from "./dress.ts";
import { empty, isLeft, keep, recalled, type Field } from "./form.ts";
import { Hits, hitsView } from "./hits.ts";
import { inside, type Inside } from "./inside.ts";
import { keptOut } from "./keptout.ts";

/** What the service tells: docs/widget-protocol.md. */
export interface Step {
  state: "open" | "full" | "closed" | "off";
  until: string;
  anyone: boolean;
  who: string;
  /** The same whenever he signs in, and nobody else's; "" while nobody has. */
  person?: string;
  sign_in: string;
  /** What else is asked, and need not be answered; an older service does not say. */
  details?: Field[];
  /** The path of the site's search, with `{words}` in it, or "". */
  search?: string;
  /** The chat that whoever signed in is in already, wherever; an older service does not say. */
  inside?: Inside | null;
}

/** What follows from the answer to a form. */
export type Outcome = "begun" | "wrong" | "look" | "again";

/** 409, 401 and 403: it is not as it was when we looked. Without an answer we do not know, and ask again. */
export const outcomeOf = (status: number): Outcome =>
  status === 200 || status === 410
    ? "begun"
    : status === 422 || status === 400 || status === 413
      ? "wrong"
      : status === 409 || status === 401 || status === 403
        ? "look"
        : "again";

interface Refused {
  error: string;
  fields?: Record<Field, string>;
  until?: string;
}

/** Milliseconds before the `n`-th repeat, from 1. */
export const pauseBefore = (n: number): number => Math.min(1_000 * 2 ** n, 30_000);

/** Milliseconds after which it may be otherwise: we ask again when the panel is opened, or drawn. */
const OLD = 30_000;
// Quoted wherever it stands: the build shortens another member of that name.
const FIELDS: Field[] = ["question", "name", "email"];
/** Characters, as the service counts them. */
const LONGEST = { "question": 4000, name: 80, email: 254, room: 200, browser: 200 };
const DETAILS: Field[] = ["room", "browser"];

/** What is asked of whoever came to this step, besides the question, name and address. */
const askedAt = (step?: Step): Field[] => DETAILS.filter((name) => step?.details?.includes(name));

/** To the first field with a fault, and to its label: a browser that sees a part of a box does not scroll. */
function lead(app: App): void {
  const field = app.root.querySelector<HTMLElement>(".door [aria-invalid]");
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}

class Door {
  form = recalled();
  step: Step | undefined;
  wrong: Partial<Record<Field, string>> = {};
  /** Until when computing support has closed the chat to whoever asks. */
  blocked = "";
  /** It is known who was here when the page came. */
  met = false;
  /** What was filled in is kept for somebody who was signed in, and is not now. */
  hides = false;
  /** Why the chat that was to be gone on with is not here, or "". */
  barred = "";
  /** There was no answer to the question how it stands. */
  lost = false;
  looking = false;
  /** When we last asked. */
  at = 0;
  /** What became of the form is not known yet; an answer is awaited. */
  sending = false;
  awaited = false;
  tries = 0;
  /** The last answer was that there are too many forms from here. */
  slow = false;
  timer = 0;
  app: App;
  hits: Hits;

  constructor(app: App) {
    this.app = app;
    this.hits = new Hits(() => app.draw());
  }

  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    this.at = Date.now();
    const [status, body] = await ask(this.app, "api/begin");
    this.looking = false;
    // One that does not know the question begins no chats.
    const step = status === 404 ? ({ state: "off" } as Step) : status === 200 && (body as Step | null);
    const told = !!step && !!step.state;
    // What was sent before it was closed may have been taken: it is shown until we know.
    if (told && (step.until || !this.sending)) this.step = step;
    this.lost = !this.step;
    // Where nobody may come in an older service does not say who is here: whoever finds the form on his page is nobody.
    if (told && (step.until || step.person || !this.met)) this.#mind(step.person ?? "");
    // Pressed, or the page was loaded anew before the answer came.
    if (this.form.key && !this.awaited) told ? this.#post() : this.#later();
    this.app.draw();
  }

  /**
   * What was filled in by somebody who was signed in is not for the next one who is; nor for one who
   * is not, and finds it on his page: the tab keeps it for its writer, and with it the way into the
   * chat that it may have begun.
   */
  #mind(who: string): void {
    const kept = recalled();
    if (!this.met && !who && kept.who) {
      this.form = empty();
      this.hides = true;
    }
    this.met = true;
    if (this.hides && who && who === kept.who) this.form = kept;
    if (who) this.hides = false;
    if (!who || who === this.form.who) return;
    if (this.form.who) this.#forget();
    this.form.who = who;
    keep(this.form);
  }

  #forget(): void {
    this.form = empty();
    keep(this.form);
    this.hits.hits = [];
    this.sending = false;
    this.tries = 0;
    clearTimeout(this.timer);
  }

  /** Sends the form, once we know who is here, under the key that it has until we know what became of it. */
  send(): void {
    this.form.key ||= randomText();
    keep(this.form);
    this.sending = true;
    this.barred = "";
    this.wrong = {};
    this.app.draw();
    if (!this.awaited) void this.look();
  }

  #post(): void {
    clearTimeout(this.timer);
    this.sending = this.awaited = true;
    // What is not asked is not told, nor blanks around it, of which there may be more than fit.
    const names = ["key", ...FIELDS, ...askedAt(this.step)] as const;
    const told = names.map((name) => [name, this.form[name].trim()]);
    void ask(this.app, "api/begin", Object.fromEntries(told)).then(([status, body]) => {
      this.awaited = false;
      this.#answered(status, body);
    });
  }

  #later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), pauseBefore(++this.tries));
  }

  #answered(status: number, body: unknown): void {
    // What is no answer of the service's (some network wants a sign-in first) is none.
    const long = status === 413; // also of a proxy, which says it in its own way
    const outcome = body || long ? outcomeOf(status) : "again";
    this.slow = status === 429;
    if (outcome === "again") {
      this.#later();
      return this.app.draw();
    }
    this.sending = false;
    this.tries = 0;
    this.form.key = "";
    if (outcome === "begun") {
      this.#forget();
      this.step = undefined;
      if ((body as View).signed_out) this.app.clean();
      return void this.app.resume();
    }
    const { error, fields, until = "" } = (body ?? {}) as Refused;
    if (error === "not_yours") this.#forget();
    keep(this.form);
    this.blocked = error === "blocked" ? until : "";
    if (error === "running") return void this.#carry("running");
    this.wrong = fields ?? (outcome === "wrong" ? { "question": long ? "too_long" : "bad" } : {});
    this.app.draw();
    if (outcome === "look") void this.look();
    else lead(this.app);
  }

  /** Into the chat that whoever signed in is in with another browser. */
  async goOn(chat: string): Promise<void> {
    this.app.go({ name: "checking" });
    const [, body] = await ask(this.app, "api/go-on", { chat });
    const { error = "", until = "", signed_out } = (body ?? {}) as Partial<Refused & View>;
    if (signed_out) this.app.clean();
    this.blocked = error === "blocked" ? until : "";
    // Also without an answer: the way in may have come with one that was cut.
    await this.#carry(error || "lost");
  }

  /** There is a chat already: if this browser has a seat there, what was asked here can be sent there. */
  async #carry(error: string): Promise<void> {
    const { app, form } = this;
    await app.resume();
    const { talk } = app;
    if (talk) this.step = undefined;
    else await this.look();
    this.barred = talk || (error === "running" && this.step?.inside) ? "" : error;
    app.draw();
    if (!talk) return;
    // What was typed by somebody who was signed in is for no chat of another's.
    if (form.who && !form.who.includes(talk.session.view.person)) return this.#forget();
    if (talk.over || talk.draft) return;
    app.first = talk.draft = this.form["question"];
    talk.keep();
    this.#forget();
    app.draw();
  }
}

/** The question as it stands in its box. */
const asked = ({ form }: Door): Written => ({ text: form["question"].trim(), box: "#door-question" });

export function door(kit: Kit, { waits, asks }: Asking) {
  const { h, button, say } = kit;
  const doors = new WeakMap<App, Door>();
  const p = (words: string) => h("p", {}, words);
  const found = hitsView(kit);
  const { offer, barred, sign } = inside(kit);
  const head = (words: string) => h("h3", { tabindex: "-1" }, words);
  const refused = ({ blocked, barred: why }: Door) => (blocked ? keptOut(kit, blocked) : barred(why));

  const why = (name: Field, code: string) =>
    code === "empty"
      ? say("door_empty")
      : code === "too_long"
        ? say("door_long")
        : name === "email"
          ? say("door_bad")
          : say("door_wrong");

  const labels: Record<Field, () => string> = {
    "question": () => say("door_question"),
    name: () => say("door_name"),
    email: () => say("door_email"),
    room: () => say("door_room"),
    browser: () => say("door_browser"),
  };

  function field(door: Door, step: Step, name: Field): Child[] {
    const { form, wrong, sending } = door;
    const code = wrong[name];
    const note = name === "email" ? say("door_email_why") : name === "browser" && say("door_browser_why");
    const props = {
      id: `door-${name}`,
      dir: "auto",
      required: FIELDS.includes(name),
      "aria-invalid": !!code && "true",
      "aria-describedby": `door-${name}-note door-${name}-wrong`,
      readonly: sending && "true",
      autocomplete: name === "name" || name === "email" ? name : "off",
      input: ({ target }: Event) => {
        form[name] = (target as HTMLInputElement).value;
        // What was kept is written over; or a question about a password is about another text by now.
        const over = door.hides || !!door.app.root.querySelector(".change");
        door.hides = false;
        if (over) door.app.draw();
        keep(form);
        if (name === "question" && step.search) door.hits.typed(step.search, form[name]);
      },
    };
    const box =
      name === "question"
        ? h("textarea", { ...props, rows: "4" }, form[name])
        : h("input", { ...props, type: name === "email" ? "email" : "text", value: form[name] });
    return [
      h("label", { key: `${name}-label`, for: props.id }, labels[name]()),
      h("p.quiet", { key: `${name}-note`, id: `door-${name}-note` }, note),
      // another box for another person: what was typed into one stays in it
      { ...box, props: { ...box.props, key: name + form.who } },
      h("p.bad", { key: `${name}-wrong`, id: `door-${name}-wrong` }, !!code && why(name, code)),
      name === "question" && !sending && asks(door.app, asked(door), "record", () => door.send()),
      name === "question" && !!step.search && found(door.hits.hits),
    ];
  }

  function form(door: Door, step: Step): Spec {
    const { sending, tries, slow, wrong } = door;
    const fields = [...(step.who ? FIELDS.slice(0, 1) : FIELDS), ...askedAt(step)];
    const submit = (event: Event) => {
      event.preventDefault();
      if (sending) return;
      door.wrong = {};
      for (const name of fields) {
        const { length } = [...door.form[name].trim()];
        if (!length && FIELDS.includes(name)) door.wrong[name] = "empty";
        else if (length > LONGEST[name]) door.wrong[name] = "too_long";
      }
      if (!Object.keys(door.wrong)[0]) return waits(door.app, asked(door)) ? undefined : door.send();
      door.app.draw();
      lead(door.app);
    };
    const complaint = refused(door) || (!!Object.keys(wrong)[0] && say("door_wrong"));
    const status = slow ? say("refused_slow_down") : tries ? say("trying") : sending ? say("sending") : "";
    return h(
      "form.door",
      { key: "form", submit, novalidate: true },
      h("p.bad", { key: "alert", role: "alert" }, complaint),
      ...fields.flatMap((name) => field(door, step, name)),
      h("p.record", { key: "record" }, say("door_record")),
      h("p", { key: "status", role: "status" }, status),
      tries > 0 && button("again", () => door.send(), say("try_now")),
      h("button.main", { key: "main", "aria-disabled": sending && "true" }, say("door_start")),
    );
  }

  /** Where to sign in, and come back from. */
  const way = (step: Step) => `${step.sign_in}?${location.pathname}${location.search}`;

  /** What is said while what was typed is not to be seen. */
  const kept = ({ form, hides }: Door) => (hides || !!form["question"]) && h("p", { key: "kept" }, say("door_kept"));

  function open(door: Door, step: Step): Child[] {
    const time = new Date(step.until).toLocaleTimeString(door.app.lang, { timeStyle: "short" });
    const offered = !!step.sign_in && !step.who;
    return [
      head(say("door_title")),
      p(say("door_open", { time })),
      step.who && h("p", { key: "who" }, say("door_who", { who: step.who })),
      offered && h("p", { key: "may" }, step.anyone ? say("door_may") : say("door_must")),
      offered && h("a.button", { key: "sign", href: way(step) }, say("door_sign_in")),
      (door.hides || !(step.anyone || step.who)) && kept(door),
      (step.anyone || !!step.who) && form(door, step),
    ];
  }

  function whole(app: App, ticket: Child): Child[] {
    let here = doors.get(app);
    if (!here) doors.set(app, (here = new Door(app)));
    const door = here;
    const { step } = door;
    const { who, inside: chat } = step ?? {};
    const again = button("look", () => void door.look(), say("door_look"));
    if (!step && !door.lost) {
      void door.look();
      return [head(say("checking_head"))];
    }
    if (!door.lost && !door.sending && Date.now() - door.at > OLD) void door.look();
    if (!step) return [head(say("trouble_head")), p(say("trouble_text")), again, ticket];
    if (step.state === "off") return [head(say("none_head")), p(say("none_text")), ticket];
    if (who && chat && !door.sending) return offer(who, chat, barred(door.barred), kept(door), () => void door.goOn(chat.chat));
    // Without a cookie a chat is not found again, and a CO would answer nobody.
    if (step.state === "open" && !keepsCookies()) return [head(say("door_title")), p(say("door_cookies")), ticket];
    if (step.state === "open" || (door.sending && step.until)) return open(door, step);
    const full = step.state === "full";
    return [
      head(full ? say("door_full_title") : say("door_closed_title")),
      h("p.bad", { key: "alert", role: "alert" }, refused(door)),
      p(full ? say("door_full") : say("door_closed")),
      kept(door),
      ticket,
      again,
      !!step.sign_in && !who && sign(way(step)),
    ];
  }

  return {
    enter(app: App, ticket: Child): Child[] {
      dress(app);
      return [...whole(app, ticket), isLeft() && h("p", { key: "left" }, say("unsent_left"))];
    },
    /** The page is left: who comes to it next is asked for as by one that is loaded anew. */
    leave(app: App): void {
      clearTimeout(doors.get(app)?.timer);
      doors.delete(app);
    },
  };
}

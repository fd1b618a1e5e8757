/** The pop-up's life: from the link or the last visit to the chat, opened and minimised. */
import { apiAt, type Ask } from "./api.ts";
import { hasToken, keep, recall, takeFromAddress, type Invitation } from "./invitation.ts";
import { moreOf, type Chosen } from "./more.ts";
import { browser, Spare, tab } from "./outbox.ts";
import { countInTitle, stepAside, tell } from "./page.ts";
import { Retry } from "./retry.ts";
import { dress } from "./styles.ts";
import { learn } from "./words.ts";
import { say, spoken, type Word } from "./strings.ts";
import { StateLine } from "./stateline.ts";
import { atOnce, inTurn, type Steps } from "./steps.ts";
import { leftBehind, Talk } from "./talk.ts";
import { Announcer } from "./view/announcer.ts";
import { fill } from "./view/dom.ts";
import { view } from "./view/panel.ts";
import { Reading } from "./view/reading.ts";
import type { Screen } from "./view/screens.ts";
import type { Stop } from "./link.ts";
import { isView, type Fate, type Peek, type View } from "./wire.ts";

export class App {
  readonly host: HTMLElement;
  readonly root: ShadowRoot;
  readonly announcer = new Announcer();
  open = false;
  /** The question whether to end, or to close what is over, is being asked. */
  asking = false;
  readonly reading = new Reading(() => this.#find(".log"));
  screen: Screen = { name: "none" };
  talk: Talk | null = null;
  /** What stood in the composer when the chat came onto the page, or when it last went away. */
  first = "";
  readonly line = new StateLine(() => this.draw());
  #invitation: Invitation | null = null;
  #retry = new Retry();
  #soon = 0;
  /** What the page knows of it without being told. */
  #told = '{"state":"none","unread":0}';
  #chosen: Chosen | null = null;
  /** What is still to be done at the start. */
  #steps: Steps = [];
  readonly base: string; // where the service is; ends with a slash
  #ask: Ask;
  /** What there was to say of the end when we last drew; without a chat there was none to come. */
  #end: Word | "" = "over_head";

  /** Puts the widget into `host`, an element of the page. */
  constructor(host: HTMLElement) {
    this.host = host;
    const endpoint = host.getAttribute("endpoint")?.replace(/\/?$/, "/");
    this.base = new URL(endpoint ?? new URL(".", import.meta.url), document.baseURI).href;
    const ask = apiAt(this.base);
    // Nothing is answered in the wrong language.
    this.#ask = async (...what) => (await Promise.all([ask(...what), learn(ask, this.lang, this.changed)]))[0];
    this.root = host.attachShadow({ mode: "open" });
    host.append(this.announcer.node);
  }

  /** What the reader chose among the options. */
  get chosen(): Chosen {
    return (this.#chosen ??= browser.get("options") ?? {});
  }

  set chosen(chosen: Chosen) {
    browser.set("options", (this.#chosen = chosen));
    this.draw();
  }

  /** The language that is wanted: the element's, else the page's, else, on our own page, the reader's. */
  get lang(): string {
    const { host } = this;
    const page = this.fullpage ? navigator.language : host.closest<HTMLElement>("[lang]")?.lang;
    // So much of it is a language for sure: of another tag a browser makes no dates, but an error.
    const [lang] = (host.lang || page || "").match(/^[a-z]{2,3}(-[a-z]{2}\b)?/i) ?? ["en"];
    return lang === "en" ? "en-GB" : lang;
  }

  get fullpage(): boolean {
    return this.host.hasAttribute("fullpage");
  }

  connect(): void {
    this.open = this.fullpage;
    // The first look into a storage takes long: the two have a step each.
    inTurn((this.#steps = [() => dress(this.root), () => this.draw(), recall, this.#arrive]));
    if (this.open || document.hidden || hasToken()) atOnce(this.#steps);
  }

  #arrive = (): void => {
    this.#listen("addEventListener");
    this.#fromAddress();
    const kept = recall();
    if (this.#invitation) return;
    if (kept) this.#invite(kept);
    // On our own page also for the words of the language that is wanted.
    else if (this.open || browser.get("session") != null || tab.get("last")) void this.resume();
  };

  disconnect(): void {
    this.#steps.splice(0);
    this.#listen("removeEventListener");
    this.#invitation = null;
    this.#retry.stop();
    this.#endTalk();
    countInTitle(0);
    stepAside(this.host, this.#find("#panel"), false);
  }

  show(): void {
    atOnce(this.#steps);
    if (this.open || !tell(this.host, "open")) return;
    this.open = true;
    tab.set("open", true);
    if (this.talk) this.talk.start();
    // Also where nothing tells of a chat: the page may have emptied what is kept here, or nothing can be.
    else if (this.screen.name === "none") void this.resume();
    this.draw();
    this.#focus();
  }

  hide(): void {
    if (!this.open || this.fullpage || !tell(this.host, "close")) return;
    const held = this.#held;
    this.open = this.asking = false;
    tab.set("open", false);
    this.draw();
    if (held) this.#find(".launcher")?.focus();
  }

  question(): void {
    this.asking = true;
    this.draw();
  }

  escape(): void {
    const menu = this.#find("details[open]");
    if (menu) {
      menu.removeAttribute("open");
      return (menu.firstChild as HTMLElement).focus();
    }
    if (!this.asking) this.hide();
    this.asking = false;
    this.draw();
  }

  // The way in.

  #fromAddress = (): void => {
    const invitation = takeFromAddress();
    if (!invitation) return;
    tab.set("open", true);
    this.#invite(invitation);
  };

  #invite(invitation: Invitation): void {
    this.#invitation = invitation;
    this.#endTalk();
    this.open ||= tab.get("open") !== false; // minimised on the page before
    this.go({ name: "checking" });
    this.#focus();
    this.#enter(invitation);
  }

  #enter(invitation: Invitation): void {
    // Pressed before, and the answer was lost: the same nonce asks for it again.
    void (invitation.pressed ? this.#join(invitation) : this.#peek(invitation));
  }

  async #peek(invitation: Invitation): Promise<void> {
    const [status, body] = await this.#ask("api/peek", { token: invitation.token });
    if (this.#invitation !== invitation) return;
    const peek = body as Peek;
    if (status !== 200) this.#trouble(status, () => this.#enter(invitation));
    else if (peek.fate === "pending") this.#offer(invitation, peek);
    // One's own link, opened again: who sits in the chat already gets in again.
    else if (peek.fate === "used" && browser.get("session")) void this.#join(invitation);
    else this.#refuse(peek.fate, peek);
  }

  #offer(invitation: Invitation, peek: Peek, failed?: boolean): void {
    const hint = browser.get<string>("session");
    const other = !!hint && hint !== peek.ticket;
    const join = () => {
      this.go({ name: "invited", peek, other, busy: true, join: () => undefined });
      void this.#join(invitation, peek);
    };
    this.go({ name: "invited", peek, other, failed, join });
  }

  async #join(invitation: Invitation, peek?: Peek): Promise<void> {
    invitation.pressed = true;
    keep(invitation);
    const { token, nonce } = invitation;
    const [status, body] = await this.#ask("api/join", { token, nonce });
    if (this.#invitation !== invitation) return;
    if (isView(body)) {
      if (body.signed_out) this.clean();
      this.#begin(body);
    } else if (status === 410 || status === 404) {
      this.#refuse((body as { error: Fate }).error);
    } else if (status > 400 && status < 404) {
      invitation.pressed = false; // to sign in, or signed in as somebody else: the service says which
      void this.#peek(invitation);
    } else if (peek) this.#offer(invitation, peek, true);
    else this.#trouble(status, () => this.#enter(invitation));
  }

  #refuse(fate: Fate, peek?: Peek): void {
    keep((this.#invitation = null));
    const back = browser.get("session") ? () => void this.resume() : null;
    this.go({ name: "refused", fate: fate as "used", peek, back });
  }

  /** No answer that says anything: we ask again by ourselves until there is one. */
  #trouble(status: number, again: () => void, kept?: boolean): void {
    const now = () => {
      this.go({ name: "checking" });
      again();
    };
    this.go({ name: "trouble", kept, again: now });
    this.#retry.later(again, status > 0);
  }

  /** Takes up the chat of this browser's cookie. */
  resume(): Promise<void> {
    if (this.open) this.go({ name: "checking" });
    return this.#boot();
  }

  /** `chat`: the one that was closed here, if the service has not been told yet. */
  async #boot(chat = browser.get("session") === "" && browser.get("left")): Promise<void> {
    const [status, body] = await (chat ? this.#ask("api/leave", { chat }) : this.#ask("api/session"));
    if (this.#invitation || this.talk || !this.host.isConnected) return;
    if (status === 401) this.clean();
    this.open ||= !!tab.get("open");
    if (status === 409) {
      this.open = true; // another one is this browser's by now, and goes on
      return this.#boot(null);
    }
    const now = isView(body) ? body : null;
    if (!now && status !== 204 && status !== 401)
      return this.#trouble(status, () => void this.#boot(chat), !chat);
    // What was not sent from here is shown first, until it is dismissed; not once one has signed out (401).
    const old = leftBehind(tab, body as View)?.view;
    const stop = old && old.chat !== now?.chat && (now ? "other_chat" : "no_session");
    const view = stop ? old : now;
    if (!now) {
      browser.set("session", null);
      browser.set("left", null);
      new Spare(browser).only();
    }
    tab.set("open", view && this.open);
    if (view) this.#begin(view, stop);
    else this.go({ name: "none" });
  }

  /** Whoever wrote here has signed out: nothing of it stays, nor in other windows (lazy/closed.ts). */
  clean(): void {
    for (const name of tab.names("")) tab.set(name, null);
    tab.set("open", this.open);
    browser.set("left", browser.get<[string]>("read")?.[0] ?? null);
  }

  // The chat.

  #begin(view: View, stop?: Stop | false): void {
    keep((this.#invitation = null));
    this.#retry.stop();
    if (!stop) browser.set("session", view.ticket || "?");
    this.talk = new Talk(`${this.base.replace(/^http/, "ws")}ws`, tab, browser, view, {
      changed: this.changed,
      arrived: ({ name, text }) => {
        this.announcer.say(`${name}: ${text}`, true);
        moreOf(this)?.chime(this.chosen);
      },
      marked: ({ text, mark }) => this.announcer.say(`${say(mark as Word)} ${text}`),
      known: async () => (await this.#ask("api/session"))[0],
    });
    if (stop) this.talk.quit(stop);
    this.first = this.talk.draft;
    this.reading.toEnd();
    this.#looked();
  }

  #endTalk(): void {
    this.talk?.link.stop();
    this.talk = null;
    this.asking = false;
    this.announcer.clear();
  }

  /** Nothing of it stays in this browser, nor is found by it: the service is told until it answers. */
  leave(): void {
    const talk = this.talk as Talk;
    const { chat } = talk.session.view;
    this.#endTalk();
    talk.forget();
    browser.set("session", "");
    browser.set("left", chat);
    this.hide();
    this.go({ name: "none" });
    void this.#boot(chat);
  }

  /** Says what stands in the composer. */
  send(talk: Talk): void {
    const text = talk.draft.trim();
    talk.draft = "";
    talk.say(text);
    const box = this.#find("#box") as HTMLTextAreaElement;
    box.value = "";
    this.reading.toEnd();
    this.draw();
    box.focus();
  }

  go(screen: Screen): void {
    if (screen.name !== "trouble") this.#retry.stop();
    this.screen = screen;
    this.draw();
  }

  /** Many lines may come at once: they are drawn together. A hidden page gets no frames. */
  changed = (): void => {
    this.#soon ||= setTimeout(() => {
      this.#soon = 0;
      this.draw();
    }, 16);
  };

  draw(): void {
    const { talk, open } = this;
    this.reading.scrolled();
    const held = this.#held;
    talk?.look(open && !document.hidden, this.reading.follow);
    const end = !talk || talk.over ? "over_head" : talk.closing && "closing_short";
    if (talk && end && end !== this.#end) {
      this.asking &&= !talk.over;
      this.announcer.say(say(end));
    }
    this.#end = end;
    this.line.look(talk);
    Object.assign(this.announcer.node, spoken());
    fill(this.root, view(this));
    stepAside(this.host, this.#find("#panel"), open && !this.fullpage);
    this.reading.keep(talk?.newFrom);
    if (held && !this.#held) this.#focus();
    const unread = talk?.unread ?? 0;
    countInTitle(unread);
    this.#tell({ state: talk?.session.view.state ?? "none", unread });
  }

  jump(): void {
    this.reading.toEnd();
    this.draw();
    this.#find(".log")?.focus();
  }

  #find = (selector: string): HTMLElement | null => this.root.querySelector(selector);

  /** The focus is in the panel. */
  get #held(): boolean {
    return !!this.root.activeElement?.closest("#panel");
  }

  /** Puts the focus on what the panel is about now. */
  #focus(): void {
    (this.#find("#box") ?? this.#find("h3, .no"))?.focus();
  }

  #looked = (): void => {
    const { talk, open, screen } = this;
    // A tab that nobody has looked at yet holds no connection, and knows of no chat begun on other pages.
    if (!document.hidden)
      if (talk) talk.start();
      else if (!open && screen.name === "none" && browser.get("session")) void this.#boot();
    this.draw();
  };

  /** Tells the page what it may want to show elsewhere. Never what was said. */
  #tell(detail: object): void {
    const told = JSON.stringify(detail);
    if (told === this.#told) return;
    this.#told = told;
    tell(this.host, "change", detail);
  }

  #listen(how: "addEventListener" | "removeEventListener"): void {
    window[how]("hashchange", this.#fromAddress);
    window[how]("visibilitychange", this.#looked);
    for (const event of ["resize", "scroll"]) visualViewport?.[how](event, this.changed);
  }
}

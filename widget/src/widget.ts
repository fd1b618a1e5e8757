/** The pop-up's life: from the link or the last visit to the chat, opened and minimised. */
import type { Api } from "./api.ts";
import { keep, recall, takeFromAddress, type Invitation } from "./invitation.ts";
import { shelfOn, type Shelf } from "./outbox.ts";
import { countInTitle, FullScreen } from "./page.ts";
import { Reading } from "./reading.ts";
import { StateLine } from "./stateline.ts";
import type { Entry } from "./session.ts";
import type { Strings } from "./strings.ts";
import { Talk } from "./talk.ts";
import { Announcer } from "./view/announcer.ts";
import { ChatView } from "./view/chat.ts";
import { Panel } from "./view/panel.ts";
import { screen, type Screen, type Support } from "./view/screens.ts";
import type { Peek, View } from "./wire.ts";

/** In localStorage: there was a session in this browser, so it is worth asking for it. */
const HINT = "livechat:session";
/** In sessionStorage: the panel was open in this tab. */
const OPEN = "livechat:open";

export interface Surroundings {
  host: HTMLElement;
  root: ShadowRoot;
  fullpage(): boolean;
  support(): Support;
  /** Tells the page; false when the page prevents it. */
  tell(name: string, detail?: object): boolean;
}

export class Widget {
  readonly panel: Panel;
  readonly announcer: Announcer;
  #t: Strings;
  #api: Api;
  #around: Surroundings;
  #tab: Shelf = shelfOn(() => sessionStorage);
  #browser: Shelf = shelfOn(() => localStorage);
  #full: FullScreen;
  #line: StateLine;
  #screen: Screen = { name: "none" };
  #drawn: Screen | null = null;
  #talk: Talk | null = null;
  #chat: ChatView | null = null;
  #invitation: Invitation | null = null;
  #frame = 0;
  #told = "";
  #alive = false;

  constructor(t: Strings, api: Api, around: Surroundings) {
    this.#t = t;
    this.#api = api;
    this.#around = around;
    this.announcer = new Announcer(t);
    this.panel = new Panel(t, {
      toggle: () => (this.panel.open ? this.close() : this.open()),
      minimise: () => this.close(),
      askEnd: () => this.#askEnd(),
      escape: () => this.#escape(),
    });
    this.#line = new StateLine(t, (text) => this.panel.state(text));
    this.#full = new FullScreen(around.host, this.panel.node, () => this.#chat?.log.resized());
  }

  connect(): void {
    this.#alive = true;
    addEventListener("hashchange", this.#fromAddress);
    document.addEventListener("visibilitychange", this.#looked);
    if (this.#fromAddress()) return;
    const kept = recall(this.#tab);
    if (kept) this.#invite(kept);
    else if (this.#browser.get(HINT)) void this.#resume();
    if (this.#around.fullpage() && !this.panel.open) this.#show();
  }

  disconnect(): void {
    this.#alive = false;
    removeEventListener("hashchange", this.#fromAddress);
    document.removeEventListener("visibilitychange", this.#looked);
    this.#endTalk();
    this.#full.set(false);
    countInTitle(0);
  }

  open(): void {
    if (this.panel.open || !this.#around.tell("open")) return;
    this.#show();
    this.#tab.set(OPEN, "1");
    this.#talk?.start();
    if (!this.#talk && this.#screen.name === "none" && this.#browser.get(HINT)) void this.#resume();
    this.#focus();
  }

  close(): void {
    if (!this.panel.open || this.#around.fullpage()) return;
    const held = this.panel.holds(this.#around.root);
    this.panel.show(false);
    this.#full.set(false);
    this.#tab.set(OPEN, null);
    if (held) this.panel.launcher.focus();
    this.#render();
    this.#around.tell("close");
  }

  #show(): void {
    this.panel.show(true);
    this.#render();
    this.#chat?.shown();
    this.#full.set(!this.#around.fullpage());
  }

  #focus(): void {
    if (this.#chat) this.#chat.focus();
    else this.panel.focusHeading();
  }

  #escape(): void {
    if (!this.#chat?.asking) return this.close();
    this.#chat.cancel();
    this.#render();
    this.panel.focusEnd();
  }

  // The way in.

  #fromAddress = (): boolean => {
    const invitation = takeFromAddress(this.#tab);
    if (invitation) this.#invite(invitation);
    return invitation !== null;
  };

  #invite(invitation: Invitation): void {
    this.#invitation = invitation;
    this.#endTalk();
    this.#go({ name: "checking" });
    if (!this.panel.open) this.#show();
    // Pressed before, and the answer was lost: the same nonce asks for it again.
    void (invitation.pressed ? this.#join(null) : this.#peek(invitation));
  }

  async #peek(invitation: Invitation): Promise<void> {
    const peek = await this.#api.peek(invitation.token);
    if (!this.#alive || this.#invitation !== invitation) return;
    if (!peek) return this.#go({ name: "trouble", again: () => this.#invite(invitation) });
    // One's own link, opened again: who sits in the chat already gets in again.
    if (peek.fate === "used" && this.#browser.get(HINT)) return this.#join(null);
    if (peek.fate !== "pending") return this.#refuse(peek.fate);
    this.#offer(peek, false, "");
  }

  #offer(peek: Peek, busy: boolean, problem: "" | "join_trouble" | "join_slow"): void {
    const join = () => {
      if (busy) return;
      this.#offer(peek, true, "");
      void this.#join(peek);
    };
    this.#go({ name: "invited", peek, busy, problem, join });
  }

  async #join(peek: Peek | null): Promise<void> {
    const invitation = this.#invitation;
    if (!invitation) return;
    invitation.pressed = true;
    keep(this.#tab, invitation);
    const answer = await this.#api.join(invitation.token, invitation.nonce);
    if (!this.#alive || this.#invitation !== invitation) return;
    if (answer.got === "view") return this.#joined(answer.view);
    if (answer.got === "refused") return this.#refuse(answer.fate);
    if (peek) return this.#offer(peek, false, answer.slow ? "join_slow" : "join_trouble");
    this.#go({ name: "trouble", again: () => this.#invite(invitation) });
  }

  #joined(view: View): void {
    this.#uninvite();
    this.#browser.set(HINT, "1");
    this.#tab.set(OPEN, "1");
    this.#begin(view);
    if (this.panel.open) this.#focus();
  }

  #refuse(fate: "used" | "revoked" | "expired" | "unknown"): void {
    this.#uninvite();
    const back = this.#browser.get(HINT) ? () => void this.#resume(true) : null;
    this.#go({ name: "refused", fate, back });
  }

  #uninvite(): void {
    this.#invitation = null;
    keep(this.#tab, null);
  }

  /** Takes up the chat of this browser's cookie. */
  async #resume(focus = false): Promise<void> {
    const show = this.panel.open || this.#around.fullpage() || this.#tab.get(OPEN) !== null;
    if (this.panel.open) this.#go({ name: "checking" });
    const view = await this.#api.session();
    if (!this.#alive || this.#invitation || this.#talk) return;
    if (view) {
      this.#begin(view);
      if (show && !this.panel.open) this.#show();
      if (focus) this.#focus();
    } else {
      if (view === null) this.#browser.set(HINT, null);
      this.#go(view === null ? { name: "none" } : { name: "trouble", again: () => void this.#resume(true) });
      if (view === null) this.#tab.set(OPEN, null);
    }
  }

  // The chat.

  #begin(view: View): void {
    this.#endTalk();
    const talk = new Talk(this.#api, this.#tab, view, {
      changed: () => this.#soon(),
      arrived: (entry) => this.#arrived(entry),
    });
    const reading = new Reading(this.#browser, view.chat);
    this.#talk = talk;
    this.#chat = new ChatView(this.#t, talk, reading, () => void this.#leave());
    this.#screen = { name: "none" };
    this.#render();
    if (this.panel.open) this.#chat.shown();
    // A tab that nobody has looked at yet holds no connection.
    if (!document.hidden) talk.start();
  }

  #endTalk(): void {
    this.#talk?.close();
    this.#talk = null;
    this.#chat = null;
    this.announcer.clear();
    this.#line.clear();
  }

  /** The visitor is done with it: nothing of it stays in this browser. */
  async #leave(): Promise<void> {
    this.#talk?.outbox.forget();
    this.#endTalk();
    this.#browser.set(HINT, null);
    this.#go({ name: "none" });
    this.close();
    await this.#api.leave();
  }

  #askEnd(): void {
    this.#chat?.ask(() => {
      this.#render();
      this.panel.focusEnd();
    });
    this.#render();
    this.#chat?.focus();
  }

  #arrived({ name, text }: Entry): void {
    this.announcer.message(name, text);
  }

  #looked = (): void => {
    if (!document.hidden) this.#talk?.start();
    this.#render();
  };

  // What is shown.

  #go(to: Screen): void {
    this.#screen = to;
    const held = this.panel.holds(this.#around.root);
    this.#render();
    if (held || (this.panel.open && to.name === "invited" && !to.busy)) this.panel.focusHeading();
  }

  /** Many lines may come at once: they are drawn together. A hidden page gets no frames. */
  #soon(): void {
    if (this.#frame) return;
    const draw = () => {
      this.#frame = 0;
      this.#render();
    };
    this.#frame = document.hidden ? window.setTimeout(draw, 50) : requestAnimationFrame(draw);
  }

  #render(): void {
    const watching = this.panel.open && !document.hidden;
    if (this.#talk && this.#chat) this.#renderChat(this.#talk, this.#chat, watching);
    else if (this.#drawn !== this.#screen) this.#renderScreen();
    const unread = this.#chat?.reading.unread ?? 0;
    this.panel.unread(unread);
    countInTitle(unread);
    this.#tell(unread);
  }

  #renderChat(talk: Talk, chat: ChatView, watching: boolean): void {
    const held = this.panel.holds(this.#around.root);
    const exchanged = chat.render(watching);
    const { view, ending } = talk.session;
    this.panel.fill(chat.log.node, chat.foot);
    this.panel.head(talk.over ? "" : this.#t.presence(view.operators), !talk.over && !ending && !chat.asking);
    // Whoever was writing must not fall out of the panel when the composer goes.
    if (exchanged && held && !this.panel.holds(this.#around.root)) chat.focus();
    if (exchanged) chat.log.resized();
    this.#line.update(talk);
    talk.presence(watching ? "open" : "hidden");
    this.#drawn = null;
  }

  #renderScreen(): void {
    this.#drawn = this.#screen;
    this.panel.fill(screen(this.#t, this.#screen, this.#around.support()), null);
    this.panel.head(null, false);
  }

  /** Tells the page, by events, what it may want to show elsewhere. Never what was said. */
  #tell(unread: number): void {
    const state = this.#talk ? this.#talk.session.view.state : "none";
    const told = `${state} ${unread}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#around.tell("change", { state, unread });
  }
}

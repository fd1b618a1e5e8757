/**
 * What the widget says, in English. `{name}` is filled in. A key with `_one` and `_other` is chosen
 * by number, as the language counts.
 */
const EN = {
  launcher: "Live chat",
  launcher_unread_one: "Live chat, {n} new message",
  launcher_unread_other: "Live chat, {n} new messages",
  title: "Computing support",
  minimise: "Minimise the chat",
  here_none: "Somebody will answer you here",
  here_one: "{a} is here",
  here_two: "{a} and {b} are here",
  here_many: "{a} and {n} others are here",
  no_chat: "Live chat",
  checking: "One moment…",

  none_head: "No chat is open",
  none_text:
    "A live chat begins with a ticket. When somebody in computing support can talk to you about yours, you get a link by e-mail that opens the chat here.",
  none_ticket: "Until then, a ticket is the way to reach us: we answer by e-mail.",
  open_ticket: "Open a ticket",

  invited_head: "You are invited to a live chat",
  invited_by: "{who} would like to talk with you about ticket {ticket}.",
  invited_by_nobody: "Computing support would like to talk with you about ticket {ticket}.",
  and: "{a} and {b}",
  record_head: "What is recorded",
  record:
    "What you and computing support write is copied to ticket {ticket} when the chat ends, and then deleted here.",
  passwords: "Please do not write passwords.",
  join: "Join the chat",
  joining: "Joining…",
  join_trouble: "That did not work: the service could not be reached. Your link is still good, please try again.",
  join_slow: "There were many attempts just now. Please wait a minute and try again.",

  refused_head: "This link does not open a chat",
  refused_used:
    "The link has been used already, in another browser or on another device. A link works once. If that was you, go on there.",
  refused_expired: "The link is too old: it was for a limited time.",
  refused_revoked: "Computing support has taken this link back.",
  refused_unknown: "We do not know this link. Perhaps a part of it was lost on the way.",
  refused_do: "To go on, reply to the e-mail about your ticket, or ask there for a new link.",
  back: "Go to your open chat",

  trouble_head: "The chat cannot be reached",
  trouble_text:
    "The help site did not answer. It may be your connection or ours. Nothing is lost: your link stays good.",
  again: "Try again",

  connecting: "Connecting…",
  offline: "You are offline. What you write is kept and goes out when you are back.",
  reconnecting: "The connection is lost; trying again. What you write is kept.",
  back_again: "Connected again.",

  conversation: "Conversation",
  you: "You",
  says: "{name}:",
  in_reply_to: "In reply to {name}",
  someone: "somebody",
  edited: "edited",
  removed: "This message was taken back.",
  today: "Today",
  yesterday: "Yesterday",
  new_line: "New since you left",
  latest: "Latest messages",
  sending: "Sending…",
  sent: "Sent",
  delivered: "Delivered",
  not_sent: "Not sent.",
  not_ended: "The chat had ended.",
  not_too_long: "It is too long for one message.",
  not_empty: "There was nothing in it.",
  not_chat_full: "This chat is full. Please go on in your ticket.",
  not_slow_down: "That was too quick for us.",
  copy_text: "Copy text",
  copied: "Copied",
  remove: "Remove",
  joined: "{name} joined",
  you_joined: "You joined the chat",
  notice_ended: "{name} ended the chat",
  notice_you_ended: "You ended the chat",
  notice_filed: "The conversation is on your ticket",

  label: "Your message",
  send: "Send",
  left: "About {n} more characters fit in one message.",
  too_long: "Too long by about {n} characters. Please send it in parts.",
  end: "End chat",
  end_sure: "End this chat? It is then copied to ticket {ticket}, and nobody can write any more.",
  end_yes: "End the chat",
  end_no: "Keep chatting",
  ending: "Ending the chat…",
  ending_later: "The chat will end as soon as there is a connection.",

  over_operator: "Computing support ended the chat",
  over_visitor: "You ended the chat",
  over: "The chat has ended",
  over_ended: "A copy of the conversation will be put on ticket {ticket}. You need not wait.",
  over_filed: "This conversation is on ticket {ticket}.",
  over_filed_gone: "It has been deleted here.",
  over_more: "If there is more to say, reply to the e-mail about the ticket.",
  unsent_head: "You had written, but not sent:",
  save: "Save a copy",
  close: "Close this chat",
  close_note: "On a shared computer, close the chat before you leave.",
  stopped_head: "This chat cannot go on here",
  stopped_no_session:
    "This browser is no longer signed in to the chat. Please reply to the e-mail about ticket {ticket}.",
  stopped_other_chat: "Another chat was opened in this browser. Ticket {ticket} is not closed by that: reply to its e-mail.",
  stopped_gone: "The chat is no longer kept here. For all else, reply to the e-mail about ticket {ticket}.",

  says_long: "{name}: {text}",
  new_messages_one: "{n} new message",
  new_messages_other: "{n} new messages",
  file_name: "chat-{ticket}.txt",
  file_head: "Chat about ticket {ticket}",
};

export type Words = typeof EN;
export type Word = keyof Words;
type Counted<K> = K extends `${infer Stem}_one` ? Stem : never;

export class Strings {
  readonly lang: string;
  #words: Words = EN;
  #plural: Intl.PluralRules;

  constructor(lang: string) {
    this.lang = lang;
    this.#plural = new Intl.PluralRules("en");
  }

  /** The word, with `{name}` replaced from `values`. */
  say(word: Word, values: Record<string, string | number> = {}): string {
    return this.#words[word].replace(/\{(\w+)\}/g, (whole, name: string) =>
      String(values[name] ?? whole),
    );
  }

  count(stem: Counted<Word>, n: number): string {
    const form = this.#plural.select(n) === "one" ? "one" : "other";
    return this.say(`${stem}_${form}` as Word, { n });
  }

  time(iso: string): string {
    return new Date(iso).toLocaleTimeString(this.lang, { hour: "2-digit", minute: "2-digit" });
  }

  date(iso: string): string {
    return new Date(iso).toLocaleDateString(this.lang, {
      weekday: "long",
      day: "numeric",
      month: "long",
    });
  }

  /** Who is there, in words. */
  presence(operators: readonly string[]): string {
    const [a = "", b = ""] = operators;
    if (!operators.length) return this.say("here_none");
    if (operators.length === 1) return this.say("here_one", { a });
    if (operators.length === 2) return this.say("here_two", { a, b });
    return this.say("here_many", { a, n: operators.length - 1 });
  }
}

/** `#12345`: a number that looks like a ticket's. */
export function ticketName(ticket: string | undefined): string {
  return `#${ticket ?? ""}`;
}

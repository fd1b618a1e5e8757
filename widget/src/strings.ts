/**
 * What the widget says, in English. `{name}` is filled in. Of a key with `_one` and `_other` the
 * number decides, as the language counts.
 */
const EN = {
  launcher: "Live chat",
  unread_one: "{n} new message",
  unread_other: "{n} new messages",
  title: "Computing support",
  minimise: "Minimise the chat",
  here_none: "Somebody will answer you here",
  here_one: "{a} is here",
  here_two: "{a} and {b} are here",
  here_many: "{a} and {n} others are here",
  checking: "One moment…",

  none_head: "No chat is open",
  none_text:
    "Live chats begin with a ticket. When somebody can talk with you about yours, we send you a link that opens the chat here.",
  none_ticket: "Open a ticket",

  invited_head: "You are invited to a live chat",
  invited_text: "{who} would like to talk with you about ticket #{ticket}.",
  record_head: "What is recorded",
  record:
    "What you and computing support write is copied to ticket #{ticket} when the chat ends, and then deleted here. Please do not write passwords.",
  join: "Join the chat",
  joining: "Joining…",

  trouble_head: "The chat cannot be reached",
  trouble_text: "There was no answer. Nothing is lost: please try again in a minute.",
  again: "Try again",

  refused_head: "This link does not open a chat",
  used: "It was used already, in another browser or on another device. A link works once.",
  expired: "It is too old.",
  revoked: "Computing support took it back.",
  unknown: "We do not know it. Was a part lost on the way?",
  refused_do: "Please reply to the e-mail about your ticket, and ask for a new link if you like.",
  back: "Go to your open chat",

  connecting: "Connecting…",
  offline: "You are offline. What you write is kept and sent later.",
  lost: "Connection lost; trying again. What you write is kept and sent later.",
  found: "Connected again.",

  log: "Conversation",
  you: "You",
  reply: "In reply to {name}",
  edited: "edited",
  removed: "This message was taken back.",
  fresh: "New since you left",
  latest: "Latest messages",
  sending: "Sending…",
  sent: "Sent",
  delivered: "Delivered",
  refused_ended: "Not sent: the chat had ended.",
  refused_too_long: "Not sent: it is too long.",
  refused_empty: "Not sent: it is empty.",
  refused_chat_full: "Not sent: this chat is full.",
  refused_slow_down: "Not sent: that was too quick.",
  copy: "Copy text",
  remove: "Remove",
  visitor_joined: "You joined the chat",
  operator_joined: "{name} joined",
  ended_by_visitor: "You ended the chat",
  ended_by_operator: "{name} ended the chat",
  filed: "The conversation is on your ticket",

  label: "Your message",
  send: "Send",
  left: "About {n} characters left.",
  too_long: "About {n} characters too long. Please send it in parts.",
  end: "End chat",
  end_sure: "End this chat? It is then copied to ticket #{ticket}, and nobody can write here any more.",
  end_yes: "End the chat",
  end_no: "Keep chatting",
  ending: "Ending the chat…",

  over_head: "The chat has ended",
  over_ended: "A copy will be put on ticket #{ticket}. You need not wait.",
  over_filed: "This conversation is on ticket #{ticket}.",
  over_more: "If there is more to say, please reply to the e-mail about your ticket.",
  stopped_head: "This chat cannot go on here",
  no_session: "This browser is no longer signed in to the chat.",
  other_chat: "Another chat was opened in this browser.",
  gone: "The chat is no longer kept here.",
  stopped_do: "Please reply to the e-mail about ticket #{ticket}.",
  unsent: "Not sent:",
  save: "Save a copy",
  close: "Close this chat",
  close_note: "On a shared computer, close it before you leave.",
};

export type Words = typeof EN;
export type Word = keyof Words;

const plural = new Intl.PluralRules("en");

/** The word, with `{name}` replaced from `values`. */
export const say = (word: Word, values: Record<string, string | number> = {}): string =>
  EN[word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));

/** "1 new message", "2 new messages". */
export const sayUnread = (n: number): string =>
  say(plural.select(n) === "one" ? "unread_one" : "unread_other", { n });

/** Who is there, in words. */
export const sayPresence = ([a = "", b = "", ...more]: readonly string[]): string => {
  const n = more.length + 1;
  return say(n > 1 ? "here_many" : b ? "here_two" : a ? "here_one" : "here_none", { a, b, n });
};

/** The word of that name, or "" for one that a later service might send. */
export const sayIfKnown = (word: string, values?: Record<string, string>): string =>
  word in EN ? say(word as Word, values) : "";

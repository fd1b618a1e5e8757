/**
 * What the widget says, in English. `{name}` is filled in. Of a key with `_one` and `_other` the
 * number decides, as the language counts. The other languages stand in languages/*.json under the
 * same keys; the build gives each a file of its own, in which the English sentence is the key: one
 * that a file does not have is said in English.
 */
export const EN = {
  launcher: "Live chat",
  unread_one: "{n} new message",
  unread_other: "{n} new messages",
  title: "Computing support",
  minimise: "Minimise the chat",
  here_none: "Waiting for an answer",
  chat_with: "Chat with {who}",
  checking_head: "One moment…",

  none_head: "No chat is open",
  none_text:
    "A chat begins with a ticket: when somebody can talk with you about yours, we send you a link.",
  none_ticket: "Open a ticket",

  invited_head: "You are invited to a live chat",
  invited_text: "{who} would like to talk with you about ticket #{ticket}.",
  record:
    "What you and computing support write is copied to ticket #{ticket} when the chat ends, and then deleted here. Please do not write passwords.",
  leaves: "This browser then leaves its other chat.",
  join: "Join the chat",
  sign_in: "Sign in",
  joining: "Joining…",
  cookies:
    "This browser keeps no cookies of this site, and without them there is no chat. Your link is not used up: allow them, and open it again.",

  door_title: "Ask computing support",
  door_open: "Computing support answers here until {time}.",
  door_closed_title: "The live chat is closed",
  door_closed: "Nobody answers live chats at the moment. A ticket reaches computing support at any time.",
  door_full_title: "Everybody is busy",
  door_full:
    "As many people are waiting as computing support can answer soon. Look again in some minutes, or open a ticket.",
  door_look: "Look again",
  door_kept: "What you typed is kept in this window.",
  door_question: "Your question",
  door_name: "Your name",
  door_email: "Your e-mail address",
  door_email_why: "So that computing support can write to you if you leave.",
  door_room: "Room or machine (optional)",
  door_browser: "Browser and system (optional)",
  door_browser_why: "Your browser says this of itself. Change it, or delete it.",
  door_hits: "Perhaps one of these pages helps:",
  door_who: "You are signed in as {who}.",
  door_cookies:
    "This browser keeps no cookies of this site, and without them there is no chat. Allow them and load the page anew, or open a ticket.",
  door_must: "Please sign in first, so that computing support knows who asks.",
  door_may: "If you sign in, computing support knows that it is you, and can do more for you.",
  door_sign_in: "Sign in to ask",
  door_record:
    "What you and computing support write goes into a new ticket when the chat ends, and is then deleted here. Please do not write passwords.",
  door_start: "Start the chat",
  door_wrong: "Not sent yet: please look at the marked fields.",
  door_empty: "Please fill this in.",
  door_long: "This is too long.",
  door_bad: "This is not a complete e-mail address.",
  door_in: "You are in a chat already, with {who}.",
  door_asked: "You have asked already, and wait for an answer.",
  door_go_on: "Go on there",
  door_there: "Are you in a chat already? Sign in to go on there.",
  door_running: "You have a chat already, on another device or in another browser. Please go on there.",
  door_waiting:
    "You are waiting for an answer. You can write more meanwhile. If you leave, your question goes to computing support as a ticket.",
  longer_none: "Nobody else has been waiting longer than you.",
  longer_one: "{n} other has been waiting longer than you.",
  longer_other: "{n} others have been waiting longer than you.",

  trouble_head: "The chat cannot be reached",
  trouble_text: "There was no answer. Please try again in a minute.",
  trying: "There is no answer; trying again.",
  unsent_kept: "What you wrote is kept and sent later.",
  unsent_left:
    "Something that was written in this window was not sent. Whoever wrote it sees it again in that chat, or once signed in.",
  try_now: "Try now",
  again: "Try again",

  refused_head: "This link does not open a chat",
  link_used: "This link was used already. If by you, the chat may be finished: it is on your ticket.",
  link_expired: "It is too old.",
  link_revoked: "Computing support took it back.",
  link_unknown: "We do not know it. Is it complete?",
  link_not_yours: "It is for somebody else. If it is for you, sign in as yourself, and open it again.",
  kept_out: "Computing support has closed the live chat to you until {time}.",
  go_on: "To go on, please reply to the e-mail about your ticket.",
  back: "Go to your chat",

  connecting: "Connecting…",
  offline: "You are offline. What you write is kept and sent later.",
  lost: "Connection lost; trying again. What you write is kept and sent later.",
  found: "Connected again.",

  log_name: "Conversation",
  you: "You",
  reply_to: "In reply to {name}",
  edited: "edited",
  removed: "This message was taken back.",
  fresh: "New since you left",
  latest: "Latest messages",
  sending: "Sending…",
  sent: "Sent",
  delivered: "Delivered to computing support",
  not_shown: "Computing support could not be shown this. It will be on the ticket.",
  not_sure: "Computing support may not have seen this. It will be on the ticket.",
  refused_lost: "Not sent.",
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
  ended_by_silence: "This chat has ended, because nobody had written for long",
  operators_lost: "Computing support cannot be reached here any more",
  unanswered: "Nobody has answered yet. You may wait on; if you leave, what you wrote is put on a ticket.",
  handed_back: "{name} left; somebody else will answer",
  mailed: "{name} also sent you by e-mail what you had not seen here",
  moved: "{name} took this conversation to another ticket",
  filed: "This conversation is on a ticket",

  file_here: "The picture is here.",
  file_missing: "This picture could not be brought here from Teams.",

  file_add: "Add files",
  file_camera: "Take a photo",
  file_about: "What does it show? (optional)",
  file_send: "Send these files",
  file_cancel: "Cancel",
  file_preparing: "Getting it ready…",
  file_sending: "Sending, {n} %",
  file_waiting: "There is no connection; trying again by itself.",
  file_type: "Not sent: only pictures, PDF, plain text and office documents without macros can be sent.",
  file_size: "Not sent: this file is too big.",
  file_full: "Not sent: this chat cannot take any more files.",
  file_unsafe: "Not sent: the virus scanner found something in this file.",
  file_coming: "A picture is on its way from Teams…",
  file_link: "This file is kept in Teams. It may not open for you; if so, ask for it to be put on your ticket.",

  options: "Options",
  enter_sends: "Enter sends the message",
  sound_plays: "Play a sound",
  notify_shows: "Show notifications",

  box_name: "Your message",
  send_name: "Send",
  chars_left: "About {n} characters left.",
  chars_over: "About {n} characters too long.",
  secret:
    "This looks like a password or a code for signing in. Computing support never needs it, and it would be kept on the ticket.",
  secret_change: "Change it",
  secret_send: "Send it all the same",
  closing:
    "Nobody has written for a while. This chat ends by itself at {time}, and what was written is put on ticket #{ticket}.",
  closing_new:
    "Nobody has written for a while. This chat ends by itself at {time}, and what was written goes into a new ticket.",
  closing_short: "Are you still there?",
  still_here: "I am still here",
  end: "End chat",
  end_sure: "End this chat? It is then copied to ticket #{ticket}.",
  end_sure_new: "End this chat? It then goes into a new ticket.",
  end_no: "Keep chatting",
  ending: "Ending the chat…",

  over_head: "The chat has ended",
  over_ended: "This conversation will be on ticket #{ticket}.",
  over_new: "This conversation goes into a new ticket.",
  over_filed: "This conversation is on ticket #{ticket}.",
  stopped_head: "This chat cannot go on here",
  no_session: "This browser is no longer signed in.",
  closed_there: "This chat was closed in another window of this browser.",
  other_chat: "Another chat was opened in this browser.",
  gone: "The chat was erased.",
  rate_question: "Has this chat helped you?",
  rate_note: "You need not answer. Your answer is put on the ticket.",
  rate_yes: "Yes",
  rate_partly: "Partly",
  rate_not: "No",
  rate_sending: "Sending your answer…",
  rate_thanks: "Thank you. Your answer is put on the ticket.",
  rate_late: "Thank you. Your answer came too late and was not kept.",
  rate_failed: "Your answer did not arrive. Please try again.",
  save: "Save a copy",
  print: "Print",
  close: "Close this chat",
  close_sure: "Close it? What was not sent is then lost.",
  close_no: "Keep it",
  close_note: "On a shared computer, close it before you leave.",
};

export type Words = typeof EN;
export type Word = keyof Words;

/** The launcher in every language there is, by its code: so much is known before a click. */
declare const LAUNCHERS: Record<string, string>;
/** Names the edition of the files of words. */
declare const EDITION: string;

let code = "en";
let words: Record<string, string> = {};

/** The language that is spoken, and which way it is written. */
export const spoken = () => ({ lang: code, dir: code === "ar" ? "rtl" : "ltr" });

/** The language of a BCP 47 tag, if we have it. */
const known = (tag: string) => tag.split("-")[0]?.toLowerCase() ?? "";

export const launcherIn = (tag: string): [lang: string, text: string] => {
  const text = LAUNCHERS[known(tag)];
  return text ? [known(tag), text] : ["en", say("launcher")];
};

/** The address of the words of a language that is not spoken yet, or "". */
export const wordsOf = (tag: string): string =>
  LAUNCHERS[known(tag)] && known(tag) !== code ? `words/${known(tag)}.${EDITION}.json` : "";

export function speak(tag: string, table: Record<string, string>): void {
  code = known(tag);
  words = table;
}

/** The word, with `{name}` replaced from `values`. In the bundle its sentence may stand for it. */
export const say = (word: Word, values: Record<string, string | number> = {}): string => {
  const english = EN[word] ?? word;
  return (words[english] ?? english).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
};

/** The form of a word that goes with a number. */
const form = (n: number) => new Intl.PluralRules(code).select(n) as "one" | "other";

/** "1 new message", "2 new messages". */
export const sayUnread = (n: number): string => say(`unread_${form(n)}`, { n });

/** "Grace Hopper and Alan Turing", without the comma that America puts there. */
export const sayNames = (names: readonly string[]): string =>
  new Intl.ListFormat(code === "en" ? "en-GB" : code).format(names);

/** With whom one talks. Not that they are there: whoever invited may be asleep when the link is opened. */
export const sayPresence = (names: readonly string[]): string =>
  names[0] ? say("chat_with", { who: sayNames(names) }) : say("here_none");

/** The word of that name, or "" for one that a later service might send. */
export const sayIfKnown = (word: string, values?: Record<string, string>): string =>
  EN.hasOwnProperty(word) ? say(word as Word, values) : "";

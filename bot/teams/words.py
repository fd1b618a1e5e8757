"""The bot's sentences to operators (pure): what happened, and what to do now."""

from __future__ import annotations

from bot.domain.chat import Chat
from bot.domain.effects import Word
from bot.domain.legible import plain_name
from bot.domain.matching import Match, match
from bot.domain.messages import Role
from bot.relay.answering import Answer
from bot.relay.ports import Listening, Tell
from bot.teams import doubt, held_words, naming
from bot.teams.commands import HELP

_WORDS: dict[Word | Answer, str] = {
    Word.JOINED: "{visitor} joined the chat about ticket {ticket}. {how}",
    Word.ASKED: "{visitor} has begun this chat, and waits for an answer. {how} {detail}",
    Word.UNANSWERED: (
        "Nobody has answered {visitor} yet, and they were told so. Whoever writes here first is "
        "announced to them. If nobody does, the question becomes a new ticket. {detail}"
    ),
    Word.HANDED_BACK: (
        "{detail} cannot go on, so {visitor} waits for somebody else, and was told so. Whoever "
        "writes here first is announced to them. All that was said stays."
    ),
    Word.TAKEN_OVER: (
        "{detail} has the chat with {visitor} now, and is called from now on when something is to be "
        "done. What you write here reaches {visitor} as before."
    ),
    Word.KNOCKED_AGAIN: (
        "Somebody else opened the invitation link of ticket {ticket}, which was used already. They "
        "were not let in. If it was the right person on another device, end this chat and invite "
        "them again; if not, ask the visitor whether the link was passed on."
    ),
    Word.TURNED_AWAY: (
        "Somebody signed in as {detail} opened the invitation link of ticket {ticket}, which is for "
        "somebody else. They were not let in. If they should be, add them to the ticket in RT as Cc "
        "and invite again; if not, ask the requestor whether the link was passed on."
    ),
    Word.FILED_ELSEWHERE: (
        "Please look at once: the record that was sent to ticket {ticket} is in {detail}, because RT "
        "merged the two while it was on its way. Nobody confirmed {detail}, and its requestors may "
        "read comments. If it must not stay there, only whoever looks after RT can take it out."
    ),
    Word.ENDED_BY_VISITOR: (
        "{visitor} ended the chat. Nothing more reaches them. Press “Send to RT” on the card to put "
        "the record on ticket {ticket}."
    ),
    Word.SILENT: (
        "Nobody has written here for long. The chat with {visitor} ends by itself in {detail}, and "
        "its record then goes onto ticket {ticket} without a summary. To go on, write to the "
        "visitor, or press “Keep it open” on the card. To end it with a summary, press “Send to RT”."
    ),
    Word.STILL_HERE: "{visitor} says: I am still here. The chat stays open.",
    Word.ENDED_BY_SILENCE: (
        "The chat with {visitor} has ended by itself, because nobody had written for long. Nothing "
        "more reaches them."
    ),
    Word.FILED_UNASKED: (
        "The record of the chat about ticket {ticket} goes to RT by itself, {summary}: {detail} Add "
        "what is missing on the ticket in RT."
    ),
    Word.INVITATION_PROBLEM: (
        "The invitation for ticket {ticket} did not go out. {detail} You can copy the link from the "
        "card and pass it on yourself, or revoke it and invite again."
    ),
    Word.INVITATION_EXPIRED: (
        "Nobody used the invitation for ticket {ticket} in time, so the link no longer works. "
        "Press “Invite” on the card to send a new one, or go on in RT."
    ),
    Word.UNSEEN: (
        "When the record was sent to RT, not all that {visitor} wrote had reached this thread: "
        "{detail} come here now, and are in the record. If that changes anything, undo it on the "
        "card while it can be, or add to the ticket in RT."
    ),
    Word.FILING_FAILED: (
        "The record of the chat did not get into {destination}: RT refused it. {detail} The record is "
        "kept here; press “Send to RT” on the card when that is put right."
    ),
    Word.FILING_STOPPED: (
        "Nothing was sent to RT: ticket {ticket} has changed since it was confirmed. {detail} The "
        "card says in what, and asks where the record shall go. It is kept here."
    ),
    Word.MOVED: (
        "The chat with {visitor} is about another ticket now: {detail}. The visitor is told so, and "
        "the record will go there."
    ),
    Word.MAILED: (
        "RT mails {visitor} what they had not been shown, as correspondence on ticket {ticket}: {detail} "
        "If they answer the e-mail, that is on the ticket; in the pop-up they are told of it."
    ),
    Word.NOT_MAILED: "What {visitor} was not shown was not mailed. {detail}",
    Word.STATUS_PROBLEM: (
        "The record is on ticket {ticket}, but its status was not changed. {detail} Please set the "
        "status in RT."
    ),
    Word.RATING_PROBLEM: (
        "The record is on {destination}, and says whether the chat has helped; the ticket's field for "
        "that was not set. {detail}"
    ),
    Answer.HELP: HELP,
    Answer.NO_NUMBER: (
        "That is neither a command nor a ticket number by itself. {detail} Mention me with just the "
        "number, like 12345 or rt#12345, or with “help”."
    ),
    Answer.SEVERAL_NUMBERS: (
        "That names more than one ticket, and a chat is about one. {detail} Mention me again with "
        "just the one you mean."
    ),
    Answer.TICKET_PROBLEM: "I cannot show that ticket. {detail}",
    Answer.LOOKING_SLOW: (
        "RT takes long to answer. I keep trying, and the card will appear here. {detail}"
    ),
    Answer.THREAD_TAKEN: (
        "Not sent to the visitor: this thread already has a chat, about ticket {ticket}. {detail} "
        "To start another, use a new post. To say a number to the visitor, put a word beside it."
    ),
    Answer.NOT_JOINED: (
        "Not sent: nobody has joined the chat about ticket {ticket} yet. {detail} Write it again "
        "when the visitor is here."
    ),
    Answer.NOT_DELIVERED: (
        "Not sent to the visitor. {detail} To tell them more, write on ticket {ticket} in RT."
    ),
    Answer.TOO_LONG: "Not sent: the message is too long. {detail} Send it in smaller parts.",
    Answer.NOTHING_TO_SEND: (
        "Not all of your message reaches the visitor: text, pasted pictures and links to files do; a card, "
        "a Loop component, a forwarded message or anything beside a note does not. {detail} Put what "
        "matters into words, or attach it to ticket {ticket} in RT."
    ),
    Answer.FILE_MISSED: (
        "The visitor could not be shown a picture of yours. {detail} Send it again, or attach it to "
        "ticket {ticket} in RT."
    ),
    Answer.CHAT_FULL: (
        "Not sent: this chat holds as much text as a chat may. {detail} Press “Send to RT” on the "
        "card and go on with a new chat or in RT."
    ),
    Answer.NOT_ALLOWED: (
        "Only members of the computing support team can use this bot, and only in that team or in "
        "a chat, so nothing was done with your message. {detail} If you should be able to, ask an "
        "owner of that team to add you; guests cannot."
    ),
    Answer.NOTHING_HERE: (
        "There is no chat in this thread. Mention me with a ticket number to begin one."
    ),
    Answer.NOT_CHANGED: (
        "The visitor does not see your message about ticket {ticket} as it is now: your change was "
        "not passed on, or not all of it. {detail} Write the correction as a new message, or on the "
        "ticket in RT."
    ),
    Answer.CHANGED_LATE: (
        "This chat has ended, so your change was not passed on: the visitor saw your message as it "
        "was, and the record that goes into {destination} has it as it was. {detail} If it must "
        "not stay there, say so in RT."
    ),
    Answer.NEVER_SENT: (
        "Your changed message has not gone to the visitor, and did not before: it was held back, a "
        "note, or written before they joined. {detail} If they shall read it, write it as a new message; "
        "an edit sends it only if it mentions me and has “say:” in front of the words (in a personal "
        "chat “say:” is enough)."
    ),
    Answer.INVITATION_SLOW: (
        "The invitation has not gone out yet. {detail} I keep trying; you can also copy the link "
        "from the card and pass it on yourself."
    ),
    Word.NOT_SHOWN: (
        "Teams does not take what {visitor} wrote as {detail}, so you do not see it here. It will "
        "be in the record in RT. Ask for it in other words."
    ),
    Word.NOT_SURE: (
        "Teams did not confirm what {visitor} wrote as {detail}, not even when I sent it again. If "
        "you do not see it here, ask for it once more. It will be in the record in RT."
    ),
    Word.AWAY: (
        "The live chat was away from {detail}: what you wrote here in that time may not have "
        "reached {visitor}. Please look at it and write it again if no answer comes."
    ),
    Word.ORPHANED: (
        "Teams has lost the thread of the chat with {visitor} about ticket {ticket}, so nobody can "
        "read on there: the chat has ended, and {visitor} was told so. Its record goes into "
        "{destination} by itself, {summary}. Please go on with {visitor} in RT."
    ),
    Word.ERASED: (
        "The chat about ticket {ticket} was erased, because a person asked for that under data "
        "protection law. It is over for the visitor, whose pop-up says so, and nothing of it was put "
        "into RT or is kept here. What stands in this thread is still to be read by your team: "
        "delete it if it must go, too. To go on with the visitor, write on ticket {ticket} in RT."
    ),
    Answer.ELSEWHERE: (
        "The card of ticket {ticket} is in a thread of its own; the chat goes on there: {detail}"
    ),
    Answer.NOTES_KEPT: (
        "Lines that begin with // are notes: I kept {detail} of them back and sent the rest."
    ),
    Answer.QUOTE_KEPT: (
        "The visitor sees your words without the message that you quoted: only what they have written or "
        "read in this chat is shown to them so. {detail}"
    ),
    Answer.NOT_FILED: (
        "This chat has ended and is not in RT yet. Press Send to RT on its card, or mention me "
        "with “send to RT”. Until then its text is kept here. {detail}"
    ),
    Answer.STRANDED: (
        "The record of the chat with {visitor} about ticket {ticket} is kept here still: RT has not "
        "confirmed it, and Teams has lost the thread from which it could be sent. It goes by itself once "
        "RT takes it; where {visitor} does not match the ticket, once there is a triage queue, which "
        "whoever runs the live chat can set. {detail}"
    ),
    Answer.FILING_WAITS: (
        "The record of the chat has been on its way to {destination} {detail} You need do "
        "nothing: it is kept here, and tried again until RT has it."
    ),
    Answer.DAILY: "Live chat, in the last 24 hours: {detail}",
    Answer.OPENED_AGAIN: (
        "Teams did not confirm this thread when I first asked for it. If the same card stands in "
        "the channel twice, only what is written in this thread here counts. {detail}"
    ),
    Answer.RECEPTION_OPEN: (
        "Open: visitors can begin chats until {detail}. Each comes as a thread of its own. It closes "
        "by itself then, and when nobody answers one; mention me with “close” to close it sooner."
    ),
    Answer.RECEPTION_CLOSED: (
        "Closed: visitors can begin no more chats; those that are running go on. {detail}"
    ),
    Answer.RECEPTION_NOT: "That was not done. {detail}",
    Answer.CHATS: "{detail}\nIn a chat's thread “take” says that you have it.",
    Answer.BLOCKED: (
        "{visitor} is kept out until {detail}: nothing more reaches them, they were told until when, and "
        "they can neither join nor begin a chat. {state} “blocks” lists everybody, and “unblock” with "
        "the letters in brackets lets them in again."
    ),
    Answer.BLOCKS: (
        "{detail}\nA block is over by itself; “unblock” with what stands in front of a name lifts it."
    ),
    Answer.BLOCK_NOT: "That was not done. {detail}",
    Answer.UNBLOCKED: "{detail} can come into chats again.",
    Answer.MISTYPED: "{detail}",  # see held_words
    Answer.SAY_NOTHING: (
        "Nothing was shown to the visitor, because no words for them stand behind “say:”; lines that "
        "begin with // are notes. Mention me with “say:” and the words, all in one message. {detail}"
    ),
    Answer.MOVE_ASKED: (
        "Nothing has moved yet. {detail} is looked up in RT, and the card then shows it beside ticket "
        "{ticket}. Confirm it there, or mention me with “confirm move” and its last digits, or "
        "“confirm move SURNAME because REASON” if the card asks for that; “keep ticket” leaves the "
        "chat where it is."
    ),
    Answer.MAIL_ASKED: (
        "What {visitor} was not shown is on its way to ticket {ticket}, from which RT mails it. {detail} "
        "I tell you here what becomes of it."
    ),
    Answer.MAIL_SLOW: (
        "What {visitor} was not shown has not been mailed yet. {detail} You need do nothing: it is tried "
        "again by itself."
    ),
    Answer.TAKEN: "You have this chat, and I call you when something is to be done. {detail}",
    Answer.STAYS: "The chat stays with ticket {ticket}. {detail}",
    Answer.DONE: "Done. {state} {detail}",
}

PRESS_NOT_ALLOWED = (
    "Only members of the computing support team can press this, so nothing was done. Ask an owner "
    "of that team to add you; guests cannot act here."
)
#: The same notice where nobody has confirmed the ticket for this visitor.
_MISMATCHED: dict[Word | Answer, str] = {
    Word.SILENT: (
        "Nobody has written here for long. The chat with {visitor} ends by itself in {detail}. Its "
        "record then goes where such are sorted out, or waits for you, because {visitor} does not "
        "match ticket {ticket}. To go on, write to the visitor, or press “Keep it open” on the card. "
        "To decide about the record, press “Send to RT”."
    ),
    Word.ORPHANED: (
        "Teams has lost the thread of the chat with {visitor} about ticket {ticket}, so nobody can "
        "read on there: the chat has ended, and {visitor} was told so. {visitor} does not match the "
        "ticket, so its record goes where such are sorted out, {summary}, or is kept here if there is "
        "no such queue. Please go on with {visitor} in RT."
    ),
}
#: UNANSWERED of a visitor who was invited.
_INVITED = (
    "{visitor} joined the chat about ticket {ticket}, nobody has answered yet, and they were told so. "
    "{how} To go on in RT instead, press “Send to RT” on the card. {detail}"
)
#: HANDED_BACK where another CO is there.
_LEFT = "{detail} left; {visitor} was told. If no one else here goes on, press “Back to the queue” again."
#: TAKEN while the visitor has heard nothing yet.
_WORDLESS = "If nobody writes to them, they are told before long that nobody has answered."
#: NOTHING_HERE with a reason: a command that cannot be carried out now.
_NOT_NOW = "That was not done. {detail} Mention me with “show card” to see where the chat stands."

#: ELSEWHERE where that is in a personal chat, or in a group's.
_UNLINKED = (
    "{by} has just begun a chat about ticket {ticket}, in a personal or group chat with me, which has "
    "no link. To start another one, mention me with the number again."
)

PRESS_UNKNOWN = (
    "This button is of no use any more. Mention the bot with “show card” to see the buttons."
)
OTHER_TEAM = "The bot is not set up for the team that this channel belongs to."
NO_DIALOG = "This bot has no dialogs. Please use the buttons on the chat's card."
DONE = "Done."
PICTURE_TOO_BIG = "The picture cannot be shown here. It goes onto the ticket with the chat."
FILE_LATER = "It goes onto the ticket with the chat."

#: What is said of a chat that has no ticket instead.
_NO_TICKET = (
    (" with {visitor} about ticket {ticket}", " with {visitor}"),
    ("about ticket {ticket}", "with {visitor}"),
    ("on ticket {ticket} in RT", "in RT"),
    ("to ticket {ticket} in RT", "to the new ticket in RT"),
    ("ticket {ticket}", "a new ticket"),
    ("Ticket {ticket}", "The new ticket"),
)

HOW_TO_ANSWER = {
    Listening.MENTION: "Only replies that mention me reach them.",
    Listening.THREAD: "Every reply here reaches them, except lines that begin with //.",
}


def say(notice: Tell, listening: Listening) -> str:
    """Word a notice for a thread in which the bot listens so; no markup."""
    chat, template, detail = notice.chat, _worded(notice), _fitting(notice)
    if chat is not None and not chat.filed_in.number:
        template = _without_ticket(template)
    text = template.format(
        detail=detail,
        state=naming.state_of(chat) if chat else "",
        visitor=plain_name(naming.visitor(chat)),
        by=plain_name(chat.started_by.name if chat else "") or "Somebody",
        ticket=naming.ticket(chat),
        destination=naming.destination(chat) if chat else "RT",
        how=HOW_TO_ANSWER[listening],
        summary=_summary(chat),
    )
    said = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return f"{said} (resent)" if notice.resent else said


def _worded(notice: Tell) -> str:
    """Return a notice's words as things stand, with what is yet to be filled in."""
    word, chat, detail = notice.word, notice.chat, notice.detail
    match word:
        case Answer.MISTYPED:
            return held_words.worded(chat, detail)
        case Answer.NOTHING_HERE if detail:
            return _NOT_NOW
        case Answer.ELSEWHERE if not detail:
            return _UNLINKED
        case Word.HANDED_BACK if chat is not None and chat.operators:
            return _LEFT
        case Word.UNANSWERED if chat is not None and chat.unheard and chat.intake is None:
            return _INVITED
    if chat is None:
        return _WORDS[word]
    if word in _MISMATCHED and _is_unconfirmed(chat):
        return _MISMATCHED[word]
    return doubt.worded(chat, word, _WORDS[word])


def _fitting(notice: Tell) -> str:
    """Return the detail as it is filled in."""
    detail = notice.detail.strip()
    if notice.word is Answer.MISTYPED:
        return held_words.fitting(notice.chat, detail)
    if notice.word is Answer.TAKEN and notice.chat is not None and notice.chat.unheard:
        return f"{_WORDLESS} {detail}"
    return f"I read {detail}." if detail and notice.word is Answer.SEVERAL_NUMBERS else detail


def _is_unconfirmed(chat: Chat) -> bool:
    """Tell whether the record is for a ticket that the visitor is not on, and no CO said that it is."""
    filing = chat.filing
    decided = filing is not None and (filing.new_ticket or filing.match is Match.RED)
    return match(chat.identity, chat.ticket) is Match.RED and not decided


def _summary(chat: Chat | None) -> str:
    """Say of a record that goes by itself what stands above it."""
    given = chat is not None and chat.filing is not None and chat.filing.by.role is Role.OPERATOR
    return "with the summary that was written before" if given else "without a summary"


def _without_ticket(template: str) -> str:
    """Word a notice for a chat that has no ticket yet."""
    for old, new in _NO_TICKET:
        template = template.replace(old, new)
    return template

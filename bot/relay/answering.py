"""What the bot answers operators."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.effects import Word


class Answer(StrEnum):
    """What the bot answers a CO in the thread; bot/teams words it, ``detail`` fills it in."""

    HELP = "help"
    NO_NUMBER = "no_number"
    SEVERAL_NUMBERS = "several_numbers"
    TICKET_PROBLEM = "ticket_problem"
    LOOKING_SLOW = "looking_slow"
    THREAD_TAKEN = "thread_taken"
    NOT_JOINED = "not_joined"
    NOT_DELIVERED = "not_delivered"
    TOO_LONG = "too_long"
    NOTHING_TO_SEND = "nothing_to_send"
    CHAT_FULL = "chat_full"
    NOT_CHANGED = "not_changed"
    CHANGED_LATE = "changed_late"  # the talk is over: the record keeps what was said
    NEVER_SENT = "never_sent"  # the changed words never went to the visitor, and do not now
    NOT_ALLOWED = "not_allowed"
    NOTHING_HERE = "nothing_here"
    INVITATION_SLOW = "invitation_slow"
    NOT_FILED = "not_filed"
    STRANDED = "stranded"  # the same of a chat whose thread is lost, with its card
    NOTES_KEPT = "notes_kept"
    QUOTE_KEPT = "quote_kept"
    FILE_MISSED = "file_missed"
    ELSEWHERE = "elsewhere"  # the chat was opened in another channel; ``detail`` is a link to it
    FILING_WAITS = "filing_waits"
    DAILY = "daily"
    OPENED_AGAIN = "opened_again"  # there may be another thread of the same chat
    RECEPTION_OPEN = "reception_open"
    RECEPTION_CLOSED = "reception_closed"
    RECEPTION_NOT = "reception_not"
    CHATS = "chats"
    BLOCKED = "blocked"
    BLOCKS = "blocks"
    BLOCK_NOT = "block_not"
    MISTYPED = "mistyped"  # meant for a command or a note, and none; ``detail`` is how it is said
    SAY_NOTHING = "say_nothing"  # "say:", and no words for the visitor behind it
    MOVE_ASKED = "move_asked"  # another ticket is looked up; ``detail`` names it
    STAYS = "stays"
    MAIL_ASKED = "mail_asked"
    MAIL_SLOW = "mail_slow"
    TAKEN = "taken"
    UNBLOCKED = "unblocked"
    DONE = "done"


def word_of(raw: str) -> Word | Answer | None:
    """Return a notice's word; None if only a later version has it."""
    if raw in set(Word):
        return Word(raw)
    return Answer(raw) if raw in set(Answer) else None

"""What a CO reads of words that were held back from the visitor (pure)."""

from __future__ import annotations

from bot.domain.addressing import ADDRESSED
from bot.domain.chat import Chat, State
from bot.domain.commands import NOTE
from bot.domain.confiding import RECORD
from bot.domain.forms import form_of
from bot.domain.prying import PRYING
from bot.relay.confirming import target
from bot.teams.matching_words import send_command

NEW = form_of("new", "ticket", "in")
_SHOWN_ALL_THE_SAME = (
    "If it was meant for the visitor, write it again, or edit it so: mention me, and put “say:” in front "
    "of the words. An edit without both stays unseen; in a personal chat “say:” is enough."
)
_PICK_ME = (
    "You wrote my name, but Teams did not take it for a mention, so nothing was done. Write it again: "
    "type “@” and pick me from the list that Teams shows; in a chat with me alone leave my name away."
)
#: MISTYPED where nobody is there to whom it could have been shown: a command's form, or what else it was.
_DONE_NOTHING = {
    "": "That was not understood as a command, so nothing was done. Mention me with “{detail}” to give it.",
    NOTE: "A line of that looks like a note without its two slashes. A note begins with “//”.",
    ADDRESSED: _PICK_ME,
    PRYING: "That was shown to nobody: there is no visitor here who could read it.",
}
#: MISTYPED where the visitor could have read it.
_HELD_BACK = {
    "": (
        "That was not understood as a command and was not shown to the visitor. Mention me with "
        f"“{{detail}}” to give it. {_SHOWN_ALL_THE_SAME}"
    ),
    NOTE: (
        "A line of that looks like a note without its two slashes, so none of it was shown to the "
        f"visitor. A note begins with “//”. {_SHOWN_ALL_THE_SAME}"
    ),
    ADDRESSED: f"That was not shown to the visitor. {_PICK_ME} {_SHOWN_ALL_THE_SAME}",
    PRYING: (
        "That asks for a password or a code for signing in, so it was not shown to the visitor: "
        "computing support never needs one, and the answer would stay on the ticket. "
        f"{_SHOWN_ALL_THE_SAME}"
    ),
}


def worded(chat: Chat | None, form: str) -> str:
    """Word what was held back; “say:” is told of only where a visitor can be shown anything.

    ``form`` is a command's, or NOTE, ADDRESSED or PRYING (bot/domain/mistyped.py); it goes into
    ``{detail}``.
    """
    named = form if form in (NOTE, ADDRESSED, PRYING) else ""
    heard = chat is not None and chat.state is State.OPEN
    return (_HELD_BACK if heard else _DONE_NOTHING)[named]


def fitting(chat: Chat | None, form: str) -> str:
    """Return a form as this chat has it: a record's names what its own ticket needs.

    The digits themselves are for the CO to read off the ticket (docs/decisions/0011).
    """
    if chat is None or form != RECORD:
        return form
    if chat.intake is not None or not chat.ticket.ref.number:
        return NEW
    return send_command(chat.identity, target(chat))

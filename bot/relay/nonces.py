"""Which state of a chat a button was drawn for, so that a press that Teams re-sends does nothing.

Teams sends a press that it saw no answer to once more, up to half a minute later and with a new
id. By then the chat may have gone on and come back to a state in which the button would work:
a link was taken back, a filing failed. So every button carries its chat's nonce. A card is redrawn
late (card edits wait behind everything else), hence per verb only that part is compared which a
press of this very verb changes: whoever presses a card that is merely behind is not refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.chat import Chat, State
from bot.domain.messages import EmptyText, TextTooLong, tidy

#: The name of the nonce among a press's values.
NONCE = "nonce"
_FILINGS = frozenset({"file", "new", "triage"})
_OF_THE_MOVE = frozenset({"rebind", "stay"})
_OF_THE_LINK = frozenset({"invite", "revoke", "cancel"})
#: What a verb's press counts up, and its name among the press's values.
_COUNTS: dict[str, tuple[str, Callable[[Chat], int]]] = {
    "back": ("returns", lambda chat: chat.returns),
    "take": ("takes", lambda chat: chat.takes),
    "move": ("moves", lambda chat: chat.moves),
    "mail": ("mailings", lambda chat: len(chat.mailings)),
}
#: Where a verb's press leads; one that finds the chat there has been carried out before.
_CARRIED_OUT = {
    "revoke": frozenset({State.PROPOSED, State.CANCELLED}),
    "cancel": frozenset({State.CANCELLED}),
    "end": frozenset({State.ENDED, State.HELD, State.FILING, State.FILED, State.PURGED}),
}


def nonce(chat: Chat) -> str:
    """Return what a card drawn now puts into its buttons: ``<invitation's number>.<filings>``."""
    return f"{chat.invitation.number if chat.invitation else 0}.{chat.filings}"


def is_stale(chat: Chat, verb: str, values: Mapping[str, str]) -> bool:
    """Tell whether this is no press on the chat as it is, but an old one come again.

    Without a nonce (a typed command, a card of the version before) only the state decides.
    """
    if verb in _OF_THE_MOVE and "move" in values:
        return values["move"] != (str(chat.move.number) if chat.move else "")
    counted, many = _COUNTS.get(verb, ("", lambda _: 0))
    if counted in values:
        return values[counted] != str(many(chat))
    drawn = values.get(NONCE)
    if drawn is None:
        return False
    number, _, filings = drawn.partition(".")
    then, now = (number, filings), nonce(chat).split(".")
    if verb in _OF_THE_LINK:
        return then[0] != now[0]
    if verb == "undo":
        return then[1] != now[1]
    if verb in _FILINGS and then[1] != now[1] and chat.state is State.ENDED:
        return _is_same_filing(chat, verb, then[1], values)
    return False


def _is_same_filing(chat: Chat, verb: str, drawn: str, values: Mapping[str, str]) -> bool:
    """A filing failed, was stopped or undone since the card was drawn: is this that filing's press?

    A summary typed into a card that has not been redrawn is new words and must not get lost, nor
    must another queue that was chosen there.
    """
    if chat.filing is None or drawn != str(chat.filings - 1):
        return True
    first, again = chat.filing, (_tidied(values.get("summary", "")), values.get("status", ""))
    made = first.new_ticket
    if (made is None) != (verb == "file"):
        return False
    if (
        made
        and verb == "new"
        and values.get("queue", "").strip().casefold() != made.queue.casefold()
    ):
        return False
    return again[0] == first.summary and (verb != "file" or again[1] == first.set_status)


def has_other_words(chat: Chat, verb: str, values: Mapping[str, str]) -> bool:
    """Tell whether a stale press carries a summary that is not the one sent last.

    On a card of before that it is an old press come again, or new words: nobody can tell.
    """
    summary = _tidied(values.get("summary", "")) if verb in _FILINGS else ""
    return summary not in ("", chat.filing.summary if chat.filing else "")


def _tidied(summary: str) -> str:
    try:
        return tidy(summary)
    except (EmptyText, TextTooLong):
        return ""


def is_repeat(chat: Chat, verb: str, values: Mapping[str, str]) -> bool:
    """Tell whether a press that cannot happen now has been carried out before."""
    return NONCE in values and chat.state in _CARRIED_OUT.get(verb, ())

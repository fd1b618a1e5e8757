"""What happens to a chat because nobody does anything: warned, kept open, filed unasked (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, Filing
from bot.domain.matching import Match, match
from bot.domain.messages import SYSTEM, Role
from bot.domain.steps import Step


def heard(chat: Chat, event: e.Event) -> tuple[Chat, list[f.Effect]]:
    """Somebody is there: the chat does not end by itself for now."""
    changes, effects = hearing(chat, event)
    return replace(chat, **changes), effects


def hearing(chat: Chat, event: e.Event) -> tuple[dict[str, Any], list[f.Effect]]:
    """Return what that changes, for whoever changes more of the chat: each change copies all of it."""
    effects: list[f.Effect] = [f.ShowCard()] if chat.closing else []
    return {"heard": event.at, "closing": None}, effects


def asked_of_rt(chat: Chat) -> Filing | None:
    """Return what was last asked of RT, unless it was undone, or was before the chat was moved.

    Where the record may be already it is still looked for, whatever was done since.
    """
    filing = chat.filing
    if filing is None or filing.unclear:
        return filing
    return None if filing.left or filing.undone_by is not None else filing


def unasked(chat: Chat, event: e.Event, why: str) -> Chat:
    """Put the chat on its way to RT although no CO asks for it now; if one did, with his summary."""
    summary, intake = f"No summary was given: {why}", chat.intake
    filing = asked_of_rt(chat)
    if filing is None:  # of what does not stand any more only the words are left
        by, words = (chat.filing.by, chat.filing.summary) if chat.filing else (SYSTEM, summary)
        filing = Filing(by, event.at, words, new_ticket=intake, match=_unconfirmed(chat))
    elif filing.undone_by is not None:
        filing = _place(chat, filing)
    filing = replace(filing, unasked=True, requested=event.at, undone_by=None)
    return replace(chat, filing=filing, move=None, filings=chat.filings + 1)


def _place(chat: Chat, undone: Filing) -> Filing:
    """Keep of an undone filing, beside its words, where to look: the record may be there from before."""
    made, whose = undone.new_ticket, chat.intake.requestor if chat.intake else ""
    made = replace(made, requestor=whose) if made else None
    fits = _unconfirmed(chat)
    return replace(undone, new_ticket=made, set_status="", match=fits, reason="")


def _unconfirmed(chat: Chat) -> Match:
    """How visitor and ticket fit as nobody has confirmed it: a red one must yet be stopped."""
    return Match.GREEN if match(chat.identity, chat.ticket) is Match.GREEN else Match.AMBER


def _warned(chat: Chat, event: e.SilenceWarned) -> Step:
    if chat.closing and chat.closing > event.at:
        return chat, ()
    minutes = max(1, round((event.closes - event.at) / timedelta(minutes=1)))
    tell = f.TellThread(f.Word.SILENT, "1 minute" if minutes == 1 else f"{minutes} minutes")
    return replace(chat, closing=event.closes), (tell, f.ShowCard())


def _still_here(chat: Chat, event: e.StillHere) -> Step:
    was_warned = chat.closing is not None
    chat, effects = heard(chat, event)
    if was_warned and event.by.role is Role.VISITOR:
        effects.insert(0, f.TellThread(f.Word.STILL_HERE))
    return chat, tuple(effects)


def _filed(chat: Chat, event: e.FiledUnasked) -> Step:
    was, said = chat.filing, event.why
    told = was is not None and was.unasked and event.new_ticket in (None, was.new_ticket)
    if event.new_ticket is not None:
        said += (
            f" It becomes a new ticket in the queue “{event.new_ticket.queue}”, to be looked at."
        )
    effects: list[f.Effect] = [] if told else [f.TellThread(f.Word.FILED_UNASKED, said)]
    chat = unasked(chat, event, event.why)
    assert chat.filing
    # A ticket that a CO asked to be made is still the one it goes into.
    made = event.new_ticket or chat.filing.new_ticket
    filing = replace(chat.filing, match=event.match, new_ticket=made)
    if event.new_ticket is not None:
        filing = replace(filing, set_status="")  # that was for a ticket that somebody has looked at
    return replace(chat, filing=filing), (*effects, f.FileTranscript(), f.ShowCard())


STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    e.SilenceWarned: _warned,
    e.StillHere: _still_here,
    e.FiledUnasked: _filed,
}

"""The one question at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat
from bot.domain.filing import with_filing
from bot.domain.rating import Rating
from bot.domain.tickets import NewTicket, TicketRef
from bot.domain.transcript import rated, resolve
from bot.domain.transcript_json import as_json
from bot.domain.transcript_text import as_text
from tests.people import (
    ADA,
    GRACE,
    LATER,
    NOW,
    RECEIPT,
    SOON,
    TICKET,
    after,
    effects,
    invited,
)

MADE = NewTicket("physics", "Triage", "Printer")


def asked(*events: e.Event) -> Chat:
    """Ada is in a chat at whose end she is asked."""
    return after(invited(), e.VisitorJoined(NOW, ADA, rates=True), *events)


ENDED = e.Ended(NOW, ADA)
HELD = e.FilingHeld(NOW, GRACE, "Toner.", until=SOON)
SENT = e.FilingRequested(NOW, GRACE, "Toner.")


@pytest.mark.parametrize("events", [[ENDED], [ENDED, HELD], [HELD, e.FilingUndone(NOW, GRACE)]])
def test_an_answer_counts_from_the_end_until_the_record_leaves(events: list[e.Event]) -> None:
    chat = asked(*events)
    assert chat.may_be_rated
    chat = after(chat, e.Rated(LATER, Rating.PARTLY))
    assert chat.rating is Rating.PARTLY
    assert not chat.may_be_rated


@pytest.mark.parametrize("events", [[], [SENT], [SENT, e.TranscriptFiled(NOW, RECEIPT)]])
def test_before_the_end_and_once_the_record_has_left_nobody_is_asked(events: list[e.Event]) -> None:
    assert not asked(*events).may_be_rated


def test_who_was_blocked_is_not_asked() -> None:
    chat = asked(e.Blocked(NOW, GRACE, LATER))
    assert not chat.may_be_rated
    assert after(chat, e.Unblocked(NOW)).may_be_rated


def test_the_first_answer_stands() -> None:
    chat = asked(ENDED, e.Rated(NOW, Rating.NO), e.Rated(LATER, Rating.YES))
    assert chat.rating is Rating.NO


def test_where_the_site_does_not_ask_an_answer_is_not_kept() -> None:
    chat = after(invited(), e.VisitorJoined(NOW, ADA), ENDED, e.Rated(NOW, Rating.YES))
    assert chat.rating is None


def test_a_record_that_may_be_in_rt_is_not_changed_any_more() -> None:
    chat = asked(SENT, e.FilingFailed(NOW, "RT cut it.", unclear=True))
    assert not chat.may_be_rated
    assert after(chat, e.Rated(NOW, Rating.YES)).rating is Rating.AWAITED
    assert with_filing(chat, unclear=False).may_be_rated


def test_the_answer_stands_in_the_record_and_goes_with_the_rest() -> None:
    chat = asked(ENDED, e.Rated(NOW, Rating.YES), SENT)
    assert as_json(chat, resolve([]))["rating"] == "yes"
    assert "Has the chat helped? The visitor says: yes." in as_text(chat, (), UTC)
    gone = after(chat, e.TranscriptFiled(NOW, RECEIPT), e.Purged(NOW))
    assert gone.rating is None


def test_of_a_question_without_an_answer_the_record_says_nothing() -> None:
    chat = asked(ENDED, SENT)
    assert rated(chat) == ()
    assert as_json(chat, ())["rating"] is None


# --- into a field of the ticket --------------------------------------------------------------------


def set_by(chat: Chat, receipt: e.Receipt = RECEIPT) -> list[f.SetRating]:
    """What is to be set when that receipt comes."""
    found = effects(chat, e.TranscriptFiled(NOW, receipt))
    return [one for one in found if isinstance(one, f.SetRating)]


def sent(new: NewTicket | None = None, rating: Rating | None = Rating.PARTLY) -> Chat:
    """Ada's chat, on its way to RT; she has answered, unless ``rating`` is None."""
    answered = [e.Rated(NOW, rating)] if rating else []
    return asked(ENDED, *answered, replace(SENT, new_ticket=new))


def test_an_answer_is_set_on_the_ticket_that_has_the_record() -> None:
    assert set_by(sent()) == [f.SetRating(TICKET.ref, Rating.PARTLY)]
    made = TicketRef("physics", 70_001)
    assert set_by(sent(MADE), replace(RECEIPT, ticket=70_001)) == [f.SetRating(made, Rating.PARTLY)]


def test_it_is_not_set_on_a_ticket_that_the_record_was_merged_into() -> None:
    assert set_by(sent(), replace(RECEIPT, ticket=TICKET.ref.number + 1)) == []


def test_it_is_not_set_where_nobody_knows_whether_the_record_arrived() -> None:
    mailed = replace(RECEIPT, transaction=0, proven=False)
    assert set_by(sent(), mailed) == []
    assert set_by(sent(), replace(RECEIPT, proven=False)) != []  # RT took it, and only hides it
    assert set_by(sent(), replace(mailed, taken=True)) != []  # the same, by REST 1.0


def test_without_an_answer_nothing_is_set() -> None:
    assert set_by(sent(rating=None)) == []
    never = after(invited(), e.VisitorJoined(NOW, ADA), ENDED, SENT)
    assert set_by(never) == []


@pytest.mark.parametrize("events", [(), (e.Purged(NOW),)])
def test_that_it_could_not_be_set_is_told_and_changes_nothing_else(events: tuple[e.Event]) -> None:
    chat = after(sent(), e.TranscriptFiled(NOW, RECEIPT), *events)
    event = e.RatingNotSet(NOW, "No right.")
    assert effects(chat, event) == (f.TellThread(f.Word.RATING_PROBLEM, "No right."),)
    assert after(chat, event) == chat

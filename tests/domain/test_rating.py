"""The one question at the end."""

from __future__ import annotations

from datetime import UTC

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat
from bot.domain.filing import with_filing
from bot.domain.rating import Rating
from bot.domain.transcript import rated, resolve
from bot.domain.transcript_json import as_json
from bot.domain.transcript_text import as_text
from tests.people import ADA, GRACE, LATER, NOW, RECEIPT, SOON, after, invited


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

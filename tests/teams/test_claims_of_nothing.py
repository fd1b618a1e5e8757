"""Nobody is told that nothing was sent when something was, or may have been."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain.chat import Chat, State
from bot.domain.effects import Word
from bot.domain.events import (
    Cancelled,
    Erased,
    FilingFailed,
    FilingHeld,
    FilingReleased,
    FilingStopped,
    FilingUndone,
    Invited,
    Purged,
    TranscriptFiled,
)
from bot.domain.invitations import Route
from bot.domain.matching import Change
from bot.relay.answering import Answer
from bot.relay.ports import Listening, Tell
from bot.teams import words
from bot.teams.cards import card
from tests.people import (
    ADAS,
    ALAN,
    GRACE,
    LATER,
    NOW,
    RECEIPT,
    SOON,
    TICKET,
    after,
    filing,
    held,
    proposed,
    talking,
)
from tests.teams.cast import view

CLAIM = re.compile(
    r"nothing (was|has|had|of it was) (sent|put|left|filed)|\bnot (yet )?(on|in) (the |a )?(ticket|new|rt\b)",
    re.IGNORECASE,
)
FAILED = FilingFailed(NOW, "It may have been mailed.", unclear=True)
STOPPED = FilingStopped(NOW, replace(TICKET, queue="Elsewhere"), (Change.QUEUE,))
AGAIN = FilingHeld(NOW, GRACE, "Toner.", until=SOON)
DOUBTFUL = after(filing(), FAILED)  # a mail that was handed in, and that nobody can see
#: Chats whose record is in RT, or may be, in every state in which that can be.
MAYBE: dict[str, Chat] = {
    "refused": DOUBTFUL,
    "stopped": after(filing(), replace(STOPPED, unclear=True)),
    "held again": after(DOUBTFUL, AGAIN),
    "undone again": after(DOUBTFUL, AGAIN, FilingUndone(NOW, ALAN)),
    "on its way again": after(DOUBTFUL, AGAIN, FilingReleased(NOW)),
    "stopped again": after(DOUBTFUL, AGAIN, FilingReleased(NOW), STOPPED),
    "refused again": after(DOUBTFUL, AGAIN, FilingReleased(NOW), FilingFailed(NOW, "No right.")),
    "on its way": filing(),
    "filed": after(filing(), TranscriptFiled(NOW, RECEIPT)),
    "filed by mail": after(filing(), TranscriptFiled(NOW, replace(RECEIPT, proven=False))),
    "purged": after(filing(), TranscriptFiled(NOW, RECEIPT), Purged(NOW)),
    "erased": after(filing(), Erased(NOW)),
    "erased after a doubt": after(DOUBTFUL, Erased(NOW)),
}
#: Chats of whose record nothing has left for certain.
NEVER: dict[str, Chat] = {
    "undone": after(held(), FilingUndone(NOW, ALAN)),
    "stopped": after(filing(), STOPPED),
    "held": held(),
}


def shown(chat: Chat) -> str:
    """All that the chat's card says."""
    said = json.dumps(card(view(chat), UTC), ensure_ascii=False)
    return said.replace("**", "").replace("“not in RT”", "those words")


def told(word: Word | Answer, chat: Chat) -> str:
    return words.say(Tell(word, "Why.", chat), Listening.THREAD)


@pytest.mark.parametrize("name", MAYBE)
def test_the_card_claims_no_such_thing_of_a_record_that_is_or_may_be_there(name: str) -> None:
    assert not CLAIM.search(shown(MAYBE[name]))


@pytest.mark.parametrize("name", MAYBE)
@pytest.mark.parametrize("word", [word for word in [*Word, *Answer] if word is not Word.ERASED])
def test_nor_does_a_notice_also_one_that_comes_late(word: Word | Answer, name: str) -> None:
    assert not CLAIM.search(told(word, MAYBE[name]))


@pytest.mark.parametrize("name", [name for name in MAYBE if "erased" in name])
def test_nor_does_the_notice_of_an_erasure(name: str) -> None:
    assert not CLAIM.search(told(Word.ERASED, MAYBE[name]))


@pytest.mark.parametrize("name", NEVER)
def test_of_a_record_that_certainly_is_not_there_it_is_said(name: str) -> None:
    assert CLAIM.search(shown(NEVER[name]))


def test_a_filing_that_is_undone_after_a_doubtful_one_says_to_look() -> None:
    said = shown(MAYBE["undone again"])
    assert "Undone by Alan Turing" in said
    assert "An earlier try may be in RT" in said


@pytest.mark.parametrize(
    ("word", "chat"),
    [
        (Word.FILING_FAILED, MAYBE["filed"]),
        (Word.FILING_STOPPED, MAYBE["on its way"]),
        (Answer.NOT_FILED, held()),
    ],
)
def test_what_is_told_late_of_a_record_that_was_sent_since_says_that(
    word: Word | Answer, chat: Chat
) -> None:
    said = told(word, chat)
    assert "since" in said
    assert "the card" in said


def test_an_invitation_that_stands_on_the_ticket_is_not_nothing() -> None:
    mailed = after(proposed(), Invited(NOW, GRACE, ADAS, Route.CORRESPOND, LATER))
    said = shown(after(mailed, Cancelled(NOW, GRACE)))
    assert "The invitation may stand on the ticket" in said
    assert "Nothing was put on the ticket" not in said
    copied = after(proposed(), Invited(NOW, GRACE, ADAS, Route.COPY, LATER))
    assert "may stand" not in shown(after(copied, Cancelled(NOW, GRACE)))


def test_all_states_in_which_a_record_may_be_in_rt_are_tried_above() -> None:
    before = {State.PROPOSED, State.INVITED, State.OPEN, State.CANCELLED}
    assert {chat.state for chat in MAYBE.values()} == set(State) - before
    assert talking().state is State.OPEN

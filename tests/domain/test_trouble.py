"""What a chat makes of trouble on its way to Teams: who is told what, and what is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.advance import advance
from bot.domain.chat import Chat, NotNow, State
from bot.domain.messages import MAX_CHAT_BYTES, SYSTEM, Kind, Notice
from bot.domain.transcript import resolve
from tests.people import (
    ADA,
    GRACE,
    NOW,
    after,
    effects,
    filed,
    filing,
    invited,
    proposed,
    talking,
)


def spoken(*texts: str) -> Chat:
    """A chat in which Ada said something; her first message is line 2."""
    return after(talking(), *(e.Said(NOW, ADA, f"k{n}", text) for n, text in enumerate(texts)))


def ended() -> Chat:
    return after(spoken("one", "two"), e.Ended(NOW, GRACE))


def words(what: tuple[f.Effect, ...]) -> list[f.Effect]:
    return [effect for effect in what if not isinstance(effect, f.Record)]


# --- messages that Teams did not take ------------------------------------------------------------


@pytest.mark.parametrize("chat", [spoken("one", "two"), ended()])
@pytest.mark.parametrize(
    ("sure", "notice", "word"),
    [
        (True, Notice.NOT_SHOWN, f.Word.NOT_SHOWN),
        (False, Notice.NOT_SURE, f.Word.NOT_SURE),
    ],
)
def test_each_message_that_teams_did_not_take_is_marked_and_the_co_is_told_the_numbers(
    chat: Chat, sure: bool, notice: Notice, word: f.Word
) -> None:
    later, what = advance(chat, e.NotShown(NOW, (2, 3), sure))
    lines = [effect.message for effect in what if isinstance(effect, f.Record)]
    assert [(line.kind, line.author, line.text, line.target) for line in lines] == [
        (Kind.NOTICE, SYSTEM, notice, 2),
        (Kind.NOTICE, SYSTEM, notice, 3),
    ]
    assert words(what) == [f.TellThread(word, "#2, #3")]
    assert later.head == chat.head + 2
    assert later.state is chat.state


@pytest.mark.parametrize("chat", [filing(), filed()])
def test_a_record_on_its_way_is_not_changed_by_what_teams_did_not_take(chat: Chat) -> None:
    assert advance(chat, e.NotShown(NOW, (2,))) == (chat, (f.TellThread(f.Word.NOT_SHOWN, "#2"),))


def test_a_full_chat_can_still_say_what_was_not_shown() -> None:
    full = replace(spoken("one"), size=MAX_CHAT_BYTES)
    assert advance(full, e.NotShown(NOW, (2,)))[0].head == full.head + 1


def test_the_record_names_the_message_that_computing_support_did_not_see() -> None:
    what = effects(spoken("one"), e.NotShown(NOW, (2,)))
    (line,) = resolve([effect.message for effect in what if isinstance(effect, f.Record)])
    assert line.notice
    assert "#2" in line.text


# --- a service that was away -----------------------------------------------------------------------


def test_an_open_chats_thread_is_told_when_nobody_listened_and_the_visitor_is_not() -> None:
    chat = spoken("one")
    told = f.TellThread(f.Word.AWAY, "10:02 to 10:09")
    assert advance(chat, e.Interrupted(NOW, "10:02 to 10:09")) == (chat, (told,))


@pytest.mark.parametrize("chat", [proposed(), invited(), ended(), filing(), filed()])
def test_where_nobody_waits_for_an_answer_an_interruption_is_not_told(chat: Chat) -> None:
    with pytest.raises(NotNow):
        advance(chat, e.Interrupted(NOW, "10:02 to 10:09"))


# --- a thread that is gone ---------------------------------------------------------------------------


@pytest.mark.parametrize("chat", [spoken("one"), ended()])
def test_a_lost_thread_is_told_elsewhere_and_the_record_goes_to_rt(chat: Chat) -> None:
    later, what = advance(chat, e.ThreadLost(NOW))
    assert later.state is State.FILING
    assert words(what) == [f.FileTranscript(), f.TellElsewhere(f.Word.ORPHANED)]


@pytest.mark.parametrize("chat", [proposed(), invited()])
def test_a_thread_lost_before_anybody_joined_leaves_nothing_to_tell(chat: Chat) -> None:
    later, what = advance(chat, e.ThreadLost(NOW))
    assert later.state is State.CANCELLED
    assert what == ()


# --- what is counted -------------------------------------------------------------------------------


def test_requests_to_file_are_counted_if_they_were_followed() -> None:
    pressed = e.FilingRequested(NOW, GRACE, "Toner.")
    chat = after(talking(), pressed, pressed)
    assert chat.filings == 1
    again = after(chat, e.FilingFailed(NOW, "No right."), pressed)
    assert again.filings == 2
    assert after(again, e.FilingFailed(NOW, "No right."), e.ThreadLost(NOW)).filings == 3


def test_a_chats_first_message_is_marked_so_that_it_goes_before_other_chats_next_ones() -> None:
    chat, what = advance(talking(), e.Said(NOW, ADA, "k1", "hello"))
    assert f.RelayToThread(2, first=True, size=10) in what
    assert f.RelayToThread(3, first=False, size=2) in effects(chat, e.Said(NOW, ADA, "k2", "x"))


def test_an_operators_words_do_not_make_the_visitors_the_second_ones() -> None:
    chat = after(talking(), e.Said(NOW, GRACE, "k1", "hello"))
    assert f.RelayToThread(3, first=True, size=2) in effects(chat, e.Said(NOW, ADA, "k2", "x"))


def test_a_message_is_as_large_as_teams_counts_it() -> None:
    assert f.RelayToThread(2, first=True, size=4) in effects(talking(), e.Said(NOW, ADA, "k", "🖨"))

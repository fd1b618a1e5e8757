"""Chats that nobody ends."""

from datetime import timedelta

import pytest

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, Filing, State
from bot.domain.effects import Word
from bot.domain.matching import Match
from bot.domain.messages import SYSTEM, Notice
from bot.domain.presence import Presence
from bot.domain.silence import Patience, silent_since, warn_at
from bot.domain.tickets import NewTicket
from tests.people import ADA, GRACE, LATER, NOW, after, effects, talking

MINUTE = timedelta(minutes=1)
PATIENCE = Patience()


def warned(chat: Chat) -> Chat:
    return after(chat, e.SilenceWarned(NOW + MINUTE, NOW + 16 * MINUTE))


def told(given: tuple[f.Effect, ...]) -> list[Word]:
    return [effect.word for effect in given if isinstance(effect, f.TellThread)]


@pytest.mark.parametrize(
    ("presence", "patience"),
    [
        (Presence.GONE, PATIENCE.gone),
        (Presence.HIDDEN, PATIENCE.hidden),
        (Presence.OPEN, PATIENCE.open),
    ],
)
def test_how_long_silence_may_be_depends_on_where_the_visitors_window_is(
    presence: Presence, patience: timedelta
) -> None:
    chat = after(talking(), e.PresenceChanged(NOW + MINUTE, presence))
    seen = NOW if presence is Presence.OPEN else NOW + MINUTE  # it was open already
    assert warn_at(chat, PATIENCE) == seen + patience


@pytest.mark.parametrize(
    "event",
    [
        e.Said(LATER, ADA, "k", "hello"),
        e.Said(LATER, GRACE, "k", "hello"),
        e.Edited(LATER, GRACE, "k", 1, "hallo"),
        e.StillHere(LATER, ADA),
        e.StillHere(LATER, GRACE),
    ],
)
def test_whoever_is_heard_keeps_the_chat_open(event: e.Event) -> None:
    chat = after(warned(talking()), event)
    assert chat.closing is None
    assert silent_since(chat) == LATER
    assert f.ShowCard() in effects(warned(talking()), event)


def test_a_visitor_who_comes_back_to_the_page_keeps_it_open() -> None:
    gone = after(talking(), e.PresenceChanged(NOW, Presence.GONE))
    assert after(warned(gone), e.PresenceChanged(LATER, Presence.HIDDEN)).closing
    assert after(warned(gone), e.PresenceChanged(LATER, Presence.OPEN)).closing is None


def test_both_sides_are_warned_once() -> None:
    warning = e.SilenceWarned(NOW, NOW + 15 * MINUTE)
    (tell, *_) = effects(talking(), warning)
    assert tell == f.TellThread(Word.SILENT, "15 minutes")
    assert not effects(after(talking(), warning), warning)


def test_the_co_hears_that_the_visitor_is_still_there_only_if_it_was_in_doubt() -> None:
    assert told(effects(warned(talking()), e.StillHere(LATER, ADA))) == [Word.STILL_HERE]
    assert not effects(talking(), e.StillHere(LATER, ADA))
    assert not told(effects(warned(talking()), e.StillHere(LATER, GRACE)))


def test_silence_ends_the_chat_in_nobodys_name() -> None:
    what = effects(warned(talking()), e.Ended(LATER, SYSTEM))
    (line,) = [effect.message for effect in what if isinstance(effect, f.Record)]
    assert (line.text, line.author) == (Notice.ENDED_BY_SILENCE, SYSTEM)
    assert told(what) == [Word.ENDED_BY_SILENCE]
    chat = after(warned(talking()), e.Ended(LATER, SYSTEM))
    assert (chat.state, chat.closing) == (State.ENDED, None)


def test_what_nobody_files_goes_by_itself_and_says_that_it_has_no_summary() -> None:
    chat = after(talking(), e.Ended(NOW, GRACE))
    event = e.FiledUnasked(LATER, "nobody sent it.")
    assert f.FileTranscript() in effects(chat, event)
    filing = after(chat, event).filing
    assert filing
    assert (filing.by, filing.summary) == (SYSTEM, "No summary was given: nobody sent it.")


def test_a_summary_that_rt_refused_is_not_lost_when_it_goes_by_itself() -> None:
    chat = after(
        talking(),
        e.FilingRequested(NOW, GRACE, "Toner was empty.", "resolved"),
        e.FilingFailed(NOW, "No right."),
        e.FiledUnasked(LATER, "nobody sent it."),
    )
    assert chat.filing
    assert (chat.filing.by, chat.filing.summary) == (GRACE, "Toner was empty.")
    assert chat.filing.set_status == "resolved"


def test_what_goes_by_itself_is_undone_no_more_although_a_co_once_undid_it() -> None:
    """RT may have it from before, so it still goes where it went; else Undo would seem to work."""
    chat = after(
        talking(),
        e.FilingRequested(NOW, GRACE, "Toner was empty."),
        e.FilingFailed(NOW, "No answer.", unclear=True),
        e.FilingHeld(NOW, GRACE, "Toner was empty.", until=LATER),
        e.FilingUndone(NOW, GRACE),
        e.FiledUnasked(LATER, "nobody sent it."),
    )
    assert chat.state is State.FILING
    assert chat.filing
    assert (chat.filing.unclear, chat.filing.undone_by) == (True, None)


def test_what_is_tried_for_ever_is_told_once() -> None:
    chat = after(talking(), e.Ended(NOW, GRACE), e.FiledUnasked(NOW, "nobody sent it."))
    refusal = e.FilingFailed(NOW, "No right.")
    assert told(effects(chat, refusal)) == [Word.FILING_FAILED]
    again = after(chat, refusal, e.FiledUnasked(LATER, "nobody sent it."))
    assert told(effects(again, refusal)) == []
    assert told(effects(again, e.FilingFailed(LATER, "It is deleted."))) == [Word.FILING_FAILED]
    assert told(effects(after(chat, refusal), e.FiledUnasked(LATER, "x"))) == []


def test_where_it_goes_is_told_when_it_does_not_go_into_the_chats_own_ticket() -> None:
    chat = after(talking(), e.Ended(NOW, GRACE))
    made = NewTicket("rt", "Triage", "Live chat")
    event = e.FiledUnasked(LATER, "nobody sent it.", Match.RED, made)
    (tell, *_) = effects(chat, event)
    assert isinstance(tell, f.TellThread)
    assert "new ticket in the queue “Triage”" in tell.detail
    assert after(chat, event).filing == Filing(
        SYSTEM,
        LATER,
        "No summary was given: nobody sent it.",
        new_ticket=made,
        match=Match.RED,
        unasked=True,
    )


def test_a_new_ticket_that_a_co_asked_for_is_still_where_it_goes() -> None:
    made = NewTicket("rt", "Support", "Live chat")
    chat = after(
        talking(),
        e.FilingRequested(NOW, GRACE, "Toner.", new_ticket=made),
        e.FilingFailed(NOW, "No right."),
        e.FiledUnasked(LATER, "nobody sent it."),
    )
    assert chat.filing
    assert chat.filing.new_ticket == made

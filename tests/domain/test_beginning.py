"""Chats that visitors begin: the wait, and into which tickets they may go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.advance import advance
from bot.domain.asking import BadFields, Detail, Question, read_question
from bot.domain.beginning import waiting_longer
from bot.domain.chat import Chat, ChatFull, Misplaced, NotNow, State
from bot.domain.identity import Identity
from bot.domain.matching import Match
from bot.domain.messages import Kind, Notice
from bot.domain.presence import Presence
from bot.domain.tickets import Listed, NewTicket, OwnTickets, TicketRef
from bot.domain.transcript import people
from tests.domain.test_advance import EVENTS
from tests.people import (
    ADA,
    ALAN,
    GRACE,
    INTAKE,
    LATER,
    NOW,
    SIGNED_IN,
    SOON,
    STRANGER,
    TICKET,
    after,
    asking,
    effects,
    proposed,
    talking,
    untold,
)

NEW = NewTicket("rt", "Live chat", "Beeping", "")


def test_a_question_opens_the_chat_and_its_thread_before_anything_is_posted_there() -> None:
    asked = e.Asked(NOW, ADA, STRANGER, "k", "Why?")
    chat, then = advance(untold(), asked)
    assert (chat.state, chat.visitor, chat.identity, chat.operators) == (
        State.OPEN,
        ADA,
        STRANGER,
        (),
    )
    assert chat.waits
    line, opening, relayed, told = then
    assert isinstance(line, f.Record)
    assert (line.message.kind, line.message.text, line.message.key) == (Kind.SAID, "Why?", "k")
    assert opening == f.OpenThread()
    assert relayed == f.RelayToThread(1, first=True, size=8)
    assert told == f.TellThread(f.Word.ASKED)


def test_the_open_tickets_of_who_signed_in_are_looked_for_and_of_nobody_else() -> None:
    own = OwnTickets((Listed(TicketRef("rt", 777), "Toner", "Support", "open"),), 2)
    hers = effects(untold(), e.Asked(NOW, ADA, SIGNED_IN, "k", "Why?"))
    assert f.FindOwnTickets() in hers
    found = e.OwnTicketsFound(NOW, own)
    chat, then = advance(asking(SIGNED_IN), found)
    assert (chat.own, then) == (own, (f.ShowCard(),))
    assert advance(chat, found) == (chat, ())
    assert advance(asking(), found) == (asking(), ())
    moved = after(chat, e.MoveProposed(NOW, GRACE, TICKET), e.Moved(NOW, GRACE, 1))
    assert moved.own is None
    assert advance(moved, found) == (moved, ())


def test_who_waits_is_told_how_many_others_have_been_waiting_longer_and_are_there() -> None:
    def waits(name: str, minutes: int, **changes: Any) -> Chat:
        return replace(asking(), id=name, created=NOW + timedelta(minutes=minutes), **changes)

    answered = after(waits("answered", 0), e.Said(NOW, GRACE, "g", "Toner."))
    back = after(replace(answered, id="back"), e.HandedBack(NOW + timedelta(minutes=3), GRACE))
    ended = after(waits("ended", 0), e.Ended(NOW, ADA))
    chats = (
        waits("last", 9),
        waits("away", 1, presence=Presence.GONE),
        waits("first", 1),
        waits("hidden", 2, presence=Presence.HIDDEN),
        waits("with hidden", 2),
        *(answered, back, ended, replace(talking(), id="invited", unheard=NOW)),
    )
    assert waiting_longer(chats) == {
        "away": 0,
        "first": 0,
        "hidden": 1,
        "with hidden": 1,
        "back": 3,
        "last": 4,
    }


def test_no_visitor_begins_what_a_co_has_proposed() -> None:
    with pytest.raises(NotNow):
        advance(proposed(), e.Asked(NOW, ADA, SIGNED_IN, "k", "Why?"))


def test_who_answers_first_is_announced_and_nobody_waits_any_more() -> None:
    chat, then = advance(asking(), e.Said(NOW, GRACE, "g", "Toner."))
    assert (chat.operators, chat.waits) == ((GRACE,), False)
    said = [x.message.text for x in then if isinstance(x, f.Record)]
    assert said == [Notice.OPERATOR_JOINED, "Toner."]
    assert f.ShowCard() in then
    assert f.ShowCard() not in effects(chat, e.Said(NOW, ALAN, "a", "Or paper."))


def test_who_is_put_back_waits_for_another_and_the_record_names_both() -> None:
    talked = after(asking(), e.Unanswered(NOW), e.Said(NOW, GRACE, "g", "Toner."))
    back, then = advance(talked, e.HandedBack(LATER, GRACE))
    line, *others = then
    assert isinstance(line, f.Record)
    assert (line.message.author, line.message.text) == (GRACE, Notice.HANDED_BACK)
    assert others == [f.TellThread(f.Word.HANDED_BACK, GRACE.name), f.ShowCard()]
    assert (back.waits, back.waits_since, back.unanswered) == (True, LATER, None)
    assert effects(back, e.HandedBack(LATER, ALAN)) == ()  # there he is already
    taken = after(back, e.Said(SOON, ALAN, "a", "Or paper."))
    assert (taken.waits, taken.operators, taken.took_part) == (False, (ALAN,), (GRACE, ALAN))
    assert "Grace Hopper, Alan Turing" in people(taken)


def test_of_two_cos_only_the_one_leaves_who_cannot_go_on() -> None:
    both = after(asking(), e.Said(NOW, GRACE, "g", "Toner."), e.Said(NOW, ALAN, "a", "Or paper."))
    left, (line, *_) = advance(both, e.HandedBack(LATER, ALAN))
    assert isinstance(line, f.Record)
    assert (line.message.author, line.message.text) == (ALAN, Notice.HANDED_BACK)
    assert (left.operators, left.waits, left.took_part) == ((GRACE,), False, (GRACE, ALAN))
    for who in (GRACE, ALAN):  # also if she has gone home, and he presses once more
        assert after(left, e.HandedBack(LATER, who)).waits


def test_nobody_is_put_back_who_talks_about_a_ticket() -> None:
    with pytest.raises(NotNow):
        advance(talking(), e.HandedBack(NOW, GRACE))


def test_who_takes_a_waiting_visitor_to_a_ticket_is_there_for_him() -> None:
    asked = after(asking(SIGNED_IN), e.MoveProposed(NOW, GRACE, TICKET))
    taken, then = advance(asked, e.Moved(LATER, GRACE, 1))
    lines = [effect.message.text for effect in then if isinstance(effect, f.Record)]
    assert lines == [Notice.OPERATOR_JOINED, Notice.MOVED]
    assert (taken.waits, taken.operators) == (False, (GRACE,))
    talked = after(asked, e.Said(NOW, ALAN, "a", "Or paper."), e.Moved(LATER, GRACE, 1))
    assert talked.operators == (ALAN,)


def test_both_sides_are_told_once_that_nobody_has_answered() -> None:
    chat, then = advance(asking(), e.Unanswered(LATER))
    assert [type(x) for x in then] == [f.Record, f.TellThread, f.ShowCard]
    assert chat.unanswered == LATER
    assert effects(chat, e.Unanswered(LATER)) == ()
    answered = after(asking(), e.Said(NOW, GRACE, "g", "Toner."))
    assert effects(answered, e.Unanswered(LATER)) == ()


def test_what_is_filed_by_itself_goes_into_the_ticket_that_is_to_be_made() -> None:
    ended = after(asking(), e.Ended(NOW, ADA))
    for chat in (
        after(ended, e.FiledUnasked(NOW, "nobody was there.")),
        after(asking(), e.ThreadLost(NOW)),
    ):
        assert chat.state is State.FILING
        assert chat.filing
        assert chat.filing.new_ticket == INTAKE


@pytest.mark.parametrize("who", [STRANGER, SIGNED_IN])
@pytest.mark.parametrize(
    "event",
    [e.FilingRequested(NOW, GRACE, "Toner."), e.FilingHeld(NOW, GRACE, "Toner.", until=SOON)],
)
def test_no_event_puts_the_record_into_a_ticket_that_is_none(
    who: Identity, event: e.FilingRequested
) -> None:
    with pytest.raises(Misplaced):
        advance(asking(who), event)
    there = replace(event, ticket=TICKET, match=Match.RED, reason="because I say so")
    with pytest.raises(Misplaced):
        advance(asking(who), there)
    assert after(asking(who), replace(event, new_ticket=NEW)).filing


def test_a_strangers_chat_is_not_even_shown_another_ticket() -> None:
    with pytest.raises(Misplaced):
        advance(asking(), e.MoveProposed(NOW, GRACE, TICKET))


def test_a_stranger_who_got_into_a_chat_about_a_ticket_gets_nothing_into_it() -> None:
    chat = replace(asking(), intake=None, ticket=TICKET)  # which no event does
    for event in (e.FilingRequested(NOW, GRACE, ""), e.ThreadLost(NOW)):
        with pytest.raises(Misplaced):
            advance(chat, event)
    with pytest.raises(Misplaced):
        advance(after(chat, e.Ended(NOW, ADA)), e.FiledUnasked(NOW, "nobody was there."))


def test_who_signed_in_may_be_taken_to_a_ticket_and_then_it_is_that_ones_chat() -> None:
    chat = after(asking(SIGNED_IN), e.MoveProposed(NOW, GRACE, TICKET), e.Moved(NOW, GRACE, 1))
    assert (chat.ticket, chat.intake) == (TICKET, None)
    assert after(chat, e.FilingRequested(NOW, GRACE, "Toner.")).state is State.FILING


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_whatever_happens_a_strangers_record_goes_into_no_ticket_that_is_there(
    history: list[e.Event],
) -> None:
    chat: Chat = asking()
    for event in history:
        try:
            chat, what = advance(chat, event)
        except (NotNow, Misplaced, ChatFull):
            continue
        if any(isinstance(x, f.FileTranscript) for x in what):
            assert chat.filing
            assert chat.filing.new_ticket
        assert chat.ticket.ref.number == 0


def test_what_is_purged_names_nobody() -> None:
    told = replace(asking(), details=((Detail.ROOM, "AT 5.05"),))
    chat = after(told, e.ThreadLost(NOW))
    assert chat.filing
    kept = repr(
        after(
            replace(chat, state=State.FILED, filing=replace(chat.filing, summary="")), e.Purged(NOW)
        )
    )
    for word in ("Ada", "elsewhere", "beep", "AT 5.05"):
        assert word not in kept


# --- the form --------------------------------------------------------------------------------------


def test_a_form_is_taken_tidied() -> None:
    read = read_question(" Why?\r\nIt beeps. ", " Ada\tLovelace ", "ada@x.test", signed_in=False)
    assert read == Question("Why?\nIt beeps.", "Ada Lovelace", "ada@x.test")
    assert read.first_line == "Why?"


def test_a_question_is_called_by_its_first_line_that_is_seen() -> None:
    read = read_question("\u200b\u2800\n Why? \nTray 2.", "", "", signed_in=True)
    assert read.first_line == "Why?"


def test_who_signed_in_is_asked_for_nothing_but_the_question() -> None:
    assert read_question("Why?", "", "", signed_in=True) == Question("Why?")


def test_what_else_he_tells_is_a_line_each_and_what_he_does_not_is_nothing() -> None:
    told = {"room": " AT\n5.05 ", "browser": " \u200b", "key": "k"}
    read = read_question("Why?", "", "", signed_in=True, details=told)
    assert read == Question("Why?", details=((Detail.ROOM, "AT 5.05"),))
    assert read_question("Why?", "", "", signed_in=True, details={}) == Question("Why?")


@pytest.mark.parametrize("text", ["x" * 201, "x" * 40_000])
def test_what_else_he_tells_is_not_cut(text: str) -> None:
    with pytest.raises(BadFields) as caught:
        read_question("Why?", "", "", signed_in=True, details={"browser": text})
    assert caught.value.why == {"browser": "too_long"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (("", "Ada", "a@b.test"), {"question": "empty"}),
        (("\x00 ", "", ""), {"question": "empty", "name": "empty", "email": "empty"}),
        (
            ("x" * 4001, "x" * 81, "x" * 255),
            dict.fromkeys(("question", "name", "email"), "too_long"),
        ),
        (("x" * 40_000, "Ada", "a@b.test"), {"question": "too_long"}),
        (("Why?", "Ada", "ada"), {"email": "bad"}),
        (("Why?", "Ada", "a@b"), {"email": "bad"}),
        (("Why?", "Ada", "a@b.test\nBcc: eve@x.test"), {"email": "bad"}),
        (("Why?", "Ada", "a@b.test,eve@x.test"), {"email": "bad"}),
        (("\u200b", "\u2060\u3164", "a@b.test"), {"question": "empty", "name": "empty"}),
        (("Why?", "Ada", "a@b\u202e.tset"), {"email": "bad"}),
    ],
)
def test_all_that_is_wrong_is_told_at_once_by_field(
    fields: tuple[str, str, str], why: dict[str, str]
) -> None:
    with pytest.raises(BadFields) as caught:
        read_question(*fields, signed_in=False)
    assert caught.value.why == why

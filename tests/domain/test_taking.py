"""Taking a chat: it is had from then on, and no question is answered by that."""

from datetime import timedelta

import pytest

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.advance import advance
from bot.domain.beginning import waiting_longer
from bot.domain.chat import Chat
from bot.domain.messages import Notice
from bot.domain.transcript import people
from tests.people import (
    ADA,
    ALAN,
    GRACE,
    LATER,
    NOW,
    SIGNED_IN,
    SOON,
    TICKET,
    after,
    asking,
    effects,
    talking,
)


def lines(then: tuple[f.Effect, ...]) -> list[str]:
    return [one.message.text for one in then if isinstance(one, f.Record)]


def told(then: tuple[f.Effect, ...]) -> list[f.TellThread]:
    return [one for one in then if isinstance(one, f.TellThread)]


def test_who_takes_a_question_is_announced_as_if_he_had_written() -> None:
    chat, then = advance(asking(), e.Taken(SOON, ALAN))
    assert (chat.operators, chat.responsible, chat.waits) == ((ALAN,), ALAN, False)
    assert lines(then) == [Notice.OPERATOR_JOINED]
    assert told(then) == []  # who looks for somebody to answer sees it on the card
    assert then[-1] == f.ShowCard()
    assert (chat.heard, waiting_longer([chat])) == (SOON, {})


def test_who_has_it_takes_it_in_vain() -> None:
    for chat in (after(asking(), e.Taken(NOW, ALAN)), talking()):
        assert advance(chat, e.Taken(LATER, chat.operators[0])) == (chat, ())


def test_a_question_that_is_only_taken_is_told_to_be_unanswered_and_waits_where_it_stood() -> None:
    taken = after(asking(), e.Unanswered(NOW), e.Taken(SOON, ALAN))
    assert (taken.waits_since, taken.unanswered) == (SOON, None)
    chat, then = advance(taken, e.Unanswered(LATER))
    assert lines(then) == [Notice.UNANSWERED]
    (notice,) = told(then)
    assert (notice.word, notice.calls) == (f.Word.UNANSWERED, ALAN)
    assert notice.detail == "Alan Turing had taken it, and has not written."
    assert then[-1] == f.ShowCard()
    assert (chat.waits, chat.waits_since, chat.unanswered) == (True, NOW, LATER)
    again = after(chat, e.Taken(LATER, ALAN))
    assert (again.operators, again.unanswered, again.takes) == ((ALAN,), None, 2)


def test_the_first_word_answers_what_was_taken_whoever_writes_it() -> None:
    taken = after(asking(), e.Taken(SOON, ALAN))
    for who in (ALAN, GRACE):
        chat, then = advance(taken, e.Said(LATER, who, "k", "Toner."))
        assert (chat.waits_since, chat.responsible) == (None, ALAN)
        assert f.ShowCard() in then  # it says no longer that he has not written
        assert effects(chat, e.Unanswered(LATER)) == ()
        assert chat.took_part
        assert f.ShowCard() not in effects(chat, e.Said(LATER, ALAN, "k2", "Or paper."))


def test_nobody_has_taken_part_who_took_it_and_wrote_nothing() -> None:
    taken = after(asking(), e.Taken(SOON, ALAN))
    for chat in (taken, after(taken, e.HandedBack(LATER, ALAN))):
        assert chat.took_part == ()
        assert "nobody" in people(chat)
    ended = after(taken, e.Ended(LATER, ADA))
    assert (ended.took_part, ended.may_be_rated) == ((), False)
    assert ended.responsible == ALAN  # who is called


def test_whom_somebody_had_answered_before_was_answered() -> None:
    back = after(asking(), e.Said(NOW, GRACE, "g", "Toner."), e.HandedBack(SOON, GRACE))
    assert after(back, e.Taken(LATER, ALAN)).took_part == (GRACE,)


def test_who_is_put_back_by_the_one_who_took_him_waits_for_a_word_no_less() -> None:
    both = after(asking(), e.Taken(NOW, ALAN), e.Taken(SOON, GRACE))
    left = after(both, e.HandedBack(LATER, GRACE))
    assert (left.operators, left.waits_since) == ((ALAN,), SOON)
    back = after(left, e.HandedBack(LATER, ALAN))
    assert (back.waits, back.waits_since, back.unheard) == (True, LATER, None)


def test_the_card_says_of_who_was_invited_too_that_somebody_has_written_now() -> None:
    chat, then = advance(talking(), e.Said(LATER, GRACE, "g", "Toner."))
    assert [one for one in then if isinstance(one, f.ShowCard)] == [f.ShowCard(soon=False)]
    _, then = advance(chat, e.Said(LATER, GRACE, "h", "Or paper."))
    assert f.ShowCard(soon=False) not in then


@pytest.mark.parametrize("chat", [talking(), after(asking(), e.Said(NOW, GRACE, "g", "Toner."))])
def test_who_takes_a_colleagues_chat_is_called_from_now_on_and_the_colleague_told(
    chat: Chat,
) -> None:
    over, then = advance(chat, e.Taken(LATER, ALAN))
    assert (over.operators, over.responsible) == ((ALAN, GRACE), ALAN)
    assert lines(then) == [Notice.OPERATOR_JOINED]
    assert told(then) == [f.TellThread(f.Word.TAKEN_OVER, ALAN.name, calls=GRACE)]
    assert {GRACE, ALAN} <= set(over.took_part)
    back, then = advance(over, e.Taken(LATER, GRACE))
    assert back.operators == (GRACE, ALAN)
    assert lines(then) == []  # the visitor knows that she is there


def test_an_answered_chat_that_changes_hands_is_answered_still() -> None:
    chat = after(asking(), e.Said(NOW, GRACE, "g", "Toner."), e.Taken(SOON, ALAN))
    assert (chat.waits_since, chat.took_part) == (None, (ALAN, GRACE))


def test_who_was_invited_and_heard_nothing_is_told_so_anew_when_another_takes_him() -> None:
    joined = after(talking(), e.Unanswered(NOW))
    assert joined.unheard
    taken = after(joined, e.Taken(SOON, ALAN))
    assert (taken.waits_since, taken.unanswered) == (SOON, None)
    told_again = after(taken, e.Unanswered(LATER))
    assert (told_again.responsible, told_again.waits) == (ALAN, False)


def test_a_silent_chat_that_is_taken_goes_on() -> None:
    warned = after(talking(), e.SilenceWarned(NOW, NOW + timedelta(minutes=15)))
    assert after(warned, e.Taken(SOON, ALAN)).closing is None


def test_it_is_counted_how_often_somebody_came_to_have_it() -> None:
    chat = after(asking(SIGNED_IN), e.Said(NOW, GRACE, "g", "Toner."))
    assert (chat.takes, after(chat, e.Said(NOW, ALAN, "a", "Or paper.")).takes) == (1, 1)
    assert after(chat, e.HandedBack(NOW, GRACE), e.Taken(NOW, ALAN)).takes == 2
    shown = after(asking(SIGNED_IN), e.MoveProposed(NOW, GRACE, TICKET))
    assert after(shown, e.Moved(NOW, GRACE, 1)).takes == 1

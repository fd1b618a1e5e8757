"""How long visitors wait and talks last: counted once, by whoever committed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.messages import Role
from bot.relay.delivery import Committed, Span
from bot.relay.spans import FIRST_ANSWER, TALK
from bot.relay.storage import Unit
from tests.relay.doorway import asks, thread_of, tidied
from tests.relay.house import OTHER, RULES, House, opened


class Listens:
    """A bell that keeps the spans."""

    def __init__(self, house: House) -> None:
        self.heard: list[Span] = []
        house.bells.append(self)

    def ring(self, committed: Committed) -> None:
        self.heard += committed.spans


async def test_an_invited_visitor_waits_from_when_he_came_until_an_operator_first_writes(
    house: House,
) -> None:
    spans = Listens(house)
    await house.invited(thread=OTHER)  # who never comes does not wait
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "It beeps.")
    house.clock.pass_(seconds=40)
    await house.writes("// a note, of which he hears nothing")
    assert spans.heard == []
    house.clock.pass_(seconds=50)
    key = await house.writes("Toner?")
    await house.writes("Toner?", key=key)  # Teams brings it once more
    house.clock.pass_(minutes=5)
    await house.writes("Still there?", who="alan")
    assert spans.heard == [Span(FIRST_ANSWER, Role.OPERATOR, 90.0)]


async def test_who_takes_a_chat_has_not_answered_before_he_writes(door: House) -> None:
    spans = Listens(door)
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    door.clock.pass_(minutes=2)
    await door.presses("take", joined.chat, thread=thread, takes="0")
    await tidied(door, RULES.door.answer_within)  # she has it no more
    door.clock.pass_(minutes=1)
    await door.presses("take", joined.chat, thread=thread, takes="1", who="alan")
    assert spans.heard == []
    door.clock.pass_(minutes=1)
    await door.writes("Toner?", thread=thread, who="alan")
    waited = RULES.door.answer_within + timedelta(minutes=4)
    assert spans.heard == [Span(FIRST_ANSWER, Role.VISITOR, waited.total_seconds())]


async def test_who_was_invited_waits_from_when_he_came_whoever_takes_him(house: House) -> None:
    spans = Listens(house)
    chat, _ = await house.talking()
    house.clock.pass_(seconds=50)
    await house.presses("take", chat, takes="0", who="alan")
    house.clock.pass_(seconds=40)
    await house.writes("Toner?", who="alan")
    assert spans.heard == [Span(FIRST_ANSWER, Role.OPERATOR, 90.0)]


async def test_who_began_a_chat_waits_from_his_question_and_only_the_first_wait_counts(
    door: House,
) -> None:
    spans = Listens(door)
    joined = await asks(door)
    await asks(door)  # once more
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    door.clock.pass_(minutes=2)
    await door.writes("Toner?", thread=thread)
    assert spans.heard == [Span(FIRST_ANSWER, Role.VISITOR, 120.0)]
    await door.writes("back to queue", thread=thread)
    door.clock.pass_(minutes=30)
    await door.writes("I am here.", thread=thread, who="alan")
    assert len(spans.heard) == 1
    await door.visiting.end(joined.seat)
    await door.visiting.end(joined.seat)
    assert spans.heard[1:] == [Span(TALK, Role.VISITOR, 32 * 60.0)]


@pytest.mark.parametrize("how", ["visitor", "operator", "silence"])
async def test_a_talk_lasts_until_whoever_ends_it_and_without_an_answer_nobody_was_answered(
    house: House, how: str
) -> None:
    spans = Listens(house)
    chat, seat = await house.talking()
    house.clock.pass_(minutes=7)
    if how == "visitor":
        await house.visiting.end(seat)
    elif how == "operator":
        await house.presses("file", chat)
    else:
        for _ in range(2):
            house.clock.now += timedelta(hours=9)
            await house.housekeeping.tidy()
            house.clock.pass_(minutes=20)
            await house.housekeeping.tidy()
    await house.deliver()
    (span,) = spans.heard
    assert (span.what, span.began) == (TALK, Role.OPERATOR)
    assert span.seconds >= 7 * 60.0
    assert span.seconds == 7 * 60.0 or how == "silence"


async def test_what_is_not_kept_is_not_told(house: House) -> None:
    spans = Listens(house)
    await house.talking()

    async def broken(unit: Unit) -> None:
        unit.took(Span(TALK, Role.OPERATOR, 1.0))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await house.store.write(broken)
    await house.writes("Toner?")
    assert [span.what for span in spans.heard] == [FIRST_ANSWER]


async def test_of_several_processes_the_one_that_committed_it_counts(
    postgres_with_tables: str,
) -> None:
    async with opened(postgres_with_tables) as one, opened(postgres_with_tables) as other:
        ours, theirs = Listens(one), Listens(other)
        for house in (one, other):
            await house.store.listen()
        chat, _ = await one.talking()
        await other.writes("Toner?", key="another")
        await one.presses("file", chat)
        assert [span.what for span in ours.heard] == [TALK]
        assert [span.what for span in theirs.heard] == [FIRST_ANSWER]

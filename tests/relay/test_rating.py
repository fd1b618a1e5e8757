"""The visitor's answer in a field of the ticket: after the record, by itself, never instead of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Chat, State
from bot.domain.rating import Rating
from bot.domain.tickets import TicketRef
from bot.relay.filing import PATIENCE
from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear
from tests.people import TICKET
from tests.relay.house import House

SET = [(TICKET.ref, "partly")]


async def rated(house: House, *rated_in: str) -> Chat:
    """A chat whose visitor has answered; these RTs have a field for that."""
    house.relay.rules = replace(house.relay.rules, rating=True, rated_in=frozenset(rated_in))
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "it beeps")
    await house.visiting.end(seat)
    await house.visiting.rate(seat, Rating.PARTLY)
    return chat


async def test_the_answer_is_set_once_on_the_ticket_that_got_the_record(house: House) -> None:
    chat = await rated(house, "rt")
    for _ in range(3):
        await house.presses("file", chat, status="resolved")
    await house.deliver("release")
    assert house.tickets.ratings == []
    await house.deliver()
    assert house.tickets.ratings == SET
    assert house.tickets.statuses == ["resolved"]
    assert len(house.tickets.comments) == 1


async def test_an_rt_without_a_field_for_it_is_not_asked_to_set_one(house: House) -> None:
    chat = await rated(house, "physics")
    await house.presses("file", chat)
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert house.tickets.ratings == []


async def test_a_record_that_does_not_get_into_rt_sets_nothing(house: House) -> None:
    chat = await rated(house, "rt")
    house.tickets.faults.before.append(Refused("No right."))
    await house.presses("file", chat)
    await house.deliver()
    assert house.tickets.ratings == []
    await house.presses("file", chat)
    await house.deliver()
    assert house.tickets.ratings == SET


@pytest.mark.parametrize("error", [NotDone("RT is down."), Unclear("RT broke off.")])
async def test_it_is_tried_again_by_itself_after_the_chat_was_purged(
    house: House, error: OutsideError
) -> None:
    chat = await rated(house, "rt")
    house.tickets.rating_faults.before.append(error)
    await house.presses("file", chat, status="resolved")
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.PURGED
    assert (await house.chat(chat.id)).rating is None
    assert house.tickets.ratings == []
    assert house.tickets.statuses == ["resolved"]  # which does not wait for it
    house.clock.pass_(minutes=10)
    await house.deliver()
    assert house.tickets.ratings == SET
    assert len(house.tickets.comments) == 1
    assert "rating_problem" not in house.threads.words


async def test_that_rt_refuses_it_is_told_once_and_touches_neither_record_nor_status(
    house: House,
) -> None:
    chat = await rated(house, "rt")
    house.tickets.rating_faults.before.append(Refused("RT shows no field."))
    await house.presses("file", chat, status="resolved")
    await house.deliver()
    house.clock.pass_(minutes=10)
    await house.deliver()
    assert house.threads.words.count("rating_problem") == 1
    assert len(house.tickets.comments) == 1
    assert house.tickets.statuses == ["resolved"]
    assert house.tickets.ratings == []


async def test_after_an_hour_of_trying_the_co_is_told_instead(house: House) -> None:
    chat = await rated(house, "rt")
    house.tickets.rating_faults.before += [Unclear("RT broke off.")] * 100
    await house.presses("file", chat)
    await house.deliver()
    house.clock.pass_(minutes=PATIENCE / timedelta(minutes=1) / 2)
    await house.deliver()
    assert "rating_problem" not in house.threads.words
    house.clock.pass_(minutes=PATIENCE / timedelta(minutes=1))
    await house.deliver()
    assert house.threads.words.count("rating_problem") == 1
    assert house.tickets.ratings == []


async def test_it_is_set_on_the_ticket_that_is_made_to_be_sorted_out(house: House) -> None:
    chat = await rated(house, "rt")
    house.relay.rules = replace(house.relay.rules, triage={"rt": "Triage"})
    await house.presses("triage", chat)
    await house.deliver()
    assert house.tickets.ratings == [(TicketRef("rt", 70_001), "partly")]

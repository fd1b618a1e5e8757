"""Taking the bot's posts in Teams back when a chat is purged, where a site wishes that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.relay.people import Trace, Traces, erase
from bot.relay.ports import Gone, NotDone, Refused
from tests.relay.house import RULES, House


@pytest.fixture
def tidy(house: House) -> House:
    """A house that takes its posts back."""
    house.relay.rules = replace(RULES, delete_posts=True)
    return house


async def filed(house: House) -> str:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "1", "it beeps")
    await house.deliver()
    await house.visiting.say(seat, "2", "still")
    await house.deliver()
    assert len(house.threads.standing) == 3  # "joined", and two messages
    await house.presses("file", chat)
    return chat.id


async def test_what_stands_in_the_thread_is_taken_back_and_the_receipt_stays(tidy: House) -> None:
    chat_id = await filed(tidy)
    await tidy.deliver()
    assert (await tidy.chat(chat_id)).state is State.PURGED
    assert tidy.threads.standing == []
    assert tidy.threads.card.chat.filing
    assert tidy.threads.card.chat.filing.receipt


async def test_nothing_is_taken_back_unless_it_is_wished(house: House) -> None:
    await filed(house)
    await house.deliver()
    assert len(house.threads.standing) == 3


async def test_nothing_is_taken_back_before_the_record_is_in_rt(tidy: House) -> None:
    tidy.tickets.faults.before.append(NotDone("RT is down.", 60))
    await filed(tidy)
    await tidy.deliver()
    assert len(tidy.threads.standing) == 3


async def test_teams_is_asked_again_until_it_has_done_it(tidy: House) -> None:
    await filed(tidy)
    tidy.threads.erasing.before += [NotDone("Teams is busy.", 0.0)] * 3
    await tidy.deliver()
    assert tidy.threads.standing == []


@pytest.mark.parametrize("trouble", [Gone("It is gone."), Refused("Not allowed.")])
async def test_a_post_that_cannot_be_taken_back_holds_nothing_up(
    tidy: House, trouble: Refused
) -> None:
    chat_id = await filed(tidy)
    tidy.threads.erasing.before.append(trouble)
    await tidy.deliver()
    assert len(tidy.threads.standing) == 1
    assert (await tidy.chat(chat_id)).state is State.PURGED


async def test_the_posts_go_also_when_the_chat_itself_is_forgotten(tidy: House) -> None:
    chat, seat = await tidy.talking()
    await tidy.visiting.say(seat, "1", "it beeps")
    await tidy.deliver()
    trace = Trace(chat.id, State.OPEN, chat.ticket.ref, "", {})
    await erase(tidy.relay, Traces((trace,)), also_unfiled=True)
    await tidy.deliver()
    assert await tidy.store.look(chat.id) is None
    assert tidy.threads.standing == []

"""Taking the bot's posts in Teams back when a chat is purged, where a site wishes that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from bot.domain.chat import Chat, State
from bot.relay.delivery import Lane
from bot.relay.outcomes import Gone, NotDone, Refused, Unclear
from bot.relay.people import Trace, Traces, erase
from bot.relay.ports import Listening
from bot.relay.visiting import CannotSay
from bot.teams.cards import card
from bot.teams.words import say
from tests.people import GRACE
from tests.relay.doorway import asks
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


async def test_teams_is_asked_again_also_if_it_does_not_say_what_came_of_it(tidy: House) -> None:
    await filed(tidy)
    tidy.threads.erasing.before += [Unclear("Teams answered 502.")] * 3
    for _ in range(3):
        await tidy.deliver()
        tidy.clock.pass_(minutes=1)
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


async def erased(house: House, chat: Chat) -> Chat:
    trace = Trace(chat.id, (await house.chat(chat.id)).state, chat.ticket.ref, "", {})
    assert await erase(house.relay, Traces((trace,)), also_unfiled=True) == [trace]
    return await house.chat(chat.id)


async def test_of_several_posts_those_that_stand_are_taken_back_though_another_failed(
    tidy: House,
) -> None:
    tidy.threads.standing += ["part 1", "part 1 again"]
    tidy.threads.outcomes += [Unclear("502", ["part 1"]), Unclear("502", ["part 1 again"])]
    chat, seat = await tidy.talking()
    await tidy.visiting.say(seat, "1", "it beeps")
    for _ in range(2):
        await tidy.deliver()
        tidy.clock.pass_(seconds=10)
    await tidy.presses("file", chat)
    await tidy.deliver()
    assert (await tidy.chat(chat.id)).state is State.PURGED
    assert tidy.threads.standing == []


async def in_flight(house: House, kind: str) -> asyncio.Task[None]:
    """A post of this kind that Teams takes, and whose answer is still to come."""
    house.threads.hold, begun = asyncio.Event(), asyncio.Event()
    relay, tell = house.threads.relay, house.threads.tell

    async def held(*what: Any, **how: Any) -> Any:
        begun.set()
        assert house.threads.hold
        await house.threads.hold.wait()
        return await (tell if kind == "tell" else relay)(*what, **how)

    setattr(house.threads, "tell" if kind == "tell" else "relay", held)
    task = asyncio.create_task(house.deliver(kind))
    await begun.wait()
    house.threads.relay, house.threads.tell = relay, tell  # type: ignore[method-assign]
    return task


@pytest.mark.parametrize("kind", ["relay", "tell"])
async def test_a_post_that_is_on_its_way_when_its_chat_is_erased_is_taken_back_too(
    tidy: House, kind: str
) -> None:
    chat, seat = await tidy.talking()
    if kind == "tell":
        await tidy.visiting.end(seat)  # "ended" names her
    else:
        await tidy.visiting.say(seat, "1", "it beeps")
    posting = await in_flight(tidy, kind)
    await erased(tidy, chat)
    assert tidy.threads.hold
    tidy.threads.hold.set()
    await posting
    assert len(tidy.threads.standing) == 2  # "joined", and the late one
    await tidy.deliver()
    tidy.clock.pass_(minutes=3)
    await tidy.deliver()
    assert len(tidy.threads.standing) == 1
    assert tidy.threads.words[-1] == "erased"


async def test_a_message_that_is_on_its_way_when_its_filed_chat_is_purged_is_taken_back_too(
    tidy: House,
) -> None:
    chat, seat = await tidy.talking()
    await tidy.visiting.say(seat, "1", "it beeps")
    posting = await in_flight(tidy, "relay")
    await tidy.presses("file", chat)
    await tidy.deliver("file")
    assert (await erased(tidy, chat)).state is State.PURGED
    assert tidy.threads.hold
    tidy.threads.hold.set()
    await posting
    tidy.clock.pass_(minutes=3)
    await tidy.deliver()
    assert len(tidy.threads.standing) == 1  # that messages had not reached the thread by then


def said(house: House) -> str:
    return say(house.threads.told[-1][1], Listening.THREAD)


async def test_the_posts_go_also_when_somebody_asked_for_it_and_what_tells_of_it_stays(
    tidy: House,
) -> None:
    chat, seat = await tidy.talking()
    await tidy.visiting.say(seat, "1", "it beeps")
    await tidy.deliver()
    told = len(tidy.threads.words)
    await erased(tidy, chat)
    await tidy.deliver()
    assert tidy.threads.words[told:] == ["erased"]
    assert len(tidy.threads.standing) == 1


async def test_a_talk_that_is_erased_is_over_and_both_sides_can_tell(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "1", "CANARY")
    await house.writes("CANARY too")
    assert (await erased(house, chat)).state is State.ERASED
    assert "CANARY" not in house.dump()
    assert "Ada" not in house.dump()
    await house.deliver()
    assert house.threads.words[-1] == "erased"
    assert house.threads.card.chat.state is State.ERASED
    with pytest.raises(CannotSay, match="ended"):  # also of what was accepted before
        await house.visiting.say(seat, "1", "CANARY")
    for verb in ("file", "end", "look"):
        pressing = await house.presses(verb, chat)
        assert ("erased" in pressing.sentence) is (verb != "look")
        assert pressing.view
    await house.writes("Are you there?")
    await house.deliver()
    assert house.threads.words[-1] == "not_delivered"
    house.clock.now += RULES.kept_for + timedelta(days=1)
    await house.housekeeping.tidy()
    assert await house.store.look(chat.id) is None


async def test_who_was_told_lately_that_his_words_go_nowhere_is_noted_by_no_id_of_his(
    house: House,
) -> None:
    chat, _ = await house.talking()
    await erased(house, chat)
    await house.writes("Are you there?", mention=False)
    await house.deliver()
    assert house.threads.words[-1] == "not_delivered"
    assert GRACE.id not in house.dump()
    await house.writes("Are you there?", mention=False)
    await house.deliver()
    assert house.threads.words.count("not_delivered") == 1


async def test_what_was_on_its_way_when_its_chat_was_erased_goes_nowhere(house: House) -> None:
    house.relay.rules = replace(RULES, undo=timedelta(seconds=60))
    chat, seat = await house.talking()
    await house.visiting.say(seat, "1", "CANARY")
    await house.presses("file", chat, summary="CANARY")
    await erased(house, chat)
    house.clock.now += timedelta(minutes=5)
    await house.deliver()
    assert "CANARY" not in repr(house.threads.posts)
    assert not house.tickets.comments


@pytest.mark.parametrize("arrived", [True, False])
async def test_what_may_be_in_rt_when_its_chat_is_erased_is_said_to_be(
    house: House, *, arrived: bool
) -> None:
    chat, _ = await house.talking()
    faults = house.tickets.faults
    (faults.after if arrived else faults.before).append(Unclear("RT did not answer."))
    await house.presses("file", chat)
    await house.deliver()
    now = await erased(house, chat)
    assert now.filing
    assert now.filing.unclear
    await house.deliver()
    told = said(house)
    assert "may be there" in told
    assert "Nothing of it was put into RT" not in repr(card(house.threads.card, UTC))
    assert len(house.tickets.comments) == arrived


async def test_what_is_certainly_not_in_rt_when_its_chat_is_erased_is_said_not_to_be(
    house: House,
) -> None:
    chat, _ = await house.talking()
    await erased(house, chat)
    await house.deliver()
    assert "nothing of it was put into RT" in said(house)
    assert "Nothing of it was put into RT" in repr(card(house.threads.card, UTC))


@pytest.mark.parametrize("opened", [True, False])
async def test_a_chat_that_is_erased_while_its_thread_is_being_opened_leaves_no_card_that_names_her(
    door: House, monkeypatch: pytest.MonkeyPatch, opened: bool
) -> None:
    joined = await asks(door)
    show = door.places.open

    async def meanwhile(*what: Any) -> Any:
        thread = await show(*what)
        await erased(door, joined.chat)
        return thread

    if opened:
        monkeypatch.setattr(door.places, "open", meanwhile)
    else:
        await erased(door, joined.chat)
    await door.deliver()
    assert len(door.places.opened) == opened
    assert [view.chat.state for view in door.threads.cards.values()] == [State.ERASED] * opened
    assert (await door.chat(joined.chat.id)).card == ("1" if opened else "")
    assert await door.store.heads(Lane.TEAMS) == []

"""Teams says that a place is gone: once may be a mistake, twice ends the chat."""

import pytest

from bot.domain.chat import State
from bot.relay.ports import Gone, Lane, Throttled
from tests.relay.house import House

GONE = "The bot is not in that conversation any more."


@pytest.mark.parametrize("kind", ["relay", "tell"])
async def test_a_place_that_is_gone_only_once_costs_nobody_his_chat(
    house: House, kind: str
) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before.append(Gone(GONE))
    if kind == "relay":
        await house.visiting.say(seat, "k", "hello")
    else:
        await house.visiting.end(seat)
    await house.deliver(kind)
    told = len(house.threads.told)
    assert (await house.store.thread(chat.thread)).open
    house.clock.pass_(seconds=5)
    await house.deliver(kind)
    assert (await house.chat(chat.id)).state is (State.OPEN if kind == "relay" else State.ENDED)
    assert (await house.store.thread(chat.thread)).open
    if kind == "relay":
        # Nothing was done the first time, so this is no repeat.
        assert [(text, again) for _, text, again in house.threads.relayed] == [("hello", False)]
    else:
        assert [notice.resent for _, notice in house.threads.told[told:]] == [False]


async def test_whoever_asks_the_second_time_believes_it_whichever_process_that_is(
    house: House,
) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before += [Gone(GONE)] * 2
    await house.visiting.say(seat, "k", "hello")
    await house.deliver("relay")
    house.clock.pass_(seconds=5)
    (row,) = await house.taken_by("another process")
    assert (row.attempt, row.problem) == (1, GONE)
    await house.store.write(
        lambda unit: unit.give_back([row.id], "another process", 0, GONE, clean=True)
    )
    await house.deliver("relay")
    assert not (await house.store.thread(chat.thread)).open


async def test_what_came_between_makes_it_doubtful_again(house: House) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before += [Gone(GONE), Throttled("Slower.", 1.0), Gone(GONE)]
    await house.visiting.say(seat, "k", "hello")
    for _ in range(4):
        await house.deliver("relay")
        house.clock.pass_(seconds=6)
    assert (await house.store.thread(chat.thread)).open
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]


async def test_the_second_question_comes_some_seconds_after_the_first(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before.append(Gone(GONE))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver("relay")
    (head,) = await house.store.heads(Lane.TEAMS)
    assert 3 < head.wait < 6

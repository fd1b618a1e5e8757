"""The daily line, and the alarm for records that wait."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.chat import State
from bot.relay.answering import Answer
from bot.relay.counts import Counts, Daily, count
from bot.relay.outcomes import NotDone
from tests.relay.house import OTHER, THREAD, House

CHANNEL = "19:officers@thread.tacv2"


def told(house: House) -> list[tuple[str, str]]:
    return [(place, n.detail) for place, n in house.threads.told if n.word is Answer.DAILY]


async def test_the_line_counts_what_is_open_waits_and_is_gone(house: House) -> None:
    first, _ = await house.talking()
    await house.presses("file", first)
    await house.deliver()
    second, seat = await house.talking(OTHER)
    await house.visiting.end(seat)
    house.clock.pass_(minutes=14)
    await house.talking(replace(THREAD, conversation_id="third"))
    found = await count(house.store, house.clock())
    assert str(found) == (
        "open 1, waiting to file 1, oldest 00:14, filed 1, purged 1, content on disk: 0 closed chats"
    )
    house.clock.pass_(hours=25)
    later = await count(house.store, house.clock())
    assert (later.filed, later.purged, later.oldest) == (0, 0, timedelta(hours=25, minutes=14))
    assert (await house.chat(second.id)).state is State.ENDED


async def test_words_of_a_closed_chat_that_are_here_still_are_counted(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "it beeps")
    await house.presses("file", chat)
    await house.deliver("file")
    assert (await count(house.store, house.clock())).leftovers == 1
    await house.deliver()
    assert (await count(house.store, house.clock())).leftovers == 0


async def test_it_is_told_once_a_day_over_all_processes_and_not_before_its_time(
    house: House,
) -> None:
    await house.proposed()
    one, other = (Daily(house.relay, CHANNEL, "", time(11)) for _ in range(2))
    await one.tell()  # it is 10:42
    await house.deliver()
    assert told(house) == []
    house.clock.pass_(minutes=30)
    for daily in (one, other, one, other):
        await daily.tell()
    await house.deliver()
    line = "open 0, waiting to file 0, filed 0, purged 0, content on disk: 0 closed chats."
    assert told(house) == [(CHANNEL, line)]
    house.clock.pass_(days=1)
    await other.tell()
    await one.tell()
    await house.deliver()
    assert len(told(house)) == 2


@pytest.mark.parametrize(("channel", "at"), [("", time(0)), (CHANNEL, None)])
async def test_it_can_be_switched_off(house: House, channel: str, at: time | None) -> None:
    await house.proposed()
    await Daily(house.relay, channel, "", at).tell()
    await house.deliver()
    assert told(house) == []


async def test_before_anybody_wrote_to_the_bot_there_is_nobody_to_tell(house: House) -> None:
    await Daily(house.relay, CHANNEL, "", time(0)).tell()
    await house.deliver()
    assert house.threads.told == []


def test_one_chat_is_one_chat() -> None:
    line = str(Counts(0, 0, timedelta(), 0, 0, 1, 0))
    assert line.endswith("content on disk: 1 closed chat")


async def test_a_record_that_waits_for_rt_raises_alarms_by_its_age(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before += [NotDone("RT is down.")] * 1000
    await house.presses("file", chat)
    for _ in range(3 * 24 * 2):
        house.clock.pass_(minutes=30)
        await house.housekeeping.tidy()
        await house.deliver()
    said = [n.detail for _, n in house.threads.told if n.word is Answer.FILING_WAITS]
    assert said == [
        "for an hour: RT is down.",
        "for 4 hours: RT is down.",
        "for 24 hours: RT is down.",
        "for 48 hours: RT is down.",
        "for 72 hours: RT is down.",
    ]


async def test_a_record_whose_reason_to_wait_changes_all_the_time_raises_alarms_too(
    house: House,
) -> None:
    chat, _ = await house.talking()
    reasons = [NotDone("RT is down."), NotDone("RT is slow.")]
    house.tickets.faults.before += reasons * 100
    await house.presses("file", chat)
    for _ in range(63):
        house.clock.pass_(minutes=1)
        await house.deliver()
        await house.housekeeping.tidy()
    await house.deliver()
    said = [n.detail for _, n in house.threads.told if n.word is Answer.FILING_WAITS]
    assert len(said) == 1
    assert said[0].startswith("for an hour: RT is ")

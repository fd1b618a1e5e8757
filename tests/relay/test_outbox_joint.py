"""Posts of several messages that Teams refuses: in order still, and each told what became of it."""

import time
from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.messages import Message, Notice
from bot.relay.delivery import Lane
from bot.relay.handlers import joined
from bot.relay.outcomes import Refused, Unclear
from tests.relay.house import House


async def test_one_message_that_teams_does_not_take_leaves_its_neighbours_alone(
    house: House,
) -> None:
    chat, seat = await house.talking()
    for number in range(4):
        await house.visiting.say(seat, f"k{number}", f"line {number}")
    house.threads.refuses = "line 2"
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["line 0", "line 1", "line 3"]
    marks = [m.target for m in await house.store.log(chat.id, 0, 99) if m.text == Notice.NOT_SHOWN]
    assert marks == [4]  # the first line says that she joined


async def test_what_was_said_during_a_refused_joint_post_comes_after_it(house: House) -> None:
    _, seat = await house.talking()
    for number in range(3):
        await house.visiting.say(seat, f"k{number}", f"line {number}")
    house.threads.outcomes = [Refused("Not well formed.")]
    streams = [head.stream for head in await house.store.heads(Lane.TEAMS)]
    joint = joined(
        await house.store.take(house.owner, 60, streams, 60, 64 * 1024), time.monotonic()
    )
    await house.visiting.say(seat, "late", "said meanwhile")
    await house.outbox._run(joint)
    await house.deliver()
    said = [(text, resent) for _, text, resent in house.threads.relayed]
    assert said == [(f"line {n}", False) for n in range(3)] + [("said meanwhile", False)]


async def test_the_messages_of_a_repeat_that_is_refused_are_labelled_one_by_one(
    house: House,
) -> None:
    _, seat = await house.talking()
    for number in range(2):
        await house.visiting.say(seat, f"k{number}", f"line {number}")
    house.threads.outcomes = [Unclear("502"), Refused("Not well formed.")]
    for _ in range(2):
        await house.deliver()
        house.clock.pass_(seconds=6)
    said = [(text, resent) for _, text, resent in house.threads.relayed]
    assert said == [("line 0", True), ("line 1", True)]


async def test_of_a_refused_joint_post_each_message_is_told_what_became_of_it(
    house: House,
) -> None:
    chat, seat = await house.talking()
    for number in range(4):
        await house.visiting.say(seat, f"k{number}", f"line {number}")
    bad, unclear = Refused("Not well formed."), Unclear("502")
    # The joint post, line 0 is taken, line 1 is unclear twice, line 2 is not well formed.
    house.threads.outcomes = [bad, None, unclear, unclear, bad]
    for _ in range(4):
        await house.deliver()
        house.clock.pass_(seconds=6)
    log = await house.store.log(chat.id, 0, 99)
    marks = {m.target: m.text for m in log if m.text in (Notice.NOT_SHOWN, Notice.NOT_SURE)}
    assert marks == {3: Notice.NOT_SURE, 4: Notice.NOT_SHOWN}
    assert [text for _, text, _ in house.threads.relayed] == ["line 0", "line 3"]


async def test_one_message_that_is_a_fault_of_our_own_leaves_its_neighbours_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, seat = await house.talking()
    for number in range(4):
        await house.visiting.say(seat, f"k{number}", f"line {number}")
    relay = house.threads.relay

    async def stumbling(thread: Any, chat: Any, lines: Sequence[Message], **more: Any) -> list[str]:
        if any(line.text == "line 2" for line in lines):
            raise ZeroDivisionError
        return await relay(thread, chat, lines, **more)

    monkeypatch.setattr(house.threads, "relay", stumbling)
    for _ in range(12):
        await house.deliver()
        house.clock.pass_(minutes=6)
    assert [text for _, text, _ in house.threads.relayed] == ["line 0", "line 1", "line 3"]
    marks = [m.target for m in await house.store.log(chat.id, 0, 99) if m.text == Notice.NOT_SURE]
    assert marks == [4]

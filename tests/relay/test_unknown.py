"""What a later version left in the outbox, after its operators went back to this one."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.relay import delivering
from bot.relay.answering import Answer
from bot.relay.delivery import Delivery, Lane
from bot.relay.handlers import After, Quiet
from bot.relay.outbox import Outbox
from tests.relay.house import OTHER, House
from tests.relay.test_outbox_running import until


class Pigeons(Quiet):
    """The later version's handler."""

    def __init__(self) -> None:
        self.sent: list[Delivery] = []

    async def deliver(self, delivery: Delivery) -> After | None:
        """Let one fly."""
        self.sent.append(delivery)
        return None


async def test_what_this_version_does_not_know_holds_nobody_up_and_is_kept_for_the_later_one(
    house: House,
) -> None:
    chat, seat = await house.talking()
    stream = f"chat:{chat.id}"
    pigeon = Delivery(Lane.TEAMS, stream, "pigeon", {"n": 1}, chat.id, thread=chat.thread)
    await house.store.write(lambda unit: unit.schedule(pigeon))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]
    for _ in range(60):
        house.clock.pass_(minutes=1)
        await house.deliver()
    assert 1 < house.reports.count("unknown_kind") < 30  # not in silence, and more and more seldom
    pigeons = Pigeons()
    house.outbox = Outbox(house.relay, {"pigeon": pigeons}, house._report)
    house.clock.pass_(minutes=10)
    await house.deliver()
    (sent,) = pigeons.sent
    assert (sent.payload, sent.chat_id, sent.attempt) == ({"n": 1}, chat.id, 1)
    house.clock.pass_(minutes=10)
    await house.deliver()
    assert len(pigeons.sent) == 1


async def test_a_notice_that_this_version_has_no_words_for_holds_nobody_up_and_waits_for_the_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, seat = await house.talking()
    await house.deliver()
    house.threads.told.clear()
    said = {"word": "sang", "detail": "what nobody wrote"}
    row = Delivery(Lane.TEAMS, f"chat:{chat.id}", "tell", said, chat.id, thread=chat.thread)
    await house.store.write(lambda unit: unit.schedule(row))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]
    house.clock.pass_(minutes=1)
    await house.deliver()
    assert not house.threads.told
    assert "delivery_failed" not in house.reports
    monkeypatch.setattr(delivering, "word_of", lambda _word: Answer.DONE)  # by the later version
    house.clock.pass_(hours=1)
    await house.deliver()
    assert [notice.detail for _, notice in house.threads.told] == ["what nobody wrote"]


async def test_a_lane_that_this_version_does_not_know_holds_nobody_up_either(house: House) -> None:
    chat, seat = await house.talking()
    stream = f"chat:{chat.id}"
    row = Delivery(Lane.TEAMS, stream, "pigeon", {}, chat.id, thread=chat.thread)
    await house.store.write(lambda unit: unit.schedule(row))
    with closing(sqlite3.connect(house.file)) as database, database:
        database.execute("UPDATE outbox SET lane = 'pigeons' WHERE kind = 'pigeon'")
    await house.visiting.say(seat, "k", "hello")
    assert set(await house.store.backlog()) == {Lane.TEAMS}
    house.clock.pass_(minutes=2)
    with capture_logs() as logs:
        for _ in range(2):
            await house.housekeeping.tidy()
    assert [(line["event"], line["rows"]) for line in logs] == [("unknown_lane", 1)]
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]
    assert "pigeons" in house.dump()


async def test_nor_is_what_it_does_not_know_taken_with_what_stands_before_it(house: House) -> None:
    """Else the end of that could not be written down, and it would be posted again and again."""
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    row = Delivery(Lane.TEAMS, f"chat:{chat.id}", "pigeon", {}, chat.id, thread=chat.thread)
    await house.store.write(lambda unit: unit.schedule(row))
    with closing(sqlite3.connect(house.file)) as database, database:
        database.execute("UPDATE outbox SET lane = 'pigeons' WHERE kind = 'pigeon'")
    house.outbox._report = lambda what, *_: house.reports.append(what)
    house.outbox.start()
    try:
        await until(lambda: house.threads.relayed and not house.outbox._running)
    finally:
        await house.outbox.stop(patience=0.1)
    assert house.reports == []
    assert await house.store.write(lambda unit: unit.unposted(chat.id)) == ()


async def test_what_was_set_aside_goes_with_its_chat(house: House) -> None:
    chat, _ = await house.talking()
    pigeon = Delivery(Lane.TEAMS, f"chat:{chat.id}", "pigeon", {}, chat.id, thread=chat.thread)
    await house.store.write(lambda unit: unit.schedule(replace(pigeon, payload={"t": "secret"})))
    await house.deliver()
    await house.store.write(lambda unit: unit.recall(chat.id))
    assert "secret" not in house.dump()


async def test_a_thread_that_this_version_cannot_read_keeps_no_other_from_its_turn(
    house: House,
) -> None:
    _, seat = await house.talking()
    other, his = await house.talking(OTHER)
    await house.visiting.say(his, "k", "lost")
    await house.visiting.say(seat, "k", "hello")
    with closing(sqlite3.connect(house.file)) as database, database:
        database.execute("UPDATE threads SET scope = 'balloon' WHERE id = ?", (other.thread,))
    house.bells.append(house.outbox)
    house.outbox._report = lambda what, *_: house.reports.append(what)
    house.outbox.start()
    try:
        async with asyncio.timeout(10):
            while not house.threads.relayed:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)
    finally:
        await house.outbox.stop(patience=0.1)
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]
    assert "claim_failed" not in house.reports

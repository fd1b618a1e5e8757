"""A chat that is not as it should be is nobody else's trouble."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from structlog.testing import capture_logs

from bot.domain.chat import Chat, State
from bot.domain.events import Event
from bot.relay.counts import count
from bot.relay.storage import Unit
from tests.relay.doorway import asks
from tests.relay.house import OTHER, House


async def test_one_that_cannot_be_read_keeps_no_other_from_what_time_does(house: House) -> None:
    bad = await house.proposed()
    good = await house.proposed(thread=OTHER)
    house.clock.pass_(hours=25)
    with closing(sqlite3.connect(house.file)) as database, database:
        detail = '{"head": "of a later version"}'
        database.execute("UPDATE chats SET detail = ? WHERE id = ?", (detail, bad.id))
    with capture_logs() as logs:
        await house.housekeeping.tidy()
        found = await house.store.in_states(State.PROPOSED, State.CANCELLED)
    assert [(chat.id, chat.state) for chat in found] == [(good.id, State.CANCELLED)]
    assert {(line["event"], line["chat"]) for line in logs} == {("chat_unreadable", bad.id)}
    assert "later version" not in str(logs)
    assert (await count(house.store, house.clock())).oldest == timedelta()


async def test_a_fault_at_one_chat_keeps_no_other_from_what_time_does(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await house.proposed()
    good = await house.proposed(thread=OTHER)
    house.clock.pass_(hours=25)
    happen = house.relay.happen

    async def breaking(unit: Unit, chat: Chat, event: Event) -> Chat:
        if chat.id == bad.id:
            raise ZeroDivisionError
        return await happen(unit, chat, event)

    sweep = AsyncMock()
    monkeypatch.setattr(house.relay, "happen", breaking)
    monkeypatch.setattr(house.store, "sweep", sweep)
    with pytest.raises(ZeroDivisionError):
        await house.housekeeping.tidy()
    assert (await house.chat(good.id)).state is State.CANCELLED
    assert sweep.await_count == 1


async def test_one_that_cannot_be_read_keeps_nobody_from_beginning_his(door: House) -> None:
    bad = (await asks(door, "b" * 43)).chat
    with closing(sqlite3.connect(door.file)) as database, database:
        detail = '{"head": "of a later version"}'
        database.execute("UPDATE chats SET detail = ? WHERE id = ?", (detail, bad.id))
    assert (await asks(door)).chat.state is State.OPEN


async def test_a_fault_at_the_door_keeps_nothing_from_being_swept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = AsyncMock()
    monkeypatch.setattr(house.store, "sweep", sweep)
    monkeypatch.setattr(house.store, "reception", AsyncMock(side_effect=ZeroDivisionError))
    with pytest.raises(ZeroDivisionError):
        await house.housekeeping.tidy()
    assert sweep.await_count == 1

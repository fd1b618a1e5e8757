"""What nobody foresaw makes no process deaf or dumb."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from bot.relay.delivery import Committed, Lane, News
from bot.store import SqlStore, listening
from bot.store.libpq import Connection
from bot.store.listening import Listener
from bot.store.postgres import PostgresServer
from tests.store.making import Ears, add_chat


@pytest.fixture
async def two(pg_url: str) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """Two processes' stores on one PostgreSQL, of which the second listens."""
    stores = SqlStore.at(pg_url), SqlStore.at(pg_url)
    await stores[1].listen()
    yield stores
    for a_store in stores:
        await a_store.close()


class Heard(Ears):
    """Ears that can be waited for."""

    async def wait_for(self, told: Committed) -> None:
        """Wait until this was heard."""
        async with asyncio.timeout(10):
            while told not in self.heard:  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.01)


EVERYTHING = Committed(lanes=frozenset(Lane), lost=True)


async def test_who_could_not_connect_for_a_reason_that_nobody_foresaw_tries_again(
    two: tuple[SqlStore, SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = two
    here, opening = Heard(mine), PostgresServer.open
    faults = [ValueError("swordfish")]

    async def once(self: PostgresServer, **how: Any) -> Connection:
        if faults:
            raise faults.pop()
        return await opening(self, **how)

    monkeypatch.setattr(PostgresServer, "open", once)
    with capture_logs() as logs:
        await mine.listen()
        await here.wait_for(EVERYTHING)
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("listening_failed", "warning")
    ]
    assert "swordfish" not in str(logs)
    await add_chat(theirs)
    await here.wait_for(Committed((News("chat-1"),)))


async def test_what_could_not_be_told_for_a_reason_that_nobody_foresaw_makes_everybody_look(
    two: tuple[SqlStore, SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = two
    await mine.listen()
    there, faults, grouping = Heard(theirs), [ValueError("swordfish")], listening._in_groups

    def once(chats: list[str]) -> list[list[str]]:
        if faults:
            raise faults.pop()
        return grouping(chats)

    monkeypatch.setattr(listening, "_in_groups", once)
    with capture_logs() as logs:
        await add_chat(mine)
        await there.wait_for(EVERYTHING)
    assert [(line["event"], line["log_level"]) for line in logs] == [("telling_failed", "warning")]
    assert "swordfish" not in str(logs)


async def test_a_lane_of_a_later_version_is_nothing_to_listen_to(
    two: tuple[SqlStore, SqlStore], pg_url: str
) -> None:
    _, theirs = two
    there, listener = Heard(theirs), theirs._ears
    assert isinstance(listener, Listener)
    connection = listener._db
    said = '{"from": "a later version", "chats": ["chat-1"], "lanes": ["pigeons", "rt"]}'
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_notify('livechat', %s)", (said,))
    await there.wait_for(Committed((News("chat-1"),), frozenset({Lane.RT})))
    assert listener._db is connection

"""Chats, lines and rows of the outbox, and what is in the tables."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bot.domain.messages import Kind, Message
from bot.relay.delivery import Committed, Delivery, Lane
from bot.relay.ports import Scope, Thread
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.sql import Query
from bot.store.tables import metadata
from tests.people import ADA, NOW, proposed

THREAD = Thread("19:x;messageid=1", "tenant", "https://teams.test/", Scope.CHANNEL, "28:bot")


async def add_chat(store: SqlStore, name: str = "chat-1", **changes: Any) -> int:
    """A chat in the thread; returns the thread's id."""

    async def work(unit: Unit) -> int:
        thread = await unit.thread(THREAD)
        await unit.add(replace(proposed(thread.id), id=name, **changes))
        return thread.id

    return await store.write(work)


def line(seq: int, key: str = "", text: str = "x") -> Message:
    """Something that Ada said."""
    return Message(seq, ADA, Kind.SAID, text, NOW, key)


def row(stream: str, kind: str = "tell", **more: Any) -> Delivery:
    """A delivery to Teams."""
    return Delivery(Lane.TEAMS, stream, kind, {"n": 1}, **more)


async def schedule(store: SqlStore, *deliveries: Delivery) -> None:
    """Rows of the outbox, all in one commit."""

    async def work(unit: Unit) -> None:
        for delivery in deliveries:
            await unit.schedule(delivery)

    await store.write(work)


async def say(
    store: SqlStore,
    seq: int,
    text: str = "x",
    *,
    soon: bool = True,
    about: AbstractSet[str] = frozenset(),
) -> None:
    """A line in the first chat's log."""
    said = line(seq, f"k{seq}", text)
    await store.write(lambda unit: unit.record("chat-1", said), soon=soon, about=about)


async def said(store: SqlStore) -> list[int]:
    """The numbers of the first chat's lines."""
    return [line.seq for line in await store.log("chat-1", 0, 1000)]


async def count(store: SqlStore, table: str) -> int:
    """How many rows a table has."""
    query = Query(sa.select(sa.func.count()).select_from(metadata.tables[table]))
    return int((await store._reader.rows(query))[0][0])


_WAITING = Query(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def somebody_waits(store: SqlStore) -> None:
    """Until a transaction waits for another."""
    while not (await store._reader.rows(_WAITING))[0][0]:
        pass


class Ears:
    """Hears what a store tells."""

    def __init__(self, store: SqlStore) -> None:
        self.heard: list[Committed] = []
        store.tell(self.heard.append)

    @property
    def last(self) -> Committed:
        """The last commit."""
        return self.heard[-1]

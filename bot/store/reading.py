"""Reading what was committed, in no transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import psycopg
import sqlalchemy as sa

from bot.domain.admission import SignIn
from bot.domain.blocking import Block
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity
from bot.domain.messages import Message
from bot.domain.reception import Reception
from bot.relay.delivery import Head, Lane
from bot.relay.files import Stored
from bot.relay.outcomes import NotDone
from bot.relay.ports import Knock, Seat, Thread, UnderWay
from bot.store import (
    blocks_sql,
    chat_sql,
    codec,
    counts_sql,
    outbox_sql,
    reception_sql,
    under_way_sql,
)
from bot.store.sql import Now, Query, Row
from bot.store.tables import micros, moment
from bot.store.writer import Clock

T = TypeVar("T")

#: The database is not to be had; what is asked of it then is NotDone.
AWAY = (
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,  # read-only after a failover, or the transaction was ended for us
    TimeoutError,
)
_TIME = Query(sa.select(Now()))
_MOST_STALE = 1000
_CROWD = 100  # streams waiting in a lane


class Reader(Protocol):
    """A connection on which nothing is written."""

    async def rows(self, query: Query, **values: Any) -> list[Row]:
        """Read what was committed."""

    async def many(self, decode: Callable[[list[Row]], T], query: Query, **values: Any) -> T:
        """Read and decode what may be a lot, away from the event loop."""

    async def close(self) -> None:
        """Let go."""


class Reading:
    """The half of relay/storage.py's Store that only reads."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._clock = clock
        self._reader = reader
        self._waited: dict[Lane, int] = {}  # streams, when a lane was last looked at

    async def look(self, chat_id: str) -> tuple[Chat, int] | None:
        """Read a chat and how far it was relayed."""
        rows = await self._rows(chat_sql.LOOK, chat_id=chat_id)
        return (codec.chat_from_json(chat_id, rows[0][0]), rows[0][1]) if rows else None

    async def log(self, chat_id: str, after: int, limit: int) -> list[Message]:
        """Read the log after seq ``after``."""
        rows = await self._rows(chat_sql.LOG, chat_id=chat_id, after=after, limit=limit)
        return [codec.message_from_row(row) for row in rows]

    async def file(self, chat_id: str, file_id: str) -> Stored | None:
        """Read one of the chat's files, away from the event loop."""
        found = await self._many(_files, chat_sql.FIND_FILE, chat_id=chat_id, id=file_id)
        return found[0] if found else None

    async def files(self, chat_id: str) -> list[Stored]:
        """Read all of the chat's files."""
        return await self._many(_files, chat_sql.FILES, chat_id=chat_id)

    async def thread(self, thread_id: int) -> Thread:
        """Read a conversation reference."""
        return codec.thread_from_row((await self._rows(chat_sql.THREAD, thread=thread_id))[0])

    async def is_live(self, conversation_id: str) -> bool:
        """Tell whether the conversation carries a live chat."""
        return bool(await self._rows(chat_sql.IS_LIVE, conversation_id=conversation_id))

    async def find_seat(self, seat_id: str) -> Seat | None:
        """Read a visitor's place."""
        rows = await self._rows(chat_sql.FIND_SEAT, seat=seat_id)
        return codec.seat_from_row(rows[0]) if rows else None

    async def find_sign_in(self, sign_in_id: str) -> SignIn | None:
        """Read who signed in."""
        rows = await self._rows(chat_sql.FIND_SIGN_IN, sign_in=sign_in_id)
        return codec.sign_in_from_row(rows[0]) if rows else None

    async def reception(self) -> Reception | None:
        """Read whether visitors may begin chats."""
        return reception_sql.from_rows(await self._rows(reception_sql.FIND))

    async def waiting(self) -> list[Chat]:
        """Read whose visitors wait for a first answer."""
        chats = await self._many(codec.readable_chats, reception_sql.ALONE)
        return [chat for chat in chats if chat.waits]

    async def open_of(self, who: Identity) -> list[Chat]:
        """Read in which chats somebody is who signed in."""
        his = partial(reception_sql.open_of, who)
        return await self._many(his, reception_sql.NAMING, naming=reception_sql.naming(who))

    async def blocks(self) -> list[Block]:
        """Read all blocks."""
        return blocks_sql.from_rows(await self._rows(blocks_sql.FIND))

    async def find_knock(self, digest: str) -> Knock | None:
        """Read an invitation."""
        rows = await self._rows(chat_sql.FIND_KNOCK, digest=digest)
        return codec.knock_from_row(rows[0]) if rows else None

    async def versions(self, chat_ids: Collection[str]) -> dict[str, int]:
        """Read each chat's count of changes; a chat that is forgotten has none."""
        rows = await self._rows(chat_sql.VERSIONS, ids=list(chat_ids))
        return dict(rows)

    async def heads(self, lane: Lane, limit: int = 500) -> list[Head]:
        """Read the first row of each stream of a lane, those that may be claimed first."""
        values: dict[str, Any] = {"lane": lane, "limit": limit}
        if self._waited.get(lane, 0) > _CROWD:  # it takes its time: not on the event loop
            values["now"] = micros(self._clock())
            rows = await self._many(list, outbox_sql.HEADS, **values)
        else:
            rows = await self._rows(outbox_sql.HEADS, **values)
        self._waited[lane] = len(rows)
        return [
            Head(lane, stream, kind, id_, (ready - now) / 1e6, (now - made) / 1e6, thread, rank)
            for stream, kind, id_, ready, now, made, thread, rank in rows
        ]

    async def time(self) -> datetime:
        """Tell what time it is by the database's clock, which is ours on SQLite."""
        now = (await self._many(list, _TIME, now=micros(self._clock())))[0][0]
        return moment(now)

    async def backlog(self) -> dict[Lane, tuple[int, float]]:
        """Count what is due or was tried already, by lane, and the seconds the oldest has waited."""
        rows = await self._many(list, outbox_sql.BACKLOG, now=micros(self._clock()))
        known = codec.lanes({lane for lane, *_ in rows})
        return {Lane(lane): (count, age / 1e6) for lane, count, age in rows if lane in known}

    async def stale(self, before: dict[str, datetime]) -> list[Chat]:
        """Find chats that have stood in a state since before the given moment."""
        found: list[Chat] = []
        for state, since in before.items():
            values = {"state": state, "moment": micros(since), "limit": _MOST_STALE}
            found += await self._many(codec.readable_chats, chat_sql.STALE, **values)
        return found

    async def in_states(self, *states: State) -> list[Chat]:
        """Find every chat that is in one of these states."""
        found: list[Chat] = []
        for state in states:
            found += await self._many(codec.readable_chats, chat_sql.IN_STATE, state=state.value)
        return found

    async def under_way(
        self, tenant: str, teams: Collection[str], thread_id: int
    ) -> list[UnderWay]:
        """Find every chat that is open, or whose record is not in RT, in the channels of ``teams`` or in
        the thread itself.
        """
        where = {"tenant": tenant, "teams": list(teams), "thread": thread_id}
        return await self._many(under_way_sql.from_rows, under_way_sql.FIND, **where)

    async def counts(self, since: datetime) -> dict[str, int]:
        """Count chats by state, by what was tallied, and those that are done and have words here."""
        found: dict[str, int] = dict(await self._many(list, counts_sql.STATES))
        tallied = await self._many(list, counts_sql.TALLIED, since=micros(since))
        found |= {f"tally {name}": int(count) for name, count in tallied}
        now = micros(self._clock())
        left = await self._many(list, counts_sql.LEFTOVERS, now=now)
        ((found["leftovers"], found["late"]),) = left
        return found

    async def newest_thread(self) -> Thread | None:
        """Read the reference of the channel's thread that was heard from last."""
        rows = await self._rows(counts_sql.NEWEST_THREAD)
        return await self.thread(rows[0][0]) if rows else None

    async def _rows(self, query: Query, **values: Any) -> list[Row]:
        try:
            return await self._reader.rows(query, now=micros(self._clock()), **values)
        except AWAY as error:
            raise NotDone("The database does not answer.") from error

    async def _many(self, decode: Callable[[list[Row]], T], query: Query, **values: Any) -> T:
        try:
            return await self._reader.many(decode, query, **values)
        except AWAY as error:
            raise NotDone("The database does not answer.") from error


def _files(rows: list[Row]) -> list[Stored]:
    return [codec.file_from_row(row) for row in rows]

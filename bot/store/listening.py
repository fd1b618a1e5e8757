"""Processes on one PostgreSQL tell each other what they committed.

A notification is a commit of its own, without a wait for the disk, after the commit that it tells
of, and many go together: PostgreSQL lets only one notifying transaction commit at a time. One
that is lost costs latency only, and whenever one may have been lost everybody is told to look.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Callable

import psycopg
import sqlalchemy as sa
import structlog

from bot.relay.delivery import Committed, Lane, News
from bot.store import codec
from bot.store.libpq import Connection
from bot.store.postgres import PostgresServer
from bot.store.sql import Query, text

log = structlog.get_logger(__name__)

_CHANNEL = "livechat"
_LISTEN = f"LISTEN {_CHANNEL}".encode()
_NOTIFY = Query(sa.select(sa.func.pg_notify(_CHANNEL, text("payload"))))
_MOST = 100  # chats in one notification, which holds 8000 bytes
_GATHER = 0.003  # seconds in which rings gather to go together
_CHECK = 10.0  # seconds after which a silent connection is tried
_COMPANY = 30.0  # seconds for which a process that was heard counts as there
_SHORTEST, _LONGEST = 0.1, 3.0  # seconds between attempts to connect


class Listener:
    """One process's ear and mouth."""

    def __init__(self, server: PostgresServer, ring: Callable[[Committed], object]) -> None:
        self._server = server
        self._ring = ring
        self._name = secrets.token_hex(6)
        self._db: Connection | None = None
        self._chats: dict[str, None] = {}
        self._lanes: set[Lane] = set()
        self._untold = False  # something may have been committed that nobody was told
        self._sending: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard_at = float("-inf")
        self._alone = False

    async def start(self) -> None:
        """Begin to listen; returns when it does, or when the first attempt failed."""
        if self._task is None:
            tried = asyncio.Event()
            self._task = asyncio.create_task(self._serve(tried), name="store-listener")
            await tried.wait()

    async def close(self) -> None:
        """End it."""
        for task in (self._sending, self._task):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        if self._db is not None:
            self._db.close()

    def count(self, alive: int) -> None:
        """Take note of how many processes there are: one alone need not speak."""
        heard_lately = asyncio.get_running_loop().time() - self._heard_at < _COMPANY
        alone, self._alone = self._alone, alive == 1 and not heard_lately
        if alone and not self._alone:
            self._own_up()

    # --- speaking ------------------------------------------------------------------------------

    def pass_on(self, committed: Committed) -> None:
        """Tell the others, in a moment, together with whatever else there is to tell."""
        if self._alone or self._db is None:
            return
        self._chats.update((news.chat_id, None) for news in committed.news)
        self._lanes |= committed.lanes
        if self._chats or self._lanes:
            self._begin_to_speak()

    def _own_up(self) -> None:
        """Whoever has come may have looked before our last commit, which was told nobody."""
        self._untold = True
        self._begin_to_speak()

    def _begin_to_speak(self) -> None:
        if self._sending is None:
            self._sending = asyncio.create_task(self._speak(), name="store-notifier")

    async def _speak(self) -> None:
        try:
            while self._chats or self._lanes or self._untold:
                await asyncio.sleep(_GATHER)
                if self._untold:
                    self._untold = False
                    await self._say({"lost": True})
                chats, self._chats = list(self._chats), {}
                lanes, self._lanes = sorted(self._lanes), set()
                told = _in_groups(chats) or [[]] * bool(lanes)
                await self._say(*({"chats": some, "lanes": lanes} for some in told))
        except Exception as error:  # noqa: BLE001 - a fault of ours must make nobody dumb
            if not isinstance(error, psycopg.Error):
                log.warning("telling_failed", reason=type(error).__name__)
            # What was to be said is lost; with the next connection, everybody is told to look.
            if self._db is not None:
                self._db.close()
        finally:
            self._sending = None

    async def _say(self, *words: dict[str, object]) -> None:
        if self._db is None or not words:
            return
        payloads = [json.dumps({"from": self._name, **said}) for said in words]
        await self._db.run([(_NOTIFY, {"payload": payload}) for payload in payloads])

    # --- listening -----------------------------------------------------------------------------

    async def _serve(self, tried: asyncio.Event) -> None:
        pause, lost = _SHORTEST, False
        while True:
            try:
                self._db = await self._server.open(durable=False)
                await self._hear(self._db, tried, lost=lost)
            except Exception as error:  # noqa: BLE001 - a fault of ours must make nobody deaf
                if not isinstance(error, (psycopg.Error, TimeoutError)):
                    log.warning("listening_failed", reason=type(error).__name__)
                pause = min(pause * 2, _LONGEST)
            else:
                pause = _SHORTEST
            finally:
                tried.set()
            if self._db is not None:
                self._db.close()
                self._db, pause = None, _SHORTEST
            lost = True
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - no secret

    async def _hear(self, connection: Connection, tried: asyncio.Event, *, lost: bool) -> None:
        connection.notified = self._notified
        await connection.run([(_LISTEN, {})])
        if lost:
            self._ring(Committed(lanes=frozenset(Lane), lost=True))
        await self._say({"lost": lost})
        tried.set()
        while connection.broken is None:
            try:
                await asyncio.wait_for(connection.ended.wait(), _CHECK)
            except TimeoutError:
                await connection.run([(b"SELECT 1", {})])

    def _notified(self, payload: bytes) -> None:
        said = json.loads(payload)
        if said["from"] == self._name:
            return
        alone, self._alone = self._alone, False
        self._heard_at = asyncio.get_running_loop().time()
        if alone:
            self._own_up()
        if said.get("lost"):
            self._ring(Committed(lanes=frozenset(Lane), lost=True))
            return
        news = tuple(News(chat_id) for chat_id in said.get("chats", ()))
        lanes = codec.lanes(set(said.get("lanes", ())))
        if news or lanes:
            self._ring(Committed(news, lanes))


def _in_groups(chats: list[str]) -> list[list[str]]:
    return [chats[start : start + _MOST] for start in range(0, len(chats), _MOST)]

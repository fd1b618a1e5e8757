"""The floor: one aiohttp process that does one durable commit and one POST per message, nothing else.

``python -m tests.bench.floor PORT TEAMS_URL DATABASE COMMITS`` where COMMITS is ``each`` (a commit for
each message) or ``group`` (one writer commits together what waits). It speaks as much of the widget's
protocol and of /api/messages as the load needs and checks nothing.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any, Protocol

import aiohttp
import psycopg
from aiohttp import web

from tests.bench.cast import Cast, chat_id, number_of

_INSERT = "INSERT INTO log (chat, key, text) VALUES (?, ?, ?)"
_TABLE = "CREATE TABLE IF NOT EXISTS log (id {} PRIMARY KEY, chat TEXT, key TEXT, text TEXT)"
_POOL = 16
_MOST = 128
Row = tuple[str, str, str]


class Log(Protocol):
    """Where messages are kept."""

    async def keep(self, row: Row) -> None:
        """Return when it is on the disk."""


class SqliteEach:
    """One commit after another, in the loop itself: no thread is cheaper than none."""

    def __init__(self, path: str) -> None:
        self._db = _sqlite(path)

    async def keep(self, row: Row) -> None:
        self._db.execute(_INSERT, row)


class SqliteGroup:
    """One thread commits whatever has come together while it was writing."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rows: queue.SimpleQueue[tuple[Row, asyncio.Future[None]]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, daemon=True).start()

    async def keep(self, row: Row) -> None:
        done: asyncio.Future[None] = self._loop.create_future()
        self._rows.put((row, done))
        await done

    def _run(self) -> None:
        db = _sqlite(self._path)
        while True:
            batch = [self._rows.get()]
            while len(batch) < _MOST and not self._rows.empty():
                batch.append(self._rows.get())
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_INSERT, [row for row, _ in batch])
            db.execute("COMMIT")
            self._loop.call_soon_threadsafe(_done, [done for _, done in batch])


def _done(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


def _sqlite(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(_TABLE.format("INTEGER"))
    return db


class PostgresEach:
    """A pool of connections, a transaction of its own for each message."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: asyncio.LifoQueue[psycopg.AsyncConnection[Any]] = asyncio.LifoQueue()

    async def open(self, size: int = _POOL) -> None:
        for _ in range(size):
            self._free.put_nowait(await psycopg.AsyncConnection.connect(self._url, autocommit=True))

    async def keep(self, row: Row) -> None:
        connection = await self._free.get()
        try:
            await connection.execute(_INSERT.replace("?", "%s").encode(), row)
        finally:
            self._free.put_nowait(connection)


class PostgresGroup(PostgresEach):
    """One task commits whatever has come together while it was writing."""

    async def open(self, size: int = 1) -> None:
        await super().open(size)
        self._rows: asyncio.Queue[tuple[Row, asyncio.Future[None]]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())

    async def keep(self, row: Row) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rows.put_nowait((row, done))
        await done

    async def _run(self) -> None:
        connection = await self._free.get()
        insert = _INSERT.replace("?", "%s").encode()
        while True:
            batch = [await self._rows.get()]
            while len(batch) < _MOST and not self._rows.empty():
                batch.append(self._rows.get_nowait())
            if len(batch) == 1:
                await connection.execute(insert, batch[0][0])
            else:
                async with connection.transaction(), connection.cursor() as cursor:
                    await cursor.executemany(insert, [row for row, _ in batch])
            _done([done for _, done in batch])


async def _postgres(url: str, *, group: bool) -> Log:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_TABLE.format("BIGSERIAL").encode())
    log = PostgresGroup(url) if group else PostgresEach(url)
    await log.open()
    return log


class Floor:
    """The two ways of a message."""

    def __init__(self, teams_url: str, log: Log) -> None:
        cast = Cast()
        base = f"{teams_url}v3/conversations/{cast.channel.id}"
        self._posts = f"{base};messageid={{}}/activities"
        self._log = log
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._roots = {chat_id(n): cast.thread(n).root_id for n in range(10_000)}
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def session(self, _app: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=50)
        headers = {"Authorization": "Bearer floor"}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as self._session:
            yield

    async def widget(self, request: web.Request) -> web.WebSocketResponse:
        """Hello is welcomed; a say is kept, acknowledged and posted."""
        ws = web.WebSocketResponse(protocols=("livechat.v1",), compress=False)
        await ws.prepare(request)
        chat = ""
        async for message in ws:
            frame = json.loads(message.data)
            if frame["t"] == "hello":
                chat = frame["chat"]
                self._sockets[chat] = ws
                await ws.send_str(json.dumps({"t": "welcome", "view": {"chat": chat}}))
            elif frame["t"] == "say":
                task = asyncio.create_task(self._say(ws, chat, frame["key"], frame["text"]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif frame["t"] == "ping":
                await ws.send_str('{"t":"pong"}')
        return ws

    async def _say(self, ws: web.WebSocketResponse, chat: str, key: str, text: str) -> None:
        await self._log.keep((chat, key, text))
        await ws.send_str(json.dumps({"t": "ack", "key": key, "seq": 1}))
        body = {"type": "message", "text": text, "textFormat": "plain"}
        assert self._session
        url = self._posts.format(self._roots[chat])
        async with self._session.post(url, json=body) as answer:
            await answer.read()

    async def messages(self, request: web.Request) -> web.Response:
        """Teams' message is kept, answered and shown."""
        activity = json.loads(await request.read())
        chat = chat_id(number_of(activity["conversation"]["id"]))
        await self._log.keep((chat, activity["id"], activity["text"]))
        author = {"role": "operator", "name": activity["from"]["name"]}
        line = {"t": "line", "seq": 1, "kind": "said", "author": author, "text": activity["text"]}
        if ws := self._sockets.get(chat):
            await ws.send_str(json.dumps(line))
        return web.Response()

    async def health(self, _request: web.Request) -> web.Response:
        return web.Response()


async def _log(database: str, commits: str) -> Log:
    if database.startswith("postgresql"):
        return await _postgres(database, group=commits == "group")
    return SqliteGroup(database) if commits == "group" else SqliteEach(database)


async def _application(teams_url: str, database: str, commits: str) -> web.Application:
    floor = Floor(teams_url, await _log(database, commits))
    app = web.Application()
    app.cleanup_ctx.append(floor.session)
    app.add_routes(
        [
            web.get("/livechat/ws", floor.widget),
            web.get("/livechat/healthz", floor.health),
            web.post("/api/messages", floor.messages),
        ]
    )
    return app


if __name__ == "__main__":
    port, teams_url, database, commits = sys.argv[1:]
    application = _application(teams_url, database, commits)
    web.run_app(application, host="127.0.0.1", port=int(port), access_log=None, print=None)

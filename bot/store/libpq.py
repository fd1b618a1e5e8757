"""A connection to PostgreSQL on psycopg's libpq, in pipeline mode.

psycopg's own cursors cost three times the processor time of libpq's calls, and pipelining through
them five times; both were measured (docs/decisions/0008). Statements are prepared at first use.
Each ``run`` is one round trip, whatever the number of its statements; several callers may have
one under way at the same time if none of them needs a transaction.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, Self

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from bot.store.sql import Query, Row

_OK = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)
#: A round trip that takes longer is broken off: the server hangs, or the wire is cut.
_PATIENCE = 6.0
_FRESH = 0.5  # seconds
_INTEGERS, _TRUTH, _OCTETS = (20, 21, 23), 16, 17
_NOTHING: list[Row] = []

#: A statement with its values; plain bytes (BEGIN and the like) have none.
Order = tuple[Query | bytes, dict[str, Any]]


class Unsendable(psycopg.DataError):
    """A value cannot be written down; none of the trip's statements was sent."""


class _Trip:
    """Statements on their way, and what came back so far."""

    __slots__ = ("done", "error", "names", "results", "until")

    def __init__(
        self,
        names: list[bytes | None],
        done: asyncio.Future[list[list[Row]]],
        until: float,
    ) -> None:
        self.until = until  # by the loop's clock
        self.names = names  # of statements prepared on this trip, None where there was none
        self.done = done
        self.results: list[list[Row]] = []
        self.error: psycopg.Error | None = None


class Connection:
    """See the module's text. Not to be used any more once ``broken``."""

    def __init__(self, opened: psycopg.AsyncConnection[Any]) -> None:
        self._psycopg = opened
        self._pg = opened.pgconn
        self._socket = self._pg.socket
        self._loop = asyncio.get_running_loop()
        self._trips: deque[_Trip] = deque()
        self._prepared: dict[Query | bytes, bytes] = {}
        self._numbers = count()
        self._watch: asyncio.TimerHandle | None = None
        self._answered = float("-inf")  # by the loop's clock
        self._writing = False
        self.broken: psycopg.Error | None = None
        self.ended = asyncio.Event()
        self.notified: Callable[[bytes], object] = len  # whoever listens puts his own here

    @classmethod
    async def open(cls, parts: dict[str, Any], limit: float) -> Self:
        """Connect within ``limit`` seconds. Raises psycopg.OperationalError, TimeoutError."""
        async with asyncio.timeout(limit):
            opened = await psycopg.AsyncConnection.connect(**parts, autocommit=True)
        connection = cls(opened)
        connection._pg.nonblocking = 1
        connection._pg.enter_pipeline_mode()
        connection._loop.add_reader(connection._socket, connection._readable)
        return connection

    async def run(self, orders: list[Order]) -> list[list[Row]]:
        """Run statements in one round trip; return the rows of each.

        After an error the rest of them is not run; it is raised as psycopg's. Unsendable: nothing
        was run.
        """
        if self.broken is not None:
            raise self.broken
        # Before anything is sent: what cannot be written down must not leave half a trip behind.
        try:
            ready = [(statement, _given(statement, values)) for statement, values in orders]
        except Exception as error:
            raise Unsendable(type(error).__name__) from error
        names: list[bytes | None] = []
        try:
            for statement, given in ready:
                names += self._send(statement, given)
            self._pg.pipeline_sync()
            self._push()
        except psycopg.Error as error:
            self._break(error)
            raise
        except Exception:
            self._break(psycopg.InterfaceError("the database was left in mid-sentence"))
            raise
        until = self._loop.time() + _PATIENCE
        trip = _Trip(names, self._loop.create_future(), until)
        self._trips.append(trip)
        if self._watch is None:
            self._watch = self._loop.call_at(until, self._look)
        return await trip.done

    @property
    def asked(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._trips)

    def is_open(self) -> bool:
        """Look whether the server has hung up; a cut wire is found out later.

        Who has only just answered is there: the event loop tells if he hangs up.
        """
        if self._loop.time() - self._answered < _FRESH:
            return self.broken is None
        for _ in range(2):  # its last words, and then the end
            self._readable()
        return self.broken is None

    def close(self) -> None:
        """Let go at once."""
        self._break(psycopg.OperationalError("the connection was closed"))

    # --- sending -------------------------------------------------------------------------------

    def _send(self, statement: Query | bytes, given: list[bytes | None]) -> list[bytes | None]:
        name = self._prepared.get(statement)
        names: list[bytes | None] = [None]
        if name is None:
            name = b"s%d" % next(self._numbers)
            sql = statement if isinstance(statement, bytes) else statement.postgres.sql.encode()
            self._pg.send_prepare(name, sql)
            self._prepared[statement] = name
            names = [name, None]
        self._pg.send_query_prepared(name, given)
        return names

    def _push(self) -> None:
        if self._pg.flush() and not self._writing:  # the socket is full
            self._writing = True
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        try:
            if not self._pg.flush():
                self._loop.remove_writer(self._socket)
                self._writing = False
        except psycopg.Error as error:
            self._break(error)

    # --- receiving -----------------------------------------------------------------------------

    def _readable(self) -> None:
        if self.broken is not None:
            return
        try:
            self._pg.consume_input()
            while self._trips and not self._pg.is_busy():
                if (result := self._pg.get_result()) is not None:
                    self._take(result)
                elif self._pg.status == pq.ConnStatus.BAD:  # it has told us so, and tells no more
                    raise psycopg.OperationalError("the database said what makes no sense")
            while (notice := self._pg.notifies()) is not None:
                self.notified(notice.extra)
        except psycopg.Error as error:
            self._break(error)
        except Exception:
            self._break(psycopg.InterfaceError("the database said what nobody understands"))
            raise

    def _take(self, result: pq.abc.PGresult) -> None:
        trip = self._trips[0]
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            self._arrived()
        elif trip.error is not None:
            return  # what follows an error was not run
        elif result.status in _OK:
            trip.results.append(_rows(result))
        else:
            trip.error = error_from_result(result)
            lost = {name for name in trip.names[len(trip.results) :] if name is not None}
            if lost:  # what was to be prepared from here on is not
                self._prepared = {s: n for s, n in self._prepared.items() if n not in lost}

    def _arrived(self) -> None:
        trip = self._trips[0]
        self._answered = self._loop.time()
        if trip.done.done():
            pass
        elif trip.error is not None:
            trip.done.set_exception(trip.error)
        else:
            answers = zip(trip.names, trip.results, strict=True)
            trip.done.set_result([rows for name, rows in answers if name is None])
        self._trips.popleft()  # last: if the answers do not fit, it is told so with the others

    # --- the end -------------------------------------------------------------------------------

    def _look(self) -> None:
        """See whether the oldest trip is too late; one timer serves many trips."""
        self._watch = None
        if not self._trips:
            return
        until = self._trips[0].until
        if until <= self._loop.time():
            self._break(psycopg.OperationalError("the database did not answer in time"))
        else:
            self._watch = self._loop.call_at(until, self._look)

    def _break(self, error: psycopg.Error) -> None:
        if self.broken is not None:
            return
        self.broken = error
        if self._watch is not None:
            self._watch.cancel()
        self._loop.remove_reader(self._socket)  # first: the number is given to others afterwards
        self._loop.remove_writer(self._socket)
        self._pg.finish()
        while self._trips:
            trip = self._trips.popleft()
            if not trip.done.done():
                trip.done.set_exception(error)
        self.ended.set()


def _given(statement: Query | bytes, values: dict[str, Any]) -> list[bytes | None]:
    """Write a statement's values down; fails at what no text may hold."""
    if isinstance(statement, bytes):
        return []
    text = statement.postgres
    if text.fixed:
        values = values | text.fixed
    return [_out(values[wanted]) for wanted in text.names]


def _rows(result: pq.abc.PGresult) -> list[Row]:
    """The rows of a result; of a statement that returns none, how many it changed."""
    if result.status == pq.ExecStatus.COMMAND_OK:
        return [(result.command_tuples or 0,)]
    count = result.ntuples
    if not count:
        return _NOTHING
    readers = [_in(result.ftype(column)) for column in range(result.nfields)]
    value = result.get_value
    return [
        tuple(
            None if (raw := value(row, column)) is None else read(raw)
            for column, read in enumerate(readers)
        )
        for row in range(count)
    ]


def _in(kind: int) -> Callable[[bytes], Any]:
    if kind in _INTEGERS:
        return int
    if kind == _OCTETS:
        return _octets
    return _true if kind == _TRUTH else bytes.decode


def _octets(raw: bytes) -> bytes:
    return bytes.fromhex(raw[2:].decode())


def _true(raw: bytes) -> bool:
    return raw == b"t"


def _out(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        if "\0" in value:  # libpq would end the text there
            raise ValueError("a text may not hold NUL")
        return value.encode()
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"%d" % value
    return b"{%s}" % b",".join(map(_quoted, value))


def _quoted(value: str | int) -> bytes:
    if isinstance(value, int):
        return b"%d" % value
    return b'"%s"' % value.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"')

"""A connection: several trips at a time, each with its own answer or its own error."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from bot.store.libpq import Connection, Order, Unsendable
from bot.store.postgres import PostgresServer
from bot.store.sql import Query, number, text

_SUM = Query(sa.select(number("a") + number("b")))
_ECHO = Query(sa.select(sa.func.concat(text("word"), text("more"))))
_DIVIDE = Query(sa.select(sa.func.div(number("a"), number("b"))))
_UNKNOWN = Query(sa.text("SELECT nothing_of_that_name"))
_SLEEP = Query(sa.select(sa.func.concat(sa.func.pg_sleep(sa.literal_column("0.2")), text("word"))))
_END = Query(sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid())))


@pytest.fixture
async def wire(postgres_url: str) -> AsyncIterator[Connection]:
    """A connection to an empty database."""
    connection = await PostgresServer(postgres_url).open()
    yield connection
    connection.close()


@contextmanager
def seconds(limit: int) -> Iterator[None]:
    """Break off whatever is done for longer."""

    def late(*_: object) -> None:
        raise RuntimeError("for ever")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def add(a: Any, b: Any) -> Order:
    return _SUM, {"a": a, "b": b}


async def test_each_statement_of_a_trip_has_its_rows(wire: Connection) -> None:
    echo = (_ECHO, {"word": "\u00e9\U0001f600", "more": None})
    for _ in range(2):  # prepared, and then known
        assert await wire.run([add(1, 2), echo, add(-3, 2)]) == [
            [(3,)],
            [("\u00e9\U0001f600",)],
            [(-1,)],
        ]


@pytest.mark.parametrize("bad", [(_DIVIDE, {"a": 1, "b": 0}), (_UNKNOWN, {})])
async def test_an_error_in_the_middle_of_a_trip_ends_that_trip_only(
    wire: Connection, bad: Order
) -> None:
    echo = (_ECHO, {"word": "after", "more": None})  # not prepared because of the error before it
    for _ in range(2):
        before, broken, after = await asyncio.gather(
            wire.run([add(1, 1)]),
            wire.run([add(2, 2), bad, echo]),
            wire.run([add(3, 3)]),
            return_exceptions=True,
        )
        assert (before, after) == ([[(2,)]], [[(6,)]])
        assert isinstance(broken, (psycopg.DataError, psycopg.ProgrammingError))
    assert await wire.run([echo]) == [[("after",)]]
    assert wire.broken is None


@pytest.mark.parametrize("bad", ["half \ud83d", "a\0b", object()])
async def test_what_cannot_be_sent_leaves_nothing_of_its_trip_behind(
    wire: Connection, bad: Any
) -> None:
    with pytest.raises(Unsendable):
        await wire.run([add(1, 1), (_ECHO, {"word": bad, "more": ""})])
    assert await wire.run([add(2, 2)]) == [[(4,)]]


async def test_an_error_while_sending_is_the_end_of_the_connection(
    wire: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_its_way = asyncio.create_task(wire.run([(_SLEEP, {"word": "x"})]))
    await asyncio.sleep(0)
    send, sent = wire._send, []

    def fails_at_the_second(*order: Any) -> list[bytes | None]:
        sent.append(order)
        if len(sent) == 2:
            raise MemoryError
        return send(*order)

    monkeypatch.setattr(wire, "_send", fails_at_the_second)
    with pytest.raises(MemoryError):
        await wire.run([add(1, 1), add(2, 2)])
    assert wire.broken
    with pytest.raises(psycopg.InterfaceError):
        await on_its_way
    with pytest.raises(psycopg.InterfaceError):
        await wire.run([add(1, 1)])


async def test_a_caller_who_goes_away_leaves_the_others_their_own_answers(wire: Connection) -> None:
    gone = asyncio.create_task(wire.run([(_SLEEP, {"word": "gone"})]))
    stays = asyncio.create_task(wire.run([add(20, 2)]))
    await asyncio.sleep(0)
    gone.cancel()
    assert await wire.run([add(30, 3)]) == [[(33,)]]
    assert await stays == [[(22,)]]
    assert gone.cancelled()


async def test_trips_that_overlap_do_not_mix(wire: Connection) -> None:
    trips = [wire.run([add(n, 0)] * (1 + n % 3)) for n in range(200)]
    assert await asyncio.gather(*trips) == [[[(n,)]] * (1 + n % 3) for n in range(200)]


async def test_more_than_a_socket_holds_goes_out_all_the_same(wire: Connection) -> None:
    long = "x" * 3_000_000
    trips = [wire.run([(_ECHO, {"word": long, "more": str(n)})]) for n in range(3)]
    assert await asyncio.gather(*trips) == [[[(long + str(n),)]] for n in range(3)]


async def test_when_the_server_hangs_up_in_mid_trip_everybody_hears_of_it(wire: Connection) -> None:
    trips = [wire.run([add(1, 1)]), wire.run([(_END, {}), add(2, 2)]), wire.run([add(3, 3)])]
    async with asyncio.timeout(20):
        first, *others = await asyncio.gather(*trips, return_exceptions=True)
        await wire.ended.wait()
    assert first == [[(2,)]]
    assert [isinstance(error, psycopg.OperationalError) for error in others] == [True, True]
    assert not wire.is_open()


async def test_a_server_that_has_just_answered_is_there_and_one_that_was_silent_is_asked(
    wire: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(wire, "_readable", lambda: read.append(1))
    await asyncio.sleep(0)
    assert wire.is_open()
    assert read
    wire._answered, read[:] = wire._loop.time(), []
    assert wire.is_open()
    assert not read


async def test_what_makes_no_sense_ends_the_connection_and_not_everything(wire: Connection) -> None:
    """A balancer of load, say, which answers for a server that is away."""
    stranger, his = socket.socketpair()
    wire._loop.remove_reader(wire._socket)
    os.dup2(his.fileno(), wire._socket)
    wire._loop.add_reader(wire._socket, wire._readable)
    trips = [asyncio.create_task(wire.run([add(n, 1), add(n, 2)])) for n in range(2)]
    await asyncio.sleep(0)
    stranger.send(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    with seconds(20):  # nothing else would break a loop off that never waits
        errors = await asyncio.gather(*trips, return_exceptions=True)
    assert [isinstance(error, psycopg.OperationalError) for error in errors] == [True, True]
    assert not wire.is_open()
    stranger.close()
    his.close()


async def test_a_connection_that_was_let_go_leaves_nobody_waiting(wire: Connection) -> None:
    waiting = asyncio.create_task(wire.run([(_SLEEP, {"word": "x"})]))
    await asyncio.sleep(0)
    wire.close()
    with pytest.raises(psycopg.OperationalError):
        await waiting


async def test_the_server_compiles_nothing_for_a_read_without_an_index(wire: Connection) -> None:
    """What we forbid costs so much by its reckoning that compiling would seem worth while."""
    [plan] = await wire.run([(b"EXPLAIN ANALYZE SELECT sum(reltuples) FROM pg_class", {})])
    assert [line for (line,) in plan if "JIT" in line] == []


@pytest.fixture
async def table(wire: Connection) -> Order:
    """A statement that adds a row to a table, whose rows point at others when all is done."""
    key = "CREATE TABLE t (n int PRIMARY KEY, m int REFERENCES t DEFERRABLE INITIALLY DEFERRED)"
    await wire.run([(key.encode(), {})])
    return Query(sa.text("INSERT INTO t VALUES (1, 1)")), {}


_COUNT = Query(sa.text("SELECT count(*) FROM t"))


async def test_one_trip_is_kept_as_a_whole_or_not_at_all(wire: Connection, table: Order) -> None:
    with pytest.raises(psycopg.DataError):
        await wire.run([table, (_DIVIDE, {"a": 1, "b": 0})])
    assert await wire.run([(_COUNT, {})]) == [[(0,)]]
    await wire.run([table])
    assert await wire.run([(_COUNT, {})]) == [[(1,)]]


async def test_what_goes_wrong_at_the_very_end_of_a_trip_is_told(
    wire: Connection, table: Order
) -> None:
    astray: Order = Query(sa.text("INSERT INTO t VALUES (2, 3)")), {}
    with pytest.raises(psycopg.IntegrityError):
        await wire.run([table, astray])
    assert await wire.run([(_COUNT, {})]) == [[(0,)]]
    assert wire.broken is None

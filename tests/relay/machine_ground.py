"""What the machine stands on: a database of its own for each example, and a look into it from aside."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bot.store import upgrade

#: Memory, where there is such a place: what a power cut does is no matter here.
_MEMORY = Path("/dev/shm")

_TELLS_OURS = "RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM ours.clock'"

Rows = Sequence[Sequence[Any]]


class Ground(Protocol):
    """Where databases come from."""

    def fresh(self) -> str:
        """Return the URL of a migrated database with nothing in it."""

    def set_clock(self, now: datetime) -> None:
        """Tell the database what time it is."""

    def look(self, query: str, *values: object) -> Rows:
        """Read from the present database with SQL that both understand, "?" for values."""

    def clear(self) -> None:
        """The present database is not needed any more."""


class Files:
    """SQLite: copies of one empty file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.db"
        self._file = folder / "chats.db"
        self._connection: sqlite3.Connection | None = None
        upgrade(f"sqlite:///{self._empty}")

    def fresh(self) -> str:
        shutil.copy(self._empty, self._file)
        self._connection = sqlite3.connect(self._file, isolation_level=None)
        return f"sqlite:///{self._file}"

    def set_clock(self, now: datetime) -> None:
        """SQLite has no clock: the store brings its own."""

    def look(self, query: str, *values: object) -> Rows:
        assert self._connection
        rows: Rows = self._connection.execute(query, values).fetchall()
        return rows

    def clear(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
        for file in self._folder.glob("chats.db*"):
            file.unlink()


class Server:
    """PostgreSQL: one database, emptied each time, whose clock is ours.

    Leases go by the database's clock, so the machine has to be able to put it forward:
    a function of ours hides PostgreSQL's own.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        upgrade(url)
        plain = url.replace("+psycopg", "")
        self._connection = psycopg.connect(plain, autocommit=True)
        self._tables = [
            name
            for (name,) in self._connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename <> 'alembic_version'"
            )
        ]
        name = self._connection.info.dbname
        for statement in (
            "CREATE SCHEMA ours",
            "CREATE TABLE ours.clock (now timestamptz NOT NULL)",
            "INSERT INTO ours.clock VALUES (clock_timestamp())",
            f"CREATE FUNCTION ours.clock_timestamp() {_TELLS_OURS}",
            f"ALTER DATABASE {name} SET search_path = ours, pg_catalog, public",
        ):
            self._connection.execute(statement.encode())

    def fresh(self) -> str:
        names = ", ".join(f"public.{table}" for table in self._tables)
        self._connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE".encode())
        return self._url

    def set_clock(self, now: datetime) -> None:
        self._connection.execute("UPDATE ours.clock SET now = %s", [now])

    def look(self, query: str, *values: object) -> Rows:
        rows: Rows = self._connection.execute(query.replace("?", "%s").encode(), values).fetchall()
        return rows

    def clear(self) -> None:
        """Emptied by the next one."""

    def close(self) -> None:
        self._connection.close()


@contextmanager
def files() -> Iterator[Files]:
    """SQLite in memory, or in the usual place for passing files."""
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    try:
        yield Files(folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def server(url: str) -> Iterator[Server]:
    """PostgreSQL at ``url``, an empty database."""
    ground = Server(url)
    try:
        yield ground
    finally:
        ground.close()

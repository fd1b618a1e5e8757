"""Engines for the two databases, set up so that a commit means the disk has it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}

# FULL: an acknowledged message survives a power cut. secure_delete: purged text is overwritten.
_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)

# A hung server or a cut wire must not hold a chat's row for long (facts: reliability 2.3).
_PG_OPTIONS = (
    "-c statement_timeout=5000 -c lock_timeout=4000"
    " -c idle_in_transaction_session_timeout=5000 -c synchronous_commit=on"
)
_PG_CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": _PG_OPTIONS,
}


def driver_url(url: str) -> str:
    """Return ``url`` with the driver we use: aiosqlite or psycopg 3.

    Raises ValueError for another database.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"database {backend!r} is not supported: use sqlite or postgresql")
    return parsed.set(drivername=_DRIVERS[backend]).render_as_string(hide_password=False)


def is_sqlite(url: str) -> bool:
    """Tell which of the two databases ``url`` names."""
    return make_url(url).get_backend_name() == "sqlite"


def sqlite_engine(url: str, *, writer: bool) -> AsyncEngine:
    """Return an engine on a SQLite file.

    The writer has one connection and takes the write lock at BEGIN, so that what a transaction
    has read cannot change before it writes.
    """
    engine = create_async_engine(
        driver_url(url), pool_size=1 if writer else 4, max_overflow=0, pool_timeout=5
    )
    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # we say BEGIN ourselves; the driver's own guess is late
        cursor = dbapi.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def postgres_engine(url: str, *, size: int = 8) -> AsyncEngine:
    """Return an engine on a PostgreSQL database, with time-outs on everything."""
    return create_async_engine(
        driver_url(url),
        pool_size=size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args=_PG_CONNECT,
    )

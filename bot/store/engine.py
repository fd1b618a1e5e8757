"""Which database a URL names, and how its driver wants to hear of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

# The drivers of SQLAlchemy for migrations; everything else goes to the same drivers directly.
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


#: How long a server may say nothing, unless the URL says otherwise (seconds; the last: milliseconds).
CONNECT: dict[str, Any] = {
    "connect_timeout": 4,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def open_engine(url: str) -> sa.Engine:
    """Return an engine that keeps no connection; for migrations, and for looking by hand."""
    found = parsed(url)
    given = {} if is_sqlite(url) else {k: v for k, v in CONNECT.items() if k not in found.query}
    return sa.create_engine(found, poolclass=sa.NullPool, connect_args=given)


def parsed(url: str) -> URL:
    """Return ``url`` with the driver we use. Raises ValueError for another database."""
    raw = make_url(url)
    backend = raw.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"database {backend!r} is not supported: use sqlite or postgresql")
    return raw.set(drivername=_DRIVERS[backend])


def is_sqlite(url: str) -> bool:
    """Tell which of the two databases ``url`` names."""
    return parsed(url).get_backend_name() == "sqlite"


def sqlite_file(url: str) -> str:
    """Return the path of SQLite's file. Raises ValueError if there is none."""
    file = parsed(url).database
    if not file or file == ":memory:":
        raise ValueError("SQLite needs a file: sqlite:////var/lib/livechat/chats.db")
    return file


def libpq(url: str) -> dict[str, Any]:
    """Return what libpq calls the parts of ``url``."""
    found = parsed(url)
    parts = {
        "host": found.host,
        "port": found.port,
        "user": found.username,
        "password": found.password,
        "dbname": found.database,
    }
    return {**found.query, **{name: value for name, value in parts.items() if value is not None}}

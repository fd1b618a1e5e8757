"""Databases with their tables. SQLite's are copied: migrating takes longer than most tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from bot.store import upgrade
from bot.store.engine import is_sqlite, sqlite_file

_ONE_AT_A_TIME = Lock()  # alembic keeps what it works on in a module


def lay_out(url: str) -> None:
    """Give a database its tables, as ``livechat migrate`` does. Blocking; safe to run again."""
    with _ONE_AT_A_TIME:
        if is_sqlite(url) and not (file := Path(sqlite_file(url))).exists():
            file.write_bytes(_migrated())
        else:
            upgrade(url)


def sqlite_at(file: Path) -> str:
    """The URL of a new SQLite database with its tables. Blocking."""
    url = f"sqlite:///{file}"
    lay_out(url)
    return url


@cache
def _migrated() -> bytes:
    """A SQLite database with its tables, as it lies on the disk."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "chats.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()

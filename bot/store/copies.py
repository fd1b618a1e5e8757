"""A copy of SQLite's file as it was before a migration, for whoever goes back to the version before.

It holds what people said, and so it goes by itself (docs/decisions/0014). PostgreSQL is copied by
those who run it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path

import structlog

from bot.store.engine import is_sqlite, sqlite_file

log = structlog.get_logger(__name__)

KEPT = timedelta(days=3)
"""Long enough to notice over a weekend that a version is no good; as long as a back-up may be kept."""
_MIB = 2**20


class NoCopy(Exception):
    """The database could not be copied, and so it is not migrated; the text says what to do."""


def copied(file: Path, revision: str) -> Path:
    """Copy the database, whose tables are of ``revision``, beside itself, for its owner's eyes only.

    Blocking. Others may read it meanwhile, and nobody should write. Raises NoCopy; then there is none.
    """
    whole = file.resolve()  # beside the file itself, whatever leads to it
    made = whole.with_name(f"{whole.name}.of-{revision}")
    new = made.with_name(f"{made.name}.new")
    new.unlink(missing_ok=True)  # of an attempt that was killed
    try:
        _write(whole, new)
        new.replace(made)
        _sync(whole.parent)
    except (sqlite3.OperationalError, OSError) as error:
        new.unlink(missing_ok=True)
        log_of_it = whole.with_name(f"{whole.name}-wal")
        room = sum(one.stat().st_size for one in (whole, log_of_it) if one.exists()) // _MIB + 1
        raise NoCopy(
            f"The database was not migrated, for it could not be copied first: {error}. Let there be "
            f"{room} MiB of room in {whole.parent}, and run livechat migrate again."
        ) from error
    return made


def _write(file: Path, new: Path) -> None:
    into = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as database:
            database.execute("VACUUM INTO ?", (str(new),))  # without what was deleted
        os.fsync(into)
    finally:
        os.close(into)


def _sync(folder: Path) -> None:
    """A name that was given to a file is on the disk when its folder is."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def copies(url: str) -> list[Path]:
    """Name the copies that are there, unfinished ones too. Blocking; raises OSError."""
    if not is_sqlite(url):
        return []
    whole = Path(sqlite_file(url)).resolve()
    return sorted(whole.parent.glob(f"{escape(whole.name)}.of-*"))


def sweep_copies(url: str, now: datetime) -> None:
    """Delete those that have been there for long enough, or are of a time that is long to come."""
    for one in copies(url):
        made = datetime.fromtimestamp(one.stat().st_mtime, UTC)
        if abs(now - made) > KEPT:
            one.unlink(missing_ok=True)
            log.info("copy_deleted", file=one.name)

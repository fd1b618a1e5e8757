"""Bringing a database's tables up to this version, with alembic."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.copies import copied
from bot.store.engine import is_sqlite, open_engine, sqlite_file

_HERE = Path(__file__).parent


class TooNew(Exception):
    """A later version has migrated the database; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "The database is of a later version of the live chat. Install that one again, or "
            "restore the back-up that was made before it."
        )


def upgrade(url: str) -> Path | None:
    """Create or migrate the tables at ``url``, all or nothing. Blocking; safe to run again.

    Return where SQLite's file was copied to before that, if there was anything to migrate. Raises
    TooNew, NoCopy.
    """
    engine, file = open_engine(url), Path(sqlite_file(url)) if is_sqlite(url) else None
    new, copy = file is not None and not file.exists(), None
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        _begin_ourselves(engine)
    try:
        with engine.begin() as connection:
            config = _config()
            if not _at_head(connection) and file is not None:
                copy = _copied(connection, file)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except Exception:
        if copy is not None:
            copy.unlink(missing_ok=True)  # nothing was changed, perhaps for want of room
        raise
    finally:
        engine.dispose()
        if file is not None and new:
            _leave_to_the_service(file)
    return copy


def _copied(connection: sa.Connection, file: Path) -> Path | None:
    """Copy a database that has tables, within the transaction that keeps writers out."""
    here = MigrationContext.configure(connection).get_current_revision()
    if here is None:
        return None
    copy = copied(file, here)
    _leave_to_the_service(copy)
    return copy


def _leave_to_the_service(file: Path) -> None:
    """What root has made at a prompt must not shut out the user who owns the folder."""
    if os.geteuid() == 0 and file.exists():
        folder = file.parent.stat()
        os.chown(file, folder.st_uid, folder.st_gid)


def at_head(url: str) -> bool:
    """Tell whether the tables at ``url`` are of this version. Blocking. Raises TooNew."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _at_head(connection)
    finally:
        engine.dispose()


def _at_head(connection: sa.Connection) -> bool:
    here = set(MigrationContext.configure(connection).get_current_heads())
    known = ScriptDirectory.from_config(_config())
    if not here <= {script.revision for script in known.walk_revisions()}:
        raise TooNew
    return here == set(known.get_heads())


def _begin_ourselves(engine: sa.Engine) -> None:
    """Python's driver begins no transaction before a table is made: what was broken off would stay
    half done, and each later attempt would fail at a table that is there already.
    """

    def connected(database: sqlite3.Connection, _record: object) -> None:
        database.isolation_level = None

    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations"))
    return config

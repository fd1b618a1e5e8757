"""Bringing a database's tables up to this version, with alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.engine import is_sqlite, parsed, sqlite_file

_HERE = Path(__file__).parent


def upgrade(url: str) -> None:
    """Create or migrate the tables at ``url``. Blocking; safe to run again."""
    if is_sqlite(url):
        Path(sqlite_file(url)).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def at_head(url: str) -> bool:
    """Tell whether the tables at ``url`` are of this version. Blocking."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            here = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    return set(here) == set(ScriptDirectory.from_config(_config()).get_heads())


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(parsed(url), poolclass=sa.NullPool)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations"))
    return config

"""Bringing a database's tables up to this version, with alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from bot.store.engine import driver_url, is_sqlite

_HERE = Path(__file__).parent


def upgrade(url: str) -> None:
    """Create or migrate the tables at ``url``. Blocking; safe to run again."""
    if is_sqlite(url) and (file := make_url(url).database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
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
    sync = make_url(driver_url(url))
    if is_sqlite(url):
        sync = sync.set(drivername="sqlite")
    return sa.create_engine(sync, poolclass=sa.NullPool)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE / "migrations"))
    return config

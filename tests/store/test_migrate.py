"""Bringing tables up to this version, whatever becomes of the first attempt."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op

from bot.store import migrate
from bot.store.engine import parsed


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of either kind without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'chats.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


def test_what_was_broken_off_is_done_from_the_start(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("killed, or the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(op, "drop_index", fails)  # of the second migration, in its middle
        with pytest.raises(OSError, match="killed"):
            migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)
    assert migrate.at_head(empty_url)


def test_a_database_of_a_later_version_is_told_apart_from_one_to_be_migrated(
    empty_url: str,
) -> None:
    migrate.upgrade(empty_url)
    engine = sa.create_engine(parsed(empty_url), poolclass=sa.NullPool)
    with engine.begin() as database:
        database.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (migrate.at_head, migrate.upgrade):
        with pytest.raises(migrate.TooNew, match=r"of a later version.*restore the back-up"):
            look(empty_url)


def test_what_root_lays_out_belongs_to_whoever_owns_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a prompt, beside a service whose own user could not write it."""
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *to: given.append(to))
    file = tmp_path / "chats.db"
    migrate.upgrade(f"sqlite:///{file}")
    folder = tmp_path.stat()
    assert given == [(file, folder.st_uid, folder.st_gid)]
    migrate.upgrade(f"sqlite:///{file}")  # as an update does: it is whose it is, perhaps by a group
    assert len(given) == 1

"""The copy of a database from before its migration: made, kept for some days, and gone."""

import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import op

from bot.store import KEPT, NoCopy, at_head, copies, upgrade
from bot.store.sqlite import connect
from tests.relay.house import opened
from tests.relay.test_first_version import FIRST

TEXT = "It beeps."


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """The first version's database; what was said last is in its log only."""
    file = tmp_path / "chats.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(FIRST.read_text(encoding="utf-8"))
    with closing(connect(str(file))) as service:
        service.execute("UPDATE messages SET text = 'said last' WHERE seq = 4")
        yield file


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def said(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT text FROM messages WHERE text != '' ORDER BY seq")
        return [text for (text,) in rows]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """To write beyond it fails like writing to a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_migration_leaves_a_whole_copy_of_what_was_before_it_for_its_owner_alone(
    old: Path,
) -> None:
    before = said(old)
    copy = upgrade(url(old))
    assert copy == old.with_name("chats.db.of-0001")
    assert copies(url(old)) == [copy]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert said(copy) == before
    assert "said last" in before
    assert at_head(url(old))
    assert not at_head(url(copy))


def test_what_root_copies_belongs_to_whoever_owns_the_folder(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service, which has another user, is to delete it."""
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *to: given.append(to))
    copy, folder = upgrade(url(old)), old.parent.stat()
    assert given == [(copy, folder.st_uid, folder.st_gid)]


def test_where_there_is_nothing_to_migrate_nothing_is_copied(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    assert upgrade(url(new)) is None
    upgrade(url(old)).unlink()  # type: ignore[union-attr]
    assert upgrade(url(old)) is None
    assert copies(url(old)) == copies(url(new)) == []


def test_the_way_back_is_to_put_the_copy_in_its_place_and_forward_again_copies_anew(
    old: Path,
) -> None:
    copy = upgrade(url(old))
    assert copy
    with closing(sqlite3.connect(copy)) as back, back:
        back.execute("UPDATE messages SET text = 'said after the way back' WHERE seq = 4")
    there = old.with_name("restored.db")
    copy.replace(there)
    again = upgrade(url(there))
    assert again
    assert "said after the way back" in said(again)
    assert upgrade(url(there)) is None
    assert copies(url(there)) == [again]


def test_what_a_killed_attempt_left_is_in_nobodys_way(old: Path) -> None:
    half = old.with_name("chats.db.of-0001.new")
    half.write_bytes(b"half of it")
    assert copies(url(old)) == [half]  # it is told of, and goes with the others
    assert upgrade(url(old)) == old.with_name("chats.db.of-0001")
    assert not half.exists()


def test_without_room_for_the_copy_nothing_is_migrated_and_it_is_said_how_much_it_takes(
    old: Path,
) -> None:
    before = said(old)
    with no_file_longer_than(64 * 1024), pytest.raises(NoCopy) as told:
        upgrade(url(old))
    assert f"1 MiB of room in {old.parent}, and run livechat migrate again" in str(told.value)
    assert not at_head(url(old))
    assert said(old) == before
    assert copies(url(old)) == []
    assert upgrade(url(old))


def test_what_a_migration_that_failed_has_copied_takes_no_room(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = said(old)

    def fails(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(op, "drop_index", fails)  # of the second migration, in its middle
        with pytest.raises(OSError, match="full"):
            upgrade(url(old))
    assert copies(url(old)) == []
    assert said(old) == before
    assert upgrade(url(old))


async def test_the_service_deletes_it_by_itself_after_some_days(tmp_path: Path) -> None:
    database = url(tmp_path / "chats.db")
    upgrade(database)
    copy = tmp_path / "chats.db.of-0001"
    beside = tmp_path / "chats.db.bak"  # somebody else's
    async with opened(database) as house:
        for one in (copy, beside):
            one.write_bytes(b"words")
            made = (house.clock() - KEPT + timedelta(hours=1)).timestamp()
            os.utime(one, (made, made))
        await house.housekeeping.tidy()
        assert copy.exists()
        assert (await house.store.counts(house.clock()))["copies"] == 1
        house.clock.pass_(hours=2)
        await house.housekeeping.tidy()
        assert not copy.exists()
        assert beside.exists()


async def test_one_of_a_time_that_is_long_to_come_does_not_stay_until_then(tmp_path: Path) -> None:
    database = url(tmp_path / "chats.db")
    upgrade(database)
    copy = tmp_path / "chats.db.of-0001"
    copy.write_bytes(b"words")
    async with opened(database) as house:
        ahead = (house.clock() + 2 * KEPT).timestamp()
        os.utime(copy, (ahead, ahead))
        await house.housekeeping.tidy()
    assert not copy.exists()

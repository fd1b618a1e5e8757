"""What was purged is in no file either."""

import random
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.admission import SignIn
from bot.domain.blocking import Block, block_id
from bot.domain.chat import State
from bot.domain.identity import Identity, Proof
from bot.domain.messages import Kind, Message
from bot.domain.reception import Reception
from bot.relay.ports import Scope, Thread
from bot.relay.storage import Unit
from bot.store import SqlStore, scrubbing
from bot.store.scrubbing import Scrubber, TooMuch, rewrite, sqlite_scrubber
from bot.store.sql import Query
from bot.store.sqlite import connect
from tests.people import ADA, GRACE, NOW
from tests.store.making import add_chat

CHATS, ROUNDS, LINES = 12, 12, 300


def found_in(file: str, word: str) -> list[str]:
    """The files of a database in which a word stands."""
    parts = [Path(file + end) for end in ("", "-wal", "-shm", "-journal")]
    return [part.name for part in parts if part.exists() and word.encode() in part.read_bytes()]


async def talk(store: SqlStore, seqs: dict[str, int], dice: random.Random) -> None:
    """A round of talk, in all chats that still live, of messages of all sizes."""

    async def work(unit: Unit) -> None:
        for _ in range(LINES):
            name = dice.choice(sorted(seqs))
            seqs[name] += 1
            word = f"CANARY-{name}."
            text = word * dice.choice([1, 3, 15, 60, 200, 700])
            author = replace(dice.choice([ADA, GRACE]), name=word)
            line = Message(seqs[name], author, Kind.SAID, text, NOW, f"key-{seqs[name]}")
            await unit.record(name, line)

    await store.write(work)


async def purge(store: SqlStore, name: str) -> None:
    async def work(unit: Unit) -> None:
        await unit.purge(name)
        chat = await unit.chat(name)
        assert chat
        await unit.save(replace(chat, state=State.PURGED))

    await store.write(work)


async def test_of_many_chats_that_shared_pages_nothing_is_left_of_the_purged_ones(
    sqlite_url: str,
) -> None:
    file = sqlite_url.partition("///")[2]
    store, dice = SqlStore.at(sqlite_url), random.Random(7)
    store._scrubber._rested = 0.0
    seqs = {f"chat-{number}": 0 for number in range(CHATS)}
    for name in seqs:
        await add_chat(store, name, state=State.FILED)
    for _ in range(ROUNDS):
        await talk(store, seqs, dice)
        name = dice.choice(sorted(seqs))
        assert found_in(file, f"CANARY-{name}.")
        del seqs[name]
        await purge(store, name)
        store._scrubber._rested = 0.0
        await store.scrub()
        assert found_in(file, f"CANARY-{name}.") == []
    await store.close()


async def test_what_a_killed_predecessor_purged_is_scrubbed_by_the_next(sqlite_url: str) -> None:
    file = sqlite_url.partition("///")[2]
    dead = SqlStore.at(sqlite_url)
    await add_chat(dead, state=State.FILED)
    await talk(dead, {"chat-1": 0}, random.Random(1))
    await purge(dead, "chat-1")
    assert found_in(file, "CANARY") == ["chats.db-wal"]  # and there it ended
    heir = SqlStore.at(sqlite_url)
    await heir.scrub()
    assert found_in(file, "CANARY") == []
    await heir.close()
    await dead.close()


async def test_a_reader_in_the_way_only_puts_it_off(sqlite_url: str) -> None:
    file = sqlite_url.partition("///")[2]
    store = SqlStore.at(sqlite_url)
    await add_chat(store, state=State.FILED)
    await talk(store, {"chat-1": 0}, random.Random(1))
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchall()
        await purge(store, "chat-1")
        await store.scrub()
        assert found_in(file, "CANARY")
    store._scrubber._rested = 0.0
    await store.scrub()
    assert found_in(file, "CANARY") == []
    await store.close()


def test_the_file_is_written_anew_in_no_more_memory_than_its_own_size(sqlite_url: str) -> None:
    file = sqlite_url.partition("///")[2]
    with closing(connect(file)) as database:
        database.execute("CREATE TABLE ballast (content BLOB)")
        for _ in range(12):
            database.execute("INSERT INTO ballast VALUES (randomblob(1000000))")
        database.execute("PRAGMA hard_heap_limit = 20000000")
        try:
            assert rewrite(file)
        finally:
            database.execute("PRAGMA hard_heap_limit = 0")


def test_what_would_take_too_much_memory_waits_until_less_is_kept(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sqlite_url.partition("///")[2]
    monkeypatch.setattr(scrubbing, "_MOST", 8 * 1024 * 1024)
    with closing(connect(file)) as database:
        database.execute("CREATE TABLE ballast (content BLOB)")
        for _ in range(9):
            database.execute("INSERT INTO ballast VALUES (randomblob(1000000))")
        with pytest.raises(TooMuch):
            rewrite(file)
        assert not Path(f"{file}-wal").stat().st_size  # the log is cut all the same
        database.execute("DELETE FROM ballast WHERE rowid > 1")
    assert rewrite(file)
    assert Path(file).stat().st_size < 2_000_000


async def test_a_file_in_which_too_much_is_kept_is_not_opened_again_at_once(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "_PART", 0)  # the usual rest is as long as the machine is slow
    monkeypatch.setattr(scrubbing, "_MOST", 0)
    scrubber = sqlite_scrubber(sqlite_url.partition("///")[2])
    await scrubber.scrub()
    assert scrubber._soiled
    assert scrubber._rested > time.monotonic() + 30


async def test_a_disk_too_full_to_write_the_file_anew_is_given_its_space_back_and_a_rest(
    sqlite_url: str,
) -> None:
    file, scrubber = sqlite_url.partition("///")[2], sqlite_scrubber(sqlite_url.partition("///")[2])
    with closing(connect(file)) as database:
        database.execute("CREATE TABLE ballast (content BLOB)")
        for _ in range(6):
            database.execute("INSERT INTO ballast VALUES (randomblob(1000000))")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, before[1]))
        try:
            with pytest.raises(sqlite3.OperationalError):
                await scrubber.scrub()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert not Path(f"{file}-wal").stat().st_size
        assert scrubber._soiled
        assert scrubber._rested > time.monotonic() + 30


async def test_a_writer_in_the_way_is_no_fault(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "_PART", 0)  # the usual rest is as long as the machine is slow
    file = sqlite_url.partition("///")[2]
    scrubber = sqlite_scrubber(file)
    with closing(connect(file)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        await scrubber.scrub()
    assert scrubber.due


async def test_scrubbing_rests_while_there_is_nothing_to_scrub() -> None:
    done: list[bool] = []

    def scrub() -> bool:
        done.append(True)
        return True

    scrubber = Scrubber(scrub)
    for _ in range(3):
        scrubber._rested = 0.0
        await scrubber.scrub()
    assert len(done) == 1
    scrubber.soil()
    scrubber._rested = 0.0
    await scrubber.scrub()
    assert len(done) == 2


@pytest.mark.parametrize("live", [True, False])
async def test_a_purge_takes_what_came_early_for_its_thread_unless_another_chat_lives_there(
    store: SqlStore, *, live: bool
) -> None:
    await add_chat(store, state=State.FILED)
    if live:
        await add_chat(store, "chat-2", state=State.OPEN)
    thread = Thread("19:x;messageid=1", "tenant", "https://teams.test/", Scope.CHANNEL, "28:bot")
    await store.write(lambda unit: unit.early(thread.conversation_id, "key", "CANARY"))
    await store.write(lambda unit: unit.purge("chat-1"))
    left = await store.write(lambda unit: unit.early_for(thread.conversation_id, "key"))
    assert left == ("CANARY" if live else None)


async def test_scrubbing_runs_on_either_database(store: SqlStore) -> None:
    await add_chat(store, state=State.FILED)
    await purge(store, "chat-1")
    await store.scrub()
    assert not store._scrubber._soiled


async def sign_out(unit: Unit) -> None:
    """Whoever signed in signs out again, or uses it up."""
    await unit.sign_out("digest")


async def let_in(unit: Unit) -> None:
    """A CO lifts a block."""
    await unit.unblock(block_id("chat-1"))


async def shut(unit: Unit) -> None:
    """A CO closes the door for visitors."""
    await unit.receive(None)


@pytest.mark.parametrize("gone", [sign_out, let_in, shut])
async def test_who_is_forgotten_in_no_chat_at_all_goes_off_the_disk_too(
    sqlite_url: str, gone: Callable[[Unit], Awaitable[None]]
) -> None:
    file, store = sqlite_url.partition("///")[2], SqlStore.at(sqlite_url)
    thread = await add_chat(store, state=State.OPEN)
    who, by = Identity(Proof.SSO, "CANARY", "CANARY"), replace(GRACE, name="CANARY")

    async def keep(unit: Unit) -> None:
        await unit.sign_in(SignIn("digest", who, NOW))
        await unit.block(Block("chat-1", who, "CANARY", (), by, "CANARY", NOW, NOW))
        await unit.receive(Reception(by, "CANARY", thread, NOW, NOW))
        for other in (sign_out, let_in, shut):
            if other is not gone:
                await other(unit)

    await store.write(keep)
    store._scrubber._rested = 0.0
    await store.scrub()
    assert found_in(file, "CANARY")
    await store.write(gone)
    store._scrubber._rested = 0.0
    await store.scrub()
    assert found_in(file, "CANARY") == []
    await store.close()


async def test_postgresql_gives_back_the_space_of_whom_it_kept_out_and_who_opened(
    pg_url: str,
) -> None:
    store = SqlStore.at(pg_url)
    thread = await add_chat(store, state=State.FILED)
    who = Identity(Proof.SSO, "CANARY", "CANARY")

    async def keep(unit: Unit) -> None:
        await unit.block(Block("chat-1", who, "CANARY", (), GRACE, "CANARY", NOW, NOW))
        await unit.receive(Reception(GRACE, "CANARY", thread, NOW, NOW))

    async def drop(unit: Unit) -> None:
        await let_in(unit)
        await shut(unit)

    await store.write(keep)
    await store.write(drop)
    assert await pages(store) > 0
    await store.scrub()
    assert await pages(store) == 0
    await store.close()


async def pages(store: SqlStore) -> int:
    """How many bytes the two tables take."""
    sizes = sa.text("SELECT pg_relation_size('blocks') + pg_relation_size('reception')")
    return int((await store._reader.rows(Query(sizes)))[0][0])

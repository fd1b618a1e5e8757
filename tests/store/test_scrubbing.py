"""What was purged is in no file either."""

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.chat import State
from bot.domain.messages import Kind, Message
from bot.relay.ports import Scope, Thread
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.scrubbing import Scrubber
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
    assert left == ((True, "CANARY") if live else (False, None))


async def test_scrubbing_runs_on_either_database(store: SqlStore) -> None:
    await add_chat(store, state=State.FILED)
    await purge(store, "chat-1")
    await store.scrub()
    assert not store._scrubber._soiled

"""Files in the database, the same on both."""

import pytest

from bot.domain.chat import State
from bot.domain.files import File
from bot.domain.messages import Kind, Message
from bot.relay.files import Fetched, Stored
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.people import ADA, NOW
from tests.store.making import add_chat, count

EVERY_BYTE = bytes(range(256)) * 4096
PICTURE = File("v-k", "jam.png", "image/png", len(EVERY_BYTE))


async def send(store: SqlStore, chat: str = "chat-1", content: bytes = EVERY_BYTE) -> None:
    async def work(unit: Unit) -> None:
        await unit.record(chat, Message(1, ADA, Kind.SAID, "jam", NOW, "k", file=PICTURE))
        await unit.keep_file(chat, Stored("v-k", 1, "jam.png", "image/png", content))

    await store.write(work)


async def test_a_file_comes_back_byte_by_byte_with_its_line(store: SqlStore) -> None:
    await add_chat(store)
    await send(store)
    found = await store.file("chat-1", "v-k")
    assert found == Stored("v-k", 1, "jam.png", "image/png", EVERY_BYTE)
    (line,) = await store.log("chat-1", 0, 9)
    assert line.file == PICTURE


async def test_a_file_is_its_own_chats_only(store: SqlStore) -> None:
    await add_chat(store)
    await add_chat(store, "chat-2")
    await send(store)
    assert await store.file("chat-2", "v-k") is None
    assert await store.files("chat-2") == []


async def test_what_has_become_of_a_file_takes_its_place(store: SqlStore) -> None:
    await add_chat(store)
    coming = Stored("o-1", 3, "picture", "", b"", Fetched.COMING)
    here = Stored("o-1", 3, "picture.png", "image/png", b"x")
    await store.write(lambda unit: unit.keep_file("chat-1", coming))
    assert await store.files("chat-1") == [coming]
    await store.write(lambda unit: unit.keep_file("chat-1", here))
    assert await store.files("chat-1") == [here]


@pytest.mark.parametrize("how", ["purge", "forget", "drop"])
async def test_a_file_goes_with_its_chat_or_its_message(store: SqlStore, how: str) -> None:
    await add_chat(store)
    await add_chat(store, "chat-2")
    await send(store)
    await send(store, "chat-2")

    async def work(unit: Unit) -> None:
        if how == "drop":
            await unit.drop_file("chat-1", 1)
        else:
            await getattr(unit, how)("chat-1")

    await store.write(work)
    assert await count(store, "files") == 1
    assert await store.file("chat-2", "v-k") is not None
    if how == "purge":
        assert await store.log("chat-1", 0, 9) == []


async def test_a_file_of_a_closed_chat_that_is_here_still_is_counted(store: SqlStore) -> None:
    """Also if no word is; and a chat that has both counts once."""
    for name, state in [("chat-1", State.OPEN), ("chat-2", State.PURGED), ("chat-3", State.FILED)]:
        await add_chat(store, name, state=state)
        await send(store, name)
    await store.write(lambda unit: unit.wipe("chat-2"))
    assert (await store.counts(NOW))["leftovers"] == 2
    await store.write(lambda unit: unit.purge("chat-2"))
    assert (await store.counts(NOW))["leftovers"] == 1
    await store.write(lambda unit: unit.purge("chat-3"))
    assert (await store.counts(NOW))["leftovers"] == 0

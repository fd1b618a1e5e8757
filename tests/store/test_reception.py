"""That visitors may begin chats is the same for every process, on both databases."""

import asyncio
from datetime import timedelta

from bot.domain.reception import Reception
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.people import ALAN, GRACE, NOW
from tests.store.making import add_chat


async def test_there_is_one_word_and_the_last_counts(store: SqlStore) -> None:
    thread = await add_chat(store)
    assert await store.reception() is None
    hers = Reception(GRACE, "29:grace", thread, NOW, NOW + timedelta(hours=1))
    his = Reception(ALAN, "29:alan", thread, NOW, NOW + timedelta(hours=2))
    await store.write(lambda unit: unit.receive(hers))
    assert await store.reception() == hers
    await store.write(lambda unit: unit.receive(his))
    assert await store.reception() == his
    await store.write(lambda unit: unit.receive(None))
    assert await store.reception() is None


async def test_who_reads_it_in_a_transaction_is_alone_with_it(store: SqlStore) -> None:
    thread = await add_chat(store)
    word = Reception(GRACE, "29:grace", thread, NOW, NOW + timedelta(hours=1))
    await store.write(lambda unit: unit.receive(word))
    inside, most = 0, 0

    async def work(unit: Unit) -> None:
        nonlocal inside, most
        assert await unit.reception() == word
        inside += 1
        most = max(most, inside)
        await unit.chat("chat-1")  # a round trip in which the others could come in
        inside -= 1

    await asyncio.gather(*(store.write(work) for _ in range(5)))
    assert most == 1

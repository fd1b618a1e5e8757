"""That visitors may begin chats is the same for every process, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.domain.chat import State
from bot.domain.identity import Identity, Proof
from bot.domain.reception import Reception
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.people import ADA, ALAN, GRACE, INTAKE, NOW, SIGNED_IN, proposed
from tests.store.making import THREAD, add_chat


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


async def test_who_waits_is_known_in_and_out_of_transactions(store: SqlStore) -> None:
    async def add(name: str, **changes: object) -> None:
        async def work(unit: Unit) -> None:
            thread = await unit.thread(replace(THREAD, conversation_id=name))
            await unit.add(replace(proposed(thread.id), id=name, **changes))  # type: ignore[arg-type]

        await store.write(work)

    begun = {"state": State.OPEN, "intake": INTAKE, "visitor": ADA}
    await add("begun", **begun)
    await add("what was typed", **begun, former=(replace(GRACE, name='"operators":[{'),))
    await add("answered", **begun, operators=(GRACE,))
    tricky = replace(GRACE, name='"operators":[]')
    await add("answered by a name", **begun, operators=(tricky,))
    await add("invited", state=State.OPEN, visitor=ADA)
    await add("over", **begun | {"state": State.ENDED})

    async def names(unit: Unit) -> set[str]:
        return {chat.id for chat in await unit.waiting()}

    wanted = {"begun", "what was typed"}
    assert {chat.id for chat in await store.waiting()} == wanted
    assert await store.write(names) == wanted


async def test_the_open_chats_of_who_signed_in_are_known_in_and_out_of_transactions(
    store: SqlStore,
) -> None:
    async def add(name: str, minutes: int = 0, **changes: object) -> None:
        async def work(unit: Unit) -> None:
            thread = await unit.thread(replace(THREAD, conversation_id=name))
            begun = {"id": name, "created": NOW + timedelta(minutes=minutes), "state": State.OPEN}
            await unit.add(replace(proposed(thread.id), **begun | changes))  # type: ignore[arg-type]

        await store.write(work)

    def known(login: str, proof: Proof = Proof.SSO) -> Identity:
        return replace(SIGNED_IN, login=login, proof=proof)

    await add("hers", identity=known("Under_Score"))
    await add("newer, and answered", 1, identity=known("under_score"), operators=(GRACE,))
    await add("vouched for", 2, identity=known("UNDER_SCORE", Proof.ASSERTED))
    await add("by a link", 3, identity=known("under_score", Proof.LINK))
    await add("typed", 3, identity=known("under_score", Proof.ANONYMOUS))
    await add("over", 3, identity=known("under_score"), state=State.ENDED)
    await add("another's", 3, identity=known("underXscore"))
    name = replace(ADA, name='"login":"under_score"')
    await add("another's, called so", 3, identity=known("bob"), visitor=name)

    async def names(unit: Unit) -> list[str]:
        return [chat.id for chat in await unit.open_of(known("under_score"))]

    wanted = ["newer, and answered", "hers"]
    assert [chat.id for chat in await store.open_of(known("under_score"))] == wanted
    assert await store.write(names) == wanted
    assert await store.open_of(known("eve")) == []

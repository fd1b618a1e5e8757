"""The ends of posts that Teams took: written down together, and each for what it is worth."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Self
from unittest import mock

import psycopg
import pytest

from bot.domain.chat import Chat, State
from bot.relay import ending
from bot.relay.delivery import Delivery
from bot.relay.handlers import Relayed, Run, joined
from bot.relay.outcomes import NotDone
from bot.relay.ports import Seat
from bot.relay.storage import Unit
from bot.store import postgres
from bot.store.link import Clash
from tests.relay.house import THREAD, House, opened
from tests.relay.test_outbox_running import until

Work = Callable[[Unit], Awaitable[Any]]


@pytest.fixture
async def house(either_url: str) -> AsyncIterator[House]:
    async with opened(either_url) as a_house:
        yield a_house


async def three(house: House) -> list[tuple[Chat, Seat]]:
    """Three chats, each in its own thread."""
    place = THREAD.conversation_id.partition(";")[0]
    threads = [replace(THREAD, conversation_id=f"{place};messageid={n}") for n in range(1, 4)]
    return [await house.talking(thread) for thread in threads]


@pytest.fixture
async def talks(house: House) -> list[tuple[Chat, Seat]]:
    return await three(house)


async def posted(house: House, *talks: tuple[Chat, Seat], lease: float = 60) -> list[Run]:
    """A message in each of some chats, claimed, and taken by Teams a moment ago."""
    for _, seat in talks:
        await house.visiting.say(seat, "k", "hello")
    streams = [f"chat:{chat.id}" for chat, _ in talks]
    taken = await house.store.take(house.owner, lease, streams)
    return [joined([row], time.monotonic()) for row in taken]


def relayed(run: Run) -> Relayed:
    return Relayed(run.delivery.chat_id or "", run.delivery.payload["seqs"][-1])


async def noted(house: House, run: Run) -> list[str]:
    """The posts that are to be taken back one day."""
    return await house.store.write(lambda unit: unit.posts(run.delivery.chat_id or ""))


async def ends(house: House, run: Run, *, more: bool = False) -> list[Delivery]:
    return await house.outbox._endings.end(run, relayed(run), more=more)


class Writes:
    """What is written to the store while this is looked at; the first few go wrong, if they are to."""

    def __init__(self, house: House, *errors: Exception) -> None:
        self.done: list[tuple[AbstractSet[str], bool]] = []
        self._errors = list(errors)
        self._write = house.store.write
        self._patch = mock.patch.object(house.store, "write", self._written)

    async def _written(
        self, work: Work, *, soon: bool = True, about: AbstractSet[str] = frozenset()
    ) -> Any:
        result = await self._write(work, soon=soon, about=about)
        self.done.append((set(about), soon))
        if self._errors:
            raise self._errors.pop(0)
        return result

    def __enter__(self) -> Self:
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


async def far(house: House, chat: Chat) -> int:
    """How far a chat stands in its thread."""
    found = await house.store.look(chat.id)
    assert found
    return found[1]


async def waiting(house: House, chat: Chat) -> list[str]:
    """What waits to be posted of a chat, or is claimed."""
    rows = await house.store.write(lambda unit: unit.unposted(chat.id))
    return [str(row) for row in rows]


async def test_ends_of_the_same_moment_are_one_commit(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    with Writes(house) as writes:
        assert await asyncio.gather(*(ends(house, run) for run in runs)) == [[], [], []]
    assert writes.done == [({chat.id for chat, _ in talks}, False)]
    for chat, _ in talks:
        assert await far(house, chat) == 2
        assert await waiting(house, chat) == []


async def test_each_takes_on_what_waits_behind_it_and_nobody_elses(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    for key in ("k2", "k3"):
        await house.visiting.say(talks[1][1], key, "and this")
    following = await asyncio.gather(*(ends(house, run, more=True) for run in runs))
    assert [[row.payload["seq"] for row in rows] for rows in following] == [[], [3, 4], []]


async def test_what_may_not_follow_at_once_is_left_to_whoever_looks(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    await house.visiting.say(talks[1][1], "k2", "and this")
    await asyncio.gather(*(ends(house, run) for run in runs))
    assert [row.payload["seq"] for row in await house.taken_by("another process")] == [3]


async def test_of_one_that_others_have_taken_over_nothing_is_struck_off(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks, lease=0)
    house.clock.pass_(seconds=1)  # the database's own clock goes on by itself
    (taken,) = await house.store.take("another", 60, [runs[0].delivery.stream])
    await asyncio.gather(*(ends(house, run, more=True) for run in runs))
    for (chat, _), left in zip(talks, ["2"], strict=False):
        assert await waiting(house, chat) == [left]
    assert await house.store.write(lambda unit: unit.strike([taken.id], "another")) == [taken.id]
    assert await far(house, talks[0][0]) == 2  # for it stands there


async def test_posts_are_noted_whoever_holds_their_rows_by_now(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks, lease=0)
    house.clock.pass_(seconds=1)
    await house.store.take("another", 60, [runs[0].delivery.stream])
    found = [replace(relayed(run), posts=(f"post {n}",)) for n, run in enumerate(runs)]
    endings = house.outbox._endings
    await asyncio.gather(*(endings.end(r, f, more=False) for r, f in zip(runs, found, strict=True)))
    assert [await noted(house, run) for run in runs] == [["post 0"], ["post 1"], ["post 2"]]


@pytest.mark.parametrize("seq", [2, 0], ids=["message", "notice"])
async def test_of_a_chat_that_is_forgotten_by_then_nothing_is_noted(
    house: House, talks: list[tuple[Chat, Seat]], seq: int
) -> None:
    runs = await posted(house, *talks)
    await house.store.write(lambda unit: unit.forget(talks[0][0].id))
    found = [replace(relayed(run), seq=seq, posts=("post",)) for run in runs]
    endings = house.outbox._endings
    await asyncio.gather(*(endings.end(r, f, more=False) for r, f in zip(runs, found, strict=True)))
    assert [await noted(house, run) for run in runs] == [[], ["post"], ["post"]]
    assert house.reports == []


async def test_if_they_cannot_be_written_together_each_is_by_itself(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    bad = Relayed(talks[0][0].id, 2, (None,))  # type: ignore[arg-type]

    async def broken() -> None:
        with pytest.raises((sqlite3.IntegrityError, Clash)):
            await house.outbox._endings.end(runs[0], bad, more=False)

    await asyncio.gather(broken(), *(ends(house, run) for run in runs[1:]))
    assert house.reports == ["ends_failed"] * 3
    assert [await waiting(house, chat) for chat, _ in talks] == [["2"], [], []]


async def test_while_the_database_is_away_each_is_kept_in_mind(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    with Writes(house, NotDone("away"), NotDone("away")) as writes:
        await asyncio.gather(*(ends(house, run) for run in runs))
    assert [len(chats) for chats, _ in writes.done] == [3, 1, 1, 1, 1]
    assert house.reports == []


async def test_what_follows_is_written_once_though_nobody_knew_that_it_was_kept(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    (run,) = await posted(house, talks[0])
    another = replace(talks[0][0], id="another", state=State.ENDED)
    with Writes(house, NotDone("The wire was cut.")):
        ended = house.outbox._endings.end(run, lambda unit: unit.add(another), more=False)
        assert await ended == []
    assert await house.chat("another") == another
    assert await waiting(house, talks[0][0]) == []


async def test_a_chat_that_somebody_keeps_locked_holds_up_nobody_else(
    postgres_with_tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = postgres._OPTIONS.replace("lock_timeout=4000", "lock_timeout=500")
    monkeypatch.setattr(postgres, "_OPTIONS", options)
    async with opened(postgres_with_tables) as house:
        runs = await posted(house, *await three(house))
        locked = runs[1].delivery.chat_id
        with psycopg.connect(postgres_with_tables.replace("+psycopg", "")) as other:
            other.execute("SELECT 1 FROM chats WHERE id = %s FOR UPDATE", [locked])
            pending = [asyncio.create_task(ends(house, run)) for run in runs]
            async with asyncio.timeout(10):
                await pending[0]
                await pending[2]
            assert not pending[1].done()
        await pending[1]


async def test_who_ends_while_others_are_being_written_is_written_next(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    late: list[asyncio.Task[list[Delivery]]] = []
    write = ending._Together.write

    async def meanwhile(self: Any, unit: Unit, claim: Any) -> None:
        if not late:
            late.append(asyncio.create_task(ends(house, runs[2])))
            await asyncio.sleep(0)
        await write(self, unit, claim)

    with mock.patch.object(ending._Together, "write", meanwhile), Writes(house) as writes:
        await asyncio.gather(*(ends(house, run) for run in runs[:2]))
        await late[0]
    assert [len(chats) for chats, _ in writes.done] == [2, 1]
    assert await waiting(house, talks[2][0]) == []


async def test_no_more_than_so_many_go_together(
    house: House, talks: list[tuple[Chat, Seat]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_MOST", 2)
    runs = await posted(house, *talks)
    with Writes(house) as writes:
        await asyncio.gather(*(ends(house, run) for run in runs))
    assert sorted(len(chats) for chats, _ in writes.done) == [1, 2]


async def test_a_post_behind_which_something_waits_is_not_held_up_for_others(
    house: House,
) -> None:
    house.bells.append(house.outbox)
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "the thread's conversation is learned from this one")
    house.outbox.start()
    try:
        await until(lambda: len(house.threads.relayed) == 1 and not house.outbox._running)
        house.threads.hold = asyncio.Event()
        await house.visiting.say(seat, "k2", "first")
        await until(lambda: house.outbox._running)
        await house.visiting.say(seat, "k3", "second")
        with Writes(house) as writes:
            house.threads.hold.set()
            await until(lambda: len(house.threads.relayed) == 3 and not house.outbox._running)
    finally:
        await house.outbox.stop()
    assert [soon for _, soon in writes.done] == [True, False]


async def test_stopping_does_not_wait_for_a_database_that_is_away(
    house: House, talks: list[tuple[Chat, Seat]]
) -> None:
    runs = await posted(house, *talks)
    away = [NotDone("away")] * 1000
    with Writes(house, *away) as writes:
        pending = [asyncio.create_task(ends(house, run)) for run in runs]
        await until(lambda: writes.done)
        await house.outbox.stop(patience=0.1)
        async with asyncio.timeout(20):
            done = await asyncio.gather(*pending, return_exceptions=True)
    assert {type(result) for result in done} <= {NotDone, asyncio.CancelledError}

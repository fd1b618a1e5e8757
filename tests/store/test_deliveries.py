"""The outbox: who may claim what, in which order, and what comes back."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.relay.delivery import Delivery, Lane
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.deliveries import Waiting, run_of
from bot.store.sql import Query
from bot.store.unit import SqlUnit
from tests.store.making import Ears, add_chat, count, row, schedule

LATER = timedelta(hours=1)


async def take(store: SqlStore, stream: str, owner: str = "me", **more: Any) -> list[int]:
    """The ids that ``owner`` gets."""
    taken = await store.take(owner, more.pop("lease", 30), [stream], **more)
    return [delivery.id for delivery in taken]


async def strike(store: SqlStore, ids: Sequence[int], owner: str = "me") -> list[int]:
    return await store.write(lambda unit: unit.strike(ids, owner))


async def give_back(store: SqlStore, ids: list[int], *, clean: bool, seconds: float = 0) -> None:
    await store.write(lambda unit: unit.give_back(ids, "me", seconds, "busy", clean=clean))


def message(size: int = 10, **more: Any) -> Delivery:
    return row("a", "relay", size=size, **more)


# --- claiming ----------------------------------------------------------------------------------


async def test_a_stream_goes_one_after_another_and_streams_side_by_side(store: SqlStore) -> None:
    await schedule(store, row("a"), row("a"), row("b"))
    first = await store.take("me", 30, ["a", "b"])
    assert [d.stream for d in first] == ["a", "b"]
    assert await store.take("me", 30, ["a", "b"]) == []
    assert await strike(store, [first[0].id]) == [first[0].id]
    (second,) = await store.take("me", 30, ["a", "b"])
    assert second.stream == "a"
    assert second.id > first[0].id


async def test_a_delivery_comes_back_as_it_was_made(store: SqlStore) -> None:
    await add_chat(store)
    made = Delivery(Lane.RT, "s", "file", {"é": [1]}, "chat-1", thread=7, rank=2, size=12)
    await schedule(store, made)
    (taken,) = await store.take("me", 30, ["s"])
    assert (taken.lane, taken.kind, taken.payload) == (Lane.RT, "file", {"é": [1]})
    assert (taken.chat_id, taken.thread, taken.rank, taken.size) == ("chat-1", 7, 2, 12)
    assert taken.attempt == 1
    assert taken.created
    assert taken.first_claimed
    assert taken.first_claimed >= taken.created


async def test_a_delayed_row_holds_its_stream_back(store: SqlStore) -> None:
    await schedule(store, row("a", not_before=datetime.now(UTC) + LATER), row("a"))
    assert await take(store, "a") == []


async def test_nothing_is_claimed_behind_a_row_that_somebody_has(store: SqlStore) -> None:
    await schedule(store, message(), message())
    assert await take(store, "a", "you") == [1]
    assert await take(store, "a", most=9, size=1000) == []


async def test_two_owners_never_get_the_same_row(store: SqlStore) -> None:
    await schedule(store, *(row(f"s{n}") for n in range(5)))
    streams = [f"s{n}" for n in range(5)]
    got = await asyncio.gather(*(store.take(f"worker {n}", 30, streams) for n in range(6)))
    ids = [delivery.id for some in got for delivery in some]
    assert sorted(ids) == [1, 2, 3, 4, 5]


async def test_a_lease_that_ran_out_is_somebody_elses(store: SqlStore) -> None:
    await schedule(store, row("a"))
    mine = await store.take("me", 0.05, ["a"])
    await asyncio.sleep(0.1)
    theirs = await store.take("you", 30, ["a"])
    assert [d.attempt for d in mine + theirs] == [1, 2]
    assert await strike(store, [1], "me") == []
    assert await strike(store, [1], "you") == [1]


async def test_messages_are_claimed_together_within_bounds(store: SqlStore) -> None:
    await schedule(store, *(message(40) for _ in range(5)))
    assert await take(store, "a", most=9, size=120) == [1, 2, 3]
    assert await strike(store, [1, 2, 3]) == [1, 2, 3]
    assert await take(store, "a", most=1, size=120) == [4]


async def test_what_was_put_off_or_tried_does_not_go_with_what_was_not(store: SqlStore) -> None:
    await schedule(store, message(), message())
    assert await take(store, "a", most=9, size=100) == [1, 2]
    await give_back(store, [1], clean=False)
    await give_back(store, [2], clean=True)
    assert await take(store, "a", most=9, size=100) == [1]


FREE = {"kind": "relay", "attempt": 0, "size": 10, "free": True}


@pytest.mark.parametrize(
    ("rows", "run"),
    [
        ([{}, {}, {}, {}], [1, 2, 3]),  # at most 3
        ([{"free": False}, {}], []),
        ([{"kind": "tell"}, {"kind": "tell"}], [1]),
        ([{}, {"kind": "tell"}, {}], [1]),
        ([{}, {"free": False}, {}], [1]),
        ([{}, {"attempt": 1}], [1]),
        ([{"attempt": 2}, {"attempt": 1}, {}], [1, 2]),
        ([{}, {"size": 80}, {"size": 11}], [1, 2]),
        ([{"size": 500}, {}], [1]),  # too big for company, not for us
    ],
)
def test_a_run_is_of_one_kind_and_small_enough(rows: list[dict[str, Any]], run: list[int]) -> None:
    waiting = [Waiting(**{"id": n, **FREE, **row}) for n, row in enumerate(rows, 1)]
    assert run_of(waiting, 3, 100) == run


# --- struck off and given back -----------------------------------------------------------------


@pytest.mark.parametrize(("clean", "attempt"), [(True, 1), (False, 2)])
async def test_only_attempts_that_may_have_done_something_count(
    store: SqlStore, *, clean: bool, attempt: int
) -> None:
    await schedule(store, row("a"))
    await take(store, "a")
    await give_back(store, [1], clean=clean)
    (again,) = await store.take("you", 30, ["a"])
    assert again.attempt == attempt


async def test_what_was_given_back_waits_by_the_databases_clock(store: SqlStore) -> None:
    await schedule(store, row("a"))
    await take(store, "a")
    await give_back(store, [1], clean=True, seconds=60)
    assert await take(store, "a") == []
    (head,) = await store.heads(Lane.TEAMS)
    assert 55 < head.wait <= 60


async def test_what_is_to_go_alone_keeps_its_place_before_what_came_later(store: SqlStore) -> None:
    await schedule(store, message(), message())
    assert await take(store, "a", most=9, size=99) == [1, 2]
    await schedule(store, message())

    async def work(unit: Unit) -> list[int]:
        return await unit.give_back([1, 2], "me", 0, "not together", clean=True, alone=True)

    await store.write(work)
    went = []
    while taken := await store.take("me", 30, ["a"], 9, 99):
        went.append([(one.id, one.kind, one.attempt) for one in taken])
        await strike(store, [one.id for one in taken])
    assert went == [[(1, "single", 1)], [(2, "single", 1)], [(3, "relay", 1)]]


async def test_whoever_lost_a_row_cannot_give_it_back(store: SqlStore) -> None:
    await schedule(store, row("a"))
    await take(store, "a", "you")
    await give_back(store, [1], clean=True)
    assert await strike(store, [1], "you") == [1]


async def test_what_is_set_aside_is_tried_by_itself_and_what_was_behind_it_at_once(
    store: SqlStore,
) -> None:
    await schedule(store, row("a"), row("a"))
    first, ears = (await store.take("me", 30, ["a"]))[0], Ears(store)
    await store.write(lambda unit: unit.set_aside(first, "me", 0, "unknown"))
    assert ears.last.lanes == {first.lane}
    heads = {head.stream: head.id for head in await store.heads(first.lane)}
    assert heads == {"a": 2, "aside:1": 1}
    (again,) = await store.take("me", 30, ["aside:1"])
    assert (again.id, again.attempt, again.problem) == (1, 1, "unknown")
    await store.write(lambda unit: unit.set_aside(again, "you", 0, "not yours"))
    assert await take(store, "aside:1", "you") == []


async def test_a_card_that_waits_is_not_scheduled_twice_but_sooner(store: SqlStore) -> None:
    late = datetime.now(UTC) + LATER
    await schedule(store, row("card:1", "card", not_before=late), row("card:1", "card"))
    assert len(await take(store, "card:1")) == 1
    await schedule(store, row("card:1", "card"))  # that one is under way: one more must follow
    assert await count(store, "outbox") == 2


# --- born claimed ------------------------------------------------------------------------------


async def test_what_is_due_in_an_empty_stream_is_born_claimed(store: SqlStore) -> None:
    ears = Ears(store)
    store.work_for("me", 30, lambda delivery: delivery.kind == "relay")
    await schedule(store, message())
    (born,) = ears.last.born
    assert (born.id, born.attempt, born.payload, born.size) == (1, 1, {"n": 1}, 10)
    assert born.first_claimed
    assert ears.last.lanes == frozenset()
    assert await take(store, "a", "you") == []
    assert await strike(store, [1]) == [1]


@pytest.mark.parametrize(
    "made", [message(not_before=datetime.now(UTC) + LATER), row("a", "tell")], ids=["late", "no"]
)
async def test_what_is_not_due_or_not_wanted_is_left_to_anybody(
    store: SqlStore, made: Delivery
) -> None:
    ears = Ears(store)
    store.work_for("me", 30, lambda delivery: delivery.kind == "relay")
    await schedule(store, made)
    assert ears.last.born == ()
    assert ears.last.lanes == {Lane.TEAMS}
    assert await take(store, "a", "you") == ([1] if made.kind == "tell" else [])


async def test_nothing_is_born_claimed_behind_another_row(store: SqlStore) -> None:
    ears = Ears(store)
    await schedule(store, row("a"))
    store.work_for("me", 30, lambda _: True)
    await schedule(store, message())
    assert ears.last.born == ()
    assert ears.last.lanes == {Lane.TEAMS}
    await schedule(store, row("b"), row("b"))
    assert [told.id for told in ears.heard[-1].born] == [3]


async def test_of_two_that_add_to_an_empty_stream_one_claims(url: str) -> None:
    stores = [SqlStore.at(url) for _ in range(4)]
    ears = [Ears(store) for store in stores]
    for number, store in enumerate(stores):
        store.work_for(f"process {number}", 30, lambda _: True)
    await asyncio.gather(*(schedule(store, row("a")) for store in stores * 3))
    born = [delivery.id for heard in ears for told in heard.heard for delivery in told.born]
    assert born == [1]
    for store in stores:
        await store.close()


async def test_what_is_born_lives_on_when_its_owner_does_not(store: SqlStore) -> None:
    store.work_for("me", 0.05, lambda _: True)
    await schedule(store, row("a"))
    await asyncio.sleep(0.1)
    (theirs,) = await store.take("you", 30, ["a"])
    assert theirs.attempt == 2


async def test_what_was_undone_was_not_born(store: SqlStore) -> None:
    ears = Ears(store)
    store.work_for("me", 30, lambda _: True)

    async def fails(unit: Unit) -> None:
        await unit.schedule(row("a"))
        raise ValueError

    results = await asyncio.gather(
        store.write(fails), schedule(store, row("b")), return_exceptions=True
    )
    assert isinstance(results[0], ValueError)
    assert [d.stream for told in ears.heard for d in told.born] == ["b"]


# --- looking -----------------------------------------------------------------------------------


async def test_heads_are_the_first_rows_of_the_lanes_streams(store: SqlStore) -> None:
    await schedule(
        store,
        row("late", not_before=datetime.now(UTC) + LATER),
        row("card", rank=2),
        row("talk", rank=1, thread=5),
        row("talk", rank=0),
        row("held", rank=0),
        Delivery(Lane.HERE, "card", "purge", {}),
        Delivery(Lane.HERE, "alone", "purge", {}),
    )
    await take(store, "held", "you")
    heads = await store.heads(Lane.TEAMS)
    assert [h.stream for h in heads] == ["talk", "card", "held", "late"]
    assert [h.wait > 0 for h in heads] == [False, False, True, True]
    assert (heads[0].id, heads[0].kind, heads[0].thread, heads[0].rank) == (3, "tell", 5, 1)
    assert [h.stream for h in await store.heads(Lane.HERE)] == ["alone"]
    assert [h.stream for h in await store.heads(Lane.TEAMS, 1)] == ["talk"]
    assert await store.heads(Lane.MAIL) == []


async def test_a_long_line_is_read_away_from_the_event_loop(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(unit: Unit) -> None:
        for number in range(150):
            await unit.schedule(Delivery(Lane.TEAMS, f"thread:{number}", "tell", {}))

    await store.write(work)
    first = await store.heads(Lane.TEAMS)
    aside: list[object] = []
    many = store._reader.many

    async def counted(*args: Any, **values: Any) -> Any:
        aside.append(args)
        return await many(*args, **values)

    monkeypatch.setattr(store._reader, "many", counted)
    again = await store.heads(Lane.TEAMS)
    assert [head.id for head in again] == [head.id for head in first]
    assert aside
    await store.heads(Lane.RT)
    assert len(aside) == 1


_SET_BACK = Query(
    sa.text(
        "UPDATE outbox SET claimed_at = claimed_at + 3600000000,"
        " not_before = not_before + 3600000000, lease_until = lease_until + 3600000000"
    )
)


async def set_back(store: SqlStore) -> None:
    """The clock, by an hour."""

    async def work(unit: Unit) -> int:
        assert isinstance(unit, SqlUnit)
        return await unit.link.slowly(_SET_BACK)

    assert await store.write(work) == 1


@pytest.mark.parametrize("held", [True, False])
async def test_what_was_tried_before_the_clock_was_set_back_waits_no_longer_for_that(
    store: SqlStore, *, held: bool
) -> None:
    """It was made long before, and the clock went wrong only then."""
    await schedule(store, row("a"))
    assert await take(store, "a", lease=60) == [1]
    if not held:
        await give_back(store, [1], clean=True, seconds=60)
    await set_back(store)
    for _ in range(2):  # and that is done once
        await store.sweep(LATER)
        (head,) = await store.heads(Lane.TEAMS)
        assert 0 < head.wait < 600


@pytest.mark.parametrize("how", ["given back", "taken over", "released"])
async def test_what_is_put_off_after_the_clock_was_set_back_waits_as_long_as_it_was_to(
    store: SqlStore, how: str
) -> None:
    """RT may still be busy writing what its holder does not know the end of."""
    quarantine = timedelta(minutes=3)
    await schedule(store, Delivery(Lane.RT, "a", "file", {}))
    assert await take(store, "a", lease=3600) == [1]
    await set_back(store)
    if how == "given back":
        await give_back(store, [1], clean=False, seconds=180)
    elif how == "taken over":
        await store.take_over(quarantine)
    else:
        await store.beat("another", timedelta(seconds=20), quarantine)
    await store.sweep(LATER)
    (head,) = await store.heads(Lane.RT)
    assert 100 < head.wait <= 180

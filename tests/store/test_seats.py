"""Visitors' places in a chat."""

from datetime import timedelta

from bot.relay.ports import Seat
from bot.store import SqlStore
from tests.people import NOW
from tests.store.making import add_chat


async def sit(store: SqlStore, seat: Seat) -> None:
    await store.write(lambda unit: unit.seat(seat))


async def test_of_a_chats_seats_the_newest_stay_and_nobody_elses_go(store: SqlStore) -> None:
    await add_chat(store)
    await add_chat(store, "chat-2")
    seats = [Seat(f"seat-{n}", "chat-1", NOW + timedelta(seconds=n)) for n in range(25)]
    await sit(store, Seat("other", "chat-2", NOW))
    for seat in seats[:-1]:
        await sit(store, seat)
    before = await store.versions(["chat-1"])
    await sit(store, seats[-1])
    assert [seat for seat in seats if await store.find_seat(seat.id)] == seats[5:]
    assert await store.find_seat("other")
    assert (await store.versions(["chat-1"]))["chat-1"] > before[
        "chat-1"
    ]  # windows of the old ones look, and end

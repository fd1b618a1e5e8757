"""Which channel a new chat goes to."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chat import Chat
from bot.domain.events import Cancelled
from bot.relay.pool import Channel, Pool, choose
from bot.relay.ports import Scope, Thread
from bot.relay.storage import Unit
from tests.people import GRACE, NOW, proposed
from tests.relay.house import THREAD, House

TEAM = "19:team@thread.tacv2"
POOL = [Channel(f"19:pool-{n}@thread.tacv2", TEAM) for n in range(3)]
ELSEWHERE = Channel("19:other@thread.tacv2", "19:other-team@thread.tacv2")
ASKED = replace(THREAD, team_id=TEAM, channel_id="19:chat@thread.tacv2")


@given(st.dictionaries(st.sampled_from([channel.id for channel in POOL]), st.integers(0, 9)))
def test_the_channel_with_the_fewest_chats_is_chosen_and_the_first_of_equals(
    crowd: dict[str, int],
) -> None:
    counts = [crowd.get(channel.id, 0) for channel in POOL]
    assert choose(POOL, crowd) == POOL[counts.index(min(counts))]


async def put(house: House, thread: Thread, chat: Chat) -> None:
    async def work(unit: Unit) -> None:
        await unit.add(replace(chat, thread=(await unit.thread(thread)).id))

    await house.store.write(work)


def in_pool(number: int) -> Thread:
    channel = POOL[number].id
    return replace(ASKED, conversation_id=f"{channel};messageid={number}", channel_id=channel)


async def test_chats_are_counted_wherever_they_were_opened(house: House) -> None:
    pool = Pool(house.relay, [*POOL, ELSEWHERE])
    await put(house, in_pool(0), proposed())
    await put(house, in_pool(1), replace(proposed(), id="chat-2"))
    chosen = await pool.channel_for("chat-3", ASKED)
    assert chosen is not None
    assert chosen == replace(
        ASKED, conversation_id=POOL[2].id, channel_id=POOL[2].id, root_id="", id=0
    )


async def test_a_chat_that_is_over_makes_room(house: House) -> None:
    pool = Pool(house.relay, POOL[:2])
    await put(house, in_pool(0), proposed())
    await put(house, in_pool(1), replace(proposed(), id="chat-2"))

    async def cancel(unit: Unit) -> None:
        chat = await unit.chat("chat-2")
        assert chat
        await house.relay.happen(unit, chat, Cancelled(NOW, GRACE))

    await house.store.write(cancel)
    chosen = await pool.channel_for("chat-3", ASKED)
    assert chosen is not None
    assert chosen.channel_id == POOL[1].id


async def test_chats_asked_for_at_once_are_spread_before_they_are_there(house: House) -> None:
    pool = Pool(house.relay, POOL)
    chosen = [await pool.channel_for(f"chat-{n}", ASKED) for n in range(6)]
    ids = [channel.channel_id for channel in chosen if channel]
    assert ids == [channel.id for channel in POOL] * 2
    house.clock.pass_(minutes=3)  # none of them came to be
    again = await pool.channel_for("chat-7", ASKED)
    assert again is not None
    assert again.channel_id == POOL[0].id


async def test_only_a_channel_of_a_team_with_a_pool_sends_its_chats_there(house: House) -> None:
    pool = Pool(house.relay, POOL)
    elsewhere = replace(ASKED, team_id="19:another@thread.tacv2")
    personal = replace(THREAD, scope=Scope.PERSONAL)
    group = replace(THREAD, scope=Scope.GROUP)
    for asked in (elsewhere, personal, group):
        assert await pool.channel_for("chat-1", asked) is None


async def test_a_chat_asked_for_in_the_chosen_channel_stays_in_its_thread(house: House) -> None:
    pool = Pool(house.relay, POOL)
    assert await pool.channel_for("chat-1", in_pool(0)) is None
    moved = await pool.channel_for("chat-2", in_pool(0))
    assert moved is not None
    assert moved.channel_id == POOL[1].id


async def test_a_channel_in_which_teams_does_not_let_us_is_left_alone_for_a_while(
    house: House,
) -> None:
    pool = Pool(house.relay, POOL[:2])
    pool.avoid(POOL[0].id)
    chosen = [await pool.channel_for(f"chat-{n}", ASKED) for n in range(2)]
    assert {channel.channel_id for channel in chosen if channel} == {POOL[1].id}
    pool.avoid(POOL[1].id)
    assert await pool.channel_for("chat-3", ASKED) is None
    house.clock.pass_(minutes=11)
    again = await pool.channel_for("chat-4", ASKED)
    assert again is not None
    assert again.channel_id == POOL[0].id

"""Two COs start a chat about the same ticket while Teams opens the thread: one chat, both led to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest

from bot.domain.chat import State
from bot.domain.tickets import TicketRef
from bot.relay.answering import Answer
from bot.relay.delivery import Lane
from bot.relay.inbound import Operator
from bot.relay.opening import LookupHandler
from bot.relay.outcomes import NotDone
from bot.relay.placing import RUNNING, OpenHandler
from bot.relay.pool import Channel, Pool
from bot.relay.starting import Starting
from tests.people import ALAN, GRACE
from tests.relay.house import THREAD, House, opened

TEAM = "19:team@thread.tacv2"
HERE = replace(THREAD, team_id=TEAM, channel_id="19:chat@thread.tacv2")
THERE = replace(HERE, conversation_id="19:chat@thread.tacv2;messageid=1700000000009")
DESK, SECOND = Channel("19:desk@thread.tacv2", TEAM), Channel("19:second@thread.tacv2", TEAM)
REF = TicketRef("rt", 12345)
BY = {
    "grace": Operator(GRACE.id, GRACE.name, "29:grace"),
    "alan": Operator(ALAN.id, ALAN.name, "29:alan"),
}


class Nobody:
    """The page's own look-up, which these tests do without."""

    async def known(self, address: str, service_url: str) -> Operator | None:
        return None


@pytest.fixture
async def house(either_url: str) -> AsyncIterator[House]:
    async with opened(either_url) as a_house:
        await a_house.writes("help", thread=HERE)
        await a_house.deliver()
        a_house.threads.told.clear()
        yield a_house


@pytest.fixture
def page(house: House) -> Starting:
    return Starting(house.relay, house.tickets, house.places, Nobody(), (DESK, SECOND))


def pooled(house: House, *channels: Channel) -> None:
    """Chats that are asked for in a channel are opened in the pool's."""
    pool, ids = Pool(house.relay, channels), count(1)
    look_up = LookupHandler(house.relay, house.tickets, lambda: f"chat-{next(ids)}", pool)
    house.handlers.update(lookup=look_up, open=OpenHandler(house.relay, house.places, pool))


async def running(house: House) -> list[str]:
    return [chat.id for chat in await house.store.in_states(*RUNNING)]


async def test_two_presses_on_the_page_begin_one_chat_and_lead_both_there(
    house: House, page: Starting
) -> None:
    first, second = await asyncio.gather(
        page.start(REF, BY["grace"], "a"), page.start(REF, BY["alan"], "b")
    )
    assert first != second
    await house.deliver()
    house.clock.pass_(seconds=1)
    (one,) = await running(house)
    assert one in (first, second)
    led = [await page.started(chat_id) for chat_id in (first, second)]
    assert led[0] == led[1]
    assert led[0]
    assert led[0].link.startswith("https://teams.test/")
    assert len(house.places.opened) == 1


async def test_whoever_presses_a_second_time_is_led_there_again(
    house: House, page: Starting
) -> None:
    await page.start(REF, BY["grace"], "a")
    second = await page.start(REF, BY["alan"], "b")
    await house.deliver()
    assert await page.start(REF, BY["alan"], "b") == second
    await house.deliver()
    assert await page.started(second)
    assert len(house.places.opened) == 1


async def test_who_knows_of_the_other_chat_and_wants_his_own_gets_it(
    house: House, page: Starting
) -> None:
    first = await page.start(REF, BY["grace"], "a")
    await house.deliver()
    second = await page.start(REF, BY["alan"], "b", (first,))
    await house.deliver()
    house.clock.pass_(seconds=1)
    assert set(await running(house)) == {first, second}


async def test_two_mentions_open_one_thread_of_the_pool_and_the_second_is_told_where(
    house: House,
) -> None:
    pooled(house, DESK, SECOND)
    await house.writes("12345", thread=HERE)
    await house.writes("12345", thread=THERE, who="alan")
    await house.deliver()
    house.clock.pass_(seconds=1)
    assert len(await running(house)) == 1
    assert len(house.places.opened) == 1
    told = dict(house.threads.told)
    assert set(told) == {HERE.conversation_id, THERE.conversation_id}
    assert {tell.word for tell in told.values()} == {Answer.ELSEWHERE}
    (link,) = {tell.detail for tell in told.values()}
    assert link.startswith("https://teams.test/")
    mentions = {tell.mention[1] for tell in told.values() if tell.mention}
    assert mentions == {GRACE.name, ALAN.name}


async def test_a_mention_while_the_page_opens_its_thread_is_told_where(
    house: House, page: Starting
) -> None:
    await page.start(REF, BY["grace"], "a")
    await house.writes("12345", thread=HERE, who="alan")
    await house.deliver("lookup")
    await house.deliver()
    house.clock.pass_(seconds=1)
    assert len(await running(house)) == 1
    assert [tell.word for _, tell in house.threads.told] == [Answer.ELSEWHERE]


async def test_a_mention_stays_in_its_own_thread_where_the_page_comes_to_nothing(
    house: House, page: Starting
) -> None:
    await page.start(REF, BY["grace"], "a")
    (row,) = [head for head in await house.store.heads(Lane.TEAMS) if head.kind == "open"]
    await house.writes("12345", thread=HERE, who="alan")
    await house.deliver("lookup")
    await house.store.write(lambda unit: unit.drop(row.id))  # somebody had it erased
    await house.deliver()
    house.clock.pass_(seconds=1)
    (one,) = await running(house)
    thread = await house.store.thread((await house.chat(one)).thread)
    assert thread.conversation_id == HERE.conversation_id


async def test_the_second_waits_while_teams_cannot_be_had_for_the_first(
    house: House, page: Starting
) -> None:
    first = await page.start(REF, BY["grace"], "a")
    second = await page.start(REF, BY["alan"], "b")
    house.places.faults.before.append(NotDone("Teams cannot be reached.", 0.0))
    await house.deliver()
    house.clock.pass_(seconds=1)
    assert await running(house) == [first]
    assert await page.started(second) == await page.started(first)


async def test_whoever_is_led_to_somebodys_personal_chat_is_told_whose_it_is(
    house: House, page: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.places, "link", lambda thread: "")
    first = await page.start(REF, BY["grace"], "a")
    second = await page.start(REF, BY["alan"], "b")
    await house.deliver()
    by_grace, too = await page.started(first), await page.started(second)
    assert by_grace
    assert too
    assert (by_grace.by, too.by) == (GRACE, GRACE)


async def test_once_it_is_over_another_can_be_begun(house: House, page: Starting) -> None:
    first = await page.start(REF, BY["grace"], "a")
    await house.deliver()
    chat = await house.chat(first)
    thread = await house.store.thread(chat.thread)
    await house.presses("cancel", chat, thread=thread)
    second = await page.start(REF, BY["alan"], "b")
    await house.deliver()
    assert (await house.chat(second)).state is State.PROPOSED


async def test_the_chat_that_did_not_win_is_in_nobodys_way(house: House, page: Starting) -> None:
    first = await page.start(REF, BY["grace"], "a")
    second = await page.start(REF, BY["alan"], "b")
    await house.deliver()
    lost = await house.chat(second)
    assert lost.state is State.CANCELLED
    assert ALAN.name not in repr(lost)
    thread = await house.store.thread((await house.chat(first)).thread)
    cards = dict(house.threads.cards)
    await house.writes("show card", thread=thread)  # the newest chat of its thread is the other
    await house.deliver()
    (shown,) = [view.chat.id for card, view in house.threads.cards.items() if card not in cards]
    assert shown == first
    house.clock.pass_(days=2)
    await house.housekeeping.tidy()
    await house.housekeeping.tidy()
    assert await house.store.look(second) is None

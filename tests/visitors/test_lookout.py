"""What is seen to for all sockets together: lost rings, dead connections, seats that end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import timedelta

import structlog

from bot.relay.delivery import Committed, News
from bot.visitors.hub import Hub
from bot.visitors.lookout import Lookout
from bot.visitors.pace import Pace
from bot.visitors.socket import Socket
from bot.visitors.wire import Close
from tests.faults.faultproxy import FaultProxy
from tests.visitors.browser import CHAT, Browser, texts, until
from tests.visitors.conftest import Site, StartSite
from tests.visitors.fakes import NOW
from tests.visitors.test_hub import Ear

QUICK = Pace(sweep=0.02, heartbeat=0.1, pong=0.1)


class Chats:
    """The database's counts of changes."""

    def __init__(self) -> None:
        self.versions: Counter[str] = Counter()
        self.asked: list[int] = []
        self.trouble: list[Exception] = []

    async def of(self, chat_ids: Collection[str]) -> dict[str, int]:
        self.asked.append(len(chat_ids))
        if self.trouble:
            raise self.trouble.pop()
        return {chat_id: self.versions[chat_id] for chat_id in chat_ids}


async def test_only_the_watchers_of_a_chat_that_changed_are_woken() -> None:
    hub, chats = Hub(), Chats()
    ears = {name: Ear(name) for name in ("ada", "bob")}
    for ear in ears.values():
        hub.watch(ear)
    lookout = Lookout(hub, chats.of, sweep=1, recheck=0.01)
    lookout.start()
    await until(lambda: len(chats.asked) > 1)
    heard = {name: len(ear.heard) for name, ear in ears.items()}
    chats.versions["ada"] += 1
    await until(lambda: len(ears["ada"].heard) > heard["ada"])
    assert len(ears["bob"].heard) == heard["bob"] == 1
    await lookout.close()


class Looking:
    """Ada's chat, her ear, and a lookout that looks when it is told to."""

    def __init__(self) -> None:
        self.hub, self.chats, self.ear = Hub(), Chats(), Ear("ada")
        self.hub.watch(self.ear)
        self.lookout = Lookout(self.hub, self.chats.of, sweep=1, recheck=3600)

    def commit(self, *, heard: bool = True) -> None:
        self.chats.versions["ada"] += 1
        if heard:
            self.hub.ring(Committed((News("ada", relayed=1),)))

    async def look(self, *, lost: bool = False) -> bool:
        """Tell whether she is made to read."""
        self.ear.heard.clear()
        await self.lookout._compare(lost=lost)
        return "doubt" in self.ear.heard


async def test_whoever_heard_of_all_that_changed_is_not_made_to_read() -> None:
    ada = Looking()
    assert await ada.look()  # what was before nobody knows
    assert not await ada.look()
    for commits in (1, 3, 0):
        for _ in range(commits):
            ada.commit()
        assert not await ada.look()


async def test_whoever_missed_one_of_several_is_and_is_made_to_once_more() -> None:
    ada = Looking()
    await ada.look()
    await ada.look()
    ada.commit()
    ada.commit(heard=False)
    assert await ada.look()
    ada.commit()  # it might be the one that was missed, which was counted already
    assert await ada.look()
    ada.commit()
    assert not await ada.look()


async def test_a_commit_that_was_counted_before_it_was_heard_hides_no_other() -> None:
    ada = Looking()
    await ada.look()
    await ada.look()
    ada.commit(heard=False)
    assert await ada.look()
    ada.hub.ring(Committed((News("ada", relayed=1),)))  # now its ring comes
    ada.commit(heard=False)
    assert await ada.look()


async def test_nor_does_one_that_was_counted_at_the_first_look() -> None:
    ada = Looking()
    ada.commit(heard=False)
    assert await ada.look()
    ada.hub.ring(Committed((News("ada", relayed=1),)))
    ada.commit(heard=False)
    assert await ada.look()


async def test_when_rings_may_be_lost_nobody_relies_on_those_he_heard() -> None:
    ada = Looking()
    await ada.look()
    await ada.look()
    ada.commit()
    assert await ada.look(lost=True)


async def test_when_rings_may_be_lost_it_looks_at_once_and_in_few_queries() -> None:
    hub, chats = Hub(), Chats()
    for number in range(1200):
        hub.watch(Ear(f"chat-{number}"))
    lookout = Lookout(hub, chats.of, sweep=1, recheck=3600)
    lookout.start()
    hub.ring(Committed(lost=True))
    await until(lambda: sum(chats.asked) == 1200)
    assert len(chats.asked) == 3
    await lookout.close()


async def test_a_ring_that_was_lost_costs_time_only(start_site: StartSite) -> None:
    site = await start_site(Pace(recheck=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    site.visiting.ring = lambda _committed: None
    site.visiting.answer(CHAT, "anybody?")
    assert texts(await tab.lines(2))[-1] == "anybody?"


async def test_a_seat_that_was_given_up_while_rings_were_lost_ends(start_site: StartSite) -> None:
    site = await start_site(Pace(recheck=3600))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    await tab.lines(1)
    site.visiting.seats.clear()
    site.visiting.changes[CHAT] += 1
    site.hub.ring(Committed(lost=True))
    assert await tab.closed() == Close.NO_SESSION


async def test_a_browser_whose_page_is_busy_answers_for_it(start_site: StartSite) -> None:
    site = await start_site(Pace(sweep=0.02, heartbeat=0.05, pong=1.0))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    (socket,) = site.hub.everybody()
    assert isinstance(socket, Socket)
    waiting = asyncio.create_task(tab.lines(2))  # reads, so its side answers pings
    await until(lambda: 0.0 < socket._asked < socket._heard)
    asked = socket._asked
    await until(lambda: asked < socket._asked < socket._heard)
    site.visiting.answer(CHAT, "still there")
    assert texts(await waiting)[-1] == "still there"


async def test_a_peer_that_answers_nothing_is_taken_for_dead(start_site: StartSite) -> None:
    site = await start_site(QUICK)
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    with structlog.testing.capture_logs() as events:
        tab.transport.pause_reading()
        await until(lambda: site.hub.count() == 0)
    assert [(event["code"], event["why"]) for event in events] == [(Close.SILENT, "dead")]


async def test_a_network_that_swallows_everything_is_noticed_and_resumed_from(
    start_site: StartSite,
) -> None:
    site = await start_site(QUICK)
    async with FaultProxy(int(site.server.base.rpartition(":")[2])) as network:
        ada = await site.browser()
        ada.base = ada.base.replace(site.server.base, f"http://127.0.0.1:{network.port}")
        await ada.join(site.visiting.invite())
        tab = await ada.talk(CHAT)
        await tab.lines(1)
        network.part()
        site.visiting.answer(CHAT, "into the void")
        await until(lambda: site.hub.count() == 0)
        network.mend()
        back = await ada.talk(CHAT, after=1)
        assert texts(await back.lines(2)) == ["into the void"]


async def test_a_seat_ends_when_its_time_is_over(start_site: StartSite) -> None:
    site = await start_site(Pace(sweep=0.02))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    site.visiting.now = NOW + timedelta(hours=13)
    assert await tab.closed() == Close.NO_SESSION


async def test_news_cost_no_query(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)
    site.visiting.asked.clear()
    await tab.send(t="say", key="k", text="Hi")
    assert {(await tab.frame())["t"], (await tab.frame())["t"]} == {"ack", "line"}
    site.visiting.relay(CHAT, 2)
    assert await tab.frame() == {"t": "relayed", "seq": 2}
    site.visiting.answer(CHAT, "Hello")
    assert (await tab.frame())["text"] == "Hello"
    assert site.visiting.asked == {}

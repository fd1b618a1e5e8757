"""The bell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.relay.delivery import Bell, Committed, News
from bot.visitors.hub import Hub
from bot.visitors.wire import Close


@dataclass(eq=False)
class Ear:
    chat_id: str
    seat_id: str = "seat"
    heard: list[str] = field(default_factory=list)

    def hear(self, news: News) -> None:
        self.heard.append(f"news {news.relayed}")

    def wake(self, *, doubt: bool = False) -> None:
        self.heard.append("doubt" if doubt else "wake")

    def tend(self, now: float) -> None:
        self.heard.append("tend")

    def dismiss(self, code: Close) -> None:
        self.heard.append(code.name)


def rung(*chat_ids: str) -> Committed:
    return Committed(tuple(News(chat_id, relayed=1) for chat_id in chat_ids))


def test_the_bell_tells_everybody_who_watches_that_chat_and_nobody_else() -> None:
    hub, tabs, other = Hub(), [Ear("ada"), Ear("ada")], Ear("grace")
    for ear in [*tabs, other]:
        hub.watch(ear)
    bell: Bell = hub
    bell.ring(rung("ada", "nobody"))
    assert [ear.heard for ear in [*tabs, other]] == [["news 1"], ["news 1"], []]


def test_news_without_content_makes_a_watcher_read_and_look_at_its_seat() -> None:
    hub, ear = Hub(), Ear("ada")
    hub.watch(ear)
    hub.ring(Committed((News("ada"),)))
    assert ear.heard == ["doubt"]


def test_who_left_hears_nothing_and_leaves_nothing_behind() -> None:
    hub, ear = Hub(), Ear("ada")
    hub.watch(ear)
    hub.unwatch(ear)
    hub.unwatch(ear)
    hub.ring(rung("ada"))
    assert (ear.heard, hub.count(), hub._watchers) == ([], 0, {})


def test_a_seat_that_is_given_up_closes_its_own_sockets_only() -> None:
    hub, mine, hers = Hub(), Ear("ada", "phone"), Ear("ada", "desk")
    hub.watch(mine)
    hub.watch(hers)
    hub.dismiss("ada", "phone", Close.NO_SESSION)
    assert (mine.heard, hers.heard) == (["NO_SESSION"], [])


async def test_closing_waits_until_the_last_socket_is_gone() -> None:
    hub, ears = Hub(), [Ear("ada"), Ear("grace")]
    for ear in ears:
        hub.watch(ear)
    closing = asyncio.create_task(hub.close())
    await asyncio.sleep(0)
    assert [ear.heard for ear in ears] == [["RESTART"], ["RESTART"]]
    hub.unwatch(ears[0])
    await asyncio.sleep(0)
    assert not closing.done()
    hub.unwatch(ears[1])
    assert await closing == 0


async def test_closing_does_not_wait_for_ever() -> None:
    hub = Hub()
    hub.watch(Ear("ada"))
    assert await hub.close(within=0.01) == 1

"""The bell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.relay.ports import Bell
from bot.visitors.hub import Hub
from bot.visitors.wire import Close


@dataclass(eq=False)
class Ear:
    chat_id: str
    seat_id: str = "seat"
    heard: list[str] = field(default_factory=list)

    def wake(self) -> None:
        self.heard.append("ring")

    def dismiss(self, code: Close) -> None:
        self.heard.append(code.name)


def test_the_bell_wakes_everybody_who_watches_that_chat_and_nobody_else() -> None:
    hub, tabs, other = Hub(), [Ear("ada"), Ear("ada")], Ear("grace")
    for ear in [*tabs, other]:
        hub.watch(ear)
    bell: Bell = hub
    bell.ring("ada")
    bell.ring("nobody")
    assert [ear.heard for ear in [*tabs, other]] == [["ring"], ["ring"], []]


def test_who_left_hears_nothing_and_leaves_nothing_behind() -> None:
    hub, ear = Hub(), Ear("ada")
    hub.watch(ear)
    hub.unwatch(ear)
    hub.unwatch(ear)
    hub.ring("ada")
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

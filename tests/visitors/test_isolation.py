"""Promise two: nothing is shown to the wrong person."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from aiohttp import WSMsgType
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.relay.delivery import Committed, News
from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from tests.visitors.browser import ORIGIN, Browser, Server, Tab
from tests.visitors.fakes import FakeVisiting

CHATS = 3


class Crowd:
    """Several visitors at once; every text says whose chat it belongs to."""

    def __init__(self, visiting: FakeVisiting, browsers: list[Browser]) -> None:
        self.visiting = visiting
        self.browsers = browsers
        self.tabs: list[tuple[int, Tab]] = []
        self.seen: dict[int, list[str]] = {n: [] for n in range(CHATS)}
        self.count = 0

    async def do(self, what: str, who: int, other: int) -> None:
        mine, theirs = f"chat-{who}", f"chat-{other}"
        self.count += 1
        if what == "open":
            tab = await self.browsers[who].tab()
            self.tabs.append((who, tab))
            await tab.send(t="hello", chat=mine, after=self.count % 2)
        elif what == "intrude":
            tab = await self.browsers[who].tab()
            self.tabs.append((who, tab))
            await tab.send(t="hello", chat=theirs, after=0)
            with suppress(ConnectionError):
                await tab.send(t="say", key=f"k{self.count}", text=f"{mine} intrudes")
        elif what == "answer":
            self.visiting.answer(mine, f"{mine} answer {self.count}")
        elif what == "ring":
            self.visiting.ring(Committed((News(theirs),)))
        elif what == "say":
            for tab in [tab for owner, tab in self.tabs if owner == who and not tab.ws.closed][:1]:
                with suppress(ConnectionError):
                    await tab.send(t="say", key=f"k{self.count}", text=f"{mine} says {self.count}")
        await asyncio.sleep(0)

    async def read(self) -> None:
        """Take down everything that any socket was sent."""
        for who, tab in self.tabs:
            with suppress(ConnectionError):
                await tab.send(t="ping")
            while (message := await tab.ws.receive(timeout=5)).type is WSMsgType.TEXT:
                if json.loads(message.data)["t"] == "pong":
                    break
                self.seen[who].append(message.data)


ACTIONS = st.tuples(
    st.sampled_from(["open", "open", "intrude", "answer", "ring", "say", "say"]),
    st.integers(0, CHATS - 1),
    st.integers(0, CHATS - 1),
)


async def play(actions: list[tuple[str, int, int]]) -> None:
    hub = Hub()
    visiting = FakeVisiting(hub.ring)
    room = VisitorsRoom(
        visiting,
        visiting,
        hub,
        origins=[ORIGIN],
        support_url="mailto:x@example.org",
        now=lambda: visiting.now,
    )
    async with Server(room) as server:
        browsers = [Browser(server) for _ in range(CHATS)]
        for n, browser in enumerate(browsers):
            await browser.join(visiting.invite(n))
        crowd = Crowd(visiting, browsers)
        for action in actions:
            await crowd.do(*action)
        await crowd.read()
        for browser in browsers:
            await browser.http.close()
    for who, frames in crowd.seen.items():
        others = [f"chat-{n}" for n in range(CHATS) if n != who]
        assert [frame for frame in frames for other in others if other in frame] == []


@settings(max_examples=25, deadline=None)
@given(st.lists(ACTIONS, min_size=3, max_size=30))
def test_no_socket_is_ever_sent_a_word_of_another_chat(actions: list[tuple[str, int, int]]) -> None:
    asyncio.run(play(actions))

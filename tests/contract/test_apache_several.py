"""Two processes behind a real Apache, as infra/apache/livechat-several.conf says."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from tests.contract.apache import Apache, available
from tests.visitors.browser import CHAT, ORIGIN, Browser, Server, texts
from tests.visitors.fakes import FakeVisiting

Pair = tuple[FakeVisiting, list[Server], Browser]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    if not available():
        reason = "Apache missing: run make contract as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    hubs = [Hub(), Hub()]

    def ring(*what: object) -> None:
        for hub in hubs:
            hub.ring(*what)  # type: ignore[arg-type]

    visiting = FakeVisiting(ring)
    rooms = [
        VisitorsRoom(
            visiting,
            visiting,
            hub,
            origins=[ORIGIN],
            support_url="mailto:support@example.org",
            now=lambda: visiting.now,
        )
        for hub in hubs
    ]
    async with Server(rooms[0]) as one, Server(rooms[1]) as two:
        backends = [server.base.removeprefix("http://") for server in (one, two)]
        async with Apache(tmp_path, *backends) as apache, Browser(apache) as ada:
            await ada.http.close()
            ada.http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=False), cookie_jar=aiohttp.DummyCookieJar()
            )
            yield visiting, [one, two], ada


async def test_a_visitor_goes_on_with_the_other_process_when_one_dies(pair: Pair) -> None:
    visiting, servers, ada = pair
    await ada.join(visiting.invite())
    tab = await ada.talk(CHAT)
    await tab.send(t="say", key="k", text="before")
    assert (await tab.next("ack"))["seq"] == 2
    await servers[0].close()
    again = await ada.talk(CHAT)
    assert texts(await again.lines(2))[-1] == "before"
    await again.send(t="say", key="k2", text="after")
    assert (await again.next("ack"))["seq"] == 3

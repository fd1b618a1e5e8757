"""Whoever means harm gets an answer that costs us little, and a campus behind one address goes on."""

from __future__ import annotations

import asyncio
import zlib

import aiohttp
import pytest

from bot.visitors import guard
from bot.visitors.allowance import Rate
from bot.visitors.outgoing import framed
from bot.visitors.routes import Allowances
from tests.visitors.browser import CHAT, HEADERS, ORIGIN, Browser, Poller, Tab, nonce, until
from tests.visitors.conftest import Site, StartSite

FEW = Rate(per_minute=1, burst=3)
LINK = {"token": "A" * 43}


async def peeks(browser: Browser, times: int, address: str) -> list[int]:
    """Look at links that do not exist, as from this address; each is another link."""
    statuses = []
    for number in range(times):
        body = {"token": f"{number:043}"}
        headers = HEADERS | {"X-Forwarded-For": address}
        statuses.append((await browser.post("api/peek", body, headers)).status)
    return statuses


async def test_a_campus_behind_one_address_goes_on_where_another_is_slowed_down(
    start_site: StartSite,
) -> None:
    site = await start_site(allowances=Allowances(by_address=FEW, shared=("192.0.2.0/24",)))
    ada = await site.browser()
    assert await peeks(ada, 20, "192.0.2.9") == [200] * 20
    assert await peeks(ada, 5, "198.51.100.9") == [200] * 3 + [429] * 2


async def test_a_shared_network_does_not_let_one_link_be_tried_for_ever(
    start_site: StartSite,
) -> None:
    few = Allowances(by_address=FEW, by_token=FEW, shared=("192.0.2.0/24",))
    ada = await (await start_site(allowances=few)).browser()
    headers = HEADERS | {"X-Forwarded-For": "192.0.2.9"}
    statuses = [(await ada.post("api/peek", LINK, headers)).status for _ in range(5)]
    assert statuses == [200] * 3 + [429] * 2


def masked(frame: bytes, first: int) -> bytes:
    """Make a client's frame of a server's; ``first`` is its first byte. The mask is all zeros."""
    head = 2 if len(frame) - 2 < 126 else 4
    return bytes((first, frame[1] | 0x80)) + frame[2:head] + bytes(4) + frame[head:]


async def code(tab: Tab) -> int:
    async with asyncio.timeout(20):
        return await tab.closed()


async def test_a_compressed_bomb_is_not_unpacked(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b" " * 50_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 64 * 1024
    tab.transport.write(masked(framed(bomb), 0xC1))  # text, of one piece, "compressed"
    assert await code(tab) == 1002
    await until(lambda: site.hub.count() == 0)


@pytest.mark.parametrize("piece", [0x01, 0x00])
async def test_a_message_in_endless_pieces_ends_at_the_limit(joined: Browser, piece: int) -> None:
    tab = await joined.talk(CHAT)
    tab.transport.write(masked(framed(b"x" * 60_000), 0x01))
    tab.transport.write(masked(framed(b"x" * 60_000), piece))
    assert await code(tab) in (1002, 1009)


async def test_a_flood_of_frames_is_read_no_faster_than_it_may_come(
    site: Site, joined: Browser
) -> None:
    tab = await joined.talk(CHAT)
    for number in range(120):
        await tab.send(t="say", key=f"k{number}", text="spam")
    answers = [await tab.next("ack", "refused") for _ in range(120)]
    refused = [answer for answer in answers if answer["t"] == "refused"]
    assert {answer["error"] for answer in refused} == {"slow_down"}
    assert len(site.visiting.logs[CHAT]) - 1 == 120 - len(refused) < 80


async def test_a_body_that_comes_drop_by_drop_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.05)

    async def drops() -> object:
        yield b'{"tok'
        await asyncio.Event().wait()

    async with aiohttp.ClientSession() as http:
        headers = HEADERS | {"Content-Type": "application/json"}
        url = f"{site.server.base}/livechat/api/peek"
        async with asyncio.timeout(20), http.post(url, data=drops(), headers=headers) as answer:
            assert (answer.status, await answer.json()) == (408, {"error": "slow"})


async def _again_and_again(site: Site, times: int) -> list[Browser]:
    """Open one link as its own window does whose answers were lost: each time there is another seat."""
    token, key = site.visiting.invite(), nonce()
    browsers = [await site.browser() for _ in range(times)]
    for browser in browsers:
        await browser.join(token, key)
    assert len({browser.cookie for browser in browsers}) == times
    return browsers


async def test_who_takes_seat_after_seat_in_a_chat_has_no_more_sockets(
    start_site: StartSite,
) -> None:
    site = await start_site(allowances=Allowances(sockets_of_chat=2))
    one, two, three = await _again_and_again(site, 3)
    tabs = [await one.talk(CHAT), await two.talk(CHAT)]
    assert await three.refusal({"Origin": ORIGIN}) == 503
    assert (await Poller(three, CHAT).ask()).status == 503
    await tabs[0].ws.close()
    await until(lambda: site.hub.count() == 1)
    assert (await Poller(three, CHAT).ask()).status == 200


async def test_who_takes_seat_after_seat_in_a_chat_says_no_more(start_site: StartSite) -> None:
    site = await start_site(allowances=Allowances(says=Rate(per_minute=1, burst=2)))
    answers = []
    for n, browser in enumerate(await _again_and_again(site, 3)):
        tab = await browser.talk(CHAT)
        await tab.send(t="say", key=f"k{n}", text="hello?")
        answers.append((await tab.next("ack", "refused"))["t"])
    assert answers == ["ack", "ack", "refused"]


async def test_who_takes_seat_after_seat_in_a_chat_answers_no_more_often(site: Site) -> None:
    browsers = await _again_and_again(site, 2)
    body = {"chat": CHAT, "answer": "yes"}
    answers = [await one.post("api/rate", body) for one in browsers for _ in range(20)]
    assert 429 in {answer.status for answer in answers}

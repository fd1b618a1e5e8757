"""When and how the service closes a visitor's WebSocket."""

from __future__ import annotations

import asyncio
import json
import weakref
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from aiohttp import WSMsgType

from bot.domain.messages import MAX_MESSAGE_BYTES, Message
from bot.relay.delivery import Committed, News
from bot.relay.ports import Seat
from bot.visitors.pace import Pace
from bot.visitors.socket import Socket
from bot.visitors.wire import Close
from tests.visitors.browser import CHAT, ORIGIN, Browser, Tab, until
from tests.visitors.conftest import Site, StartSite
from tests.visitors.fakes import NOW

# --- being cut -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        "", "{", "[]", '{"t":"shout"}', '{"t":"hello","chat":"chat-12345","after":1}',
        '{"t":"say","key":"k"}', '{"t":"say","key":"k","text":"x","chat":"chat-1"}',
    ],
)  # fmt: skip
async def test_a_broken_frame_closes_the_socket(joined: Browser, frame: str) -> None:
    tab = await joined.talk(CHAT)
    await tab.ws.send_str(frame)
    assert await tab.closed() == Close.BROKEN


async def test_a_binary_frame_is_broken(joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.ws.send_bytes(b'{"t":"ping"}')
    assert await tab.closed() == Close.BROKEN


async def test_a_frame_over_64_kib_is_not_read(joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.send(t="say", key="k", text="x" * 66_000)
    assert await tab.closed() == 1009


@pytest.mark.parametrize("kind", ["say", "ping", "end", "presence"])
async def test_the_first_frame_must_be_hello(site: Site, joined: Browser, kind: str) -> None:
    tab = await joined.tab()
    fields: dict[str, dict[str, str]] = {
        "say": {"key": "k", "text": "x"}, "presence": {"state": "open"}
    }  # fmt: skip
    await tab.send(t=kind, **fields.get(kind, {}))
    assert await tab.closed() == Close.BROKEN
    assert (site.visiting.chats[CHAT].head, site.visiting.reports) == (1, [])


async def test_hello_to_a_chat_that_is_not_the_cookies_is_refused(
    site: Site, joined: Browser
) -> None:
    site.visiting.invite(2)
    tab = await joined.tab()
    await tab.send(t="hello", chat="chat-2", after=0)
    assert await tab.closed() == Close.OTHER_CHAT


async def test_who_says_nothing_is_closed(start_site: StartSite) -> None:
    # The heartbeat's pongs do not count: a browser sends them even for a page that hangs.
    site = await start_site(Pace(hello=0.2, silence=0.3, heartbeat=0.05, sweep=0.02))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    assert await (await ada.tab()).closed() == Close.SILENT
    assert await (await ada.talk(CHAT)).closed() == Close.SILENT


async def test_a_session_that_ended_can_write_no_more(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    site.visiting.now = NOW + timedelta(hours=13)
    await tab.send(t="say", key="k", text="still there?")
    assert await tab.closed() == Close.NO_SESSION
    assert site.visiting.chats[CHAT].head == 1


async def test_a_session_that_ended_can_read_no_more(start_site: StartSite) -> None:
    site = await start_site(Pace(doubt=0.02, sweep=0.02))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    site.visiting.seats.clear()
    assert await tab.closed() == Close.NO_SESSION


async def test_a_chat_that_is_gone_closes_its_sockets(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)
    site.visiting.drop(CHAT)
    assert await tab.closed() == Close.GONE


async def test_a_seat_that_was_given_up_elsewhere_ends_with_the_ring(
    site: Site, joined: Browser
) -> None:
    tab = await joined.talk(CHAT)
    site.visiting.seats.clear()
    site.hub.ring(Committed((News(CHAT),)))
    assert await tab.closed() == Close.NO_SESSION


async def test_a_seat_that_is_given_up_while_a_socket_opens_shows_nothing_there(
    site: Site, joined: Browser
) -> None:
    site.visiting.give_up = True  # and rings: nobody watches yet
    tab = await joined.tab()
    await tab.send(t="hello", chat=CHAT, after=0)
    assert await tab.closed() == Close.NO_SESSION


@pytest.mark.parametrize("call", ["look", "log", "say", "seated"])
async def test_no_socket_outlives_its_trouble(site: Site, joined: Browser, call: str) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)

    async def fail(*_args: object) -> None:
        raise OSError("the database is away")

    setattr(site.visiting, call, fail)
    if call == "say":
        await tab.send(t="say", key="k", text="x")
    else:
        site.visiting.ring = lambda _committed: None
        site.visiting.answer(CHAT, "y")
        site.hub.ring(Committed((News(CHAT),)))
    assert await tab.closed() == Close.TRY_LATER


async def stuck(site: Site, browser: Browser) -> Tab:
    """Open a socket whose peer stops reading, and say more to it than the network holds."""
    tab = await browser.talk(CHAT)
    tab.transport.pause_reading()
    text = "x" * MAX_MESSAGE_BYTES
    for _ in range(60):
        site.visiting.logs[CHAT] += [
            replace(
                site.visiting.logs[CHAT][0], seq=len(site.visiting.logs[CHAT]) + n + 1, text=text
            )
            for n in range(10)
        ]
    chat = site.visiting.chats[CHAT]
    site.visiting.chats[CHAT] = replace(chat, head=len(site.visiting.logs[CHAT]))
    site.hub.ring(Committed((News(CHAT),)))
    return tab


async def test_who_does_not_read_is_cut_delays_nobody_and_resumes(start_site: StartSite) -> None:
    site = await start_site(Pace(send=0.2, goodbye=0.1, sweep=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    slow = await stuck(site, ada)
    other = await ada.talk(CHAT, after=600)
    assert (await other.lines(601))[0]["seq"] == 601
    with structlog.testing.capture_logs() as events:
        await until(lambda: site.hub.count() == 1)
    assert [(event["code"], event["why"]) for event in events] == [(1013, "reads too slowly")]
    slow.transport.abort()
    back = await ada.talk(CHAT, after=590)
    assert len(await back.lines(601)) == 11


async def test_who_asks_more_than_he_reads_is_cut(start_site: StartSite) -> None:
    site = await start_site(Pace(waiting_frames=8, goodbye=0.1))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await stuck(site, ada)
    with structlog.testing.capture_logs() as events:
        async with asyncio.timeout(20):
            while site.hub.count():
                await tab.send(t="ping")
                await asyncio.sleep(0.02)
    assert [(event["code"], event["why"]) for event in events] == [(1013, "overflow")]


class Page(list[Message]):
    """A page of the log of which it can be told whether anybody holds it."""


async def test_whoever_does_not_read_is_kept_no_page_for_and_gets_every_line_in_the_end(
    site: Site, joined: Browser
) -> None:
    read, pages = site.visiting.log, list[weakref.ref[Page]]()

    async def log(seat: Seat, after: int, limit: int = 200) -> list[Message]:
        page = Page(await read(seat, after, limit))
        pages.append(weakref.ref(page))
        return page

    site.visiting.log = log  # type: ignore[method-assign]
    tab = await stuck(site, joined)
    (watcher,) = site.hub.everybody()
    assert isinstance(watcher, Socket)
    await until(lambda: watcher._out._room is not None)
    assert pages
    assert not any(page() for page in pages)
    tab.transport.resume_reading()
    lines = await tab.lines(601)
    assert [line["seq"] for line in lines] == list(range(1, 602))


# --- stopping --------------------------------------------------------------------------------------


async def test_stopping_closes_every_socket_with_a_code_that_brings_them_back(
    site: Site, joined: Browser
) -> None:
    tabs = [await joined.tab(), *[await joined.talk(CHAT) for _ in range(5)]]
    async with asyncio.timeout(20):
        codes, _ = await asyncio.gather(
            asyncio.gather(*(tab.closed() for tab in tabs)), site.server.close()
        )
    assert set(codes) == {Close.RESTART}


async def test_stopping_waits_for_no_stuck_peer(start_site: StartSite) -> None:
    site = await start_site()
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tabs = [await stuck(site, ada)]
    silent = await ada.talk(CHAT)  # does not answer our close frame either
    silent.transport.pause_reading()
    tabs.append(silent)
    async with asyncio.timeout(20):
        await site.server.close()
    assert site.hub.count() == 0


async def test_while_stopping_nobody_gets_in(site: Site, joined: Browser) -> None:
    await site.room.close()
    assert await joined.refusal({"Origin": ORIGIN}) == 503


async def test_a_peer_that_vanishes_leaves_nothing_behind(site: Site, joined: Browser) -> None:
    before = asyncio.all_tasks()
    tab = await joined.talk(CHAT)
    tab.transport.abort()
    await until(lambda: site.hub.count() == 0)
    left = {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before}  # type: ignore[union-attr]
    assert not any(name.startswith("Socket.") for name in left)


async def test_last_words_are_kept_though_the_tab_is_closed_at_once(
    site: Site, joined: Browser
) -> None:
    tab, free = await joined.talk(CHAT), asyncio.Event()
    say = site.visiting.say

    async def slow(seat: Seat, key: str, text: str) -> Message:
        await free.wait()
        return await say(seat, key, text)

    site.visiting.say = slow  # type: ignore[method-assign]
    for key in ("a", "b"):
        await tab.send(t="say", key=key, text=key)
    await tab.ws.close()
    free.set()
    await until(lambda: site.hub.count() == 0)
    assert [line.text for line in site.visiting.logs[CHAT]] == ["visitor_joined", "a", "b"]


async def test_news_that_cannot_be_shown_cost_the_socket_and_not_the_bell(
    site: Site, joined: Browser
) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)
    line = replace(site.visiting.logs[CHAT][0], seq=2, at=None)  # type: ignore[arg-type]
    with structlog.testing.capture_logs() as events:
        site.hub.ring(Committed((News(CHAT, lines=(line,)),)))
        assert await tab.closed() == Close.TRY_LATER
    assert events[0]["event"] == "socket_failed"


async def test_frames_are_utf8_json_objects(joined: Browser) -> None:
    tab = await joined.tab()
    await tab.send(t="hello", chat=CHAT, after=0)
    message = await tab.ws.receive(timeout=5)
    assert message.type is WSMsgType.TEXT
    assert json.loads(message.data)["t"] == "welcome"

"""Two tabs of one chat, and coming back to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.presence import Presence
from bot.relay.delivery import Committed, News
from bot.relay.outcomes import NotDone
from bot.visitors.allowance import Rate
from bot.visitors.pace import Pace
from bot.visitors.routes import Allowances
from bot.visitors.socket import Socket
from bot.visitors.wire import Close
from tests.visitors.browser import CHAT, Browser, texts, until
from tests.visitors.conftest import Site, StartSite


async def test_two_tabs_show_the_same(joined: Browser) -> None:
    one, two = await joined.talk(CHAT), await joined.talk(CHAT)
    await one.send(t="say", key="a", text="from one")
    assert (await one.next("ack"))["key"] == "a"
    await two.send(t="say", key="b", text="from two")
    assert (await two.next("ack"))["key"] == "b"
    third = await joined.talk(CHAT)
    assert texts(await third.lines(3)) == ["visitor_joined", "from one", "from two"]


async def test_a_lines_author_sees_it_in_his_other_tab_by_the_same_key(joined: Browser) -> None:
    one, two = await joined.talk(CHAT), await joined.talk(CHAT)
    await one.send(t="say", key="a", text="from one")
    assert (await two.lines(2))[-1]["key"] == (await one.lines(2))[-1]["key"] == "a"


async def test_who_comes_back_gets_what_he_missed_and_nothing_twice(
    site: Site, joined: Browser
) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)
    await tab.ws.close()
    for n in range(250):
        site.visiting.answer(CHAT, f"line {n}")
    back = await joined.talk(CHAT, after=1)
    lines = await back.lines(251)
    assert [line["seq"] for line in lines] == list(range(2, 252))
    await back.send(t="ping")
    assert await back.frame() == {"t": "pong"}


async def test_a_cursor_ahead_of_the_log_starts_over_on_the_same_socket(joined: Browser) -> None:
    tab = await joined.tab()
    assert await tab.hello(CHAT, 99) == {"t": "over"}
    await tab.send(t="say", key="k", text="on its way")
    assert (await tab.next("ack"))["key"] == "k"
    assert (await tab.hello(CHAT, 0))["t"] == "welcome"
    assert texts(await tab.lines(2)) == ["visitor_joined", "on its way"]


async def test_a_log_that_shrank_under_an_open_socket_starts_over(
    site: Site, joined: Browser
) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)
    site.visiting.answer(CHAT, "lost with the old disk")
    await tab.lines(2)
    site.visiting.logs[CHAT].pop()
    site.visiting.chats[CHAT] = replace(site.visiting.chats[CHAT], head=1)
    site.hub.ring(Committed((News(CHAT),)))
    assert await tab.next("over") == {"t": "over"}
    await tab.hello(CHAT)
    assert texts(await tab.lines(1)) == ["visitor_joined"]


async def test_the_visitors_windows_are_told_together(site: Site, joined: Browser) -> None:
    one, two = await joined.talk(CHAT), await joined.talk(CHAT)
    await one.send(t="presence", state="open")
    await two.send(t="presence", state="hidden")
    await until(lambda: site.visiting.reports[-1:] == [(CHAT, Presence.OPEN)])
    await one.ws.close()
    await until(lambda: site.visiting.reports[-1] == (CHAT, Presence.HIDDEN))
    assert len(site.visiting.reports) == 2


async def test_what_an_open_window_has_confirmed_is_told_when_it_closes(
    start_site: StartSite,
) -> None:
    """The browser confirms it by itself, in answer to a ping that was sent behind the lines."""
    site = await start_site(pace=Pace(sweep=0.02, grace=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT)
    await tab.send(t="presence", state="open")
    await until(lambda: site.visiting.reports[-1:] == [(CHAT, Presence.OPEN)])
    site.visiting.answer(CHAT, "Look at the toner.")
    reading = asyncio.create_task(tab.closed())  # what is read is answered
    await until(lambda: site.room._attendance._chats[CHAT].seen == 2)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await tab.ws.close()
    await until(lambda: site.visiting.reports[-1] == (CHAT, Presence.GONE))
    assert site.visiting.seen[-1] == 2


async def test_what_nobody_read_is_not_confirmed_and_what_he_comes_back_with_is(
    start_site: StartSite,
) -> None:
    site = await start_site(pace=Pace(sweep=0.02, grace=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT, after=1)
    await tab.send(t="presence", state="open")
    await until(lambda: site.visiting.reports[-1:] == [(CHAT, Presence.OPEN)])
    site.visiting.answer(CHAT, "Look at the toner.")
    tab.transport.abort()
    await until(lambda: site.visiting.reports[-1] == (CHAT, Presence.GONE))
    assert site.visiting.seen[-1] == 1
    tab = await ada.talk(CHAT, after=2)
    await tab.send(t="presence", state="open")
    await until(lambda: site.visiting.reports[-1] == (CHAT, Presence.OPEN))
    assert site.visiting.seen[-1] == 2


async def test_nobody_is_asked_whether_he_has_his_own_words(start_site: StartSite) -> None:
    site = await start_site(pace=Pace(sweep=0.02))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT, after=1)
    (socket,) = site.hub.everybody()
    assert isinstance(socket, Socket)
    await until(lambda: socket._due > 0.0)
    await tab.send(t="say", key="k", text="it is still dark")
    await tab.next("ack")
    await until(lambda: socket._due > 0.0)  # it was seen to since, if there was something to see to
    assert socket._shown.asked == 1
    site.visiting.answer(CHAT, "Look at the toner.")
    await until(lambda: socket._shown.asked == 3)


@pytest.mark.parametrize("payload", [b"", b"9", b"-1", b"1e9", b"\xb2", b"9" * 40])
async def test_a_pong_that_answers_nothing_of_ours_confirms_nothing(
    start_site: StartSite, payload: bytes
) -> None:
    site = await start_site(pace=Pace(sweep=0.02, grace=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tab = await ada.talk(CHAT, after=1)
    await tab.send(t="presence", state="open")
    await tab.ws.pong(payload)
    await tab.send(t="ping")
    await tab.next("pong")
    await tab.ws.close()
    await until(lambda: site.visiting.reports[-1:] == [(CHAT, Presence.GONE)])
    assert site.visiting.seen[-1] == 1


async def test_who_says_again_what_could_not_be_kept_says_it_once(
    start_site: StartSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await start_site(allowances=Allowances(says=Rate(per_minute=0.001, burst=8)))
    ada = await site.browser()
    await ada.join(site.visiting.invite())

    async def full(*_said: Any) -> Any:
        raise NotDone("no space left")

    with monkeypatch.context() as disk:
        disk.setattr(site.visiting, "say", full)
        for _ in range(3):
            tab = await ada.talk(CHAT)
            for key in ("one", "two", "three", "four"):
                await tab.send(t="say", key=key, text=key)
            assert await tab.closed() == Close.TRY_LATER
    tab = await ada.talk(CHAT)
    for key in ("one", "two", "three", "four"):
        await tab.send(t="say", key=key, text=key)
        assert (await tab.next("ack", "refused"))["t"] == "ack"

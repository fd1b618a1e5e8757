"""Getting a WebSocket, and talking over it, over real connections."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from bot.domain import events as e
from bot.domain.chat import State
from bot.domain.messages import MAX_MESSAGE_BYTES
from bot.visitors.allowance import Rate
from bot.visitors.routes import Allowances
from tests.visitors.browser import CHAT, ORIGIN, Browser, texts, until
from tests.visitors.conftest import Site, StartSite
from tests.visitors.fakes import GRACE, NOW
from tests.visitors.test_routes import FOREIGN

# --- getting in ------------------------------------------------------------------------------------


ELSEWHERE = {name: headers for name, headers in FOREIGN.items() if "Origin" in headers}


@pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=ELSEWHERE.keys())
async def test_a_page_elsewhere_gets_no_socket_whatever_cookie_it_carries(
    joined: Browser, headers: dict[str, str]
) -> None:
    assert await joined.refusal(headers) == 403


async def test_a_client_without_an_origin_gets_no_socket(joined: Browser) -> None:
    assert await joined.refusal({}) == 403


async def test_without_a_session_there_is_no_socket(ada: Browser) -> None:
    assert await ada.refusal({"Origin": ORIGIN}) == 401
    ada.cookie = "A" * 43
    assert await ada.refusal({"Origin": ORIGIN}) == 401


@pytest.mark.parametrize("offered", [(), ("livechat.v2",)])
async def test_another_protocol_gets_no_socket(joined: Browser, offered: tuple[str, ...]) -> None:
    headers = joined._headers({"Origin": ORIGIN})
    with pytest.raises(WSServerHandshakeError) as refused:
        await joined.http.ws_connect(joined.url("ws"), headers=headers, protocols=offered)
    assert refused.value.status == 403


async def test_the_protocol_is_agreed_on_and_nothing_is_compressed(joined: Browser) -> None:
    headers = joined._headers({"Origin": ORIGIN})
    ws = await joined.http.ws_connect(
        joined.url("ws"), headers=headers, protocols=("v0", "livechat.v1"), compress=15
    )
    assert (ws.protocol, ws.compress) == ("livechat.v1", 0)


async def test_an_upgrade_with_a_body_is_refused(joined: Browser) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "A" * 22 + "==", "Sec-WebSocket-Protocol": "livechat.v1"}
    headers = joined._headers({"Origin": ORIGIN} | upgrade | key)
    async with joined.http.get(joined.url("ws"), headers=headers, data=b"GET /x") as answer:
        assert answer.status == 400


async def test_a_key_that_is_no_text_is_refused(joined: Browser) -> None:
    reader, writer = await asyncio.open_connection(*joined.base.split("/")[2].split(":"))
    told = joined._headers({"Origin": ORIGIN, "Host": "a", "Upgrade": "websocket"}) | {
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "livechat.v1",
        "Sec-WebSocket-Key": "\xff\xfe",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer.write(f"GET /livechat/ws HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
    assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    writer.close()


async def test_a_plain_request_gets_no_socket(joined: Browser) -> None:
    answer = await joined.get("ws", **{"Origin": ORIGIN, "Sec-WebSocket-Protocol": "livechat.v1"})
    assert answer.status == 426


async def test_who_opens_too_many_tabs_is_told_to_wait(start_site: StartSite) -> None:
    site = await start_site(allowances=Allowances(sockets_of_chat=2))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tabs = [await ada.talk(CHAT), await ada.talk(CHAT)]
    assert await ada.refusal({"Origin": ORIGIN}) == 503
    await tabs[0].ws.close()
    await until(lambda: site.hub.count() == 1)
    await ada.talk(CHAT)


# --- talking ---------------------------------------------------------------------------------------


async def test_hello_is_answered_with_the_view_and_the_lines_so_far(
    site: Site, joined: Browser
) -> None:
    site.visiting.answer(CHAT, "Hello Ada")
    tab = await joined.tab()
    assert (await tab.hello(CHAT))["view"]["head"] == 2
    lines = await tab.lines(2)
    assert texts(lines) == ["visitor_joined", "Hello Ada"]
    assert [line["seq"] for line in lines] == [1, 2]


async def test_a_message_is_acknowledged_and_shown_with_its_key(joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.send(t="say", key="k-1", text="Hi\nthere")
    assert await tab.next("ack") == {
        "t": "ack", "key": "k-1", "seq": 2, "at": "2026-11-21T10:42:07.123Z"
    }  # fmt: skip
    assert (await joined.talk(CHAT, 1)).ws.protocol
    (line,) = await (await joined.talk(CHAT, 1)).lines(2)
    assert (line["key"], line["text"], line["author"]["role"]) == ("k-1", "Hi\nthere", "visitor")


async def test_a_repeated_key_is_acknowledged_as_the_first(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    acks = []
    for _ in range(2):
        await tab.send(t="say", key="k", text="once")
        acks.append(await tab.next("ack"))
    assert acks[0] == acks[1]
    assert site.visiting.chats[CHAT].head == 2


async def test_messages_are_stored_in_the_order_they_were_sent(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    for n in range(10):
        await tab.send(t="say", key=f"k{n}", text=str(n))
    assert [(await tab.next("ack"))["key"] for _ in range(10)] == [f"k{n}" for n in range(10)]
    assert [m.text for m in site.visiting.logs[CHAT][1:]] == [str(n) for n in range(10)]


async def test_the_answer_comes_as_soon_as_the_bell_rings(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    site.visiting.answer(CHAT, "Have you tried")
    site.visiting.answer(CHAT, "turning it off?")
    assert texts(await tab.lines(3)) == ["visitor_joined", "Have you tried", "turning it off?"]


@pytest.mark.parametrize(
    ("text", "why"),
    [(" \n ", "empty"), ("x" * (MAX_MESSAGE_BYTES + 1), "too_long"), ("é" * 15_361, "too_long")],
)
async def test_a_message_that_cannot_be_kept_is_refused(
    joined: Browser, text: str, why: str
) -> None:
    tab = await joined.talk(CHAT)
    await tab.send(t="say", key="k", text=text)
    assert await tab.next("refused", "ack") == {"t": "refused", "key": "k", "error": why}


async def test_thirty_kilobytes_arrive(joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.send(t="say", key="k", text="é" * (MAX_MESSAGE_BYTES // 2))
    lines = await tab.lines(2)
    assert len(lines[1]["text"].encode()) == MAX_MESSAGE_BYTES


async def test_a_full_chat_says_so(site: Site, joined: Browser) -> None:
    chat = site.visiting.chats[CHAT]
    site.visiting.chats[CHAT] = replace(chat, size=2 * 1024 * 1024)
    tab = await joined.talk(CHAT)
    await tab.send(t="say", key="k", text="one more")
    assert (await tab.next("refused"))["error"] == "chat_full"


async def test_what_was_written_in_a_long_tunnel_is_taken_when_it_comes_all_at_once(
    site: Site, joined: Browser
) -> None:
    tab = await joined.talk(CHAT)
    written = [f"{n}. without a network" for n in range(40)]
    for n, text in enumerate(written):
        await tab.send(t="say", key=f"k{n}", text=text)
    answers = [await tab.next("ack", "refused") for _ in written]
    assert {answer["t"] for answer in answers} == {"ack"}
    assert [line.text for line in site.visiting.logs[CHAT]][1:] == written


async def test_who_says_too_much_is_asked_to_slow_down_in_all_his_tabs(
    start_site: StartSite,
) -> None:
    site = await start_site(allowances=Allowances(says=Rate(per_minute=1, burst=3)))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    tabs = [await ada.talk(CHAT), await ada.talk(CHAT)]
    answers = []
    for n in range(5):
        await tabs[n % 2].send(t="say", key=f"k{n}", text="hello?")
        answers.append(await tabs[n % 2].next("ack", "refused"))
    assert [answer["t"] for answer in answers] == ["ack"] * 3 + ["refused"] * 2
    assert answers[-1] == {"t": "refused", "key": "k4", "error": "slow_down"}


async def test_the_visitor_ends_the_chat_and_can_write_no_more(joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.send(t="end")
    view = (await tab.next("view"))["view"]
    assert (view["state"], view["ended_by"]) == ("ended", "visitor")
    await tab.send(t="end")
    await tab.send(t="say", key="k", text="wait")
    assert (await tab.next("refused"))["error"] == "ended"


async def test_what_the_visitor_should_know_comes_as_a_view(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.send(t="say", key="k", text="Hi")
    site.visiting.relay(CHAT, 2)
    assert await tab.next("view", "relayed") == {"t": "relayed", "seq": 2}
    site.visiting.happen(CHAT, e.Ended(NOW, GRACE))
    view = (await tab.next("view"))["view"]
    assert (view["ended_by"], view["relayed"]) == ("operator", 2)
    site.visiting.state(CHAT, State.PURGED)
    assert (await tab.next("view"))["view"]["state"] == "filed"


async def test_an_answer_alone_is_no_news_of_the_view(site: Site, joined: Browser) -> None:
    tab = await joined.talk(CHAT)
    await tab.lines(1)
    site.visiting.answer(CHAT, "Hello")
    await tab.lines(2)
    await tab.send(t="ping")
    assert await tab.frame() == {"t": "pong"}


async def test_a_ping_is_answered_even_while_the_database_is_slow(
    site: Site, joined: Browser
) -> None:
    tab, free = await joined.talk(CHAT), asyncio.Event()
    say = site.visiting.say

    async def slow(*args: Any) -> Any:
        await free.wait()
        return await say(*args)

    site.visiting.say = slow  # type: ignore[method-assign,assignment]
    await tab.send(t="say", key="k", text="Hi")
    await tab.send(t="ping")
    assert await tab.next("pong", "ack") == {"t": "pong"}
    free.set()
    assert (await tab.next("ack"))["key"] == "k"

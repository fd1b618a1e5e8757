"""Beginning a chat, as browsers see it: what they are told, what they get, and whose it is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.domain.admission import Policy
from bot.domain.asking import Detail
from bot.domain.chat import State
from bot.domain.identity import Identity, Proof
from bot.domain.presence import Presence
from bot.domain.reception import Admits
from bot.relay.door import Door
from bot.relay.signing_in import SigningIn
from bot.visitors.allowance import Rate
from bot.visitors.hub import Hub
from bot.visitors.pace import Pace
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from bot.visitors.sign_in_routes import Porch
from bot.visitors.wire import person
from tests.migrated import lay_out
from tests.relay.house import THREAD, House, opened
from tests.visitors.browser import HEADERS, ORIGIN, put_into
from tests.visitors.test_sign_in_routes import SEAT, SECRET, Visitor

CHANNEL = replace(THREAD, channel_id="19:chat@thread.tacv2")
CAMPUS = "203.0.113.7"


def form(**changes: str) -> dict[str, str]:
    """Ada's question, and who she says she is."""
    fields = {"key": secrets.token_urlsafe(32), "question": "Why does it beep?"}
    return fields | {"name": "Ada Lovelace", "email": "ada@elsewhere.test"} | changes


@dataclass
class Site:
    house: House
    base: str
    comes: Callable[[], Awaitable[Visitor]]

    async def looks(self, visitor: Visitor) -> dict[str, Any]:
        """The panel is opened."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in visitor.cookies.items())}
        async with visitor.http.get(f"{self.base}/livechat/api/begin", headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-store"
            found: dict[str, Any] = await answer.json()
            return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The relay, on a SQLite file of its own, opened by Grace."""
    url = f"sqlite:///{tmp_path / 'chats.db'}"
    await asyncio.to_thread(lay_out, url)
    async with opened(url) as it:
        door = Door(Admits.ANYONE, most_waiting=50, queue="Live chat")
        it.relay.rules = replace(it.relay.rules, door=door, admission=Policy(offered=True))
        await it.writes("open until 17:00", thread=CHANNEL)
        yield it


@pytest.fixture
async def site(house: House) -> AsyncIterator[Site]:
    """A service to which anybody may come."""
    proxy = ProxyIdentity("X-Remote-User", SECRET)
    hub = Hub()
    house.bells.append(hub)
    room = VisitorsRoom(
        house.joining,
        house.visiting,
        hub,
        origins=[ORIGIN],
        support_url="https://help.example.org/",
        now=house.clock,
        pace=Pace(grace=0.05),
        allowances=Allowances(begins=Rate(per_minute=0.1, burst=3), shared=("203.0.113.0/24",)),
        porch=Porch(SigningIn(house.relay), proxy, None, "", "/livechat/sign-in", "/"),
        beginning=house.beginning,
    )
    app = web.Application()
    put_into(app, room)
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        base = f"http://{host}:{port}"

        async def comes() -> Visitor:
            jar = aiohttp.DummyCookieJar()
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
            return Visitor(http, base, {})

        yield Site(house, base, comes)


async def test_what_is_told_at_the_door(site: Site) -> None:
    ada = await site.comes()
    assert await site.looks(ada) == {
        "state": "open",
        "until": "2026-11-21T17:00:00.000Z",
        "anyone": True,
        "who": "",
        "person": "",
        "sign_in": "/livechat/sign-in",
        "inside": None,
        "details": [],
        "search": "",
    }
    await ada.goes("/livechat/sign-in", login="s1234567")
    told = await site.looks(ada)
    assert (told["who"], told["person"]) == ("s1234567", person(Identity(Proof.SSO, "s1234567")))
    await site.house.writes("close", thread=CHANNEL)
    closed = {name: told[name] for name in ("who", "person", "sign_in", "inside")}
    assert await site.looks(ada) == {"state": "closed", **closed}
    site.house.relay.rules = replace(site.house.relay.rules, door=Door())
    assert await site.looks(ada) == {"state": "off"}
    assert await ada.posts("begin", **form()) == (409, {"error": "closed"})


async def test_a_stranger_gets_a_chat_and_a_session_of_his_own(site: Site) -> None:
    ada = await site.comes()
    sent = form()
    status, view = await ada.posts("begin", **sent)
    assert (status, view["state"], view["ticket"], view["operators"]) == (200, "open", "", [])
    assert (view["you"], view["head"], view["waiting_longer"]) == ("Ada Lovelace", 1, 0)
    assert set(ada.cookies) == {SEAT}
    assert sent["key"] not in ada.cookies[SEAT]
    again, same = await ada.posts("begin", **sent)  # the answer was lost
    assert (again, same["chat"]) == (200, view["chat"])


async def test_who_signed_in_is_who_he_is_whatever_he_fills_in(site: Site) -> None:
    ada = await site.comes()
    await ada.goes("/livechat/sign-in", login="s1234567")
    status, view = await ada.posts("begin", **form(name="Eve", email=""))
    assert (status, view["you"]) == (200, "s1234567")
    assert set(ada.cookies) == {SEAT}  # the sign-in is used up
    chat = await site.house.chat(str(view["chat"]))
    assert (chat.identity.verified, chat.identity.login) == (True, "s1234567")


async def test_what_else_is_asked_need_not_be_told_and_is_not_lost_when_it_is(site: Site) -> None:
    rules = site.house.relay.rules
    site.house.relay.rules = replace(
        rules, door=replace(rules.door, details=(Detail.ROOM, Detail.BROWSER))
    )
    ada, bob = await site.comes(), await site.comes()
    assert (await site.looks(ada))["details"] == ["room", "browser"]
    status, view = await ada.posts("begin", **form(room="AT 5.05", browser=""))
    assert status == 200
    assert (await site.house.chat(str(view["chat"]))).details == ((Detail.ROOM, "AT 5.05"),)
    assert (await ada.posts("begin", **form(room="x" * 201)))[1] == {
        "error": "fields",
        "fields": {"room": "too_long"},
    }
    site.house.relay.rules = rules  # not asked any more, while he was filling it in
    status, view = await bob.posts("begin", **form(browser="Firefox 140"))
    assert status == 200
    assert (await site.house.chat(str(view["chat"]))).details == ((Detail.BROWSER, "Firefox 140"),)


async def test_what_is_wrong_is_told_by_field_and_begins_nothing(site: Site) -> None:
    ada = await site.comes()
    wrong = await ada.posts("begin", **form(question=" ", email="ada"))
    fields = {"question": "empty", "email": "bad"}
    assert wrong == (422, {"error": "fields", "fields": fields})
    assert ada.cookies == {}
    # Nor is it counted: the form is sent as often as it takes.
    for _ in range(5):
        assert (await ada.posts("begin", **form(name="")))[0] == 422
    assert (await ada.posts("begin", **form()))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": "k" * 43, "question": "Why?"},
        form(key="short"),
        form(more="x"),
        form() | {"question": 5},
        form() | {"room": 5},
        form() | {"name": None},
    ],
)
async def test_what_is_no_form_is_refused(site: Site, body: dict[str, Any]) -> None:
    ada = await site.comes()
    assert await ada.posts("begin", **body) == (400, {"error": "broken"})


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.test"}, "origin"),
        ({"Origin": ""}, "origin"),
        ({"Sec-Fetch-Site": "same-site"}, "origin"),
        ({"X-Livechat": ""}, "header"),
    ],
)
async def test_no_other_page_begins_a_chat_for_somebody(
    site: Site, headers: dict[str, str], code: str
) -> None:
    ada = await site.comes()
    url = f"{site.base}/livechat/api/begin"
    async with ada.http.post(url, json=form(), headers=HEADERS | headers) as answer:
        assert (answer.status, await answer.json()) == (403, {"error": code})
        assert "Set-Cookie" not in answer.headers


async def test_one_address_begins_so_many_and_a_campus_behind_one_more(site: Site) -> None:
    async def begins(address: str) -> int:
        visitor = await site.comes()
        url = f"{site.base}/livechat/api/begin"
        headers = HEADERS | {"X-Forwarded-For": address}
        async with visitor.http.post(url, json=form(), headers=headers) as answer:
            if answer.status == 429:
                assert answer.headers["Retry-After"]
            return answer.status

    assert [await begins("198.51.100.9") for _ in range(4)] == [200, 200, 200, 429]
    assert [await begins(CAMPUS) for _ in range(10)] == [200] * 10


async def test_only_chats_that_are_begun_count_for_an_address(site: Site) -> None:
    ada = await site.comes()
    await site.house.writes("close", thread=CHANNEL)
    for _ in range(5):
        assert await ada.posts("begin", **form()) == (409, {"error": "closed"})
    await site.house.writes("open until 17:00", thread=CHANNEL)
    assert (await ada.posts("begin", **form()))[0] == 200
    for _ in range(5):
        assert await ada.posts("begin", **form()) == (409, {"error": "running"})
    for _ in range(2):
        assert (await (await site.comes()).posts("begin", **form()))[0] == 200
    assert (await (await site.comes()).posts("begin", **form()))[0] == 429


async def test_forms_that_begin_nothing_are_not_looked_at_without_end(site: Site) -> None:
    ada = await site.comes()
    statuses = [(await ada.posts("begin", **form(name="")))[0] for _ in range(62)]
    assert statuses[:60] == [422] * 60
    assert statuses[-1] == 429


async def test_one_form_is_not_sent_without_end(site: Site) -> None:
    ada, sent = await site.comes(), form()
    statuses = [(await ada.posts("begin", **sent))[0] for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2


async def test_two_people_who_begin_chats_have_nothing_of_one_another(site: Site) -> None:
    """Two-person matrix over the new routes: keys, cookies and repeats of either."""
    ada, eve = await site.comes(), await site.comes()
    adas, eves = form(question="Ada's words"), form(question="Eve's words", name="Eve")
    _, hers = await ada.posts("begin", **adas)
    _, theirs = await eve.posts("begin", **eves)
    assert hers["chat"] != theirs["chat"]
    # Eve's cookie and Ada's words: no chat of Ada's, and hers is not given up.
    assert await eve.posts("begin", **form(question="Ada's words")) == (409, {"error": "running"})
    for guess in (str(hers["chat"]), f"-{adas['key'][1:-1]}_", "A" * 43):
        status, got = await eve.posts("begin", **form(key=guess))
        assert got.get("chat") != hers["chat"]
        assert status in (400, 409, 429)
    assert "Ada" not in str(await site.looks(eve))
    for who, chat, words in ((ada, hers, "Ada's words"), (eve, theirs, "Eve's words")):
        ws = await who.http.ws_connect(
            f"{site.base}/livechat/ws",
            headers={"Origin": ORIGIN, "Cookie": f"{SEAT}={who.cookies[SEAT]}"},
            protocols=("livechat.v1",),
        )
        await ws.send_json({"t": "hello", "chat": chat["chat"], "after": 0})
        assert (await ws.receive_json())["t"] == "welcome"
        line = await ws.receive_json()
        assert (line["text"], line["seq"], line["key"]) == (words, 1, "question")
        await ws.close()
    # Said hello to the other's chat, a socket is closed.
    ws = await eve.http.ws_connect(
        f"{site.base}/livechat/ws",
        headers={"Origin": ORIGIN, "Cookie": f"{SEAT}={eve.cookies[SEAT]}"},
        protocols=("livechat.v1",),
    )
    await ws.send_json({"t": "hello", "chat": hers["chat"], "after": 0})
    assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
    assert ws.close_code == 4409
    await ws.close()


async def test_a_form_left_in_the_tab_gives_the_next_one_who_signs_in_no_seat(site: Site) -> None:
    """The answer to Ada's form was lost; somebody else sits down, signs in, and the tab sends it again."""
    for first in ("s1234567", ""):
        ada, sent = await site.comes(), form()
        if first:
            await ada.goes("/livechat/sign-in", login=first)
        _, hers = await ada.posts("begin", **sent)
        eve = await site.comes()
        await eve.goes("/livechat/sign-in", login="eve")
        assert await eve.posts("begin", **sent) == (403, {"error": "not_yours"})
        assert SEAT not in eve.cookies
        if first:  # herself, signed in once more
            await ada.goes("/livechat/sign-in", login=first)
            again, same = await ada.posts("begin", **sent)
            assert (again, same["chat"]) == (200, hers["chat"])


async def test_a_session_cannot_be_fixed_to_a_chat_that_is_begun(site: Site) -> None:
    eve, ada = await site.comes(), await site.comes()
    _, theirs = await eve.posts("begin", **form(name="Eve"))
    await site.house.visiting.end(await site.house.joining.seat(eve.cookies[SEAT]))  # type: ignore[arg-type]
    ada.cookies = dict(eve.cookies)  # planted in Ada's browser
    _, hers = await ada.posts("begin", **form())
    assert hers["chat"] != theirs["chat"]
    assert ada.cookies[SEAT] != eve.cookies[SEAT]
    # The chat before is over for this browser, in windows at other processes too.
    assert await site.house.joining.seat(eve.cookies[SEAT]) is None
    assert (await site.house.chat(str(theirs["chat"]))).state is State.ENDED


async def test_who_begins_a_chat_and_opens_no_window_is_gone(site: Site) -> None:
    _, view = await (await site.comes()).posts("begin", **form())
    async with asyncio.timeout(10):
        while (await site.house.chat(str(view["chat"]))).presence is not Presence.GONE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

"""Going on in one's chat with another browser, as browsers see it: who is told of it, and who gets in."""

from __future__ import annotations

import aiohttp
import pytest

from bot.domain.identity import Identity, Proof
from bot.visitors.wire import person
from tests.relay.doorway import thread_of
from tests.visitors.browser import HEADERS, ORIGIN
from tests.visitors.test_begin_routes import CHANNEL, Site, form, house, site
from tests.visitors.test_sign_in_routes import SEAT, Visitor

__all__ = ["house", "site"]

ADA = "s1234567"


async def signed_in(site: Site, login: str = ADA) -> Visitor:
    """Somebody comes with a browser of his own, and signs in."""
    visitor = await site.comes()
    await visitor.goes("/livechat/sign-in", login=login)
    return visitor


async def begun(site: Site) -> tuple[Visitor, str]:
    """Ada has begun a chat at her desk, and Grace has answered."""
    desk = await signed_in(site)
    status, view = await desk.posts("begin", **form())
    assert status == 200
    chat = str(view["chat"])
    await site.house.deliver()
    thread = await thread_of(site.house, await site.house.chat(chat))
    await site.house.writes("Toner?", thread=thread)
    return desk, chat


async def window(site: Site, visitor: Visitor, chat: str) -> aiohttp.ClientWebSocketResponse:
    """A window of his that has said hello, and was welcomed."""
    ws = await visitor.http.ws_connect(
        f"{site.base}/livechat/ws",
        headers={"Origin": ORIGIN, "Cookie": f"{SEAT}={visitor.cookies[SEAT]}"},
        protocols=("livechat.v1",),
    )
    await ws.send_json({"t": "hello", "chat": chat, "after": 0})
    assert (await ws.receive_json())["t"] == "welcome"
    return ws


async def lines(ws: aiohttp.ClientWebSocketResponse, last: str) -> list[str]:
    """What it is shown, up to that line."""
    found: list[str] = []
    while last not in found:
        frame = await ws.receive_json(timeout=20)
        found += [frame["text"]] if frame["t"] == "line" else []
    return found


async def test_who_has_signed_in_is_told_with_whom_he_talks_and_led_there(site: Site) -> None:
    desk, chat = await begun(site)
    phone = await signed_in(site)
    assert (await site.looks(phone))["inside"] == {"chat": chat, "operators": ["Grace Hopper"]}
    assert await phone.posts("begin", **form()) == (409, {"error": "running"})
    status, view = await phone.posts("go-on", chat=chat)
    assert (status, view["chat"], view["state"], view["head"]) == (200, chat, "open", 3)
    assert set(phone.cookies) == {SEAT}  # the sign-in is used up
    assert phone.cookies[SEAT] != desk.cookies[SEAT]
    windows = [await window(site, one, chat) for one in (desk, phone)]
    for ws in windows:
        assert await lines(ws, "Toner?") == ["Why does it beep?", "operator_joined", "Toner?"]
    for n, ws in enumerate(windows):  # both go on, and each hears the other
        await ws.send_json({"t": "say", "key": f"k{n}", "text": f"From {n}"})
        for other in windows:
            assert (await lines(other, f"From {n}"))[-1] == f"From {n}"
    for ws in windows:
        await ws.close()


async def test_before_anybody_has_signed_in_nothing_of_it_is_told(site: Site) -> None:
    _, chat = await begun(site)
    for name in ("", "eve"):
        other = await signed_in(site, name) if name else await site.comes()
        seen = await site.looks(other)
        assert (seen["inside"], seen["who"]) == (None, name)
        assert "Grace" not in str(seen)
        assert chat not in str(seen)
        refused = (403, {"error": "not_yours"}) if name else (401, {"error": "sign_in"})
        assert await other.posts("go-on", chat=chat) == refused
        assert SEAT not in other.cookies


async def test_when_it_is_closed_or_full_it_is_told_all_the_same(site: Site) -> None:
    _, chat = await begun(site)
    await site.house.writes("close", thread=CHANNEL)
    phone = await signed_in(site)
    assert await site.looks(phone) == {
        "state": "closed",
        "who": ADA,
        "person": person(Identity(Proof.SSO, ADA)),
        "sign_in": "/livechat/sign-in",
        "inside": {"chat": chat, "operators": ["Grace Hopper"]},
    }
    assert (await phone.posts("go-on", chat=chat))[0] == 200


async def test_what_is_over_is_not_told_and_not_entered(site: Site) -> None:
    desk, chat = await begun(site)
    phone = await signed_in(site)
    seat = await site.house.joining.seat(desk.cookies[SEAT])
    assert seat
    await site.house.visiting.end(seat)
    assert await phone.posts("go-on", chat=chat) == (410, {"error": "ended"})
    assert (await site.looks(phone))["inside"] is None
    status, view = await phone.posts("begin", **form())
    assert status == 200
    assert view["chat"] != chat


async def test_who_was_led_there_comes_back_by_the_cookie_alone(site: Site) -> None:
    """The answer was cut behind its head, and the page asks for its session."""
    _, chat = await begun(site)
    phone = await signed_in(site)
    await phone.posts("go-on", chat=chat)
    assert await phone.posts("go-on", chat=chat) == (401, {"error": "sign_in"})
    assert (await phone.goes("/livechat/api/session"))[0] == 200


async def test_closing_it_on_one_device_leaves_it_on_the_other(site: Site) -> None:
    desk, chat = await begun(site)
    phone = await signed_in(site)
    await phone.posts("go-on", chat=chat)
    ws = await window(site, desk, chat)
    assert (await phone.posts("leave", chat=chat))[0] == 204
    assert SEAT not in phone.cookies
    assert (await phone.goes("/livechat/api/session"))[0] == 204
    await lines(ws, "Toner?")
    await ws.send_json({"t": "ping"})
    assert await ws.receive_json(timeout=20) == {"t": "pong"}
    await ws.close()


async def test_the_window_of_the_chat_that_the_browser_had_is_told_so(site: Site) -> None:
    _, chat = await begun(site)
    phone = await site.comes()
    _, theirs = await phone.posts("begin", **form(name="Eve", question="Eve's words"))
    ws = await window(site, phone, str(theirs["chat"]))
    await phone.goes("/livechat/sign-in", login=ADA)  # which takes the stranger's seat
    status, view = await phone.posts("go-on", chat=chat)
    assert (status, view["chat"], view["signed_out"]) == (200, chat, True)
    while (message := await ws.receive(timeout=20)).type is aiohttp.WSMsgType.TEXT:
        assert "Toner?" not in message.data
    assert ws.close_code in (4401, 4409)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.test"}, "origin"),
        ({"Sec-Fetch-Site": "same-site"}, "origin"),
        ({"X-Livechat": ""}, "header"),
    ],
)
async def test_no_other_page_leads_anybody_there(
    site: Site, headers: dict[str, str], code: str
) -> None:
    _, chat = await begun(site)
    phone = await signed_in(site)
    cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in phone.cookies.items())}
    url = f"{site.base}/livechat/api/go-on"
    sent = HEADERS | cookie | headers
    async with phone.http.post(url, json={"chat": chat}, headers=sent) as answer:
        assert (answer.status, await answer.json()) == (403, {"error": code})
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"chat": ""}, {"chat": "\0"}, {"chat": "x", "more": "y"}])
async def test_what_names_no_chat_is_refused(site: Site, body: dict[str, str]) -> None:
    phone = await signed_in(site)
    assert await phone.posts("go-on", **body) == (400, {"error": "broken"})
    assert await phone.posts("go-on", chat="x" * 32) == (403, {"error": "not_yours"})


async def test_chats_are_not_guessed_without_end(site: Site) -> None:
    phone = await signed_in(site)
    statuses = [(await phone.posts("go-on", chat="x" * 32))[0] for _ in range(62)]
    assert statuses[:60] == [403] * 60
    assert statuses[-1] == 429

"""Signing in, as a browser sees it: where it is led, what it is told, which cookies it has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.domain.admission import Policy
from bot.relay.outcomes import NotDone
from bot.relay.signing_in import SigningIn
from bot.visitors import guard
from bot.visitors.assertions import Assertions
from bot.visitors.hub import Hub
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from bot.visitors.sign_in_routes import Porch
from tests.migrated import lay_out
from tests.relay.house import House, opened
from tests.visitors.browser import HEADERS, ORIGIN, nonce, put_into
from tests.visitors.test_assertions import AUDIENCE, ISSUER, jwk, key_set, token

SECRET = "s" * 40
SEAT, SIGNED_IN = "__Host-livechat", "__Host-livechat-signin"


@dataclass
class Visitor:
    """A browser behind the web server; its cookies as name and value."""

    http: aiohttp.ClientSession
    base: str
    cookies: dict[str, str]

    async def goes(self, path: str, *, login: str = "", **headers: str) -> tuple[int, str]:
        """He opens a page; ``login`` is what the web server says. Returns status and where to."""
        said = {"X-Remote-User": login, "X-Livechat-Proxy": SECRET} if login else {}
        async with self.http.get(
            self.base + path, headers=said | self._sent() | headers, allow_redirects=False
        ) as answer:
            self._keep(answer)
            return answer.status, answer.headers.get("Location", "")

    async def posts(
        self, path: str, *, login: str = "", **body: str
    ) -> tuple[int, dict[str, object]]:
        """The widget asks; ``login`` is what the web server says."""
        said = {"X-Remote-User": login, "X-Livechat-Proxy": SECRET} if login else {}
        async with self.http.post(
            f"{self.base}/livechat/api/{path}", json=body, headers=HEADERS | said | self._sent()
        ) as answer:
            self._keep(answer)
            return answer.status, await answer.json() if answer.status != 204 else {}

    def _sent(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}

    def _keep(self, answer: aiohttp.ClientResponse) -> None:
        for line in answer.headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                assert morsel["secure"]
                assert morsel["httponly"]
                assert morsel["path"] == "/"
                self.cookies.pop(name, None)
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value


@dataclass
class Site:
    house: House
    base: str
    visitor: Visitor


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The relay, on a SQLite file of its own."""
    url = f"sqlite:///{tmp_path / 'chats.db'}"
    await asyncio.to_thread(lay_out, url)
    async with opened(url) as it:
        yield it


@pytest.fixture
def everywhere() -> bool:
    """Whether the web server says with every request who is signed in."""
    return False


@pytest.fixture
async def site(house: House, tmp_path: Path, everywhere: bool) -> AsyncIterator[Site]:
    """A service whose visitors sign in both ways."""
    house.relay.rules = replace(house.relay.rules, admission=Policy(offered=True))
    porch = Porch(
        signing_in=SigningIn(house.relay),
        proxy=ProxyIdentity("X-Remote-User", SECRET, frozenset({"ED.AC.UK"})),
        assertions=Assertions(key_set(tmp_path, jwk("EdDSA")), ISSUER, AUDIENCE),
        domain="help.test",
        page="/livechat/sign-in",
        home="/help",
        everywhere=everywhere,
    )
    room = VisitorsRoom(
        house.joining,
        house.visiting,
        Hub(),
        origins=[ORIGIN],
        support_url="https://help.example.org/",
        now=house.clock,
        allowances=Allowances(shared=("203.0.113.0/24",)),
        porch=porch,
        beginning=house.beginning,
    )
    app = web.Application()
    put_into(app, room)
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        http = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        )
        host, port = runner.addresses[0][:2]
        base = f"http://{host}:{port}"
        yield Site(house, base, Visitor(http, base, {}))


async def test_the_whole_way_from_the_link_over_the_sign_in_into_the_chat(site: Site) -> None:
    link, ada = site.house.token(await site.house.invited()), site.visitor

    _, seen = await ada.posts("peek", token=link)
    assert (seen["admission"], seen["sign_in"], seen["who"]) == (
        "sign_in",
        "/livechat/sign-in",
        "",
    )
    assert await ada.posts("join", token=link, nonce=nonce()) == (401, {"error": "sign_in"})

    went = await ada.goes("/livechat/sign-in?/help?page=2&x=1", login="S1234567@ed.ac.uk")
    assert went == (303, "/help?page=2&x=1")
    _, seen = await ada.posts("peek", token=link)
    assert (seen["admission"], seen["who"]) == ("join", "s1234567")

    status, view = await ada.posts("join", token=link, nonce=nonce())
    assert (status, view["you"]) == (200, "Ada Lovelace")
    assert set(ada.cookies) == {SEAT}


async def test_another_person_sees_nothing_of_the_ticket(site: Site) -> None:
    link, eve = site.house.token(await site.house.invited()), site.visitor
    await eve.goes("/livechat/sign-in", login="eve")
    _, seen = await eve.posts("peek", token=link)
    assert seen == {"fate": "not_yours", "who": "eve", "sign_in": "/livechat/sign-in"}
    assert await eve.posts("join", token=link, nonce=nonce()) == (403, {"error": "not_yours"})
    # On a shared computer she signs out, and the next one in.
    await eve.posts("leave")
    assert eve.cookies == {}
    _, seen = await eve.posts("peek", token=link)
    assert seen["admission"] == "sign_in"


@pytest.mark.parametrize(
    "back",
    [
        "",
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "help",
        "javascript:alert(1)",
        "back=/help",
        "/" + "a" * 1001,
    ],
)
async def test_nobody_is_led_to_another_site(site: Site, back: str) -> None:
    async with site.visitor.http.get(
        URL(f"{site.base}/livechat/sign-in?{back}", encoded=True),
        headers={"X-Remote-User": "ada", "X-Livechat-Proxy": SECRET},
        allow_redirects=False,
    ) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/help")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_who_is_not_signed_in_or_forges_it_gets_no_cookie(site: Site) -> None:
    ada = site.visitor
    assert (await ada.goes("/livechat/sign-in"))[0] == 401
    for headers in (
        {"X-Remote-User": "eve"},
        {"X-Remote-User": "eve", "X-Livechat-Proxy": "wrong"},
        {"X_Remote_User": "eve", "X-Livechat-Proxy": SECRET},
    ):
        assert (await ada.goes("/livechat/sign-in", **headers))[0] == 403
    assert (await ada.goes("/livechat/sign-in", login="ada@elsewhere.example"))[0] == 403
    assert ada.cookies == {}


@pytest.mark.parametrize(
    ("login", "status", "why"),
    [
        ("", 401, "please tell computing support"),
        ("ada lovelace", 403, "please tell computing support"),
        ("ada@elsewhere.example", 403, "of another organisation"),
    ],
)
async def test_whom_the_page_cannot_sign_in_reads_why_and_finds_back(
    site: Site, login: str, status: int, why: str
) -> None:
    said = {"X-Remote-User": login, "X-Livechat-Proxy": SECRET} if login else {}
    way = f"{site.base}/livechat/sign-in?/help?page=2&x=%22%3E"
    browsers = said | {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with site.visitor.http.get(URL(way, encoded=True), headers=browsers) as answer:
        text = await answer.text()
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    assert why in text
    assert 'href="/help?page=2&amp;x=%22%3E"' in text
    async with site.visitor.http.get(way, headers=said) as answer:
        assert (answer.status, answer.content_type) == (status, "application/json")


async def test_who_cannot_be_signed_in_because_the_database_is_away_reads_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_work: object, **_more: object) -> None:
        raise NotDone("The database does not answer.")

    monkeypatch.setattr(site.house.store, "write", away)
    said = {"X-Remote-User": "ada", "X-Livechat-Proxy": SECRET, "Accept": "text/html"}
    async with site.visitor.http.get(f"{site.base}/livechat/sign-in?/help", headers=said) as answer:
        text = await answer.text()
    assert (answer.status, answer.content_type) == (503, "text/html")
    assert "does not answer just now" in text


async def test_the_host_site_vouches_once(site: Site) -> None:
    link, ada = site.house.token(await site.house.invited()), site.visitor
    good = token(name="Ada King")
    assert await ada.posts("sign-in", assertion=good) == (200, {"who": "s1234567"})
    assert set(ada.cookies) == {SIGNED_IN}
    first = ada.cookies[SIGNED_IN]
    assert (await ada.posts("sign-in", assertion=token(jti="two")))[0] == 200
    assert ada.cookies[SIGNED_IN] != first

    assert await ada.posts("sign-in", assertion=good) == (403, {"error": "assertion"})
    for bad in (token(aud="another"), "a.b.c"):
        assert await ada.posts("sign-in", assertion=bad) == (403, {"error": "assertion"})
    for broken in ({}, {"assertion": "nonsense"}):
        assert await ada.posts("sign-in", **broken) == (400, {"error": "broken"})
    status, view = await ada.posts("join", token=link, nonce=nonce())
    assert (status, view["you"]) == (200, "Ada Lovelace")


async def test_another_sites_page_cannot_sign_anybody_in_by_a_token(site: Site) -> None:
    async with site.visitor.http.post(
        f"{site.base}/livechat/api/sign-in",
        json={"assertion": token()},
        headers=HEADERS | {"Origin": "https://evil.test"},
    ) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


async def test_a_cookie_that_was_planted_before_is_not_the_one_after(site: Site) -> None:
    ada = site.visitor
    ada.cookies = {SIGNED_IN: "p" * 43}
    await ada.goes("/livechat/sign-in", login="s1234567")
    assert ada.cookies[SIGNED_IN] != "p" * 43


async def test_what_a_page_merely_fetches_signs_nobody_in(site: Site) -> None:
    ada = site.visitor
    for mode in ("no-cors", "cors"):
        fetched = await ada.goes("/livechat/sign-in", login="ada", **{"Sec-Fetch-Mode": mode})
        assert fetched[0] == 403
    assert ada.cookies == {}
    went = await ada.goes("/livechat/sign-in", login="ada", **{"Sec-Fetch-Mode": "navigate"})
    assert went[0] == 303


@pytest.fixture
def all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no time passes in which one might try again."""
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda: 1.0))


@pytest.mark.usefixtures("all_at_once")
async def test_nobody_tries_tokens_without_end(site: Site) -> None:
    answers = [await site.visitor.posts("sign-in", assertion="a.b.c") for _ in range(260)]
    assert (403, {"error": "assertion"}) in answers
    assert answers[-1] == (429, {"error": "slow_down"})


@pytest.mark.usefixtures("all_at_once")
async def test_somebody_who_tries_keeps_nobody_else_of_his_campus_from_signing_in(
    site: Site,
) -> None:
    campus, elsewhere = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.7"}
    for _ in range(260):
        await site.visitor.goes("/livechat/sign-in", **campus)
        await site.visitor.goes("/livechat/sign-in", **elsewhere)
    assert (await site.visitor.goes("/livechat/sign-in", login="ada", **elsewhere))[0] == 429
    assert (await site.visitor.goes("/livechat/sign-in", login="ada", **campus))[0] == 303

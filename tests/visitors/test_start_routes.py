"""The page on which a CO starts a chat from a ticket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from bot.domain.chat import State
from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay.inbound import Operator
from bot.relay.outcomes import NotDone
from bot.relay.starting import Running, Started, Starting
from bot.visitors import start_routes
from bot.visitors.around import around
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.start_routes import Desk, StartRoutes
from tests.people import ALAN, GRACE, NOW, TICKET

SECRET = "s" * 40
BY = Operator(GRACE.id, GRACE.name)
RT = "https://rt.test"


@dataclass
class FakeStarting:
    """Remembers what was begun."""

    ticket_: Ticket = TICKET
    begun: dict[str, tuple[TicketRef, Operator]] = field(default_factory=dict)
    runs: list[Running] = field(default_factory=list)
    there: Started | None = None
    trouble: NotDone | None = None
    beside: list[str] = field(default_factory=list)

    async def operator(self, address: str) -> Operator | None:
        return BY if address == "grace@inf.test" else None

    async def ticket(self, ref: TicketRef) -> Ticket:
        if self.trouble:
            raise self.trouble
        return self.ticket_

    async def running(self, ref: TicketRef) -> list[Running]:
        return self.runs

    async def start(
        self, ref: TicketRef, by: Operator, key: str, beside: Collection[str] = ()
    ) -> str:
        self.begun[key] = (ref, by)
        self.beside = list(beside)
        return "0" * 32

    async def started(self, chat_id: str) -> Started | None:
        return self.there


@dataclass
class Page:
    """The page, as somebody's browser asks for it through the web server."""

    starting: FakeStarting
    base: str
    http: aiohttp.ClientSession
    now: list[float] = field(default_factory=lambda: [0.0])

    async def get(self, path: str, who: str = "grace", **headers: str) -> tuple[int, str]:
        async with self.http.get(self.base + path, headers=self._of(who) | headers) as answer:
            return answer.status, await answer.text()

    async def post(
        self, form: dict[str, str], who: str = "grace", **headers: str
    ) -> tuple[int, str]:
        sent = self._of(who) | {"Origin": self.base} | headers
        async with self.http.post(
            f"{self.base}/livechat/start", data=form, headers=sent, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Location", "") or await answer.text()

    def _of(self, who: str) -> dict[str, str]:
        return {"X-Remote-User": who, "X-Livechat-Proxy": SECRET} if who else {}

    async def form(self) -> dict[str, str]:
        """What Grace's form holds."""
        _, html = await self.get("/livechat/start?ticket=rt%2312345")
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    starting, app = FakeStarting(), web.Application()
    runner = web.AppRunner(app, access_log=None)
    passed = [0.0]
    desk = Desk(
        prefix="/livechat",
        origin="",
        rt_origins=frozenset({RT}),
        hosts={"rt.test": "rt"},
        secret=b"k" * 40,
        domain="inf.test",
        zone=UTC,
        now=lambda: NOW.fromtimestamp(NOW.timestamp() + passed[0], UTC),
    )
    identity = ProxyIdentity("X-Remote-User", SECRET)
    routes = StartRoutes(cast("Starting", starting), identity, desk)
    for route in routes.table():

        async def handler(request: web.Request, route: web.RouteDef = route) -> web.StreamResponse:
            return await around(request, route.handler)

        app.router.add_route(route.method, f"/livechat{route.path}", handler)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    routes._desk = replace(desk, origin=base)
    async with aiohttp.ClientSession() as http:
        yield Page(starting, base, http, passed)
    await runner.cleanup()


async def test_the_ticket_is_shown_and_nothing_begun(page: Page) -> None:
    status, html = await page.get("/livechat/start?ticket=12345")
    assert status == 200
    for shown in ("rt#12345", "Cannot print from the lab", "Ada Lovelace", "Support", "open"):
        assert shown in html
    assert "Signed in as Grace Hopper" in html
    assert not page.starting.begun


async def test_the_form_begins_the_chat_and_leads_to_where_it_waits(page: Page) -> None:
    status, there = await page.post(await page.form())
    assert (status, there) == (303, f"/livechat/start/{'0' * 32}")
    assert list(page.starting.begun.values()) == [(TicketRef("rt", 12345), BY)]


async def test_when_the_thread_is_there_the_page_leaps_to_it(page: Page) -> None:
    page.starting.there = Started("https://teams.microsoft.com/l/message/1?a=1&b=2")
    _, html = await page.get(f"/livechat/start/{'0' * 32}")
    leap = 'content="0; url=https://teams.microsoft.com/l/message/1?a=1&amp;b=2"'
    assert leap in html
    page.starting.there = Started("", GRACE)
    _, html = await page.get(f"/livechat/start/{'0' * 32}")
    assert "personal chat" in html
    assert "refresh" not in html


async def test_a_chat_in_somebody_elses_personal_chat_is_not_said_to_be_in_ones_own(
    page: Page,
) -> None:
    page.starting.there = Started("", ALAN)
    _, html = await page.get(f"/livechat/start/{'0' * 32}")
    assert "your personal chat" not in html
    assert "Alan Turing" in html


async def test_a_chat_that_goes_on_is_shown_before_another_is_begun(page: Page) -> None:
    page.starting.runs = [Running("1" * 32, State.OPEN, "Alan Turing", "https://teams.test/1")]
    _, html = await page.get("/livechat/start?ticket=12345")
    assert "Alan Turing has begun a chat" in html
    assert "Start another chat" in html
    status, told = await page.get("/livechat/start/running?ticket=12345", Origin=RT)
    assert (status, told) == (
        200,
        '{"running":[{"by":"Alan Turing","link":"https://teams.test/1"}]}',
    )
    assert (await page.get("/livechat/start/running?ticket=1", Origin="https://x.test"))[0] == 403
    _, told = await page.get("/livechat/start/running?ticket=1", who="mallory", Origin=RT)
    assert told == '{"running":[]}'


async def test_of_a_chat_without_a_link_it_is_said_where_it_may_be(page: Page) -> None:
    page.starting.runs = [Running("1" * 32, State.OPEN, "Alan Turing", "")]
    _, html = await page.get("/livechat/start?ticket=12345")
    assert "It is in a personal or group chat with the bot" in html


async def test_a_chat_that_was_begun_meanwhile_is_led_to_instead_of_beginning_another(
    page: Page,
) -> None:
    form = await page.form()
    page.starting.runs = [Running("1" * 32, State.PROPOSED, "Alan Turing", "https://teams.test/1")]
    assert await page.post(form) == (303, f"/livechat/start/{'1' * 32}")
    assert not page.starting.begun
    # who has seen it may begin another
    assert await page.post(await page.form()) == (303, f"/livechat/start/{'0' * 32}")
    assert page.starting.beside == ["1" * 32]


async def test_whoever_is_led_to_a_chat_that_was_begun_by_a_mention_comes_there(page: Page) -> None:
    form = await page.form()
    begun = "aZ3_-" + "x" * 17  # as the look-up of a mention makes them
    page.starting.runs = [Running(begun, State.OPEN, "Alan Turing", "https://teams.test/1")]
    page.starting.there = Started("https://teams.test/1")
    status, there = await page.post(form)
    assert status == 303
    status, html = await page.get(there)
    assert status == 200
    assert 'href="https://teams.test/1"' in html


@pytest.mark.parametrize(("who", "status"), [("", 401), ("mallory", 403)])
async def test_who_is_no_member_of_the_team_sees_no_ticket(
    page: Page, who: str, status: int
) -> None:
    form = await page.form()
    for answered, html in (
        await page.get("/livechat/start?ticket=12345", who=who),
        await page.post(form, who=who),
        await page.get(f"/livechat/start/{'0' * 32}", who=who),
    ):
        assert answered == status
        assert "Cannot print" not in html
    assert not page.starting.begun


@pytest.mark.parametrize("who", ["Grace Hopper", "INF\\grace", "grace;grace@inf.test"])
async def test_who_is_named_in_a_form_that_is_none_of_a_login_reads_why_nothing_was_started(
    page: Page, who: str
) -> None:
    form = await page.form()
    for answered, html in (
        await page.get("/livechat/start?ticket=12345", who=who),
        await page.post(form, who=who),
        await page.get(f"/livechat/start/{'0' * 32}", who=who),
    ):
        assert answered == 403
        assert "No live chat was started" in html
        assert "Ask whoever looks after the live chat." in html
    assert not page.starting.begun


async def test_no_other_page_can_send_the_form(page: Page) -> None:
    form = await page.form()
    assert (await page.post(form, Origin="https://evil.test"))[0] == 403
    assert (await page.post(form, Origin="null"))[0] == 403
    assert (await page.post(form, **{"Sec-Fetch-Site": "same-site"}))[0] == 403
    for name, value in (
        ("ticket", "rt#1"),
        ("key", "k" * 22),
        ("beside", "1" * 32),
        ("stamp", "1.2"),
        ("stamp", ""),
    ):
        assert (await page.post(form | {name: value}))[0] == 403
    page.now[0] = 3601
    status, html = await page.post(form)
    assert status == 403
    assert "too old" in html
    assert not page.starting.begun


async def test_what_is_wrong_is_said_on_the_page(page: Page) -> None:
    status, html = await page.get("/livechat/start?ticket=room%205")
    assert (status, "names no ticket" in html) == (400, True)
    page.starting.trouble = NotDone("RT does not answer.")
    status, html = await page.get("/livechat/start?ticket=5")
    assert (status, "RT does not answer." in html) == (503, True)


async def test_what_people_wrote_is_text(page: Page) -> None:
    evil = Requestor("x", "<script>alert(1)</script>", "a@b.test")
    page.starting.ticket_ = replace(TICKET, subject="<b>&", requestors=(evil,))
    _, html = await page.get("/livechat/start?ticket=12345")
    assert "<script>alert" not in html
    assert "&lt;b&gt;&amp;" in html


async def test_while_teams_opens_no_thread_the_page_says_so_and_lets_one_look_again(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_routes, "_PATIENCE", 0.2)
    _, html = await page.get(f"/livechat/start/{'0' * 32}")
    assert '<a class="go" href="">Look again</a>' in html
    assert "refresh" not in html

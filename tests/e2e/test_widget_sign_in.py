"""The visitor signs in before joining: led there and back, let in as herself, or turned away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Route, expect

from bot.domain.admission import Demand, Policy
from bot.domain.identity import Proof
from bot.relay.signing_in import SigningIn
from bot.sandbox.helpsite import HelpSite
from bot.visitors.guard import GAVE_WAY
from bot.visitors.hub import Hub
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.room import VisitorsRoom
from bot.visitors.sign_in_routes import Porch
from tests.e2e.ada import Ada
from tests.e2e.test_widget_access import axe
from tests.migrated import lay_out
from tests.relay.house import OTHER, House, opened
from tests.test_embedding import snippet
from tests.visitors.browser import put_into

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "s" * 40

ON_A_SLOW_WIRE = """
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) { if (!window.late) send.call(this, text); };
    Object.defineProperty(WebSocket.prototype, "onclose", {
        set(hear) {
            if (!("hear" in this)) this.addEventListener("close", async (end) => {
                window.hasClosed = true;
                await window.late;
                this.hear?.(end);
            });
            this.hear = hear;
        }
    });
"""


@dataclass
class Link:
    """One of an invitation."""

    token: str


@dataclass
class Site:
    """The help site, whose web server signs in as ``login`` whoever opens the page for it."""

    house: House
    ada: Ada
    help_site: HelpSite
    login: str = "s1234567"

    def everywhere(self, login: str = "") -> None:
        """From now on the web server says with every request that this one is signed in, or nobody."""
        signed_in = {"X-Remote-User": login, "X-Livechat-Proxy": SECRET}
        self.help_site.says = signed_in if login else {}

    async def sign_in(self, route: Route) -> None:
        shown = {"X-Remote-User": self.login, "X-Livechat-Proxy": SECRET}
        await route.continue_(headers={**route.request.headers, **shown})


@pytest.fixture
def everywhere(request: pytest.FixtureRequest) -> bool:
    """Whether the web server says with every request who is signed in."""
    return getattr(request, "param", False)


@pytest_asyncio.fixture(loop_scope="session")
async def site(chromium: Browser, tmp_path: Path, everywhere: bool) -> AsyncIterator[Site]:
    url = f"sqlite:///{tmp_path / 'chats.db'}"
    await asyncio.to_thread(lay_out, url)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(opened(url))
        house.relay.rules = replace(house.relay.rules, admission=Policy(offered=True))
        help_site = await stack.enter_async_context(HelpSite("http://127.0.0.1:9"))
        hub = Hub()
        house.bells.append(hub)
        porch = Porch(
            signing_in=SigningIn(house.relay),
            proxy=ProxyIdentity("X-Remote-User", SECRET),
            assertions=None,
            domain="",
            page="/livechat/sign-in",
            home="/",
            everywhere=everywhere,
        )
        room = VisitorsRoom(
            house.joining,
            house.visiting,
            hub,
            origins=[help_site.url],
            support_url="https://help.example.org/",
            now=house.clock,
            porch=porch,
        )
        app = web.Application()
        put_into(app, room)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        help_site.service_url = f"http://{host}:{port}"
        ada = await stack.enter_async_context(Ada(chromium, help_site, cast(Any, None)))
        site = Site(house, ada, help_site)
        await ada.page.route(re.compile(r"/livechat/sign-in\?"), site.sign_in)
        yield site
        assert ada.complaints == []


async def test_she_is_led_to_the_sign_in_and_back_to_her_page_and_into_the_chat(
    site: Site,
) -> None:
    chat, ada = await site.house.invited(), site.ada
    await ada.follow(site.house.token(chat), "/printing?from=search&n=1")
    link = ada.panel.get_by_role("link", name="Sign in")
    await expect(link).to_be_visible()
    await expect(ada.button("Join the chat")).to_have_count(0)
    assert await axe(ada) == []

    await link.click()

    await ada.page.wait_for_url(f"{ada.site.url}/printing?from=search&n=1")
    await ada.button("Join the chat").click()
    await expect(ada.box).to_be_visible()
    joined = await site.house.chat(chat.id)
    assert joined.identity.proof is Proof.SSO
    assert joined.identity.login == "s1234567"


async def test_somebody_else_is_told_so_and_sees_nothing_of_the_ticket(site: Site) -> None:
    site.login = "eve"
    chat, ada = await site.house.invited(), site.ada
    await ada.follow(site.house.token(chat))
    await ada.panel.get_by_role("link", name="Sign in").click()
    await expect(ada.panel).to_contain_text("It is for somebody else.")
    await expect(ada.panel).not_to_contain_text("12345")
    await expect(ada.button("Join the chat")).to_have_count(0)
    assert await axe(ada) == []
    site.login = "s1234567"  # it was another's sign-in, on a computer that several use
    await expect(ada.panel).to_contain_text("sign in as yourself, and open it again")
    await ada.panel.get_by_role("link", name="Sign in").click()
    await ada.follow(site.house.token(chat))
    await expect(ada.button("Join the chat")).to_be_visible()


async def test_a_sign_in_that_grew_old_is_asked_for_again(site: Site) -> None:
    chat, ada = await site.house.invited(), site.ada
    await ada.follow(site.house.token(chat))
    await ada.panel.get_by_role("link", name="Sign in").click()
    await expect(ada.button("Join the chat")).to_be_visible()
    site.house.clock.pass_(minutes=11)
    await ada.button("Join the chat").click()
    await expect(ada.panel.get_by_role("link", name="Sign in")).to_be_visible()


# --- signing out -------------------------------------------------------------------------------------

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


async def talking(site: Site) -> None:
    """Ada signs in, joins, and has said something; another thing could not be sent, one not ended."""
    chat, ada = await site.house.invited(), site.ada
    await ada.follow(site.house.token(chat))
    await ada.panel.get_by_role("link", name="Sign in").click()
    await ada.button("Join the chat").click()
    await ada.say("my question")
    await expect(ada.message("my question")).to_contain_text("Sent")
    await ada.context.set_offline(True)
    await ada.say("never sent")
    await expect(ada.message("never sent")).to_contain_text("Sending")
    await ada.box.fill("half a sentence")
    await ada.context.set_offline(False)


async def shows_nothing_of_hers(site: Site, *cookies: str) -> None:
    await site.ada.visit("/remote")
    if not await site.ada.panel.is_visible():
        await site.ada.launcher.click()
    await expect(site.ada.panel).to_contain_text("No chat is open")
    for place in (await site.ada.panel.inner_text(), await site.ada.page.evaluate(STORED)):
        assert "my question" not in place
        assert "never sent" not in place
        assert "half a sentence" not in place
    kept = {one["name"]: one["value"] for one in await site.ada.context.cookies()}
    assert kept.pop("__Host-livechat", GAVE_WAY) == GAVE_WAY
    assert [*kept] == [*cookies]


@pytest.mark.parametrize("everywhere", [True], indirect=True)
@pytest.mark.parametrize("next_one", ["", "eve"])
async def test_who_signs_out_at_the_site_leaves_nothing_to_the_next_one_at_this_computer(
    site: Site, next_one: str
) -> None:
    site.everywhere("s1234567")
    await talking(site)
    site.everywhere(next_one)
    await shows_nothing_of_hers(site)


async def test_a_sign_out_page_can_end_it_with_a_few_lines(site: Site) -> None:
    await talking(site)
    await site.ada.page.evaluate(f"async () => {{ {snippet('sign-out')} }}")
    await shows_nothing_of_hers(site)


async def test_a_sign_out_page_that_shows_the_chat_and_hears_late_that_it_ended_keeps_nothing(
    site: Site,
) -> None:
    ada = site.ada
    await left_behind(site)
    await ada.box.fill("half a sentence")
    await ada.page.evaluate(f"async () => {{ {snippet('sign-out')} }}")
    await ada.page.wait_for_function("() => window.hasClosed")
    await ada.page.evaluate("() => ends()")
    await shows_nothing_of_hers(site)


async def test_a_sign_out_page_ends_it_in_other_tabs_with_what_was_not_sent_there(
    site: Site,
) -> None:
    chat, ada = await site.house.invited(), site.ada
    await ada.follow(site.house.token(chat))
    await ada.panel.get_by_role("link", name="Sign in").click()
    await ada.button("Join the chat").click()
    await ada.say("my question")
    await expect(ada.message("my question")).to_contain_text("Sent")
    first, ada.page = ada.page, await ada.tab()
    await ada.page.add_init_script(ON_A_SLOW_WIRE)
    await ada.visit("/remote")
    await ada.launcher.click()
    await expect(ada.message("my question")).to_be_visible()
    await expect(ada.panel.locator("summary")).to_be_visible()  # the rest of the widget is there
    await ada.page.evaluate("() => { window.late = new Promise((ends) => (window.ends = ends)); }")
    await ada.say("never sent")
    await expect(ada.message("never sent")).to_contain_text("Sending")
    await first.evaluate(f"async () => {{ {snippet('sign-out')} }}")
    await expect(ada.panel).to_contain_text("This chat was closed in another window")
    await ada.page.evaluate("() => ends()")
    await shows_nothing_of_hers(site)


async def test_the_next_one_who_signs_in_gets_his_own_chat_and_not_hers(site: Site) -> None:
    await talking(site)
    other = await site.house.invited(thread=OTHER)
    site.login = "eve"
    await site.ada.page.goto(f"{site.help_site.url}/livechat/sign-in?/remote")
    await site.ada.page.wait_for_url(f"{site.help_site.url}/remote")
    await site.ada.follow(site.house.token(other))
    await expect(site.ada.panel).to_contain_text("It is for somebody else.")
    await expect(site.ada.panel).not_to_contain_text("my question")


async def left_behind(site: Site) -> None:
    """Ada joined, and what she said last stands in this tab, not sent before ``ends()``."""
    chat, ada = await site.house.invited(), site.ada
    await ada.page.add_init_script(ON_A_SLOW_WIRE)
    await ada.follow(site.house.token(chat))
    await ada.panel.get_by_role("link", name="Sign in").click()
    await ada.button("Join the chat").click()
    await ada.say("my question")
    await expect(ada.message("my question")).to_contain_text("Sent")
    await ada.page.evaluate("() => { window.late = new Promise((ends) => (window.ends = ends)); }")
    await ada.say("never sent")
    await expect(ada.message("never sent")).to_contain_text("Sending")


async def has_a_chat_of_his_own(site: Site) -> None:
    """Whoever is next at this computer joins by a link that asks for no sign-in."""
    rules = site.house.relay.rules
    policy = replace(rules.admission, demand=Demand.NEVER)
    site.house.relay.rules = replace(rules, admission=policy)
    await site.ada.join(Link(site.house.token(await site.house.invited(thread=OTHER))))
    await site.ada.say("his question")
    await expect(site.ada.message("his question")).to_contain_text("Sent")
    for _ in range(2):
        places = (await site.ada.panel.inner_text(), await site.ada.page.evaluate(STORED))
        assert "never sent" not in "".join(places)
        await site.ada.page.reload()
        await expect(site.ada.message("his question")).to_be_visible()


@pytest.mark.parametrize("everywhere", [True], indirect=True)
async def test_who_joins_a_chat_where_she_signed_out_reads_nothing_of_hers(site: Site) -> None:
    site.everywhere("s1234567")
    await left_behind(site)
    site.everywhere()
    await has_a_chat_of_his_own(site)


@pytest.mark.parametrize("everywhere", [True], indirect=True)
async def test_nor_is_it_left_in_another_tab(site: Site) -> None:
    site.everywhere("s1234567")
    other = await site.ada.tab()
    await left_behind(site)
    await other.goto(f"{site.help_site.url}/remote")
    await other.get_by_role("button", name="Live chat").click()
    panel = other.get_by_role("dialog", name="Computing support")
    await expect(panel).to_contain_text("my question")
    await expect(panel.locator("summary")).to_be_visible()  # the rest of the widget is there
    site.everywhere()
    await has_a_chat_of_his_own(site)
    await expect(panel).to_contain_text("This chat was closed in another window")
    await expect(panel).not_to_contain_text("my question")


async def test_nor_does_who_has_signed_in_since(site: Site) -> None:
    await left_behind(site)
    site.login = "eve"
    await site.ada.page.goto(f"{site.help_site.url}/livechat/sign-in?/remote")
    await site.ada.page.wait_for_url(f"{site.help_site.url}/remote")
    await has_a_chat_of_his_own(site)


async def test_nor_does_who_has_signed_in_since_and_has_no_chat(site: Site) -> None:
    await left_behind(site)
    site.login = "eve"
    await site.ada.page.goto(f"{site.help_site.url}/livechat/sign-in?/remote")
    await site.ada.page.wait_for_url(f"{site.help_site.url}/remote")
    await shows_nothing_of_hers(site, "__Host-livechat-signin")


async def signs_in(site: Site, login: str) -> None:
    """Whoever sits here now goes through the sign-in, joins no chat, and opens the pop-up again."""
    await site.ada.button("Minimise the chat").click()
    site.login = login
    await site.ada.page.goto(f"{site.help_site.url}/livechat/sign-in?/remote")
    await site.ada.page.wait_for_url(f"{site.help_site.url}/remote")
    await site.ada.launcher.click()


HERS = "This browser is no longer signed in."
NOBODYS = "Something that was written in this window was not sent."


async def test_what_could_not_be_sent_before_the_session_ran_out_is_its_writers_alone(
    site: Site,
) -> None:
    await left_behind(site)
    site.house.clock.pass_(hours=25)
    ada = site.ada
    await ada.visit("/remote")  # and nobody knows who does
    await expect(ada.panel).to_contain_text(NOBODYS)
    await expect(ada.panel).not_to_contain_text("never sent")
    await signs_in(site, "s1234567")
    await expect(ada.foot).to_contain_text(HERS)
    await expect(ada.message("never sent")).to_contain_text("Not sent")
    await signs_in(site, "eve")
    await expect(ada.panel).to_contain_text("No chat is open")
    await expect(ada.panel).not_to_contain_text(NOBODYS)
    await expect(ada.panel).not_to_contain_text("never sent")
    assert "never sent" not in await ada.page.evaluate(STORED)


@pytest.mark.parametrize("everywhere", [True], indirect=True)
@pytest.mark.parametrize(("login", "told"), [("s1234567", HERS), ("eve", None), ("", NOBODYS)])
async def test_nor_is_it_anybody_elses_where_the_web_server_always_says_who_is_there(
    site: Site, login: str, told: str | None
) -> None:
    site.everywhere("s1234567")
    await left_behind(site)
    site.house.clock.pass_(hours=25)
    site.everywhere(login)
    panel = site.ada.panel
    await site.ada.visit("/remote")
    await expect(panel).to_contain_text(told or "No chat is open")
    for word in {HERS, NOBODYS} - {told}:
        await expect(panel).not_to_contain_text(word)
    await expect(panel.get_by_text("never sent")).to_have_count(1 if told == HERS else 0)
    assert ("never sent" in await site.ada.page.evaluate(STORED)) is bool(told)

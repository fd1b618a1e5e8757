"""From RT's ticket page to an open thread in Teams: Chromium, real RTs, Apache with its sign-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.hatchery import Hatchery
from tests.real_rt.browser import browser_of
from tests.real_rt.desk import Clicks, Desk, desk_of
from tests.rigs.rt.rig import Rig

INFRA = Path(__file__).parents[2] / "infra/rt"
SUBJECT = {"printer": "Cannot print from the lab in AT 5.05"}


@pytest.fixture(params=["real_rt", "rt4"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """RT 5, which is spoken to by REST 2.0, and RT 4.4, by REST 1.0."""
    found: Rig = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def desk(rig: Rig, tmp_path: Path, hatchery: Hatchery) -> AsyncIterator[Desk]:
    async with desk_of(rig, tmp_path, hatchery) as desk:
        yield desk


async def in_thread(page: Page, desk: Desk) -> None:
    """The page is Teams, with the thread of the one chat there is."""
    await page.wait_for_selector("#ready", state="attached")
    (card,) = desk.cards()
    assert urlsplit(desk.led[-1]).path.endswith(f"/{card.id}")
    thread = page.locator(f"[data-thread='{card.id}']")
    await expect(thread).to_be_in_viewport()
    await expect(thread).to_contain_text(SUBJECT["printer"])


async def test_two_clicks_lead_from_the_ticket_to_its_thread_and_the_ticket_shows_it(
    desk: Desk, rig: Rig, tmp_path: Path
) -> None:
    async with browser_of(rig, tmp_path / "grace") as ticket:
        await desk.reach_teams_from(ticket)
        clicks = await Clicks.of(ticket)
        await ticket.goto(desk.address_of("printer"))
        await expect(ticket.locator("#livechat-running")).to_be_empty()
        entry = ticket.locator(".livechat").get_by_role("link", name="Start live chat")
        address = await entry.get_attribute("href")
        menu = ticket.locator("a#page-actions-start-live-chat")
        assert await menu.get_attribute("href") == address
        async with ticket.expect_popup() as opened:
            await entry.click()
        page = await opened.value
        await expect(page.get_by_text(SUBJECT["printer"])).to_be_visible()
        await page.get_by_role("button", name="Start the chat").click()
        await in_thread(page, desk)
        assert clicks.count == 2
        # the ticket shows it while it lasts
        await ticket.bring_to_front()
        await ticket.reload()
        row = ticket.locator("#livechat-running")
        await expect(row).to_contain_text("Grace Hopper has begun a chat")
        async with ticket.expect_popup() as opened:
            await row.get_by_role("link", name="open it in Teams").click()
        await in_thread(await opened.value, desk)
        # who starts again is led to it
        async with ticket.expect_popup() as opened:
            await entry.click()
        again = await opened.value
        await again.get_by_role("link", name="Go to the chat").click()
        await in_thread(again, desk)
        # and no longer
        await desk.cancel()
        await ticket.reload()
        await expect(row).to_be_empty()


async def test_who_is_no_member_of_the_team_is_told_so_and_sees_no_ticket(
    real_rt: Rig, tmp_path: Path, hatchery: Hatchery
) -> None:
    """Whatever his browser says of itself."""
    async with (
        desk_of(real_rt, tmp_path, hatchery) as desk,
        browser_of(real_rt, tmp_path, "weak") as page,
    ):
        answer = await page.goto(desk.start("printer"))
        assert answer
        assert answer.status == 403
        await expect(page.get_by_role("alert")).to_contain_text(
            "You are signed in as weak, and no member of the team in Teams has that name."
        )
        said = {"X-Remote-User": "grace", "X-Livechat-Proxy": "guessed"}
        await page.set_extra_http_headers(said)
        await page.goto(desk.start("printer"))
        await expect(page.get_by_role("alert")).to_contain_text("You are signed in as weak")
        await page.set_extra_http_headers({"X_Remote_User": "grace"})
        answer = await page.goto(desk.start("printer"))
        assert answer
        assert answer.status == 403
        await expect(page.get_by_text(SUBJECT["printer"])).to_have_count(0)


async def test_nobody_is_grace_by_saying_so(
    real_rt: Rig, tmp_path: Path, hatchery: Hatchery
) -> None:
    async with desk_of(real_rt, tmp_path, hatchery) as desk:
        await _nobody(desk)


async def _nobody(desk: Desk) -> None:
    said = {"X-Remote-User": "grace"}
    forged: tuple[tuple[str, dict[str, str], int], ...] = (
        (desk.start("printer"), said, 401),  # Apache wants a ticket
        (desk.start("printer"), {"X_Remote_User": "grace"}, 401),
        (desk.past_apache("printer"), said, 403),
        (desk.past_apache("printer"), said | {"X-Livechat-Proxy": "guessed"}, 403),
        (desk.past_apache("printer"), {}, 401),
    )
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as http:
        for url, headers, status in forged:
            async with http.get(url, headers=headers) as answer:
                assert (answer.status, SUBJECT["printer"] in await answer.text()) == (status, False)


async def test_requestors_find_no_entry_in_self_service(rig: Rig) -> None:
    """What they see of their ticket has the same part of the page."""
    number = rig.tickets["printer"]
    with rig.acting_as("s1234567"), rig.session(cookie=False) as session:
        page = session.get(f"{rig.url}/SelfService/Display.html?id={number}").text
    assert SUBJECT["printer"] in page
    assert "livechat" not in page


async def test_a_custom_field_leads_there_where_no_files_may_be_installed(
    desk: Desk, rig: Rig, tmp_path: Path
) -> None:
    data = (INFRA / "field.initialdata").read_text(encoding="utf-8")
    theirs = "https://computing.help.example/livechat"
    assert data.count(theirs) == 1
    changed = tmp_path / "field.initialdata"
    changed.write_text(data.replace(theirs, str(rig.facts["livechat"])), encoding="utf-8")
    rig.insert(changed)
    number = rig.create("The projector hums")
    async with browser_of(rig, tmp_path / "grace") as ticket:
        await ticket.goto(f"{rig.url}/Ticket/Display.html?id={number}")
        entry = ticket.locator(".custom-field, .cf, tr, .form-row").filter(has_text="Live chat")
        link = entry.get_by_role("link", name="Start live chat", exact=True).locator(
            "xpath=self::a[not(ancestor::*[contains(@class, 'livechat')])]"
        )
        address = await link.first.get_attribute("href")
        assert address == f"{rig.facts['livechat']}/start?ticket=rt%23{number}"
        await ticket.goto(address)
        await expect(ticket.get_by_text("The projector hums")).to_be_visible()

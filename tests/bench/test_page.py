"""The sample page with the widget beside the same page without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import pytest
from playwright.async_api import async_playwright

from bot.sandbox.helpsite import HelpSite
from tests.bench.page_cost import CATEGORIES, SETTLED, Cost, Without, lighthouse, measure
from tests.e2e.conftest import CHROMIUM
from tests.e2e.mock_service import MockService

SITES = (Without, HelpSite)
#: So many loads of each; what is told of times is the middle one.
LOADS = 9
AGAIN = 2.0  # seconds: all but the first load are looked at for so long


@pytest.fixture
async def sites() -> AsyncIterator[dict[type[HelpSite], str]]:
    """The sample site without the widget, and with it."""
    async with MockService() as service:
        service.origins = []
        async with Without("http://127.0.0.1:9") as plain, HelpSite("http://127.0.0.1:9") as site:
            service.origins = [plain.url, site.url]
            await service.start()
            site.service_url = plain.service_url = service.url
            yield {Without: f"{plain.url}/", HelpSite: f"{site.url}/"}


async def test_before_the_first_click_the_widget_is_one_small_request(
    sites: dict[type[HelpSite], str], figures: list[str]
) -> None:
    costs: dict[type[HelpSite], list[Cost]] = {kind: [] for kind in SITES}
    async with async_playwright() as playwright:
        path = CHROMIUM if CHROMIUM.exists() else None
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        await measure(browser, sites[Without], AGAIN)  # a new browser has to warm up
        for n in range(LOADS):  # by turns: whatever else the machine does meets both
            for kind in SITES:
                costs[kind].append(await measure(browser, sites[kind], AGAIN if n else SETTLED))
        await browser.close()
    plain, ours = costs[Without][0], costs[HelpSite][0]
    blocked = {kind: [round(cost.blocked) for cost in costs[kind]] for kind in SITES}
    scripted = {kind: median(cost.script_seconds for cost in costs[kind]) for kind in SITES}
    figures.append(
        "The widget on the sample page, before the first click (CPU / 4, 6 s):\n"
        f"requests {ours.requests - plain.requests}, "
        f"{(ours.all_bytes - plain.all_bytes) / 1000:.1f} kB on the wire, "
        f"of it {ours.script_bytes / 1000:.1f} kB of script, "
        f"{scripted[HelpSite] - scripted[Without]:.3f} s of script, "
        f"blocking time {median(blocked[HelpSite]):.0f} ms {blocked[HelpSite]} "
        f"(without {median(blocked[Without]):.0f} {blocked[Without]}), "
        f"layout shift {ours.shift:g}, sockets {ours.sockets}, "
        f"heap {(ours.heap - plain.heap) / 1e6:.2f} MB, other hosts {len(ours.elsewhere)}"
    )
    assert ours.requests - plain.requests == 1
    assert not ours.elsewhere
    assert ours.sockets == 0
    assert ours.shift == plain.shift == 0


async def test_lighthouse_finds_as_much_to_praise_with_it_as_without(
    sites: dict[type[HelpSite], str], figures: list[str], tmp_path: Path
) -> None:
    found = {
        kind: await lighthouse(sites[kind], str(CHROMIUM), tmp_path / f"{kind.__name__}.json")
        for kind in SITES
    }
    for kind, words in zip(SITES, ("without the widget", "with it"), strict=True):
        scores = ", ".join(f"{name} {found[kind][name]}" for name in CATEGORIES)
        figures.append(f"Lighthouse (phone, CPU / 4) {words}: {scores}")
    # Performance is of this machine and this moment, and only told; the others are of the page.
    for name in CATEGORIES[1:]:
        assert found[HelpSite][name] == found[Without][name] == 100

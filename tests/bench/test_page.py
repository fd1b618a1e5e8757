"""The sample page with the widget beside the same page without it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import pytest
from playwright.async_api import async_playwright

from bot.sandbox.helpsite import HelpSite
from tests.bench.page_cost import (
    CATEGORIES,
    SETTLED,
    THROTTLE,
    Cost,
    Late,
    Without,
    lighthouse,
    measure,
)
from tests.chromium import CHROMIUM
from tests.e2e.mock_service import MockService

SITES = (Without, HelpSite, Late)
#: So many loads of each; what is told of times is the middle one.
LOADS = 9
#: Of all that the widget's start takes, the longest task takes no more: a part is the same on every
#: machine. It is a sixth; without the steps of widget/src/steps.ts it was two fifths.
SHARE = 0.3
AGAIN = 2.0  # seconds: all but the first load are looked at for so long


@pytest.fixture
async def sites() -> AsyncIterator[dict[type[HelpSite], HelpSite]]:
    """The sample site without the widget, with it, and where it comes late."""
    async with MockService() as service, AsyncExitStack() as stack:
        found = {
            kind: await stack.enter_async_context(kind("http://127.0.0.1:9")) for kind in SITES
        }
        service.origins = [site.url for site in found.values()]
        await service.start()
        for site in found.values():
            site.service_url = service.url
        yield found


async def test_before_the_first_click_the_widget_is_one_small_request_and_holds_nothing_up(
    sites: dict[type[HelpSite], HelpSite], figures: list[str]
) -> None:
    costs: dict[type[HelpSite], list[Cost]] = {kind: [] for kind in SITES}
    async with async_playwright() as playwright:
        path = CHROMIUM if CHROMIUM.exists() else None
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        await measure(browser, sites[Without], AGAIN)  # a new browser has to warm up
        for n in range(LOADS):  # by turns: whatever else the machine does meets all
            for kind, site in sites.items():
                costs[kind].append(await measure(browser, site, AGAIN if n else SETTLED))
        await browser.close()
    figures += told(costs)
    plain, ours = costs[Without][0], costs[HelpSite][0]
    assert ours.requests - plain.requests == 1
    assert not ours.elsewhere
    assert ours.sockets == 0
    assert {kind.__name__: [c.shift for c in costs[kind] if c.shift] for kind in SITES} == {
        kind.__name__: [] for kind in SITES
    }
    assert median(blocked(costs[Late])) == 0
    assert median(shares(costs[Late])) <= SHARE


def blocked(costs: list[Cost]) -> list[int]:
    return [round(cost.blocked) for cost in costs]


def shares(costs: list[Cost]) -> list[float]:
    """Of each load, the longest task's part of all of them."""
    return [max(cost.tasks) / sum(cost.tasks) for cost in costs]


def told(costs: dict[type[HelpSite], list[Cost]]) -> Iterator[str]:
    """What is printed."""
    plain, ours, late = costs[Without][0], costs[HelpSite][0], costs[Late]
    script = {kind: median(cost.script_seconds for cost in costs[kind]) for kind in SITES}
    yield (
        f"The widget on the sample page, before the first click (CPU / {THROTTLE}, {SETTLED:g} s):\n"
        f"requests {ours.requests - plain.requests}, "
        f"{(ours.all_bytes - plain.all_bytes) / 1000:.1f} kB on the wire, "
        f"of it {ours.script_bytes / 1000:.1f} kB of script, "
        f"{script[HelpSite] - script[Without]:.3f} s of script, "
        f"layout shift {ours.shift:g}, sockets {ours.sockets}, "
        f"heap {(ours.heap - plain.heap) / 1e6:.2f} MB, other hosts {len(ours.elsewhere)}"
    )
    yield (
        f"Its start in {len(late)} loads, coming to a page that has settled; the middle, and each:\n"
        f"all tasks, ms of CPU: {_all([round(sum(cost.tasks)) for cost in late])}\n"
        f"the longest of them: {_all([round(max(cost.tasks)) for cost in late])}\n"
        f"its share (at most {SHARE}): {_all([round(share, 2) for share in shares(late)])}\n"
        f"blocking, ms: {_all(blocked(late))}"
    )
    yield (
        "Blocking, ms, of the page as it comes, with all that is on it:\n"
        f"with the widget: {_all(blocked(costs[HelpSite]))}\n"
        f"without it: {_all(blocked(costs[Without]))}"
    )


def _all(figures: Sequence[float]) -> str:
    return f"{median(figures):g} {figures}"


async def test_lighthouse_finds_as_much_to_praise_with_it_as_without(
    sites: dict[type[HelpSite], HelpSite], figures: list[str], tmp_path: Path
) -> None:
    found = {
        kind: await lighthouse(
            f"{sites[kind].url}/", str(CHROMIUM), tmp_path / f"{kind.__name__}.json"
        )
        for kind in (Without, HelpSite)
    }
    for kind, words in ((Without, "without the widget"), (HelpSite, "with it")):
        scores = ", ".join(f"{name} {found[kind][name]}" for name in CATEGORIES)
        figures.append(f"Lighthouse (phone, CPU / 4) {words}: {scores}")
    # Performance is of this machine and this moment, and only told; the others are of the page.
    for name in CATEGORIES[1:]:
        assert found[HelpSite][name] == found[Without][name] == 100

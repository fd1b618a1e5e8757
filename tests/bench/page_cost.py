"""What the widget costs the page it is on, before anybody has opened it.

``measure`` is the harness of the figures of other widgets in docs/performance.md: Chromium with a
CPU slowed down fourfold, and whatever happens on the page until it has settled for six seconds.
What a page does without the widget holds it up, too, and differs from load to load by more than the
widget takes. So there are loads in which it comes to a page that has settled (`Late`): then all that
happens is of the widget's making, down to the layout and the drawing of its launcher.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from playwright.async_api import Browser, CDPSession, Page

from bot.sandbox.helpsite import HelpSite
from bot.sandbox.helpsite.search import PAGES
from bot.sandbox.helpsite.site import POLICY
from tests.bench.page_tasks import traced

ROOT = Path(__file__).parents[2]
LIGHTHOUSE = ROOT / "tests/npm-lighthouse/node_modules/lighthouse/cli/index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
THROTTLE = 4
LONG = 50  # milliseconds: what a task takes beyond that holds the page up
SETTLED = 6.0  # seconds
#: Seconds that a new window is left alone: Chromium loads pages of its own for it (its address bar
#: is one), which would be taken for the page's on a machine with few cores.
WINDOW = 2.0
_ASKED = """
new Promise(done => {
    const found = {shift: 0, tasks: []};
    new PerformanceObserver(list => list.getEntries().forEach(e => found.shift += e.value))
        .observe({type: "layout-shift", buffered: true});
    new PerformanceObserver(list => list.getEntries().forEach(
        e => found.tasks.push([e.startTime + e.duration, e.duration])
    )).observe({type: "longtask", buffered: true});
    setTimeout(() => done(found), 100);
})
"""
"""What moved, and the tasks that took long: each its end and its length in milliseconds."""


@dataclass
class Cost:
    """Bytes are those on the wire; ``blocked`` is what tasks took beyond `LONG`, in milliseconds.

    ``tasks`` are those of a late widget, in milliseconds of CPU.
    """

    requests: int = 0
    all_bytes: int = 0
    script_bytes: int = 0
    script_seconds: float = 0.0
    blocked: float = 0.0
    shift: float = 0.0
    sockets: int = 0
    elsewhere: set[str] = field(default_factory=set)
    tasks: list[float] = field(default_factory=list)
    heap: int = 0


class Without(HelpSite):
    """The sample site before anybody put the widget on it."""

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = (PAGES / "index.html").read_text("utf-8")
        lines = [
            line for line in page.splitlines() if "livechat" not in line.replace("live chat", "")
        ]
        assert len(page.splitlines()) - len(lines) == 2
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        response = web.StreamResponse(headers={**headers, "Content-Type": "text/html"})
        await response.prepare(request)  # as of a file, the head goes first
        await response.write("\n".join(lines).encode())
        return response


class Late(HelpSite):
    """The sample site whose widget comes when ``come`` is set."""

    def __init__(self, service_url: str) -> None:
        super().__init__(service_url)
        self.come = asyncio.Event()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        await self.come.wait()
        return await super()._pass_on(request)


async def measure(browser: Browser, site: HelpSite, settled: float = SETTLED) -> Cost:
    """Open a page once, with nothing cached, and return what it cost within so many seconds.

    Of a late widget, what it cost from when it came.
    """
    context = await browser.new_context()
    page = await context.new_page()
    wire = await context.new_cdp_session(page)
    cost = _listen(wire, page, site.url)
    await wire.send("Network.enable")
    await wire.send("Performance.enable")
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    await asyncio.sleep(WINDOW)
    await page.goto(f"{site.url}/", wait_until="commit")
    await asyncio.sleep(settled)
    since = 0.0
    if isinstance(site, Late):
        since = await _ask(wire, "performance.now()")
        async with traced(browser, page) as cost.tasks:
            site.come.set()
            await asyncio.sleep(settled)
        site.come.clear()
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    found = await _ask(wire, _ASKED)
    cost.shift = found["shift"]
    cost.blocked = sum(length - LONG for end, length in found["tasks"] if end > since)
    metrics = await wire.send("Performance.getMetrics")
    counted = {metric["name"]: metric["value"] for metric in metrics["metrics"]}
    cost.script_seconds, cost.heap = counted["ScriptDuration"], int(counted["JSHeapUsedSize"])
    await context.close()
    return cost


async def _ask(wire: CDPSession, expression: str) -> Any:
    """Ask the page itself: Playwright's own way of asking is a long task on it."""
    asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    answer: dict[str, Any] = await wire.send("Runtime.evaluate", asked)
    return answer["result"]["value"]


def _listen(wire: CDPSession, page: Page, url: str) -> Cost:
    cost, kinds, host = Cost(), dict[str, str](), urlsplit(url).netloc

    def asked(event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        cost.requests += 1
        kinds[str(event["requestId"])] = str(event.get("type"))
        there = urlsplit(str(request["url"]))
        if there.scheme != "data" and there.netloc != host:
            cost.elsewhere.add(there.netloc)

    def came(event: dict[str, object]) -> None:
        size = int(float(str(event["encodedDataLength"])))
        cost.all_bytes += size
        if kinds.get(str(event["requestId"])) == "Script":
            cost.script_bytes += size

    def opened(_socket: object) -> None:
        cost.sockets += 1

    wire.on("Network.requestWillBeSent", asked)
    wire.on("Network.loadingFinished", came)
    page.on("websocket", opened)
    return cost


async def lighthouse(url: str, chromium: str, report: Path) -> dict[str, int]:
    """Return Lighthouse's scores out of 100 for a phone, by category."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(LIGHTHOUSE),
        url,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox",
        env={"PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin", "CHROME_PATH": chromium, "HOME": "/tmp"},
    )
    async with asyncio.timeout(180):
        assert await process.wait() == 0
    found = json.loads(await asyncio.to_thread(report.read_text))
    return {name: round(found["categories"][name]["score"] * 100) for name in CATEGORIES}

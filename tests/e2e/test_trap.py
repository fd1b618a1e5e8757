"""The trap catches: else its silence would prove nothing."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.e2e.trap import Trap

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAIT = {
    "<script>__pwned(1)</script>": "__pwned 1",
    "<img src=x onerror=__pwned(2)>": "__pwned 2",
    "<img src=http://127.0.0.1:9/evil.png>": "request http://127.0.0.1:9/evil.png",
    "<iframe srcdoc='<script>parent.__pwned(7)</script>'></iframe>": "frame ",
    "<script>alert(1)</script>": "alert 1",
    "<script>eval('1')</script>": "eval 1",
    "<script>new Image(); fetch('http://127.0.0.1:9/x')</script>": "fetch http://127.0.0.1:9/x",
    "<p onclick=x>": "p onclick",
}


@pytest.mark.parametrize("bait", BAIT)
async def test_what_runs_or_asks_is_caught(chromium: Browser, bait: str) -> None:
    trap = Trap("http://localhost:1/")
    async with await chromium.new_context() as context:
        await trap.set(context)
        page = await context.new_page()

        async def give(route):  # type: ignore[no-untyped-def]
            await route.fulfill(body=f"<!doctype html><body>{bait}", content_type="text/html")

        await page.route("http://localhost:1/", give)
        await page.goto("http://localhost:1/")
        assert any(BAIT[bait] in one for one in await trap.look(page))

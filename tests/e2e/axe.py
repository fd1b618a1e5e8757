"""What axe, the accessibility checker, finds wrong with a page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.async_api import Page

AXE = Path(__file__).parents[1] / "npm" / "node_modules" / "axe-core" / "axe.min.js"
RULES = """() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
    one => one.id + ': ' + one.nodes.map(node => node.target.join(' ')).join(', ')))"""


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def violations(page: Page) -> list[str]:
    """Return a line for each rule that is broken anywhere on the page, shadow trees included."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())  # by evaluate: Trusted Types refuse a script element
    found: list[str] = await page.evaluate(RULES)
    return found


async def violations_everywhere(page: Page) -> list[str]:
    """The same on a phone and on a desk, light and dark; then the page is as it was before."""
    found, before = list[str](), page.viewport_size
    for width in (390, 1200):
        await page.set_viewport_size({"width": width, "height": 844})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {one}" for one in await violations(page)]
    await page.emulate_media(color_scheme="null")
    if before:
        await page.set_viewport_size(before)
    return found

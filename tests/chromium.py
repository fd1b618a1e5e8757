"""Which Chromium the tests start: Debian's, where there is one; elsewhere Playwright's own is taken."""

from pathlib import Path

from playwright.async_api import expect

# Playwright's own patience is five seconds, and so long a card may wait for its turn behind words.
expect.set_options(timeout=20_000)

CHROMIUM = Path("/usr/bin/chromium")

HEADLESS = Path("/usr/bin/chromium-headless-shell")
"""The same without the windows that nobody would see, for half the price: what Playwright takes by itself."""


def first(*programs: Path) -> Path | None:
    """The first of them that is there."""
    return next((path for path in programs if path.exists()), None)

"""Which Chromium the tests start: Debian's, where there is one; elsewhere Playwright's own is taken."""

from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")

HEADLESS = Path("/usr/bin/chromium-headless-shell")
"""The same without the windows that nobody would see, for half the price: what Playwright takes by itself."""


def first(*programs: Path) -> Path | None:
    """The first of them that is there."""
    return next((path for path in programs if path.exists()), None)

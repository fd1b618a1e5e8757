"""WebKit's driver may never answer: a test fails then, and the next one has a driver of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.e2e import engines
from tests.e2e.engines import DESKTOP, FAILS, webkit


def drivers() -> list[int]:
    """The pids of our own WebKitWebDrivers, whichever thread of ours started them."""
    lists = (task.read_text().split() for task in Path("/proc/self/task").glob("*/children"))
    return [int(pid) for pids in lists for pid in pids if _is_driver(Path("/proc", pid))]


def _is_driver(process: Path) -> bool:
    return (process / "comm").read_text().strip() == "WebKitWebDriver"


async def test_a_driver_that_hangs_fails_its_test_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with webkit(tmp_path) as engine:
        with monkeypatch.context() as patch:
            patch.setattr(engines, "ANSWERS", 5)
            async with engine(DESKTOP) as person:
                tab = await person.tab()
                (driver,) = drivers()
                os.kill(driver, signal.SIGSTOP)
                with pytest.raises(FAILS):
                    await tab.run("() => 1")
        assert not drivers()
        async with engine(DESKTOP) as person:
            tab = await person.tab()
            assert await tab.run("() => 1 + 1") == 2

"""Orca, a screen reader, on a desktop of its own that nobody sees."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

from tests.e2e.display import display

PATIENCE = 60.0
ORCA = ["/usr/bin/python3", str(Path(__file__).with_name("orca_voice.py"))]
SERVICES = Path("/usr/share/dbus-1/services")
BUS = """<busconfig>
<type>session</type><listen>unix:path={folder}/bus</listen><servicedir>{folder}</servicedir>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy>
</busconfig>"""


class ScreenReader:
    """What it said so far. Browsers that are started with `environment` are read by it."""

    def __init__(self, environment: dict[str, str], spoken: Path) -> None:
        self.environment = environment
        self._spoken = spoken
        self._from = 0

    def listen(self) -> None:
        """From here on: what it said before is forgotten."""
        self._from += len(self._lines())

    def said(self) -> list[str]:
        """Every utterance, in order, but for its reading out a page that has loaded."""
        return [text for what, text in self._lines() if what == "said"]

    def cut_off(self) -> int:
        """How often it was told to be quiet in the middle of what it was saying."""
        return [what for what, _ in self._lines()].count("stopped")

    def count(self, words: str) -> int:
        """How many utterances have these words in them."""
        return sum(words in text for text in self.said())

    async def says(self, words: str, seconds: float = PATIENCE) -> None:
        """Wait until it has said them."""
        try:
            async with asyncio.timeout(seconds):
                while not self.count(words):  # noqa: ASYNC110 - a file has no event
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{words!r} was never said; but {self.said()}") from None

    def _lines(self) -> list[list[str]]:
        lines = self._spoken.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines[self._from :]]


@asynccontextmanager
async def screen_reader(folder: Path) -> AsyncIterator[ScreenReader]:
    """`folder` is empty, and short: a socket lies in it."""
    spoken = folder / "spoken.jsonl"
    spoken.touch()
    (folder / "bus.conf").write_text(BUS.format(folder=folder))
    # Nothing else of a desktop is wanted, and nothing else can be started.
    (folder / "org.a11y.Bus.service").symlink_to(SERVICES / "org.a11y.Bus.service")
    with ExitStack() as stack:
        environment = {
            **os.environ,
            "DISPLAY": stack.enter_context(display()),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus",
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(folder),
            "GSETTINGS_BACKEND": "memory",
            "LANG": "C.UTF-8",
            # By these, browsers know that somebody listens.
            "ACCESSIBILITY_ENABLED": "1",
            "GNOME_ACCESSIBILITY": "1",
        }
        log = stack.enter_context((folder / "log").open("wb"))
        bus = ["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--print-address"]
        told = stack.enter_context(_running(bus, environment, log)).stdout
        assert told
        assert await asyncio.to_thread(told.readline), (folder / "log").read_text()
        stack.enter_context(_running([*ORCA, str(spoken)], environment, log))
        reader = ScreenReader(environment, spoken)
        await reader.says("Screen reader on.")
        yield reader


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], log: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

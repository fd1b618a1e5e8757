"""docs/security.md claims nothing that no test shows."""

from __future__ import annotations

import re
from pathlib import Path

from bot.visitors import guard, routes, wire
from bot.visitors.pace import Pace

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)


def test_every_threat_names_a_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    bare = [row for row in rows if "shown by" not in row and "`tests/" not in row]
    assert bare == []
    assert len(NAMED) > 25


def test_the_limits_are_those_of_the_code() -> None:
    assert wire.MAX_FRAME_BYTES == 64 * 1024
    assert guard.MAX_BODY_BYTES == 4 * 1024
    assert routes.SAYS.per_minute == 60
    pace = Pace()
    assert (pace.waiting_frames, pace.waiting_bytes) == (256, 512 * 1024)

"""docs/dpia.md names the defaults that there are, and no test that is not there."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path

import pytest

from bot.domain.blocking import LONGEST
from tests.settings import settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "dpia.md").read_text(encoding="utf-8")
#: `section.setting` (its default), or with a colon in a sentence that is in parentheses itself.
DEFAULTS = re.findall(r"`([a-z_]+\.[a-z_]+)`(?: \(|: )([\w.:]+)", PAGE)


@pytest.mark.parametrize(("name", "told"), DEFAULTS)
def test_a_default_is_the_one_that_there_is(name: str, told: str) -> None:
    value = attrgetter(name)(settings())
    there = "off" if value == "" else str(value).lower()
    assert there.removesuffix(".0") == told


def test_most_settings_are_told_with_their_defaults() -> None:
    assert len(DEFAULTS) > 15
    assert f"{LONGEST.days} days at most" in PAGE


def test_every_risk_has_a_measure_and_a_test() -> None:
    risks, measures = (PAGE.split(f"\n## {part}\n")[1].split("\n## ")[0]
                       for part in ("5. Risks", "6. Measures"))  # fmt: skip
    numbers = re.findall(r"^\| (R\d+) \|", risks, re.MULTILINE)
    assert len(numbers) > 8
    assert numbers == re.findall(r"^\| (R\d+) \|.*`tests/.*\|$", measures, re.MULTILINE)

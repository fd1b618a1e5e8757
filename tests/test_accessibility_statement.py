"""docs/accessibility-statement.md claims no test that is not there, and has what the law wants in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "accessibility-statement.md").read_text(encoding="utf-8")
STATEMENT = PAGE.split("\n---\n")[1]
LANGUAGES = {
    "ar": "Arabic", "de": "German", "es": "Spanish", "fr": "French", "pl": "Polish", "zh": "Chinese",
}  # fmt: skip


def test_every_row_names_a_test() -> None:
    rows = [line for line in STATEMENT.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) > 10
    assert [row for row in rows[1:] if "`tests/" not in row] == []


@pytest.mark.parametrize(
    "heading",
    [
        "Feedback and contact information",
        "Reporting accessibility problems with this website",
        "Enforcement procedure",
        "Technical information about this website's accessibility",
        "Compliance status",
        "Non-accessible content",
        "Preparation of this accessibility statement",
    ],
)
def test_every_part_of_the_model_statement_is_there(heading: str) -> None:
    assert re.search(rf"^##+ {heading}$", STATEMENT, re.MULTILINE)


def test_the_languages_are_those_of_the_pop_up() -> None:
    there = {path.stem for path in (ROOT / "widget/src/languages").glob("*.json")}
    assert there == set(LANGUAGES)
    sentence = re.search(r"It speaks (.+?)\.", STATEMENT)
    assert sentence
    assert set(re.findall(r"[A-Z]\w+", sentence[1])) == {*LANGUAGES.values(), "English"}

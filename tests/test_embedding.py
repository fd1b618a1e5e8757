"""docs/embedding.md: its samples are the ones that are run, its tables are what the widget has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config.sections import Visitors
from bot.sandbox.helpsite.search import PAGES
from bot.sandbox.helpsite.site import POLICY

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
WIDGET = ROOT / "widget" / "src"


def snippet(name: str) -> str:
    """Return a sample of the page, without the fence around it."""
    found = re.findall(rf"<!-- sample: {name} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 1, name
    return str(found[0])


def source(*suffixes: str) -> str:
    files = [path for path in sorted(WIDGET.rglob("*")) if path.suffix in suffixes]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def first_cells(heading: str) -> set[str]:
    """Return what stands as code in the first column of the tables below a heading."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.+?) \|", part, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: str(page.name))
def test_the_sample_site_has_the_three_lines_and_no_others(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    lines = snippet("lines").splitlines()
    assert len(lines) == 3
    for line in lines:
        assert html.count(line) == 1, line
    assert html.count("<script") == html.count("<rt-livechat") == 1


def test_the_policy_is_the_one_that_the_sample_site_sends() -> None:
    assert snippet("policy").strip() == POLICY


def test_the_browsers_are_those_for_which_the_script_is_built() -> None:
    build = (WIDGET.parent / "build.mjs").read_text(encoding="utf-8")
    found = re.search(r'const target = \["safari(\d+)", "firefox(\d+)", "chrome(\d+)"\]', build)
    assert found
    safari, firefox, chrome = found.groups()
    assert f"Chrome and Edge {chrome}, Firefox {firefox}, Safari {safari} (" in PAGE


def test_every_attribute_is_on_the_page_and_no_other() -> None:
    code = source(".ts")
    read = re.findall(r"host\.(?:get|has)Attribute\(\"([a-z-]+)\"", code)
    styled = re.findall(r":host\((?::not\()?\[([a-z-]+)", source(".css"))
    assert {*read, *styled, "lang"} == first_cells("Attributes")


def test_every_event_and_method_is_on_the_page() -> None:
    sent = re.findall(r"\btell\(this\.host, \"([a-z]+)\"", source(".ts"))
    assert {f"livechat-{name}" for name in sent} == first_cells("JavaScript")
    element = (WIDGET / "element.ts").read_text(encoding="utf-8")
    methods = re.findall(r"^  ([a-z]+)\(\): void", element, re.MULTILINE)
    assert methods == ["open", "close"]
    assert all(f"`{name}()`" in PAGE for name in methods)


def test_every_custom_property_is_on_the_page() -> None:
    used = re.findall(r"var\((--livechat-[a-z-]+)", source(".css"))
    assert set(used) == first_cells("Looks")


def test_every_part_that_is_named_can_be_dressed() -> None:
    named = re.search(r"Everything else by `::part\(\)`: (.+)", PAGE)
    assert named
    parts = re.findall(r"`([a-z]+)`", named[1])
    assert len(parts) > 10
    code = source(".ts")
    lost = [one for one in parts if not re.search(rf'[".: ]{one}[". ]', code)]
    assert lost == []


def test_the_settings_that_are_named_are_there() -> None:
    named = set(re.findall(r"visitors\.([a-z_]+)", PAGE))
    assert named
    assert named <= set(Visitors.model_fields)

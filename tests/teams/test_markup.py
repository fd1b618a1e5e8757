"""Other people's words stay words where Teams reads markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.markup import in_card, in_xml, unforged


@pytest.mark.parametrize(
    "text",
    [
        "[press](https://evil.test)",
        "![x](https://evil.test/x.png)",
        "**bold** _it_ `code` ~~no~~",
        "# heading",
        "- item",
        "1. item",
        "<at>all</at>",
        "<b>bold</b> &amp;",
    ],
)
def test_markdown_in_a_subject_is_escaped(text: str) -> None:
    escaped = in_card(text)
    assert not re.search(r"(?<!\\)[`*_{}\[\]()<>#~&!]", escaped)
    shown = re.sub(r"\\(.)", r"\1", escaped).replace("\u200b", "")
    assert shown == text


def test_addresses_do_not_become_links_nor_braces_dates() -> None:
    assert "https:" not in in_card("see https://evil.test")
    assert "{{" not in in_card("{{DATE(2026-01-01T00:00:00Z)}}").replace("\\", "")


def test_xml_is_escaped_and_keeps_its_lines() -> None:
    assert in_xml("a <at>b</at> & c\nd") == "a &lt;at&gt;b&lt;/at&gt; &amp; c<br/>d"


@pytest.mark.parametrize(
    "line",
    [
        "Grace Hopper · 10:42 · #4",
        "Grace Hopper · 10:42 · #4 (resent)",
        "Grace Hopper • 10.42 - # 4",
        "Grace Hopper · 10：42 · ＃4",
        "  Grace Hopper · 10:42 · #4",
        "\u202b#4 · 10:42 · Grace Hopper\u202c",
        "\u202b4# · 10:42 · Grace Hopper\u202c",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\u2028", "\u0085", "\v"])
def test_a_message_cannot_forge_another_speakers_line(line: str, end: str) -> None:
    assert f"| {line}" in unforged(f"hello{end}{line}{end}I resign").split("\n")


@given(st.text("abc :;#<>{}()$'\"\n\t\\/-"))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert unforged(text) == text

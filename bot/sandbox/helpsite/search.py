"""The sample site's search: its pages by the words in them, as OpenSearch suggestions."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PAGES = Path(__file__).parent / "static"
_WORD = re.compile(r"\w{4,}")
_TITLE = re.compile(r"<h1>([^<]+)</h1>")
_MAIN = re.compile(r"<article>(.*?)</article>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
#: Of the words of a question many say nothing about it.
_COMMON = frozenset(
    ["does", "from", "have", "help", "with", "what", "when", "where", "which", "your"]
)

_NO_ANSWERS = frozenset({"index", "contact"})

Suggestions = tuple[str, list[str], list[str], list[str]]


@cache
def _index() -> dict[str, tuple[str, frozenset[str]]]:
    """Return title and words of every page that answers something, by its path."""
    found = {}
    for file in sorted(PAGES.glob("*.html")):
        page = file.read_text("utf-8")
        title, main = _TITLE.search(page), _MAIN.search(page)
        if title and main and file.stem not in _NO_ANSWERS:
            text = _TAG.sub(" ", main[1]).lower()
            found[f"/{file.stem}"] = (title[1], frozenset(_WORD.findall(text)))
    return found


def suggest(words: str) -> Suggestions:
    """Return the pages that have most of ``words``: words, titles, descriptions, addresses."""
    asked = set(_WORD.findall(words.lower())) - _COMMON
    hits = [(len(asked & held), path, title) for path, (title, held) in _index().items()]
    best = sorted((hit for hit in hits if hit[0]), key=lambda hit: (-hit[0], hit[1]))
    return words, [title for *_, title in best], [], [path for _, path, _ in best]

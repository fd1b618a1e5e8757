"""How the words that somebody quotes may be shown by Teams: without what we write for their layout (pure)."""

from __future__ import annotations

import re

from bot.domain.commands import MARKS

#: What stands in our text for how words were laid out (bot/teams/html.py).
_MARKED = re.compile(f"^{MARKS}", re.MULTILINE)
_ADDRESS = re.compile(r" \((?:https?|mailto):\S+\)")


def shapes(text: str) -> tuple[str, ...]:
    """Return a text as it is, without the addresses of links, and without a list's marks, too."""
    unlinked = _ADDRESS.sub("", text)
    return tuple(dict.fromkeys((text, unlinked, _MARKED.sub("", unlinked))))

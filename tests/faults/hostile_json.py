"""JSON that nobody means well with: made of good frames and bodies, seeded and repeatable."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

_HALF = "\ud800"

#: A good one of every kind of frame that a widget sends.
GOOD: dict[str, dict[str, Any]] = {
    "hello": {"t": "hello", "chat": "CHAT", "after": 0},
    "say": {"t": "say", "key": "k-1", "text": "It beeps."},
    "presence": {"t": "presence", "state": "open"},
    "here": {"t": "here"},
    "end": {"t": "end"},
    "ping": {"t": "ping"},
}
_NUMBERS = (-1, 2**31, 2**53, 2**63, 10**30, 10**300, 1e308, -0.0, 0.5, float("nan"), float("inf"))
_WORDS = (
    *("", " ", "\0", _HALF, "\ufeff", "\u202e", "__proto__", "constructor", "null", "' OR 1=1 --"),
    *("../../etc/passwd", "{{7*7}}", "${7*7}", "%s%n", "<script>__pwned()</script>", "é" * 64),
    *("k" * 65, "x" * 31_000, "\ud83d" * 500, "\r\nSet-Cookie: a=b", "12345", "PING"),
)
#: What is no frame at all.
_TEXTS = (
    *("", " ", "null", "true", "0", '""', "[]", "{}", "[{}]", "NaN", "-Infinity", "{", '{"t"'),
    *("{'t':'ping'}", '{"t":"ping"}{"t":"ping"}', '{"t":"ping","t":"end"}', '{"t":"ping",}'),
    *('\ufeff{"t":"ping"}', '{"t":"\\ud800"}', '{"t":"say","key":"k","text":"\\u0000"}'),
    *("[" * 60_000, '{"t":' * 12_000, "9" * 60_000, '{"t":"hello","after":' + "9" * 5_000 + "}"),
    *('{"t":"hello","chat":"c","after":1e400}', '"' + "\\" * 60_001, "\u2028\u2029", "\x7f"),
)


class HostileJson:
    """Draws hostile JSON. ``chat`` is the victim's own, ``others`` are ids that are not for him."""

    def __init__(self, draw: random.Random, chat: str, others: list[str]) -> None:
        self._draw, self._chat, self._others = draw, chat, others

    def frame(self) -> dict[str, Any]:
        """A good frame of any kind but the one that ends the chat."""
        kind = self._draw.choice([kind for kind in GOOD if kind != "end"])
        return self._about(deepcopy(GOOD[kind]), self._chat)

    def hello(self) -> dict[str, Any]:
        """The good first frame."""
        return self._about(deepcopy(GOOD["hello"]), self._chat)

    def text(self) -> str:
        """The text of what should have been a frame."""
        draw = self._draw
        if draw.random() < 0.2:
            return draw.choice(_TEXTS)
        return self.spoilt(self.frame())

    def spoilt(self, value: dict[str, Any]) -> str:
        """A good object with something wrong in it, as a text."""
        draw = self._draw
        for _ in range(draw.choice((1, 1, 2, 5))):
            draw.choice(self._ways)(value)
        written = json.dumps(value, ensure_ascii=draw.random() < 0.5)
        return self._torn(written) if draw.random() < 0.2 else written

    def value(self, depth: int = 0) -> Any:
        """Anything that JSON can hold, rather not what is expected."""
        draw = self._draw
        which = draw.randrange(7 if depth < 4 else 5)
        if which == 0:
            return draw.choice((None, True, False))
        if which == 1:
            return draw.choice(_NUMBERS)
        if which == 2:
            return draw.choice(self._others)
        if which < 5:
            return draw.choice(_WORDS)
        kids = [self.value(depth + 1) for _ in range(draw.randrange(4))]
        return kids if which == 5 else {draw.choice(_WORDS)[:20]: kid for kid in kids}

    # --- ways to spoil an object ----------------------------------------------------------------

    @property
    def _ways(self) -> tuple[Callable[[dict[str, Any]], None], ...]:
        return self._change, self._drop, self._add, self._bury, self._meant_for_another

    def _change(self, value: dict[str, Any]) -> None:
        if value:
            value[self._draw.choice(list(value))] = self.value()

    def _drop(self, value: dict[str, Any]) -> None:
        if value:
            del value[self._draw.choice(list(value))]

    def _add(self, value: dict[str, Any]) -> None:
        names = ("seq", "role", "author", "chat", "__proto__", "key", "target", "file", "at", "")
        value[self._draw.choice(names)] = self.value()

    def _bury(self, value: dict[str, Any]) -> None:
        """Nested so deep that a reader that calls itself would fall."""
        if value:
            deep: Any = self._draw.choice(("x", 1, None))
            for _ in range(self._draw.choice((10, 300, 900))):
                deep = [deep] if self._draw.random() < 0.5 else {"t": deep}
            value[self._draw.choice(list(value))] = deep

    def _meant_for_another(self, value: dict[str, Any]) -> None:
        self._about(value, self._draw.choice(self._others))

    @staticmethod
    def _about(value: dict[str, Any], chat: str) -> dict[str, Any]:
        if "chat" in value:
            value["chat"] = chat
        return value

    def _torn(self, text: str) -> str:
        """A piece cut out, doubled, or another letter put in."""
        draw = self._draw
        a, b = sorted(draw.randrange(len(text) + 1) for _ in range(2))
        put_in = draw.choice(
            ("", text[a:b] * 2, chr(draw.choice((0, 34, 92, 123, 0x202E, 0xFFFF))))
        )
        return text[:a] + put_in + text[b:]

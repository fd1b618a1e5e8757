"""Which streams this process is at work in."""

from collections import Counter
from typing import Any

import pytest

from bot.relay import doubts
from bot.relay.births import Births


def test_the_end_of_a_delivery_is_noted_without_a_look_at_all_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Watched(Counter[str]):
        def items(self) -> Any:
            raise AssertionError("looked at all of them")

    monkeypatch.setattr(doubts, "Counter", Watched)
    known = doubts.Doubts("me", Births())
    known.enter(["chat:1", "chat:2", "chat:2"])
    known.leave(["chat:1", "chat:2"])
    assert dict(known._busy) == {"chat:2": 1}

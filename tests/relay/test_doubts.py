"""Which streams this process is at work in."""

from typing import Any

from bot.relay import doubts
from bot.relay.births import Births


def test_the_end_of_a_delivery_is_noted_without_a_look_at_all_the_others() -> None:
    class Watched(dict[str, int]):
        def items(self) -> Any:
            raise AssertionError("looked at all of them")

    known = doubts.Doubts("me", Births())
    known._busy = Watched()
    known.enter(["chat:1", "chat:2", "chat:2"])
    known.leave(["chat:1", "chat:2"])
    assert list(known._busy) == ["chat:2"]
    known.leave(["chat:2"])
    assert not known._busy

"""What can go wrong outside, told apart by what the caller can do about it.

Each carries ``sentence``: one or two sentences for the person who has to know, without anybody's
message text in it.
"""

from __future__ import annotations

from collections.abc import Sequence


class OutsideError(Exception):
    """Something outside did not do what we asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotDone(OutsideError):
    """It certainly did not happen and may be tried again, after ``retry_after`` seconds if given."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Throttled(NotDone):
    """It did not happen because too much was asked for; ``retry_after`` is to be kept to."""


class Apart(NotDone):
    """Together they are refused: each is to be tried by itself, in its place and at once."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, 0.0)


class Unclear(OutsideError):
    """It may have happened or not: look before you try again. Of several, ``posts`` certainly did."""

    def __init__(self, sentence: str, posts: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.posts = tuple(posts)


class Refused(OutsideError):
    """It did not happen and trying again will not help; a person must change something."""


class StillUnclear(Refused):
    """Unclear a second time, so it may be there twice: whoever cannot do with that leaves it at that."""


class Written(Refused):
    """It did happen, but not as it should have: it is there, and a person must look at it."""


class Gone(Refused):
    """The place it was meant for is not there any more (for us)."""

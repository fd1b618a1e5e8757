"""Errors for the log: what and where, never what was in them."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def describe(error: BaseException) -> str:
    """Return an error's type and place.

    Its message stays out: a database's error quotes the statement's values, which may be
    somebody's words or a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    # The last frame of ours says more than the library's below it.
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    at = ours[-1] if ours else last
    return f"{type(error).__name__} in {at.name} ({PurePath(at.filename).name}:{at.lineno})"

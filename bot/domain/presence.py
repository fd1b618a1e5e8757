"""Whether the visitor's window is there."""

from __future__ import annotations

from enum import StrEnum


class Presence(StrEnum):
    """What we know of the visitor's window."""

    OPEN = "open"  # a window shows the chat
    HIDDEN = "hidden"  # a window has it, but another tab or program is in front
    GONE = "gone"  # no window has it


def together(windows: list[Presence]) -> Presence:
    """Return the presence of a visitor whose windows (tabs, devices) say ``windows``."""
    for best in (Presence.OPEN, Presence.HIDDEN):
        if best in windows:
            return best
    return Presence.GONE

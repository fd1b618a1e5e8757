"""When a chat has been silent for so long that it ends by itself (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.chat import Chat
from bot.domain.presence import Presence


@dataclass(frozen=True, slots=True)
class Patience:
    """How long nobody may be heard before both sides are warned, by where the visitor's window is.

    ``warning`` is how long after that the chat ends. A chat that is in front of somebody's eyes
    is not silent, only quiet; but a screen may be left on for ever, so ``open`` has an end too.
    """

    gone: timedelta = timedelta(minutes=30)
    hidden: timedelta = timedelta(hours=2)
    open: timedelta = timedelta(hours=8)
    warning: timedelta = timedelta(minutes=15)


def silent_since(chat: Chat) -> datetime:
    """Return when somebody was last heard, or the visitor last seen."""
    return max(filter(None, (chat.created, chat.heard, chat.presence_since)))


def warn_at(chat: Chat, patience: Patience) -> datetime:
    """Return when both sides are to be warned, unless somebody is heard before."""
    limits = {
        Presence.GONE: patience.gone,
        Presence.HIDDEN: patience.hidden,
        Presence.OPEN: patience.open,
    }
    return silent_since(chat) + limits[chat.presence]

"""What a visitor can do: look at an invitation, join, talk, come and go, end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import Chat
from bot.domain.messages import Message
from bot.domain.presence import Presence
from bot.relay.ports import Seat


@dataclass(frozen=True, slots=True)
class Peek:
    """What a link is worth: ``fate`` as in docs/widget-protocol.md; the rest when pending."""

    fate: str
    ticket: str = ""
    operators: tuple[str, ...] = ()
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A seat was taken: ``secret`` goes into the cookie and nowhere else."""

    secret: str
    seat: Seat
    chat: Chat
    relayed: int


class CannotJoin(Exception):
    """The link gives no seat; ``fate`` is used, revoked, expired or unknown."""

    def __init__(self, fate: str) -> None:
        super().__init__(fate)
        self.fate = fate


class CannotSay(Exception):
    """A message was not accepted; ``code`` is ended, too_long, empty or chat_full."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Visiting:
    """The visitors' use cases; one instance for the whole service (built in bot/app.py)."""

    async def peek(self, token: str) -> Peek:
        """Tell what a link is worth without using it up."""
        raise NotImplementedError

    async def join(self, token: str, nonce: str, present: str | None) -> Joined:
        """Exchange a link for a seat. ``present`` is the secret of the cookie sent along, if any.

        The same nonce, or a cookie that is seated in that chat already, gets in again. Raises
        CannotJoin.
        """
        raise NotImplementedError

    async def seat(self, secret: str) -> Seat | None:
        """Find the seat that a cookie's secret stands for; None if there is none (any more)."""
        raise NotImplementedError

    async def leave(self, secret: str) -> None:
        """Forget a seat."""
        raise NotImplementedError

    async def look(self, seat: Seat) -> tuple[Chat, int] | None:
        """Return the chat and the seq up to which its visitor's lines were relayed."""
        raise NotImplementedError

    async def log(self, seat: Seat, after: int, limit: int = 200) -> list[Message]:
        """Read the chat's log after seq ``after``, oldest first."""
        raise NotImplementedError

    async def say(self, seat: Seat, key: str, text: str) -> Message:
        """Accept a message; durable on return. A repeated key returns the first one's line.

        Raises CannotSay.
        """
        raise NotImplementedError

    async def presence(self, chat_id: str, presence: Presence) -> None:
        """Note where the visitor's windows are, all of them together."""
        raise NotImplementedError

    async def end(self, seat: Seat) -> None:
        """The visitor ends the chat; harmless when it is over already."""
        raise NotImplementedError

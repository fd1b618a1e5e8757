"""What carries out a delivery, and how deliveries that go out together are handed to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.relay.delivery import Delivery, DeliveryKind, News
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.relay.rows import joint
from bot.relay.storage import Unit

#: What is to be committed with the end of a delivery.
After = Callable[[Unit], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Relayed:
    """What follows from a post that Teams took: how far its chat stands in the thread (0: no further),
    and in which ``posts``, where they are to be taken back one day. It may be done together with
    others', and is true whoever holds the row by now, or has struck it off.
    """

    chat_id: str
    seq: int
    posts: tuple[str, ...] = ()

    async def __call__(self, unit: Unit) -> None:
        """Keep it."""
        if self.seq:
            await unit.relayed(self.chat_id, self.seq)
        if self.posts:
            await unit.posted(self.chat_id, self.posts)


class Handler(Protocol):
    """Carries out one kind of delivery."""

    async def deliver(self, delivery: Delivery) -> After | None:
        """Do it; return what is to be committed with its end. Raise NotDone or Unclear to be called
        again, Refused or Gone never to be.
        """

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Return what follows from a refusal: the delivery is struck off with it."""

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Return what follows from a delay, if anybody must know: it is committed with the giving back."""


class Quiet:
    """A handler's answers when neither refusal nor delay concerns anybody."""

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Nothing follows."""
        return None

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Nothing follows."""
        return None


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one stream that go out together: their ids, and what the handler is given.

    ``claimed`` is when we asked for them at the earliest, on this process's own steady clock.
    """

    ids: tuple[int, ...]
    delivery: Delivery
    claimed: float


def joined(rows: Sequence[Delivery], claimed: float, news: News | None = None) -> Run:
    """Put messages that follow one another into one delivery.

    ``news`` is what the commit brought that made them, if that was just now.
    """
    first = rows[0]
    if first.kind != DeliveryKind.RELAY:
        return Run((first.id,), first, claimed)
    delivery = replace(first, payload=joint(rows), news=news)
    return Run(tuple(row.id for row in rows), delivery, claimed)

"""Keeping a visitor out for a while: whom a block keeps out, and for how long (pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.domain.identity import Identity, Proof
from bot.domain.messages import Author

#: A block is a passing measure: a month is for those who run the site, not for a chat.
LONGEST = timedelta(days=30)
SHORTEST = timedelta(minutes=5)
#: A reason's shortest and longest form, in characters.
SHORTEST_REASON, LONGEST_REASON = 10, 300

#: "30 min", "2h", "3 days"
_SPAN = re.compile(r"(?P<number>\d{1,5})\s*(?P<unit>min|m|h|d)[a-z]*", re.IGNORECASE)
_UNITS = {
    "min": timedelta(minutes=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


class BadSpan(ValueError):
    """Nobody can be blocked for so long; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Block:
    """That the visitor of ``chat`` may neither join nor begin another one ``until`` then.

    ``who`` is what was known of him, ``name`` how he was called; ``seats`` are his browsers' places
    in that chat (digests). ``by`` blocked him at ``since``, for ``reason``.
    """

    chat: str
    who: Identity
    name: str
    seats: tuple[str, ...]
    by: Author
    reason: str
    since: datetime
    until: datetime

    @property
    def id(self) -> str:
        """Six hexadecimal digits by which it is lifted; a chat's second block takes the first's place."""
        return block_id(self.chat)

    def keeps_out(self, who: Identity | None, seat: str = "") -> bool:
        """Tell whether somebody known as ``who``, whose browser has that ``seat``, is meant.

        A sign-in says who it is, whatever browser he sits at and whoever held his link before: then
        it counts alone. Of anybody else we know the browser, and whom his link was for.
        """
        if who is not None and who.verified:
            return self.who.verified and _same(self.who, who)
        if seat and seat in self.seats:
            return True
        return who is not None and who.proof is Proof.LINK and _same(self.who, who)


def _same(blocked: Identity, who: Identity) -> bool:
    """Compare login and address; what somebody only said of himself is nobody's."""
    if blocked.proof is Proof.ANONYMOUS:
        return False
    one, other = blocked.login.casefold(), who.login.casefold()
    if one and other and ("@" in one) == ("@" in other):
        return one == other
    # RT names a user that it made of a mail by the address.
    ours = {one, blocked.address.casefold()} - {""}
    return bool(ours & {other, who.address.casefold()})


def block_id(chat_id: str) -> str:
    """Return the id of a block on the visitor of a chat."""
    return hashlib.sha256(f"block:{chat_id}".encode()).hexdigest()[:6]


def span(asked: str) -> timedelta:
    """Read for how long; raises BadSpan."""
    found = _SPAN.fullmatch(asked.strip())
    if found is None:
        raise BadSpan("I do not know that time. Say it like 30 min, 2h or 3 days.")
    length = int(found["number"]) * _UNITS[found["unit"].lower()]
    if not SHORTEST <= length <= LONGEST:
        raise BadSpan(
            f"A block is for {SHORTEST // timedelta(minutes=1)} minutes at least and "
            f"{LONGEST.days} days at most."
        )
    return length


def kept_out(
    blocks: Iterable[Block], now: datetime, who: Identity | None, seat: str = ""
) -> Block | None:
    """Return the block that keeps somebody out, the one that lasts longest, if there is one.

    ``seat`` is the digest of the cookie that his browser has.
    """
    meant = (block for block in blocks if block.until > now and block.keeps_out(who, seat))
    return max(meant, key=lambda block: block.until, default=None)


def day_and_time(until: datetime, zone: tzinfo) -> str:
    """Say until when, as a CO reads it: ``21 November, 14:05``."""
    local = until.astimezone(zone)
    return f"{local.day} {local:%B, %H:%M}"

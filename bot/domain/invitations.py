"""The secret link by which a visitor joins.

The token of an invitation is derived from the service's secret and the invitation's name, so it
can be shown again on the card and sent again after a restart although the database holds only
its digest (docs/decisions/0003-invitation-tokens.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Route(StrEnum):
    """How an invitation reaches its requestor."""

    COPY = "copy"  # the CO passes the link on
    MAIL = "mail"  # we mail the requestor
    CORRESPOND = "correspond"  # RT mails it, as correspondence on the ticket


class Fate(StrEnum):
    """What became of an invitation."""

    PENDING = "pending"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One link: the ``number``-th of its chat (from 1), for ``name`` (RT's user ``login``).

    ``address`` is that person's; it is empty when the link can only be copied. ``sent`` tells
    whether the mail or the correspondence has gone; ``problem`` is a sentence for the CO when it
    could not.
    """

    number: int
    route: Route
    name: str
    address: str
    expires: datetime
    fate: Fate = Fate.PENDING
    sent: bool = False
    problem: str = ""
    login: str = ""


def make_token(secret: bytes, chat_id: str, number: int) -> str:
    """Return the token of a chat's ``number``-th invitation: 43 URL-safe characters."""
    name = f"invitation:{chat_id}:{number}".encode()
    return _text(hmac.new(secret, name, hashlib.sha256).digest())


def digest(token: str) -> str:
    """Return what the database keeps of a secret (token or session): 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

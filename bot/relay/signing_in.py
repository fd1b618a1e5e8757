"""Who signed in at the site: kept from the sign-in until he joins a chat, minutes at the most."""

from __future__ import annotations

import secrets
from datetime import datetime

from bot.domain.admission import SignIn
from bot.domain.identity import Identity
from bot.domain.invitations import digest
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: Where signed tokens that were used are remembered, beside Teams' activity ids.
_USED = "assertions"


class UsedBefore(Exception):
    """A signed token came a second time."""


class SigningIn:
    """Turns the word of the web server, or of the host site, into the secret of a cookie."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def sign_in(
        self, who: Identity, once: str = "", before: str | None = None
    ) -> tuple[str, datetime]:
        """Keep who signed in; return the secret, and until when it is good.

        It is new every time; ``before`` is the one that the browser had, and is forgotten.

        ``once`` names a signed token that may be used only once. Raises UsedBefore, NotDone.
        """
        secret = secrets.token_urlsafe(32)
        kept = SignIn(digest(secret), who, self._relay.now() + self._relay.rules.sign_in_ttl)

        async def work(unit: Unit) -> None:
            if once and not await unit.first_time(_USED, digest(once)):
                raise UsedBefore
            if before:
                await unit.sign_out(digest(before))
            await unit.sign_in(kept)

        await self._relay.store.write(work)
        return secret, kept.expires

    async def known(self, secret: str) -> SignIn | None:
        """Find who has the cookie with this secret; None if it is too old, or was used up."""
        found = await self._relay.store.find_sign_in(digest(secret))
        return found if found and found.expires > self._relay.now() else None

    async def sign_out(self, secret: str) -> None:
        """Forget it."""

        async def work(unit: Unit) -> None:
            await unit.sign_out(digest(secret))

        await self._relay.store.write(work)

"""Is this request from Teams, for us, and from a place that we serve?"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from bot.teams import claims
from bot.teams.hosts import ServiceHosts, is_loopback
from bot.teams.keys import SigningKeys

_PROXIES = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host"})
MAX_KNOWN = 1024  # verified tokens remembered; Teams uses a handful at a time


class Inbound(Protocol):
    """The way an inbound request is authenticated."""

    def check_caller(self, headers: Mapping[str, str]) -> None:
        """Check how the request got here. Raises Forbidden."""

    async def identify(self, authorization: str) -> claims.Verified | None:
        """Check the header. Raises NotAuthentic, KeysUnavailable."""

    def admit(self, activity: dict[str, Any], verified: claims.Verified | None) -> None:
        """Check the body against the token and our lists. Raises NotAuthentic, Forbidden."""


class TeamsInbound:
    """Bot Framework's tokens, our tenants, our service hosts."""

    def __init__(
        self, app_id: str, tenants: Iterable[str], hosts: ServiceHosts, keys: SigningKeys
    ) -> None:
        self._app_id = app_id
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._hosts = hosts
        self._keys = keys
        self._known: dict[bytes, claims.Verified] = {}

    def check_caller(self, headers: Mapping[str, str]) -> None:
        """Anybody may knock; the token decides."""

    async def identify(self, authorization: str) -> claims.Verified:
        """Check the header. Raises NotAuthentic, KeysUnavailable."""
        token = claims.bearer(authorization)
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None and known.expires > time.time():
            return known
        key = await self._keys.find(claims.key_id(token))
        verified = claims.verify(token, key, self._app_id)
        self._remember(digest, verified)
        return verified

    def admit(self, activity: dict[str, Any], verified: claims.Verified | None) -> None:
        """Check the body against the token and our lists. Raises NotAuthentic, Forbidden."""
        if verified is None:
            raise claims.NotAuthentic("no_token")
        claims.check_activity(activity, verified)
        if not self._hosts.allow(activity["serviceUrl"]):
            raise claims.Forbidden("service_host")
        claims.check_tenant(activity, self._tenants)

    def _remember(self, digest: bytes, verified: claims.Verified) -> None:
        if len(self._known) >= MAX_KNOWN:
            now = time.time()
            self._known = {d: v for d, v in self._known.items() if v.expires > now}
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[digest] = verified


class DevelopmentInbound:
    """No authentication at all, for Microsoft's Agents Playground on the same machine.

    ``bound_to`` is the address that the service listens on; anything but loopback is refused with
    ValueError, and so is every activity whose service URL is not on loopback. Without ``tenants``
    every tenant will do.
    """

    def __init__(self, bound_to: str, tenants: Iterable[str]) -> None:
        if bound_to not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError(
                "Without Bot Framework authentication the service may listen on 127.0.0.1 only, "
                f"not on {bound_to or 'every address'}: set the listen address, or configure "
                "the app's credential."
            )
        self._tenants = frozenset(tenant.lower() for tenant in tenants)

    def check_caller(self, headers: Mapping[str, str]) -> None:
        """Refuse what a proxy passes on: behind one, everybody seems to be on this machine."""
        if not _PROXIES.isdisjoint(name.lower() for name in headers):
            raise claims.Forbidden("proxied")

    async def identify(self, authorization: str) -> None:
        """Believe everybody."""

    def admit(self, activity: dict[str, Any], verified: claims.Verified | None) -> None:
        """Take only what comes from this machine. Raises NotAuthentic, Forbidden."""
        claims.check_activity(activity, None)
        if not is_loopback(activity["serviceUrl"]):
            raise claims.Forbidden("service_host")
        if self._tenants:
            claims.check_tenant(activity, self._tenants)

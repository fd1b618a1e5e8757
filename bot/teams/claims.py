"""What a token from Bot Framework must say before an activity is believed (pure).

Rules: those of the Bot Connector authentication page, made strict: no claim is optional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

ISSUER = "https://api.botframework.com"
CHANNEL = "msteams"
LEEWAY = 300  # seconds by which clocks may differ
MAX_TOKEN = 4 * 1024  # characters; real ones have about 1 200


class NotAuthentic(Exception):
    """The request is not from Teams; ``reason`` is one word for the log, never sent back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(Exception):
    """The request is authentic, and not for us to serve; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key of Bot Framework and the channels that it may speak for."""

    public: Any
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """What we keep of a token that held: the service URL it is for, and its end (Unix time)."""

    service_url: str
    expires: float


def bearer(header: str) -> str:
    """Return the token of an Authorization header. Raises NotAuthentic."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthentic("no_bearer_token")
    if len(token) > MAX_TOKEN:
        raise NotAuthentic("token_too_long")
    return token


def key_id(token: str) -> str:
    """Return which key a token claims to be signed with. Raises NotAuthentic."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise NotAuthentic("no_jwt") from None
    if header.get("alg") != "RS256":
        raise NotAuthentic("wrong_algorithm")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise NotAuthentic("no_key_id")
    return kid


def verify(token: str, key: SigningKey, app_id: str) -> Verified:
    """Check signature and claims. Raises NotAuthentic."""
    if CHANNEL not in key.endorsements:
        raise NotAuthentic("key_not_endorsed")
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=["RS256"],
            audience=app_id,
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "nbf", "iss", "aud"], "strict_aud": True},
        )
        service_url = claims.get("serviceurl")
        expires = float(claims["exp"])
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise NotAuthentic(type(error).__name__) from None
    if not isinstance(service_url, str) or not service_url:
        raise NotAuthentic("no_service_url_claim")
    return Verified(service_url, expires)


def check_activity(activity: dict[str, Any], verified: Verified | None) -> None:
    """Check that the token (None: development) is for this activity. Raises NotAuthentic."""
    if activity.get("channelId") != CHANNEL:
        raise NotAuthentic("wrong_channel")
    service_url = activity.get("serviceUrl")
    if not isinstance(service_url, str) or not service_url:
        raise NotAuthentic("no_service_url")
    if verified is not None and service_url != verified.service_url:
        raise NotAuthentic("service_url_differs")


def check_tenant(activity: dict[str, Any], tenants: frozenset[str]) -> None:
    """Check that the activity comes from a tenant of ours. Raises Forbidden."""
    told = [_at(activity, "channelData", "tenant", "id")]
    elsewhere = _at(activity, "conversation", "tenantId")
    if elsewhere is not None:
        told.append(elsewhere)
    if any(not isinstance(t, str) or t.lower() not in tenants for t in told):
        raise Forbidden("foreign_tenant")


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value

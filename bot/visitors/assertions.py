"""The host site's word about who somebody is: a signed token (JWT) that its page hands to the widget.

The site signs with a private key that never leaves it; here lie only public ones, as a JWK set
(RFC 7517). A token is good for minutes, for this service, and once. Its signature must be of the
key's own kind, so that a public key can never be taken for a shared secret.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import structlog

from bot.domain.identity import LOGIN, Identity, Proof
from bot.domain.legible import hidden, plain_name

log = structlog.get_logger(__name__)

ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")
LONGEST = timedelta(minutes=5)
_LEEWAY = timedelta(seconds=30)
_MOST = 2**40  # seconds: what is more is no time
_ADDRESS = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,190}")
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "jti"]


class BadAssertion(Exception):
    """The token proves nothing; the text says what is wrong, and quotes nothing of it."""


@dataclass(slots=True)
class Assertions:
    """Reads tokens that ``issuer`` signed for ``audience``, with a key of the JWK set in ``keys``.

    The file is read again when it has changed, so that keys are renewed without a restart.
    """

    keys: Path
    issuer: str
    audience: str
    _read: tuple[int, jwt.PyJWKSet] | None = field(default=None, init=False)

    def load(self) -> None:
        """Read the keys. Raises ValueError with a sentence, OSError."""
        stamp = self.keys.stat().st_mtime_ns
        if self._read and self._read[0] == stamp:
            return
        try:
            found = jwt.PyJWKSet.from_dict(_public(json.loads(self.keys.read_text("utf-8"))))
        except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                'the file must be a JWK set of public keys: {"keys": [{"kty": …, "kid": …}]}'
            ) from error
        self._read = (stamp, found)

    def identity(self, token: str, now: datetime) -> tuple[Identity, str]:
        """Return who is vouched for, and the token's own name, under which it is used up.

        Raises BadAssertion.
        """
        claims = self._claims(token, now)
        login, address, name = str(claims["sub"]), _known(claims, "email"), _known(claims, "name")
        if not LOGIN.fullmatch(login):
            raise BadAssertion("sub is no login")
        if address and (not _ADDRESS.fullmatch(address) or any(map(hidden, address))):
            raise BadAssertion("email is no address")
        once = f"{self.issuer} {claims['jti']}"
        if not once.isprintable():
            raise BadAssertion("jti is no name")
        return Identity(Proof.ASSERTED, login, plain_name(name), address), once

    def _claims(self, token: str, now: datetime) -> dict[str, Any]:
        try:
            key = self._key(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self.audience,
                issuer=self.issuer,
                # The times are looked at below, by the service's own clock.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise BadAssertion(type(error).__name__) from None
        _check_times(claims, now)
        return claims

    def _key(self, token: str) -> jwt.PyJWK:
        try:
            self.load()
        except (ValueError, OSError) as error:  # what was read before may still do
            log.warning("assertion_keys_unreadable", error=type(error).__name__)
        if self._read is None:
            raise BadAssertion("no keys")
        kid = jwt.get_unverified_header(token).get("kid")
        for key in self._read[1].keys:
            if key.key_id == kid and key.algorithm_name in ALGORITHMS:
                return key
        raise BadAssertion("no such key")


def _known(claims: dict[str, Any], what: str) -> str:
    """Return what the site tells of somebody; "" where it knows nothing, or says null."""
    said = claims.get(what)
    if said is not None and not isinstance(said, str):
        raise BadAssertion(f"{what} is no text")
    return said or ""


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    made, ends = claims["iat"], claims["exp"]
    if not all(type(moment) in (int, float) and 0 <= moment < _MOST for moment in (made, ends)):
        raise BadAssertion("its times are no numbers of seconds")
    at, leeway = now.timestamp(), _LEEWAY.total_seconds()
    if not made - leeway <= at < ends + leeway:
        raise BadAssertion("it is too old, or not good yet")
    if ends - made > LONGEST.total_seconds():
        raise BadAssertion("it is good for more than five minutes")


def _public(keys: dict[str, Any]) -> dict[str, Any]:
    """Refuse secrets: neither a private key nor a shared one has any business here."""
    for key in keys["keys"]:
        if key.get("kty") == "oct" or "d" in key:
            raise ValueError("a secret key")
    return keys

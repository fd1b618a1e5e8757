"""Bot Framework's signing keys: fetched without blocking, kept when they cannot be fetched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import jwt
import structlog
from jwt.algorithms import RSAAlgorithm

from bot.teams.answers import read_object
from bot.teams.claims import NotAuthentic, SigningKey
from bot.teams.hosts import is_loopback
from bot.teams.streams import read_up_to

log = structlog.get_logger(__name__)

METADATA_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
MAX_AGE = 24 * 3600.0  # seconds; then they are fetched anew in the background
UNKNOWN_GAP = 15.0  # seconds between fetches that unknown key ids can cause
FRESH = 5.0  # seconds for which an unknown key id is believed to be none of theirs
EMPTY_GAP = 2.0  # seconds between attempts while we have no keys at all
PATIENCE = 2.5  # seconds that a request waits for keys; Teams wants its answer soon
MAX_BYTES = 1024 * 1024


class KeysUnavailable(Exception):
    """We cannot tell whether a token is good: Bot Framework's keys cannot be fetched."""


class SigningKeys:
    """The published keys by their id. ``session`` gives the aiohttp session to fetch with."""

    def __init__(
        self,
        metadata_url: str,
        session: Callable[[], aiohttp.ClientSession],
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._url = metadata_url
        self._session = session
        self._clock = clock
        self._patience = patience
        self._keys: dict[str, SigningKey] = {}
        self._fetched = self._tried = float("-inf")
        self._failed = False
        self._task: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> SigningKey:
        """Return a key. Raises NotAuthentic if there is none, KeysUnavailable if we cannot know."""
        if kid not in self._keys:
            await self._fetch_in_time()
        elif self._clock() - max(self._fetched, self._tried) > MAX_AGE:
            self._fetch_behind()
        key = self._keys.get(kid)
        if key is not None:
            return key
        # A new key may have been published since we looked; Teams tries for half a minute, so
        # it comes again after our next look.
        if self._failed or self._clock() - self._fetched > FRESH:
            raise KeysUnavailable
        raise NotAuthentic("unknown_key")

    async def close(self) -> None:
        """Stop fetching."""
        if self._task is not None:
            self._task.cancel()

    async def _fetch_in_time(self) -> None:
        """Fetch, and wait a moment for it. Raises KeysUnavailable when it takes longer."""
        fetching = self._fetch_behind()
        await asyncio.wait([fetching], timeout=self._patience)
        if not fetching.done():  # it goes on, for the next one who asks
            raise KeysUnavailable

    def _fetch_behind(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._fetch_once(), name="signing-keys")
        return self._task

    async def _fetch_once(self) -> None:
        """Fetch, unless somebody did just now."""
        gap = UNKNOWN_GAP if self._keys else EMPTY_GAP
        if self._clock() - self._tried >= gap:
            await self._fetch()

    async def _fetch(self) -> None:
        self._tried = self._clock()
        try:
            metadata = await self._get(self._url)
            keys = read_keys(await self._get(str(metadata["jwks_uri"])))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, OSError) as error:
            self._failed = True
            log.warning("signing_keys_not_fetched", error=type(error).__name__)
            return
        self._keys, self._fetched, self._failed = keys, self._clock(), False
        log.info("signing_keys_fetched", keys=len(keys))

    async def _get(self, url: str) -> dict[str, Any]:
        # Plain http would let anybody on the way choose the keys.
        if not url.startswith("https://") and not (is_loopback(url) and is_loopback(self._url)):
            raise ValueError(url)
        timeout = aiohttp.ClientTimeout(total=5)
        async with self._session().get(url, timeout=timeout, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(answer.status)
            return read_object(await read_up_to(answer.content, MAX_BYTES))


def read_keys(document: dict[str, Any]) -> dict[str, SigningKey]:
    """Read a JWKS; keys that are not RSA or not well formed are left out.

    Raises ValueError when none is left: an empty answer must not replace keys that work.
    """
    keys: dict[str, SigningKey] = {}
    listed = document.get("keys")
    for entry in listed if isinstance(listed, list) else []:
        try:
            key = RSAAlgorithm.from_jwk({k: entry[k] for k in ("kty", "n", "e")})
            keys[str(entry["kid"])] = SigningKey(key, frozenset(entry.get("endorsements") or ()))
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError):
            continue
    if not keys:
        raise ValueError("no usable key")
    return keys

"""The app's own token for the Connector: one msal application, asked off the event loop.

The SDK's factories ask Entra on every turn, blocking; this one asks about once an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msal
import structlog

from bot.relay.outcomes import NotDone
from bot.teams.entra_http import EntraHttp

log = structlog.get_logger(__name__)

SCOPE = "https://api.botframework.com/.default"
EARLY = 300.0  # seconds before its end at which a token is replaced
#: Seconds for all of an attempt: each read of Entra's answer has its time, not the whole.
WHOLE = 60.0
_AWAY = "away"  # our own word in an answer: what kept us from having one
PAUSE = 5.0  # seconds between attempts while the old token still serves


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret of the app registration."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of the app registration: private key and certificate, both PEM."""

    private_key: str = field(repr=False)
    public_certificate: str


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when it ends (Unix time)."""

    text: str = field(repr=False)
    expires: float


class AppTokens:
    """Hands out the app's token. ``authority`` is Entra's URL of the app's single tenant.

    ``ca_file`` replaces the trusted authorities (the stand-in makes its own).
    """

    def __init__(
        self,
        app_id: str,
        credential: Secret | Certificate,
        authority: str,
        *,
        ca_file: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app_id = app_id
        self._credential = credential
        self._authority = authority
        self._ca_file = ca_file
        self._clock = clock
        self._client: Any = None
        self._token: Token | None = None
        self._fetching: asyncio.Task[Token] | None = None
        self._not_before = 0.0

    async def token(self) -> str:
        """Return a good token. Raises NotDone with what is wrong when there is none to be had."""
        held, now = self._token, self._clock()
        if held is None or held.expires <= now:
            return (await self._fetch()).text
        if held.expires - now <= EARLY and now >= self._not_before:
            self._fetch_behind()
        return held.text

    async def renew(self, refused: str) -> str:
        """Return another token than ``refused``, which the Connector did not take."""
        if self._token is not None and self._token.text == refused:
            self._token = None
        return await self.token()

    async def close(self) -> None:
        """Stop fetching."""
        if self._fetching is not None:
            self._fetching.cancel()

    async def _fetch(self) -> Token:
        """Join the fetch under way, or begin one; a caller's cancellation does not end it."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._ask())
        return await asyncio.shield(self._fetching)

    def _fetch_behind(self) -> None:
        """Replace a token that still serves; if that fails there is time for more attempts."""
        self._not_before = self._clock() + PAUSE
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._ask())
            self._fetching.add_done_callback(_looked_at)

    async def _ask(self) -> Token:
        try:
            async with asyncio.timeout(WHOLE):
                answer = await _in_thread(self._acquire)
        except TimeoutError:
            answer = {_AWAY: TimeoutError.__name__}
        token, life = answer.get("access_token"), answer.get("expires_in")
        if isinstance(token, str) and isinstance(life, int | float):
            self._token = Token(token, self._clock() + life)
            log.info("token_fetched", expires_in=life)
            return self._token
        self._client = None  # msal remembers failures for a minute; a new one asks again
        if away := answer.get(_AWAY):
            log.warning("login_unreachable", error=away)
            raise NotDone("Microsoft Entra, which gives the bot its token, cannot be reached.")
        error = str(answer.get("error", "unknown"))[:80]
        codes = [code for code in answer.get("error_codes") or () if isinstance(code, int)]
        log.error("token_refused", error=error, codes=codes)
        numbers = ", ".join(f"AADSTS{code}" for code in codes) or error
        raise NotDone(
            f"Microsoft Entra gives the bot no token ({numbers}). An administrator should check "
            "the app's credential with `livechat doctor`; it is tried again meanwhile.",
            retry_after=30,
        )

    def _acquire(self) -> dict[str, Any]:
        """Ask Entra, in a thread of its own."""
        try:
            if self._client is None:
                self._client = self._make_client()
            # Ours is the only cache: msal's would give back a token that the Connector refused.
            self._client.remove_tokens_for_client()
            answer: dict[str, Any] = self._client.acquire_token_for_client([SCOPE])
        except Exception as error:  # noqa: BLE001 - network, msal and JSON errors alike: no token
            return {_AWAY: type(error).__name__}
        return answer

    def _make_client(self) -> Any:
        secret: str | dict[str, str]
        if isinstance(self._credential, Secret):
            secret = self._credential.value
        else:
            secret = {
                "private_key": self._credential.private_key,
                "public_certificate": self._credential.public_certificate,
            }
        return msal.ConfidentialClientApplication(
            self._app_id,
            client_credential=secret,
            authority=self._authority,
            instance_discovery=False,  # the authority is configured, nobody need vouch for it
            http_client=EntraHttp(self._ca_file),
        )


async def _in_thread(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run ``work`` in a daemon thread: unlike asyncio's own, one that hangs holds no exit up."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[dict[str, Any]] = loop.create_future()

    def settle(answer: dict[str, Any]) -> None:
        if not future.done():
            future.set_result(answer)

    def run() -> None:
        answer = work()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, answer)

    threading.Thread(target=run, name="entra", daemon=True).start()
    return await future


def _looked_at(task: asyncio.Task[Token]) -> None:
    if not task.cancelled():
        task.exception()  # it is logged already

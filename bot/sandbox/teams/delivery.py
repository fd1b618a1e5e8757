"""Bringing activities to the bot, signed, and again when it does not answer, as Teams does."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.teams import activities
from bot.sandbox.teams.ledger import Attempt, Ledger
from bot.sandbox.teams.openid import OpenId

_HALF = re.compile("[\ud800-\udfff]")
Json = dict[str, Any]


@dataclass
class Patience:
    """How Teams deals with a slow or failing bot. Seconds.

    timeout   how long an answer is waited for
    again     how often the same activity is sent once more after no answer or a 5xx
    pause     before that
    """

    timeout: float = 15.0
    again: int = 1
    pause: float = 1.0


@dataclass
class Repeats:
    """Planned doubles: the next ``times`` activities of ``type`` ("" is any) come again although all went well."""

    same_id: int = 0
    new_id: int = 0
    type: str = ""
    times: int = 1


class Courier:
    """Posts activities to ``bot_url``; what came back stands in the ledger too."""

    def __init__(self, bot_url: str, openid: OpenId, ledger: Ledger, *, anonymous: bool) -> None:
        self.bot_url = bot_url
        self.patience = Patience()
        self.repeats: list[Repeats] = []
        self._openid = openid
        self._ledger = ledger
        self._anonymous = anonymous
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def deliver(self, activity: Json) -> Attempt:
        """The last attempt, after all that Teams would try, and after the planned repeats."""
        attempt = await self._insist(activity)
        for repeat in self._planned(activity):
            await self._try(repeat)
        return attempt

    async def send_raw(self, body: bytes, headers: dict[str, str]) -> Attempt:
        """Anything at all, with whatever token: for tests of refusal. One attempt."""
        return await self._post(self._ledger.attempt({}), body, headers)

    async def redeliver(self, activity: Json, *, new_id: bool = False) -> Attempt:
        """Once more: the same, or (as seen in the field) with a new id and timestamp."""
        return await self._try(activities.again(activity) if new_id else activity)

    async def _insist(self, activity: Json) -> Attempt:
        attempt = await self._try(activity)
        for _ in range(self.patience.again):
            if attempt.status is not None and attempt.status < 500:
                break
            await asyncio.sleep(self.patience.pause)
            attempt = await self._try(activity)
        return attempt

    def _planned(self, activity: Json) -> list[Json]:
        for plan in self.repeats:
            if plan.times > 0 and plan.type in ("", activity["type"]):
                plan.times -= 1
                return [activity] * plan.same_id + [
                    activities.again(activity) for _ in range(plan.new_id)
                ]
        return []

    async def _try(self, activity: Json) -> Attempt:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if not self._anonymous:
            headers["Authorization"] = f"Bearer {self._openid.token(activity['serviceUrl'])}"
        # Half of a character, by which Teams may cut, has no bytes of its own: JSON escapes it.
        text = json.dumps(activity, ensure_ascii=False)
        body = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()
        return await self._post(self._ledger.attempt(activity), body, headers)

    async def _post(self, attempt: Attempt, body: bytes, headers: dict[str, str]) -> Attempt:
        started = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=self.patience.timeout)
        try:
            if not self.bot_url:
                raise OSError("no bot_url is set")
            async with self._client().post(
                self.bot_url, data=body, headers=headers, timeout=timeout
            ) as response:
                attempt.body = _json(await response.read())
                attempt.status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            attempt.why = str(error) or type(error).__name__
        attempt.took = time.monotonic() - started
        return attempt

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession()
        return self._session


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode(errors="replace")

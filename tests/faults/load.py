"""Visitors and operators who talk, steadily and repeatably, whatever happens to the service."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from bot.sandbox.stage import Stage
from tests.faults.books import Account
from tests.faults.guests import Guest

_WORDS = [
    "toner",
    "tray",
    "paper",
    "driver",
    "queue",
    "login",
    "disk",
    "mail",
    "lab",
    "cable",
    "screen",
    "green",
    "amber",
    "red",
]


@dataclass(frozen=True)
class Pace:
    """How much is said in one chat, in messages per second; ``long`` is the share of 30 KB ones."""

    visitor: float = 1.0
    operator: float = 1.0
    long: float = 0.0


FOR_HOURS = Pace(0.3, 0.3)
"""What visitors and Teams can keep up: the service takes one message a second of a visitor."""


class Load:
    """Everybody who talks. ``talk`` for a while, then ``quiet``; leaving the block ends it all."""

    def __init__(
        self, stage: Stage, accounts: Sequence[Account], bases: Sequence[str], seed: int
    ) -> None:
        self.accounts = accounts
        self._stage, self._bases = stage, bases
        self._draw = random.Random(f"load {seed}")
        self.guests: list[Guest] = []
        self._staying: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self._ends = 0.0  # when the talking ends, by the loop's clock

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )
        for account in self.accounts:
            draw = random.Random(self._draw.random())
            origin = self._stage.site.url
            self.guests.append(Guest(account, self._bases, origin, self._session, draw))
        self._staying = [asyncio.create_task(guest.stay()) for guest in self.guests]
        async with asyncio.timeout(120):
            await asyncio.gather(*(guest.connected.wait() for guest in self.guests))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._staying:
            task.cancel()
        ends = await asyncio.gather(*self._staying, return_exceptions=True)
        if self._session:
            await self._session.close()
        broken = [end for end in ends if isinstance(end, Exception)]
        if broken and error is None:
            raise broken[0]

    async def talk(self, seconds: float, pace: Pace | None = None) -> None:
        """Let everybody talk for so long; what is under way then is finished."""
        pace, self._ends = pace or Pace(), asyncio.get_running_loop().time() + seconds
        talking = []
        for guest in self.guests:
            draw = random.Random(self._draw.random())
            talking.append(self._visitor(guest, pace, draw))
            talking.append(self._operator(guest.account, pace, draw))
        await asyncio.gather(*talking)

    async def talk_while(self, trouble: Awaitable[None], pace: Pace | None = None) -> None:
        """Let everybody talk until the trouble is over."""
        talking = asyncio.create_task(self.talk(math.inf, pace))
        await trouble
        self._ends = 0.0
        await talking

    async def _visitor(self, guest: Guest, pace: Pace, draw: random.Random) -> None:
        while pace.visitor and await self._pause(draw.expovariate(pace.visitor)):
            await guest.say(_filler(draw, pace.long))

    async def _operator(self, account: Account, pace: Pace, draw: random.Random) -> None:
        while pace.operator and await self._pause(draw.expovariate(pace.operator)):
            await self.reply(account, _filler(draw, 0))

    async def _pause(self, seconds: float) -> bool:
        """Wait; False if the end comes first."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0, min(seconds, self._ends - now)))
        return now + seconds < self._ends

    async def reply(self, account: Account, filler: str = "") -> str:
        """Let the operator write in the chat's thread; return the message's token."""
        grace, token = self._stage.teams.people["grace"], account.token("o")
        post = await grace.reply(account.root, f"{token} {filler}".strip())
        account.written.append((token, post))
        return token

    def unsent(self) -> int:
        """How many messages wait for their acknowledgement."""
        return sum(len(guest.unsent) for guest in self.guests)

    def behind(self, heads: dict[str, int]) -> int:
        """How many lines the widgets have not been shown yet."""
        shown = {a.chat: a.lines[-1]["seq"] if a.lines else 0 for a in self.accounts}
        return sum(max(0, heads.get(chat, 0) - seq) for chat, seq in shown.items())


def _filler(draw: random.Random, long: float) -> str:
    """A few words, or (with that probability) a log file of 30 KB."""
    words = " ".join(draw.choices(_WORDS, k=draw.randint(1, 12)))
    return words if draw.random() >= long else (f"{words}\n" * 2000)[: 29 * 1024]

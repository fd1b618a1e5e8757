"""Hostile clients at work: each on one visitor's seat, until all of their attacks are spent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.faults.books import Account
from tests.faults.hostile_frames import HostileFrames, frame
from tests.faults.hostile_json import HostileJson
from tests.faults.hostile_requests import HostileRequests, Whom
from tests.faults.raw import Lost, Raw

_AROUND = (("", ".v0"), ("", ".o0"), ("Ada of ", ""))  # tests/faults/books.py: tokens
_ON_ONE = 40  # attacks on one socket: behind them the service reads no faster than it must


@dataclass
class Told:
    """What came of it."""

    frames: Counter[str] = field(default_factory=Counter)  # by kind of attack
    ends: Counter[int] = field(default_factory=Counter)  # close codes; 0 without one
    requests: Counter[str] = field(default_factory=Counter)  # by route
    statuses: Counter[int] = field(default_factory=Counter)
    handshakes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # what no attack may bring about

    def __str__(self) -> str:
        return (
            f"{self.frames.total()} frames {dict(self.frames.most_common())}, closed with "
            f"{dict(self.ends.most_common())}; {self.requests.total()} requests to "
            f"{len(self.requests)} routes, answered with {dict(self.statuses.most_common())}"
        )


class Attacker:
    """Somebody with a good cookie, or with a chat's id that is not his, who means harm."""

    def __init__(
        self, base: str, origin: str, account: Account, others: Sequence[Account], seed: str
    ) -> None:
        self._base, self._origin, self._account = base, origin, account
        self._draw = random.Random(seed)
        self._json = HostileJson(self._draw, account.chat, [other.chat for other in others])
        # What was said there, and who is there; the chats' ids stand in the attacks themselves.
        self._words = {f"{before}{o.canary}{after}" for o in others for before, after in _AROUND}
        self._raw: Raw | None = None

    async def frames(self, shared: Iterator[int], told: Told) -> None:
        """Send frames until there are none left to be sent."""
        attacks = HostileFrames(self._draw, self._json)
        for _ in shared:
            attack = attacks.next()
            told.frames[attack.name] += 1
            raw = await self._socket(told, greeted=attack.greeted)
            if raw is None:
                continue
            raw.send(attack.data)
            if attack.hangs:
                self._drop()
                continue
            try:
                self._judge(attack.name, attack.data, await raw.lives(), told)
            except Lost as lost:
                told.ends[lost.code] += 1
                self._drop()
            except TimeoutError:
                told.wrong.append(f"no answer after {attack.name} {attack.data[:200]!r}")
                self._drop()
        self._drop()

    async def _socket(self, told: Told, *, greeted: bool) -> Raw | None:
        """The socket to attack: a new one if there is none, or if it shall be one without a hello."""
        if not greeted or (self._raw and self._raw.sent > 2 * _ON_ONE):
            self._drop()
        if self._raw is None:
            self._raw = await Raw.to(self._base)
            status = await self._raw.upgrade(self._base, self._origin, self._account.secret)
            told.handshakes[status] += 1
            if status != 101:
                self._drop()
                return None
            if greeted:
                hello = f'{{"t":"hello","chat":"{self._account.chat}","after":0}}'
                self._raw.send(frame(hello.encode()))
        return self._raw

    def _drop(self) -> None:
        if self._raw:
            self._raw.close()
        self._raw = None

    def _judge(
        self, name: str, data: bytes, frames: Sequence[dict[str, object]], told: Told
    ) -> None:
        """Nothing of another chat may have come."""
        seen = str(frames)
        told.wrong += [
            f"{word} after {name} {data[:200]!r}" for word in self._words if word in seen
        ]

    async def requests(
        self, shared: Iterator[int], told: Told, routes: Sequence[tuple[str, str]]
    ) -> None:
        """Send requests until there are none left to be sent."""
        whom = Whom(
            urlsplit(self._base).netloc,
            self._origin,
            [self._account.secret, "p" * 43, "", "\x00", "a b", '"'],
        )
        attacks = HostileRequests(self._draw, self._json, whom, routes)
        for _ in shared:
            route, data = attacks.next()
            told.requests[route] += 1
            raw = await Raw.to(self._base)
            raw.send(data)
            status = await raw.status()
            raw.close()
            told.statuses[status] += 1
            if status >= 500:
                told.wrong.append(f"{status} to {data[:600]!r}")

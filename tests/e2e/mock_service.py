"""The service as the widget sees it: the real visitors' room over use cases kept in memory.

The tests of the widget play Grace here, and break what the network and the service can break.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain import events as e
from bot.domain.chat import State
from bot.domain.messages import Author, Kind, Message, Notice, Quote, Role
from bot.relay.delivery import Committed
from bot.relay.ports import Seat
from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from bot.visitors.wire import Close
from tests.visitors.browser import put_into
from tests.visitors.fakes import GRACE, FakeAttaching, FakeVisiting

ALAN = Author(Role.OPERATOR, "aad-alan", "Alan Turing")


class Visiting(FakeVisiting):
    """Use cases in memory that can lose an answer, and tell when a visitor was heard to type."""

    lose_next_answer = False

    def __init__(self, ring: Callable[[Committed], None]) -> None:
        super().__init__(ring)
        self.heard = asyncio.Event()

    async def here(self, seat: Seat) -> None:
        await super().here(seat)
        self.heard.set()

    async def say(self, seat: Seat, key: str, text: str) -> Message:
        """Store the message; when told so, let the connection die before anybody hears of it."""
        if not self.lose_next_answer:
            return await super().say(seat, key, text)
        self.lose_next_answer = False
        ring, self.ring = self.ring, lambda _committed: None
        await super().say(seat, key, text)
        self.ring = ring
        raise ConnectionResetError


@dataclass
class Talk:
    """One chat, from the operators' side."""

    visiting: Visiting
    id: str
    token: str

    @property
    def log(self) -> list[Message]:
        return self.visiting.logs[self.id]

    def said(self, *roles: Role) -> list[str]:
        """What was said by these sides, in order."""
        return [m.text for m in self.log if m.kind is Kind.SAID and m.author.role in roles]

    def grace(self, text: str, *, by: Author = GRACE, quote: Quote | None = None) -> None:
        """An operator says something."""
        visiting = self.visiting
        key = f"teams-{len(self.log)}"
        visiting.happen(self.id, e.Said(visiting.now, by, key, text, quote))

    async def quiet(self) -> None:
        """All of it is taken in at once."""

    def relay(self) -> None:
        """Everything said so far stands in the operators' thread."""
        self.visiting.relay(self.id, len(self.log))

    def lose(self, *, sure: bool) -> None:
        """The last message does not reach the thread, or perhaps not."""
        visiting = self.visiting
        visiting.happen(self.id, e.NotShown(visiting.now, (len(self.log),), sure))

    def minutes_pass(self, minutes: int) -> None:
        self.visiting.now += timedelta(minutes=minutes)

    def end(self) -> None:
        """Grace ends the chat."""
        self.visiting.happen(self.id, e.Ended(self.visiting.now, GRACE))

    def file(self) -> None:
        """The record is on the ticket."""
        log, now = self.log, self.visiting.now
        log.append(Message(len(log) + 1, GRACE, Kind.NOTICE, Notice.FILED.value, now))
        self.visiting.chats[self.id] = replace(self.visiting.chats[self.id], head=len(log))
        self.visiting.state(self.id, State.FILED)


class MockService:
    """Use as ``async with MockService() as service``, set ``origins``, ``start()`` it."""

    def __init__(self) -> None:
        self.origins: list[str] = []
        self.frame_ancestors: list[str] = []
        self.accessibility_url = ""
        self.allowances = Allowances()
        self.hub = Hub()
        self.visiting = Visiting(self.hub.ring)
        self.attaching = FakeAttaching(self.visiting)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def invite(self, number: int = 12345) -> Talk:
        """Grace invites Ada to a chat about this ticket."""
        token = self.visiting.invite(number)
        return Talk(self.visiting, f"chat-{number}", token)

    def dismiss(self, talk: Talk, code: Close) -> None:
        """Close every socket of a chat with this code."""
        for seat in list(self.visiting.seats.values()):
            self.hub.dismiss(talk.id, seat.id, code)

    async def start(self) -> None:
        """Listen; again after ``stop`` on the same port, as a restarted service does."""
        self.hub = Hub()
        self.visiting.ring = self.hub.ring
        room = VisitorsRoom(
            self.visiting,
            self.visiting,
            self.hub,
            origins=self.origins,
            support_url="https://help.example.org/contact",
            frame_ancestors=self.frame_ancestors,
            accessibility_url=self.accessibility_url,
            now=lambda: self.visiting.now,
            attaching=self.attaching,
            allowances=self.allowances,
        )
        app = web.Application()
        put_into(app, room)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Go away, as a service that is restarted does."""
        if self._runner:
            for site in list(self._runner.sites):
                await site.stop()
            # What was accepted just before comes in now, to be closed with the others: aiohttp would
            # not see it any more, and it would be found unclosed by some later test.
            for _ in range(3):
                await asyncio.sleep(0)
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

"""A bot's Teams side on loopback against the stand-in, with use cases that only take note."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from aiohttp import web

from bot.relay.inbound import Changed, Heard, Pressed, Pressing
from bot.relay.missing import Missed
from bot.relay.operating import Operating
from bot.relay.ports import Listening, Scope, Thread
from bot.sandbox.teams import TeamsStandIn
from bot.teams import Secret, TeamConfig, TeamsRoom


@dataclass
class TakesNote:
    """Stands for the use cases: keeps what it is told; ``answer`` is what a press leads to."""

    heard: list[Heard] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    pressed: list[Pressed] = field(default_factory=list)
    at: list[datetime | None] = field(default_factory=list)
    missing: list[tuple[Thread, list[Missed]]] = field(default_factory=list)
    answer: Pressing = field(default_factory=lambda: Pressing(None, "Done."))
    trouble: Exception | None = None
    hangs: bool = False
    live: bool = False  # whether threads carry a chat

    async def hears(self, heard: Heard, at: datetime | None = None) -> None:
        self.heard.append(heard)
        self.at.append(at)
        if self.hangs:
            await asyncio.sleep(60)
        self._fail()

    async def carries_chat(self, thread: Thread) -> bool:
        return self.live

    async def changes(self, changed: Changed, at: datetime | None = None) -> None:
        self.changed.append(changed)
        self.at.append(at)
        self._fail()

    async def missed(self, thread: Thread, messages: Sequence[Missed]) -> None:
        self._fail()
        if messages:
            self.missing.append((thread, list(messages)))

    async def presses(self, pressed: Pressed) -> Pressing:
        self.pressed.append(pressed)
        self._fail()
        return self.answer

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    @property
    def calls(self) -> int:
        return len(self.heard) + len(self.changed) + len(self.pressed)


@dataclass
class Stage:
    teams: TeamsStandIn
    room: TeamsRoom
    operating: TakesNote

    def thread(self, where: str = "Live chat", root: str = "") -> Thread:
        """The reference of a conversation of the stand-in."""
        conversation = self.teams.world.conversation(where)
        channel = conversation.kind == "channel"
        return Thread(
            conversation.id + (f";messageid={root}" if root else ""),
            self.teams.world.tenant_id,
            self.teams.service_url,
            Scope.CHANNEL if channel else Scope.GROUP,
            self.teams.world.bot.id,
            root_id=root,
        )


def configured(teams: TeamsStandIn, operating: TakesNote, /, **changes: Any) -> TeamsRoom:
    """A room set up for the stand-in; team Computing Support is configured, Front Desk is not."""
    support = teams.world.conversation("Live chat").team
    assert support is not None
    settings: dict[str, Any] = {
        "app_id": teams.world.bot.app_id,
        "credential": Secret("only-for-the-stand-in"),
        "tenant_ids": [teams.world.tenant_id],
        "teams": [TeamConfig(support.id, Listening.THREAD)],
        "operating": cast("Operating", operating),
        "metadata_url": teams.openid_metadata_url,
        "authority": teams.authority,
        "ca_file": str(teams.ca_file),
        "loopback": True,
        "zone": UTC,
    }
    return TeamsRoom(**(settings | changes))


@asynccontextmanager
async def served(teams: TeamsStandIn, /, **changes: Any) -> AsyncIterator[Stage]:
    """The room, listening, and the stand-in told where."""
    operating = TakesNote()
    room = configured(teams, operating, **changes)
    app = web.Application()
    app.add_routes(room.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await room.start()
    host, port = runner.addresses[0][:2]
    teams.bot_url = f"http://{host}:{port}/api/messages"
    teams.courier.patience.again = 0
    try:
        yield Stage(teams, room, operating)
    finally:
        await room.close()
        await runner.cleanup()

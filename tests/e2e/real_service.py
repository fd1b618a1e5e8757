"""The service itself behind the network: a process of its own on SQLite, which is killed, and Teams."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from bot.domain.messages import Role
from bot.sandbox.stage import PREFIX, Stage
from bot.sandbox.teams.delivery import Patience
from tests.faults.faultproxy import FaultProxy
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port
from tests.story import Story


class RealService:
    """``stop`` is SIGKILL: whatever it was just doing is not done."""

    def __init__(self, stage: Stage, process: ServiceProcess, database: Path) -> None:
        self.stage, self.process, self.database = stage, process, database
        self.kills = 0

    async def stop(self) -> None:
        self.process.kill()
        self.kills += 1

    async def start(self) -> None:
        await self.process.start()


class RealTalk:
    """The one chat, in which Grace's words come out of Teams, in order, however often Teams must try."""

    def __init__(self, service: RealService, ticket: int) -> None:
        self._service = service
        self._story = Story(service.stage, ticket=ticket)
        self._words: asyncio.Queue[str] = asyncio.Queue()
        self._speaking: asyncio.Task[None] | None = None
        self.token = ""

    async def invite(self) -> None:
        """Begin."""
        story = self._story
        story.root = await story.grace.post(story.where, str(story.ticket), mention=True)
        pressed = await story.grace.press(await story.card(lambda text: "Invite" in text), "invite")
        assert pressed.kind == "card", pressed
        self.token = await story.token()
        self._speaking = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        while True:
            text = await self._words.get()
            post = await self._story.grace.reply(self._story.root, text)
            assert not post.note, post.note
            self._words.task_done()

    def grace(self, text: str) -> None:
        """Let her say something, when she has said what is before it."""
        assert self._speaking
        assert not self._speaking.done(), self._speaking.exception()
        self._words.put_nowait(text)

    def said(self, *roles: Role) -> list[str]:
        """What the database has of these sides' words, in order."""
        query = "SELECT role, text FROM messages WHERE kind = 'said' ORDER BY seq"
        with closing(sqlite3.connect(self._service.database)) as database:
            rows = database.execute(query).fetchall()
        return [text for role, text in rows if Role(role) in roles]

    async def quiet(self) -> None:
        """All of Grace's words are taken in."""
        await self._words.join()

    async def check_teams(self) -> int:
        """Every word of Ada's stands in the thread once; what stands there twice says so.

        Return how many posts say so.
        """
        said = self.said(Role.VISITOR)
        for text in said:
            await self._story.in_thread(f"\n{text}")
        posts = [post.text for post in self._story.posts()]
        plain = [f"{post}\n" for post in posts if "(resent)" not in post]
        often = {text: sum(f"\n{text}\n" in post for post in plain) for text in said}
        assert max(often.values()) == 1, {text: n for text, n in often.items() if n > 1}
        return len(posts) - len(plain)

    async def close(self) -> None:
        if self._speaking:
            self._speaking.cancel()
        await self._story.ada.close()


@asynccontextmanager
async def real_service(
    folder: Path, hatchery: Hatchery
) -> AsyncIterator[tuple[RealService, FaultProxy]]:
    """Start it, and what lies between it and Ada."""
    database = folder / "livechat.db"
    url = f"sqlite:///{database}"
    await asyncio.to_thread(lay_out, url)
    async with (
        Stage(free_port(), enforce_limits=False) as stage,
        FaultProxy(stage.site.port) as network,
    ):
        stage.teams.courier.patience = Patience(again=200, pause=0.1)
        front = f"http://localhost:{network.port}"
        config = stage.write(
            folder,
            url,
            relay={"pacing": False, "lease_seconds": 4, "dead_after_seconds": 3},
            visitors={"origins": [front]},
        )
        base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
        async with ServiceProcess(config, base, hatchery=hatchery, bug="hurry") as process:
            yield RealService(stage, process, database), network

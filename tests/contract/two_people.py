"""Eve, who has a chat of her own, tries every route and every frame on Ada's."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import PREFIX, Stage
from tests.migrated import lay_out
from tests.processes import Visitor, free_port
from tests.story import Story
from tests.visitors.test_assertions import jwk, key_set

WORDS = "the words that are Ada's alone"
FILE = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;what is in Ada's picture"
#: Tables in which something of a chat stands; what Teams is told of knocks is elsewhere.
_TABLES = ("messages", "seats", "files")


@dataclass(frozen=True)
class Try:
    """A request of Eve's; ``{chat}``, ``{token}``, ``{key}`` and ``{file}`` are Ada's."""

    status: set[int]  # with which it may be answered
    body: str = ""
    path: str = ""  # behind the route's, or instead of it
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class People:
    """A service with everything on, Ada in one chat and Eve in another."""

    stage: Stage
    service: Service
    ada: Story
    eve: Story
    names: dict[str, str]  # what is Ada's
    url: str

    def routes(self) -> set[tuple[str, str]]:
        """Every route that the service answers, without the prefix."""
        return {(r.method, r.path.removeprefix(PREFIX)) for r in self.service.routes()}

    def hers(self) -> list[tuple[Any, ...]]:
        """All that is stored of Ada's chat. Blocking."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [
                tuple(row)
                for table in _TABLES
                for row in connection.execute(
                    sa.text(f"SELECT * FROM {table} WHERE chat_id = :chat ORDER BY 1, 2"),
                    {"chat": self.names["chat"]},
                )
            ]

    async def ask(self, method: str, path: str, what: Try, cookie: str) -> tuple[int, bytes]:
        """Ask as Eve does."""
        base = f"http://127.0.0.1:{self.stage.service_port}"
        body = _filled(what.body, self.names)
        headers = {
            "Origin": self.stage.site.url,
            "X-Livechat": "1",
            "Cookie": cookie,
            "X-Forwarded-For": f"198.51.100.{secrets.randbelow(250)}",
            **({"Content-Type": "application/json"} if body else {}),
            **{name: _filled(value, self.names) for name, value in what.headers.items()},
        }
        url = base + _filled(path + what.path if what.path[:1] != "/" else what.path, self.names)
        timeout = aiohttp.ClientTimeout(total=30)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.request(
                method, url, data=body or None, headers=headers, allow_redirects=False
            ) as answer,
        ):
            return answer.status, await answer.read()


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


async def invited(story: Story) -> str:
    """Let Grace invite somebody; return the link's token."""
    story.root = await story.grace.post(story.where, str(story.ticket), mention=True)
    pressed = await story.grace.press(await story.card(lambda text: "Invite" in text), "invite")
    assert pressed.kind == "card", pressed
    return await story.token()


@asynccontextmanager
async def two_people(folder: Path) -> AsyncIterator[People]:
    """Let both join and say something."""
    url = f"sqlite:///{folder / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    async with Stage(free_port(), enforce_limits=False) as stage:
        settings = stage.settings(url) | {
            "proxy": {"header": "X-Remote-User", "secret": "s" * 40},
            "sign_in": {
                "by_proxy": True,
                "demand": "never",
                "keys_file": str(key_set(folder, jwk("EdDSA"))),
                "issuer": "https://i.test",
            },
            "start": {"enabled": True, "channel": "19:abc@thread.tacv2"},
        }
        service = Service(Settings(**settings))
        await service.start()
        ada, eve = Story(stage, ticket=12345), Story(stage, ticket=12354)
        try:
            token = await invited(ada)
            await ada.ada.join(token)
            await eve.ada.join(await invited(eve))
            key = await ada.ada.say(WORDS)
            await eve.ada.say("Eve's own words")
            assert await ada.ada.attach("jam.gif", FILE) == 200
            for one in (ada.ada, eve.ada):
                await one.until(lambda one=one: not one.unsent)
            await ada.ada.until(lambda: any("file" in line for line in ada.ada.lines))
            file = next(line["file"]["id"] for line in ada.ada.lines if "file" in line)
            names = {"chat": ada.ada.chat, "token": token, "key": key, "file": file}
            yield People(stage, service, ada, eve, names, url)
        finally:
            await ada.ada.close()
            await eve.ada.close()
            await service.stop()


async def talk(people: People, frames: list[dict[str, Any]]) -> tuple[list[str], int | None]:
    """Send frames on a socket of Eve's; return what came, and with which code it ended."""
    eve: Visitor = people.eve.ada
    headers = {"Origin": people.stage.site.url, "Cookie": eve._cookie}
    url = f"http://127.0.0.1:{people.stage.service_port}{PREFIX}/ws"
    got: list[str] = []
    async with aiohttp.ClientSession() as http:
        socket = await http.ws_connect(url, headers=headers, protocols=["livechat.v1"])
        for frame in [*frames, {"t": "ping"}]:
            await socket.send_str(_filled(json.dumps(frame), people.names))
        async with asyncio.timeout(60):
            async for message in socket:
                got.append(str(message.data))
                if message.data == '{"t":"pong"}':
                    break
        await socket.close()
        return got, socket.close_code

"""A bot that writes down what it gets, and a client that speaks to the Connector as a bot would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.teams import TeamsStandIn

Json = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"


@dataclass
class RecordingBot:
    """Answers 200, or what ``answers`` says next: a status, a body, or seconds of silence."""

    heard: list[Json] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    answers: list[int | Json | float] = field(default_factory=list)
    url: str = ""

    @property
    def last(self) -> Json:
        return self.heard[-1]

    async def messages(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        self.tokens.append(request.headers.get("Authorization", "").removeprefix("Bearer "))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.Response()
        return web.Response(status=answer) if isinstance(answer, int) else web.json_response(answer)


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


class ConnectorClient:
    """Requests below the service URL, with a good token unless told otherwise."""

    def __init__(self, session: aiohttp.ClientSession, teams: TeamsStandIn) -> None:
        self._session = session
        self._teams = teams
        self.token = teams.login.issue()

    async def ask(self, method: str, path: str, body: Json | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self._teams.service_url}v3/{path}"
        async with self._session.request(method, url, json=body, headers=headers) as response:
            is_json = response.content_type == "application/json"
            read: Any = await response.json() if is_json else await response.read()
            return Answer(response.status, read, dict(response.headers))

    async def send(self, conversation: str, text: str = "hello", **more: Any) -> Answer:
        body = {"type": "message", "text": text, **more}
        return await self.ask("POST", f"conversations/{conversation}/activities", body)

    async def send_card(self, conversation: str, card: Json) -> str:
        attachment = {"contentType": ADAPTIVE, "content": card}
        answer = await self.send(conversation, "", attachments=[attachment])
        assert answer.status == 201
        return str(answer.body["id"])


def card(*actions: Json, body: list[Json] | None = None) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "body": body or [], "actions": list(actions)}

"""A stand-in for Teams with a bot behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.teams import TeamsStandIn
from bot.sandbox.teams.delivery import Patience
from tests.sandbox.teams.bots import ConnectorClient, RecordingBot


@pytest.fixture
async def bot() -> AsyncIterator[RecordingBot]:
    recording = RecordingBot()
    app = web.Application()
    app.router.add_post("/api/messages", recording.messages)
    async with TestServer(app, host="127.0.0.1") as server:
        recording.url = str(server.make_url("/api/messages"))
        yield recording


@pytest.fixture
async def teams(bot: RecordingBot) -> AsyncIterator[TeamsStandIn]:
    async with TeamsStandIn(bot_url=bot.url) as standing_in:
        standing_in.courier.patience = Patience(timeout=5, again=1, pause=0)
        yield standing_in


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


@pytest.fixture
def connector(session: aiohttp.ClientSession, teams: TeamsStandIn) -> ConnectorClient:
    return ConnectorClient(session, teams)

"""The one address that Teams calls."""

from __future__ import annotations

from aiohttp import web
from botbuilder.core import Bot

from bot.teams.adapter import TeamsAdapter

PATH = "/api/messages"


def routes(adapter: TeamsAdapter, bot: Bot) -> list[web.RouteDef]:
    """Return the routes to add to the service's application."""

    async def messages(request: web.Request) -> web.Response:
        return await adapter.process(request, bot)

    return [web.post(PATH, messages)]

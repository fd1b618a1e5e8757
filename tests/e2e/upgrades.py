"""A proxy before the service that does to WebSockets what other people's proxies do."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest
from aiohttp import web
from yarl import URL

from bot.sandbox.helpsite.proxy import Proxy

How = Literal["through", "refused", "swallowed"]


class Upgrades:
    """``how`` upgrades are dealt with: ``swallowed`` ones are let through, and nothing after them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.how: How = "through"
        self.asked = 0
        usual = Proxy._socket
        upgrades = self

        async def socket(proxy: Proxy, request: web.Request, target: URL) -> web.StreamResponse:
            upgrades.asked += 1
            if upgrades.how == "refused":
                return web.Response(status=400)
            if upgrades.how == "swallowed":
                return await _swallow(request)
            return await usual(proxy, request, target)

        monkeypatch.setattr(Proxy, "_socket", socket)


async def _swallow(request: web.Request) -> web.StreamResponse:
    front = web.WebSocketResponse(protocols=["livechat.v1"], compress=False)
    await front.prepare(request)
    async for _ in front:
        await asyncio.sleep(0)
    return front

"""Bot Framework's OpenID metadata and keys, and the tokens with which Teams calls a bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.sandbox.teams import misbehave
from bot.sandbox.teams.faults import FaultPlan
from bot.sandbox.teams.login import BOT_FRAMEWORK
from bot.sandbox.teams.signing import SigningKeys

Json = dict[str, Any]


class OpenId:
    """Publishes the keys; ``delay`` (seconds) and ``down`` may be set, ``fetches`` and ``key_fetches`` count."""

    def __init__(self, app_id: str, faults: FaultPlan) -> None:
        self.app_id = app_id
        self.base_url = ""  # http://127.0.0.1:<port>, known after the start
        self.keys = SigningKeys()
        self.endorsements = ["msteams"]
        self.delay = 0.0
        self.down = False
        self.fetches = 0
        self.key_fetches = 0
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/.well-known/openidconfiguration", self._configuration),
            web.get("/v1/.well-known/keys", self._published),
        ]

    def token(self, service_url: str, **claims: Any) -> str:
        """What Teams puts into the Authorization header of a call; ``claims`` replace, and None removes one."""
        now = int(time.time())
        usual = {
            "iss": BOT_FRAMEWORK,
            "aud": self.app_id,
            "serviceurl": service_url,
            "nbf": now - 60,
            "exp": now + 3600,
        }
        return self.keys.sign(
            {name: value for name, value in (usual | claims).items() if value is not None}
        )

    async def _configuration(self, request: web.Request) -> web.StreamResponse:
        self.fetches += 1
        body = {
            "issuer": BOT_FRAMEWORK,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{self.base_url}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
        return await self._serve(request, "openid", lambda: body)

    async def _published(self, request: web.Request) -> web.StreamResponse:
        self.key_fetches += 1
        return await self._serve(
            request, "keys", lambda: self.keys.public_keys(endorsements=self.endorsements)
        )

    async def _serve(
        self, request: web.Request, operation: str, body: Callable[[], Json]
    ) -> web.StreamResponse:
        async def work() -> web.StreamResponse:
            return web.json_response(body())

        if self.delay:
            await asyncio.sleep(self.delay)
        if self.down:
            return web.Response(status=503, text="The service is unavailable.")
        response, _ = await misbehave.run(request, self._faults.take(operation), work)
        return response

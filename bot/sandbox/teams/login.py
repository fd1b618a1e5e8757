"""Entra's login and Bot Framework's OpenID metadata, as far as a bot meets them.

How a client must be set up
---------------------------
msal (seen with 1.39) takes only ``https`` authorities *and* only an ``https`` token endpoint, whatever
``validate_authority`` says, so the login is served over TLS with an authority made at the start::

    msal.ConfidentialClientApplication(
        app_id,
        client_credential=app_password,              # or {"private_key": pem, "public_certificate": pem}
        authority=teams.authority,                   # https://127.0.0.1:<port>/<tenant id>
        instance_discovery=False,                    # otherwise msal asks login.microsoftonline.com first
        verify=str(teams.ca_file),                   # requests' way to trust one authority
    ).acquire_token_for_client(["https://api.botframework.com/.default"])

Beware: where REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE is set, requests (and so msal) prefers it to ``verify``. Unset
them, let REQUESTS_CA_BUNDLE name ``teams.ca_file``, or hand msal an ``http_client`` with ``trust_env = False``.

Inbound tokens are checked against ``teams.openid_metadata_url`` (plain http on loopback), which stands for
``https://login.botframework.com/v1/.well-known/openidconfiguration``; the issuer is the real one,
``https://api.botframework.com``, the audience is the app id, and the keys are endorsed for ``msteams``.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.x509 import load_pem_x509_certificate

from bot.sandbox.teams import misbehave
from bot.sandbox.teams.faults import FaultPlan
from bot.sandbox.teams.signing import SigningKeys

Json = dict[str, Any]
BOT_FRAMEWORK = "https://api.botframework.com"


class Login:
    """Entra: hands out tokens to the one app that it knows, and knows them again.

    ``delay`` (seconds), ``down`` (503 to everything) and ``lifetime`` (seconds) may be changed at any time;
    ``token_requests`` and ``discovery_requests`` count.
    """

    def __init__(self, app_id: str, app_password: str, tenant_id: str, faults: FaultPlan) -> None:
        self.app_id = app_id
        self.app_password = app_password
        self.tenant_id = tenant_id
        self.app_certificate: bytes | None = None  # PEM; allows login by certificate
        self.base_url = ""  # https://127.0.0.1:<port>, known after the start
        self.keys = SigningKeys()
        self.delay = 0.0
        self.down = False
        self.lifetime = 3599
        self.token_requests = 0
        self.discovery_requests = 0
        self._faults = faults
        self._known: dict[
            str, float
        ] = {}  # token -> expiry: verifying each time would cost more than the rest

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", self._discover),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
            web.get("/{tenant}/discovery/v2.0/keys", self._keys),
        ]

    def admits(self, authorization: str) -> bool:
        """Whether an Authorization header carries a token of this login for the Connector."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return False
        if self._known.get(token, 0) > time.time():
            return True
        claims = self.keys.read(token, BOT_FRAMEWORK)
        if claims is None or claims.get("appid") != self.app_id:
            return False
        self._known[token] = float(claims["exp"])
        return True

    def issue(self, audience: str = BOT_FRAMEWORK, **claims: Any) -> str:
        """A bot's token, as the token endpoint would give it; ``claims`` replace or add."""
        now = int(time.time())
        usual = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime,
            "appid": self.app_id,
            "tid": self.tenant_id,
            "ver": "1.0",
        }
        return self.keys.sign(usual | claims)

    async def _discover(self, request: web.Request) -> web.StreamResponse:
        self.discovery_requests += 1
        return await self._serve(request, "discovery", self._metadata)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.token_requests += 1
        form = await request.post()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return await self._serve(request, "token", lambda: self._grant(fields))

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.keys.public_keys())

    async def _serve(self, request: web.Request, operation: str, answer: Any) -> web.StreamResponse:
        async def work() -> web.StreamResponse:
            if request.match_info["tenant"] != self.tenant_id:
                return _refusal(
                    400, "invalid_tenant", 90002, "Tenant not found. Check the tenant id."
                )
            response: web.StreamResponse = answer()
            return response

        if self.delay:
            await asyncio.sleep(self.delay)
        if self.down:
            return web.Response(status=503, text="The service is unavailable.")
        response, _ = await misbehave.run(request, self._faults.take(operation), work)
        return response

    def _metadata(self) -> web.Response:
        base = f"{self.base_url}/{self.tenant_id}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "tenant_region_scope": "EU",
            }
        )

    def _grant(self, form: dict[str, str]) -> web.Response:
        if form.get("grant_type") != "client_credentials":
            return _refusal(
                400, "unsupported_grant_type", 70003, "Only client_credentials is served here."
            )
        if form.get("client_id") != self.app_id:
            return _refusal(
                400, "unauthorized_client", 700016, "Application not found in the directory."
            )
        if not self._proves(form):
            return _refusal(
                401, "invalid_client", 7000215, "Invalid client secret or assertion provided."
            )
        audience = form.get("scope", "").removesuffix("/.default") or BOT_FRAMEWORK
        times = {"expires_in": self.lifetime, "ext_expires_in": self.lifetime}
        return web.json_response(
            {"token_type": "Bearer", **times, "access_token": self.issue(audience)}
        )

    def _proves(self, form: dict[str, str]) -> bool:
        if "client_assertion" not in form:
            return form.get("client_secret") == self.app_password
        if self.app_certificate is None:
            return False
        key: Any = load_pem_x509_certificate(self.app_certificate).public_key()
        audience = f"{self.base_url}/{self.tenant_id}/oauth2/v2.0/token"
        try:
            claims = jwt.decode(
                form["client_assertion"], key, algorithms=["RS256", "PS256"], audience=audience
            )
        except jwt.PyJWTError:
            return False
        return bool(claims.get("sub") == claims.get("iss") == self.app_id)


def _refusal(status: int, error: str, number: int, words: str) -> web.Response:
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {words}",
        "error_codes": [number],
    }
    return web.json_response(body, status=status)

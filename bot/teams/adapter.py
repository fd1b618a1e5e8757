"""botbuilder's CloudAdapter on our own authentication and transport.

``process`` is ours because the SDK's (4.17.1) serialises invoke answers twice, so that every
Action.Execute ends as HTTP 500, and answers most bad tokens with 500.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from botbuilder.core import Bot, InvokeResponse, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    ClaimsIdentity,
    ConnectorFactory,
)

from bot.relay.outcomes import OutsideError
from bot.teams.claims import Forbidden, NotAuthentic, Verified
from bot.teams.connector import Client, Wire, WireConnectorFactory
from bot.teams.inbound_auth import Inbound
from bot.teams.keys import KeysUnavailable
from bot.teams.models import as_json
from bot.teams.storable import read_json
from bot.teams.streams import TooMuch, read_up_to

log = structlog.get_logger(__name__)
_heard = logging.getLogger(__name__)  # to ask it first saves 20 us of each message

MAX_BODY = 256 * 1024  # bytes; Teams' own messages end at about 100 KB
TURN_LIMIT = 12.0  # seconds; Teams gives up after 15 and tries again
_NOTHING = Activity(type="event")  # what happened before the bot spoke
RAW = "livechat.raw"  # where a turn keeps the activity as it came: the SDK's model drops fields


class TeamsAuthentication(BotFrameworkAuthentication):  # type: ignore[misc]
    """The SDK's seam for authentication and for making connector clients."""

    def __init__(self, app_id: str, inbound: Inbound, wire: Wire) -> None:
        self._app_id = app_id
        self._inbound = inbound
        self._factory = WireConnectorFactory(wire)
        self._wire = wire

    def client(self, service_url: str) -> Client:
        """Return a connector client for ``service_url``; it costs nothing."""
        return Client(self._wire, service_url)

    def check_caller(self, headers: Mapping[str, str]) -> None:
        """Check how the request got here. Raises Forbidden."""
        self._inbound.check_caller(headers)

    async def identify(self, authorization: str) -> Verified | None:
        """Check the header alone, before the body is read."""
        return await self._inbound.identify(authorization)

    def admit(
        self, activity: dict[str, Any], verified: Verified | None
    ) -> AuthenticateRequestResult:
        """Check the body against the header's token. Raises NotAuthentic, Forbidden."""
        self._inbound.admit(activity, verified)
        result = AuthenticateRequestResult()
        result.audience = "https://api.botframework.com"
        result.claims_identity = ClaimsIdentity({"aud": self._app_id}, verified is not None)
        result.caller_id = "urn:botframework:azure"
        result.connector_factory = self._factory
        return result

    async def authenticate_request(
        self, activity: Activity, auth_header: str
    ) -> AuthenticateRequestResult:
        """Do both for an activity that the SDK has read."""
        verified = await self.identify(auth_header)
        return self.admit(as_json(activity), verified)

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        """Refuse: Teams does not stream."""
        raise NotAuthentic("streaming")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:
        """Return the one factory."""
        return self._factory

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """Return nothing: nobody signs in through the bot."""


class TeamsAdapter(CloudAdapter):  # type: ignore[misc]
    """Takes Teams' requests in; what the bot sends of its own accord goes through ``unasked``.

    ``on_turn_error`` stays unset: with it the SDK swallows failed sends.
    """

    def __init__(self, authentication: TeamsAuthentication) -> None:
        super().__init__(authentication)
        self._authentication = authentication

    def unasked(self, service_url: str) -> TurnContext:
        """Return a turn in which the bot speaks first, for ``send_activities`` and the like.

        It is what the SDK's ``continue_conversation`` makes, without the event, the claims and the
        token client that it makes up for a pipeline which has nothing in it here.
        """
        context = TurnContext(self, _NOTHING)
        context.turn_state[self.BOT_CONNECTOR_CLIENT_KEY] = self._authentication.client(service_url)
        return context

    async def process(
        self, request: web.Request, bot: Bot, ws_response: web.WebSocketResponse | None = None
    ) -> web.Response:
        """Answer a request of Teams; nothing but a status and words of ours ever goes back."""
        try:
            self._authentication.check_caller(request.headers)
            verified = await self._authentication.identify(request.headers.get("Authorization", ""))
            raw = await _read(request)
            admitted = self._authentication.admit(raw, verified)
            activity = _turned(raw)
        except NotAuthentic as error:
            log.warning("request_not_authentic", reason=error.reason)
            return _refuse(HTTPStatus.UNAUTHORIZED, "This is not a request of Microsoft Teams.")
        except Forbidden as error:
            log.warning("request_forbidden", reason=error.reason)
            return _refuse(HTTPStatus.FORBIDDEN, "This bot does not serve your organisation.")
        except KeysUnavailable:
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Try again later.")
        except _Unreadable as error:
            return _refuse(error.status, error.sentence)
        if _heard.isEnabledFor(logging.DEBUG):
            log.debug("activity", kind=raw["type"])
        return await self._turn(bot, raw, activity, admitted)

    async def _turn(
        self,
        bot: Bot,
        raw: dict[str, Any],
        activity: Activity,
        admitted: AuthenticateRequestResult,
    ) -> web.Response:
        async def logic(context: TurnContext) -> None:
            context.turn_state[RAW] = raw
            await bot.on_turn(context)

        try:
            async with asyncio.timeout(TURN_LIMIT):
                answer = await self.process_activity(admitted, activity, logic)
        except (OutsideError, TimeoutError) as error:
            log.warning("turn_put_off", kind=raw["type"], error=type(error).__name__)
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Try again later.")
        except Exception as error:  # noqa: BLE001 - whatever it is, Teams gets a status
            # Not the exception's own words: a database error may quote somebody's message.
            where = [f"{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
            log.error(  # noqa: TRY400 - for the same reason no traceback
                "turn_failed", kind=raw["type"], error=type(error).__name__, where=where
            )
            return _refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here.")
        return _answer(answer)


def _turned(raw: dict[str, Any]) -> Activity:
    """Return the little of an activity by which the SDK chooses a handler; handlers read RAW.

    The SDK's own deserializer reads all of it, which costs more than all the rest of a turn.
    """
    return Activity(
        type=raw["type"],
        channel_id=raw["channelId"],
        service_url=raw["serviceUrl"],
        name=raw.get("name"),
        value=raw.get("value"),
        channel_data=raw.get("channelData"),
    )


class _Unreadable(Exception):
    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def _read(request: web.Request) -> dict[str, Any]:
    """Read the activity of a request. Raises _Unreadable."""
    if request.content_type != "application/json":
        raise _Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    try:
        raw = read_json(await read_up_to(request.content, MAX_BODY))
    except ConnectionError:  # whoever asked has gone, and nobody will read this
        raise _Unreadable(HTTPStatus.BAD_REQUEST, "The connection broke.") from None
    except TooMuch:
        sentence = "The activity is too big."
        raise _Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence) from None
    except (ValueError, RecursionError):
        raise _Unreadable(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise _Unreadable(HTTPStatus.BAD_REQUEST, "The body is not an activity.")
    return raw


def _answer(answer: InvokeResponse | None) -> web.Response:
    if answer is None:
        return web.Response(status=HTTPStatus.OK)
    if answer.body is None:
        return _refuse(HTTPStatus(answer.status), "The bot does not know this request.")
    return web.json_response(answer.body, status=int(answer.status))


def _refuse(status: HTTPStatus, sentence: str) -> web.Response:
    return web.json_response({"error": {"message": sentence}}, status=status)

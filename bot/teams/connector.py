"""The Connector's REST API on one aiohttp session, in the shape that botbuilder calls.

It takes the place of the SDK's ConnectorClient, whose transport builds a session, a connection
and a token for every send.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
import structlog
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from botbuilder.schema import Activity, ConversationResourceResponse, ResourceResponse
from botframework.connector.auth import ConnectorFactory
from yarl import URL

from bot.relay.delivery import STILL
from bot.relay.outcomes import NotDone, Refused
from bot.teams import answers
from bot.teams.hosts import ServiceHosts
from bot.teams.models import as_json
from bot.teams.streams import TooMuch, read_up_to

log = structlog.get_logger(__name__)
_heard = logging.getLogger(__name__)  # to ask it first saves 20 us of each message

TIMEOUT = 10.0  # seconds for one request
CONNECT = 6.0  # of these, for a free or new connection: what fails until then was never sent
TOKEN = 6.0  # seconds for a token, which may be long in coming where Entra's name or port is a hole
MAX_ANSWER = 4 * 1024 * 1024


class Tokens(Protocol):
    """Where the bearer token comes from; none in development."""

    async def token(self) -> str:
        """Return a good token."""

    async def renew(self, refused: str) -> str:
        """Return another token."""


class _Broken(Exception):
    """The connection broke after something was written: nobody saw the outcome."""


class _Endless(_Broken):
    """The answer is longer than what was asked for."""


class _TooLate(Exception):
    """Nothing was written: others may be at it by now."""


class _Timely(aiohttp.ClientRequest):
    """A request of which no byte leaves once the claim on what it carries is over.

    Whoever was stopped in between (SIGSTOP) finds that out here, with the connection in his hands;
    before, he sent it after the one who had taken it over, and unmarked. While the whole machine
    sleeps, its steady clock stands still: then nobody finds out.
    """

    async def write_bytes(
        self,
        writer: AbstractStreamWriter,
        conn: Connection,
        content_length: int | None = None,
    ) -> None:
        """Write the head and the body, if they may still leave."""
        if STILL.get()():
            await super().write_bytes(writer, conn, content_length)
        elif conn.protocol is not None:
            conn.protocol.set_exception(_TooLate())


class Wire:
    """One session for all calls to the Connector. Every call raises the errors of relay.ports."""

    def __init__(
        self, hosts: ServiceHosts, tokens: Tokens | None, *, connections: int = 50
    ) -> None:
        self._hosts = hosts
        self._tokens = tokens
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self.answers: Counter[tuple[str, int]] = Counter()  # by method and status; 0: none came

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session; it is made at first use because it belongs to the running loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=CONNECT),
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_Timely,
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        service_url: str,
        path: str,
        body: Any = None,
        *,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        """Call ``path`` below ``service_url``; return the answer's JSON object.

        What is ``repeatable`` is not done when its outcome was not seen; by default, all but a
        POST is.
        """
        if repeatable is None:
            repeatable = method != "POST"
        self._check(service_url)
        asked = method, _url(service_url, path), body, MAX_ANSWER
        return answers.read_object(await self._ask(asked, repeatable=repeatable))

    async def fetch(self, url: str, most: int) -> bytes:
        """Fetch a file of at most ``most`` bytes from a host that the bot may speak to."""
        self._check(url)
        return await self._ask(("GET", URL(url, encoded=True), None, most), repeatable=True)

    def _check(self, url: str) -> None:
        # Before anything is opened or a token is fetched: the host may come from a stored row.
        if not self._hosts.allow(url):
            raise Refused(
                "The conversation's service address is not one that the bot may speak to. "
                "An administrator should look at the setting of the service hosts."
            )

    async def _ask(self, asked: tuple[str, URL, Any, int], *, repeatable: bool) -> bytes:
        """Ask (method, URL, body, most bytes of the answer) with our token; return a good answer."""
        token = await self._token()
        try:
            status, headers, answer = await self._send(*asked, token)
            if status == 401 and self._tokens:
                token = await self._token(token)
                status, headers, answer = await self._send(*asked, token)
        except _Endless as endless:
            if asked[0] == "GET":
                raise Refused(str(endless)) from None
            raise answers.unseen(str(endless), repeatable=repeatable) from None
        except _Broken as broken:
            raise answers.unseen(str(broken), repeatable=repeatable) from None
        if status == 401:
            log.error("connector_refuses_token", renewed=self._tokens is not None)
        error = answers.problem(status, headers, answer, repeatable=repeatable)
        if error is not None:
            raise error
        return answer

    async def _token(self, refused: str = "") -> str:
        """Fetch a token, or another than ``refused``: nothing was done while there is none."""
        if self._tokens is None:
            return ""
        try:
            async with asyncio.timeout(TOKEN):
                return await (self._tokens.renew(refused) if refused else self._tokens.token())
        except TimeoutError:
            raise NotDone("Microsoft Entra, which gives the bot its token, is slow.") from None

    async def _send(
        self, method: str, url: URL, body: Any, most: int, token: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            async with self.session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                self.answers[method, answer.status] += 1
                if _heard.isEnabledFor(logging.DEBUG):
                    log.debug("teams_answered", method=method, status=answer.status)
                length = answer.content_length
                if length is not None and length <= most:
                    return answer.status, answer.headers, await answer.read()
                return answer.status, answer.headers, await read_up_to(answer.content, most)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            # Nothing was written, or not even a connection was to be had.
            self.answers[method, 0] += 1
            raise NotDone("Teams cannot be reached.") from None
        except _TooLate:
            self.answers[method, 0] += 1
            raise NotDone("The claim came too late.") from None
        except TooMuch:
            raise _Endless("It is bigger than what is taken.") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answers[method, 0] += 1
            raise _Broken(f"The connection to Teams broke ({type(error).__name__}).") from None


class Conversations:
    """The operations on conversations that botbuilder's adapter and we use."""

    def __init__(self, wire: Wire, service_url: str) -> None:
        self._wire = wire
        self._service_url = service_url

    async def send_to_conversation(
        self, conversation_id: str, activity: Activity
    ) -> ResourceResponse:
        """Post at the end of a conversation or thread."""
        return await self._write("POST", _activities(conversation_id), activity)

    async def reply_to_activity(
        self, conversation_id: str, activity_id: str, activity: Activity
    ) -> ResourceResponse:
        """Post as an answer to ``activity_id``."""
        return await self._write("POST", _activities(conversation_id, activity_id), activity)

    async def update_activity(
        self, conversation_id: str, activity_id: str, activity: Activity
    ) -> ResourceResponse:
        """Replace a post of ours."""
        return await self._write("PUT", _activities(conversation_id, activity_id), activity)

    async def delete_activity(self, conversation_id: str, activity_id: str) -> None:
        """Take a post of ours back."""
        path = _activities(conversation_id, activity_id)
        await self._wire.call("DELETE", self._service_url, path)

    async def create_conversation(self, parameters: dict[str, Any]) -> ConversationResourceResponse:
        """Start a thread in a channel, or find the one personal chat with a person.

        Asked twice for a personal chat, Teams names the same one.
        """
        answer = await self._wire.call(
            "POST",
            self._service_url,
            "v3/conversations",
            parameters,
            repeatable="activity" not in parameters,
        )
        return ConversationResourceResponse(
            id=str(answer.get("id") or ""), activity_id=str(answer.get("activityId") or "")
        )

    async def paged_members(self, conversation_id: str, token: str) -> dict[str, Any]:
        """Return a page of members: {"members": […], "continuationToken": …?}."""
        path = f"v3/conversations/{quote(conversation_id, safe='')}/pagedmembers?pageSize=500"
        if token:
            path += f"&continuationToken={quote(token, safe='')}"
        return await self._wire.call("GET", self._service_url, path)

    async def _write(self, method: str, path: str, activity: Activity) -> ResourceResponse:
        answer = await self._wire.call(method, self._service_url, path, as_json(activity))
        return ResourceResponse(id=str(answer.get("id") or ""))


@lru_cache(maxsize=2048)
def _url(service_url: str, path: str) -> URL:
    return URL(f"{service_url.rstrip('/')}/{path}", encoded=True)


@lru_cache(maxsize=2048)
def _activities(conversation_id: str, activity_id: str = "") -> str:
    path = f"v3/conversations/{quote(conversation_id, safe='')}/activities"
    return f"{path}/{quote(activity_id, safe='')}" if activity_id else path


class Client:
    """What the adapter keeps in a turn as its connector client."""

    def __init__(self, wire: Wire, service_url: str) -> None:
        self.conversations = Conversations(wire, service_url)


class WireConnectorFactory(ConnectorFactory):  # type: ignore[misc]
    """Makes connector clients that share the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def create(self, service_url: str, audience: str) -> Client:
        """Return a client for ``service_url``; it costs nothing."""
        return Client(self._wire, service_url)

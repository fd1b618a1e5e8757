"""Starting a chat from RT's ticket page: for COs whom the site's web server has signed in.

It shares nothing with the visitors' routes but the house rules around every request: no cookie, no
session; who asks is looked up with every request.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import parse_qs

import structlog
from aiohttp import hdrs, web

from bot.domain.tickets import NoTicketNumber, SeveralTicketNumbers, TicketRef, parse_ticket
from bot.relay.inbound import Operator
from bot.relay.outcomes import OutsideError
from bot.relay.starting import Starting
from bot.visitors import start_page
from bot.visitors.around import answer
from bot.visitors.guard import Refusal, check_origin, read_bytes
from bot.visitors.pages import STATIC
from bot.visitors.proxy_identity import ProxyIdentity

log = structlog.get_logger(__name__)

CHAT: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")  # whoever began it: the page, a CO, a visitor
_KEY = re.compile(r"[A-Za-z0-9_-]{22}")
_PATIENCE, _LOOK = 15.0, 0.2  # seconds that a request waits for the thread, looking every so often


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page goes by.

    prefix       the path below which the service is reached
    origin       the service's own origin, from which its form is sent
    rt_origins   origins of the RTs whose pages may ask whether a chat is running
    hosts        our name of the RT at each host
    domain       what makes a login a user principal name; empty if it is one
    """

    prefix: str
    origin: str
    rt_origins: frozenset[str]
    hosts: Mapping[str, str]
    secret: bytes
    domain: str
    zone: tzinfo
    now: Callable[[], datetime]


class StartRoutes:
    """The handlers."""

    def __init__(self, starting: Starting, identity: ProxyIdentity, desk: Desk) -> None:
        self._starting = starting
        self._identity = identity
        self._desk = desk
        self._css = (STATIC / "start.css").read_bytes()

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [
            web.get("/start", self.ask),
            web.post("/start", self.start),
            web.get("/start.css", self.css),
            web.get("/start/running", self.running),
            web.get("/start/{chat}", self.wait),
        ]

    async def css(self, _request: web.Request) -> web.Response:
        """Give the page's looks out."""
        response = web.Response(body=self._css, content_type="text/css", charset="utf-8")
        response.headers[hdrs.CACHE_CONTROL] = "public, max-age=300"
        return response

    async def ask(self, request: web.Request) -> web.Response:
        """Show the ticket and ask; nothing is begun by a GET."""
        try:
            operator, login = await self._operator(request)
            ref = self._ticket(request.query.get("ticket", ""))
            ticket = await self._starting.ticket(ref)
            running = await self._starting.running(ticket.ref)
        except (_Trouble, OutsideError) as trouble:
            return self._told(trouble)
        key, beside = secrets.token_urlsafe(16), " ".join(one.chat for one in running)
        desk = self._desk
        stamp = start_page.seal(desk.secret, desk.now(), login, str(ticket.ref), key, beside)
        hidden = {"key": key, "beside": beside, "stamp": stamp}
        page = start_page.asking(desk.prefix, ticket, running, operator.name, hidden, desk.zone)
        return self._page(200, page)

    async def start(self, request: web.Request) -> web.Response:
        """Begin the chat that the form asks for; sent twice, it begins one.

        A chat about the ticket that the form did not yet know of is led to instead.
        """
        desk = self._desk
        check_origin(request, frozenset({desk.origin}))
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Refusal(403, "origin")
        form = await _form(request)
        try:
            operator, login = await self._operator(request)
            names = ("ticket", "key", "beside", "stamp")
            ticket, key, beside, stamp = (form.get(name, "") for name in names)
            what = (login, ticket, key, beside)
            sealed = start_page.is_sealed(stamp, desk.secret, desk.now(), *what)
            if not (sealed and _KEY.fullmatch(key)):
                raise _Trouble(403, "This page has grown too old. Open it from the ticket again.")
            ref = self._ticket(ticket)
            running, known = await self._starting.running(ref), beside.split()
            unseen = [one.chat for one in running if one.chat not in known]
            chat_id = unseen[0] if unseen else await self._starting.start(ref, operator, key, known)
        except (_Trouble, OutsideError) as trouble:
            return self._told(trouble)
        log.info("started_from_page", chat=chat_id, operator=operator.id)
        return web.Response(status=303, headers={"Location": f"{desk.prefix}/start/{chat_id}"})

    async def wait(self, request: web.Request) -> web.Response:
        """Wait for the thread a little, and lead there."""
        chat_id = request.match_info["chat"]
        if not CHAT.fullmatch(chat_id):
            raise Refusal(404, "not_found")
        try:
            operator, _ = await self._operator(request)
        except (_Trouble, OutsideError) as trouble:
            return self._told(trouble)
        for _ in range(int(_PATIENCE / _LOOK)):
            if started := await self._starting.started(chat_id):
                page = start_page.waiting(self._desk.prefix, operator, started)
                return self._page(200, page)
            await asyncio.sleep(_LOOK)
        return self._page(200, start_page.waiting(self._desk.prefix, operator, None))

    async def running(self, request: web.Request) -> web.Response:
        """Tell RT's ticket page, in the CO's browser, whether a chat about the ticket goes on."""
        origin = request.headers.get(hdrs.ORIGIN, "")
        if origin not in self._desk.rt_origins:
            raise Refusal(403, "origin")
        try:
            await self._operator(request)
            found = await self._starting.running(self._ticket(request.query.get("ticket", "")))
        except (_Trouble, OutsideError):
            found = []
        body = {"running": [{"by": one.started_by, "link": one.link} for one in found]}
        response = answer(200, body)
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        return response

    # --- helpers -----------------------------------------------------------------------------------

    async def _operator(self, request: web.Request) -> tuple[Operator, str]:
        """Return who signed in, and his login. Raises _Trouble, NotDone, Unclear."""
        try:
            login = self._identity.login(request)
        except Refusal:  # a person reads this; it is forged, or the web server is set up wrongly
            raise _Trouble(
                403,
                "The site's sign-in did not tell the live chat who you are. That is a fault of this "
                "site and not yours. Ask whoever looks after the live chat.",
            ) from None
        if login is None:
            raise _Trouble(401, "You are not signed in. Open this page through the site's sign-in.")
        domain = self._desk.domain
        plain = self._identity.local(login)
        address = f"{plain}@{domain}" if domain else login
        # A namesake of another realm is nobody here.
        known = plain is not None or not domain
        operator = await self._starting.operator(address) if known else None
        if operator is None:
            raise _Trouble(
                403,
                f"You are signed in as {login}, and no member of the team in Teams has that name. "
                "Ask whoever looks after the live chat.",
            )
        return operator, login

    def _ticket(self, text: str) -> TicketRef:
        try:
            return parse_ticket(text, dict(self._desk.hosts))
        except (NoTicketNumber, SeveralTicketNumbers):
            raise _Trouble(
                400, "This address names no ticket. Open the page from a ticket in RT."
            ) from None

    def _told(self, trouble: _Trouble | OutsideError) -> web.Response:
        """Say on the page why it does not go on."""
        status = trouble.status if isinstance(trouble, _Trouble) else 503
        return self._page(status, start_page.trouble(self._desk.prefix, trouble.sentence))

    def _page(self, status: int, html: str) -> web.Response:
        response = web.Response(status=status, text=html, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = start_page.POLICY
        # With "no-referrer" a browser would send the form with the origin "null".
        response.headers["Referrer-Policy"] = "same-origin"
        return response


class _Trouble(Exception):
    """The page says why it does not go on; ``status`` is HTTP's."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def _form(request: web.Request) -> dict[str, str]:
    """Read a small form. Raises Refusal."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refusal(415, "form")
    try:
        fields = parse_qs((await read_bytes(request)).decode("ascii"), max_num_fields=8)
    except ValueError:
        raise Refusal(400, "broken") from None
    return {name: values[0] for name, values in fields.items() if len(values) == 1}

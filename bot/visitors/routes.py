"""Links, seats and the socket: docs/widget-protocol.md, "HTTP"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import hdrs, web

from bot.domain.chat import Chat
from bot.relay.joining import CannotJoin, Joining
from bot.relay.ports import Seat
from bot.visitors import guard, wire
from bot.visitors.allowance import Buckets, Rate
from bot.visitors.around import answer, error
from bot.visitors.guard import Refusal
from bot.visitors.senders import Senders
from bot.visitors.sign_in_routes import SignInRoutes
from bot.visitors.socket import Shared, Socket
from bot.visitors.wire import Close

log = structlog.get_logger(__name__)

# Our tokens have 43 characters; others are not worth a look at the database.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
_STATUS = {"unknown": 404, "sign_in": 401, "not_yours": 403, "blocked": 403}
_NONCE = re.compile(r"[A-Za-z0-9_-]{43}")

BY_ADDRESS = Rate(per_minute=300, burst=100)  # a whole campus may share one
BY_TOKEN = Rate(per_minute=10, burst=10)
BEGINS = Rate(per_minute=10 / 60, burst=10)  # chats that one address begins
# Of one chat, in all its tabs: the same link gives its window seat after seat, if an answer was lost.
# What was written without a network comes at once, and was promised.
SAYS = Rate(per_minute=60, burst=60)


@dataclass(frozen=True, slots=True)
class Allowances:
    """How much of what."""

    by_address: Rate = BY_ADDRESS
    by_token: Rate = BY_TOKEN
    begins: Rate = BEGINS
    shared: tuple[str, ...] = ()  # networks whose people come from one address, or few
    says: Rate = SAYS
    sockets: int = 6000
    sockets_of_chat: int = 20


class Accepted(web.WebSocketResponse):
    """A WebSocket that was let in. It is served by whoever called the handler.

    So that the frames of what was needed for letting it in do not stay for as long as it lives.
    """

    socket: Socket | None = None


class Routes:
    """The handlers for whoever shows a link, or a cookie."""

    def __init__(
        self,
        shared: Shared,
        joining: Joining,
        origins: frozenset[str],
        allowances: Allowances,
        signing: SignInRoutes | None,
    ) -> None:
        self._shared = shared
        self._joining = joining
        self._visiting = shared.visiting
        self._hub = shared.hub
        self._now = shared.now
        self._origins = origins
        self._signing = signing
        self._allowances = allowances
        self._senders = Senders(allowances.by_address, allowances.shared)
        self._tokens = Buckets(allowances.by_token)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [
            web.post("/api/peek", self.peek),
            web.post("/api/join", self.join),
            web.get("/api/session", self.session),
            web.post("/api/leave", self.leave),
            # A HEAD that is answered like a GET would be a socket without one.
            web.get("/ws", self.ws, allow_head=False),
        ]

    # --- links and seats ---------------------------------------------------------------------------

    async def peek(self, request: web.Request) -> web.Response:
        """Tell what a link is worth."""
        body = await self._body(request, "token")
        token = self._token(body)
        if token is None:
            return answer(200, {"fate": "unknown"})
        who = await self._signing.who(request) if self._signing else None
        seen = await self._joining.peek(token, who, guard.secret_of(request))
        return answer(200, wire.peek(seen, self._signing.page if self._signing else ""))

    async def join(self, request: web.Request) -> web.Response:
        """Exchange a link for the cookie."""
        body = await self._body(request, "token", "nonce")
        if not _NONCE.fullmatch(body["nonce"]):
            raise Refusal(400, "broken")
        token, present = self._token(body), guard.secret_of(request)
        if token is None:
            return error(404, "unknown")
        before = await guard.held_seat(request, self._joining)
        try:
            who = await self._signing.who(request) if self._signing else None
            joined = await self._joining.join(token, body["nonce"], present, who)
        except CannotJoin as refusal:
            log.info("join_refused", fate=refusal.fate)
            return error(_STATUS.get(refusal.fate, 410), refusal.fate)
        if before and before.chat_id != joined.seat.chat_id:
            # The browser's cookie is about to name another chat: its old tabs are told now, not
            # when their network next fails, and those at other processes by the ring.
            self._hub.dismiss(before.chat_id, before.id, Close.OTHER_CHAT)
            await self._visiting.leave(before)
        log.info("joined", chat=joined.chat.id)
        # He counts as there, but his window has yet to open: the network may take him before.
        self._shared.attendance.expect(joined.chat.id)
        shown = self._shown(joined.chat, joined.relayed)
        response = answer(200, shown | guard.before(request))
        guard.set_secret(response, joined.secret, joined.seat.expires, self._now())
        if self._signing:
            self._signing.forget(response)
        return response

    async def session(self, request: web.Request) -> web.Response:
        """Show the cookie's chat, if it has one."""
        if guard.gave_way(request):
            signed_out = error(401, "signed_out")
            guard.make_way(signed_out, guard.TOLD_AGAIN)
            return signed_out
        seat = await guard.held_seat(request, self._joining)
        looked = await self._visiting.look(seat) if seat else None
        longer = await self._shared.waits.longer_than(looked[0]) if looked else None
        view = wire.view(*looked, longer) if looked else None
        if view is not None:
            return answer(200, view)
        # What was not sent from that window is shown to its writer alone.
        who = await self._signing.here(request) if self._signing else None
        response = web.Response(status=204)
        if who:
            response.headers["X-Livechat-Person"] = wire.person(who)
        return response

    async def leave(self, request: web.Request) -> web.Response:
        """Forget the cookie, here and in the browser; one for another chat than is named stays."""
        chat = (await self._body(request, may_have=("chat",))).get("chat")
        if seat := await guard.held_seat(request, self._joining):
            if chat is not None and chat != seat.chat_id:
                raise Refusal(409, "other_chat")
            await self._visiting.leave(seat)
            self._hub.dismiss(seat.chat_id, seat.id, Close.NO_SESSION)
        response = web.Response(status=204)
        guard.drop_secret(response)
        if self._signing:
            await self._signing.sign_out(request, response)
        return response

    # --- the socket --------------------------------------------------------------------------------

    async def ws(self, request: web.Request) -> Accepted:
        """Open a socket, for a page of ours and the bearer of a good cookie."""
        guard.check_origin(request, self._origins)
        # An upgrade with a body is how requests are smuggled; aiohttp fails at a key that is no text.
        if request.body_exists or not request.headers.get(hdrs.SEC_WEBSOCKET_KEY, "").isascii():
            raise Refusal(400, "broken")
        if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            raise Refusal(426, "upgrade")  # a proxy took it away: `livechat doctor` asks
        offered = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
        if wire.PROTOCOL not in [protocol.strip() for protocol in offered.split(",")]:
            raise Refusal(403, "protocol")
        seat = await guard.seat_of(request, self._joining)
        self._check_room(seat)
        ws = Accepted(
            protocols=(wire.PROTOCOL,),
            compress=False,  # costs ten times the memory and saves nothing on lines of chat
            autoping=False,  # signs of life are noted by the socket
            max_msg_size=wire.MAX_FRAME_BYTES,
            writer_limit=1,  # a frame for a slow peer waits until there is room for it
            timeout=self._shared.pace.goodbye + 1,
        )
        transport = request.transport
        await ws.prepare(request)
        if transport is not None:
            ws.socket = Socket(ws, transport, seat, self._shared)
        return ws

    def _check_room(self, seat: Seat) -> None:
        """Refuse a socket when we are leaving, or full, or the chat has too many, by any seats."""
        full = self._hub.count() >= self._allowances.sockets
        tabs = self._hub.count_of(seat.chat_id)
        if self._hub.closing or full or tabs >= self._allowances.sockets_of_chat:
            raise Refusal(503, "busy", retry_after=5)

    # --- helpers -----------------------------------------------------------------------------------

    async def _body(
        self, request: web.Request, *fields: str, may_have: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """Return the body of a POST of ours: these texts and nothing else. Raises Refusal."""
        guard.check_post(request, self._origins)
        self._senders.check(request)
        body = await guard.read_body(request)
        if set(body).difference(may_have) != set(fields) or not all(
            isinstance(value, str) for value in body.values()
        ):
            raise Refusal(400, "broken")
        return body

    def _token(self, body: dict[str, str]) -> str | None:
        """Return the body's token, or None if it cannot be one of ours. Raises Refusal."""
        token = body["token"]
        if not _TOKEN.fullmatch(token):
            return None
        guard.check_rate(self._tokens, guard.token_name(token))
        return token

    def _shown(self, chat: Chat, relayed: int) -> dict[str, Any]:
        view = wire.view(chat, relayed)
        if view is None:
            raise Refusal(410, "revoked")
        return view

"""Whose chat a browser shows, once the site says that somebody else sits there, or nobody any more.

A seat's cookie outlives a sign-in, so that nothing but one page need lie behind it. On a computer that
people share that is too long: when the next one signs in, or the site's own sign-out is heard of, the
seat of whoever sat there before is given up, and its windows are closed.
"""

from __future__ import annotations

from typing import Final

import structlog
from aiohttp import web

from bot.domain.admission import is_his
from bot.domain.chat import Chat
from bot.domain.identity import Identity, Proof
from bot.relay.joining import Joining
from bot.relay.ports import Seat
from bot.relay.visiting import Visiting
from bot.visitors import guard
from bot.visitors.guard import SIGNED_OUT, Refusal
from bot.visitors.hub import Hub
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.wire import Close

log = structlog.get_logger(__name__)

#: What is asked once, by a page that then does as it is told.
_ENDING: Final = "/api/session"
#: What ends it only when it leads into another chat. After a refusal the question for the session is
#: still to hear that she signed out: told that there is none, the page shows what she had not sent.
_LEADING: Final = ("/api/join", "/api/begin", "/api/go-on")
_HARMLESS: Final = ("/api/peek", "/api/leave", "/api/sign-in")


class Keeper:
    """``proxy`` says with every request who is signed in, and nobody's name once he signed out; None
    where the web server tells that on the page for signing in alone.
    """

    def __init__(
        self, joining: Joining, visiting: Visiting, hub: Hub, proxy: ProxyIdentity | None
    ) -> None:
        self._joining = joining
        self._visiting = visiting
        self._hub = hub
        self._proxy = proxy

    async def make_way(self, request: web.Request, response: web.Response, who: Identity) -> None:
        """Somebody signed in with this browser: a chat that is not his is over for it."""
        if found := await self._found(request):
            seat, chat = found
            if not is_his(who, chat.identity, chat.ticket):
                await self.give_up(seat)
                guard.make_way(response)

    async def look(self, request: web.Request) -> Seat | None:
        """Look whether whoever signed in for the seat is still signed in.

        If not, the widget's question for its session gives the seat up. So does joining another chat,
        once that is done: what is to be given up then is returned. All else that would show the chat
        is refused. Raises Refusal, also for a forged name.
        """
        if self._proxy is None or guard.secret_of(request) is None or _shows_nothing(request):
            return None
        said = self._proxy.login(request)
        login = self._proxy.local(said) if said else None
        if found := await self._found(request):
            seat, chat = found
            if chat.identity.proof is Proof.SSO and not _is_still_his(chat, login):
                if not request.path.endswith((_ENDING, *_LEADING)):
                    raise Refusal(401, "signed_out")
                request[SIGNED_OUT] = True
                if request.path.endswith(_LEADING):
                    return seat
                await self.give_up(seat)
        return None

    async def _found(self, request: web.Request) -> tuple[Seat, Chat] | None:
        seat = await guard.held_seat(request, self._joining)
        looked = await self._visiting.look(seat) if seat else None
        return (seat, looked[0]) if seat and looked else None

    async def give_up(self, seat: Seat) -> None:
        """It seats nobody any more, and its windows are closed."""
        await self._visiting.leave(seat)
        self._hub.dismiss(seat.chat_id, seat.id, Close.NO_SESSION)
        log.info("gave_way", chat=seat.chat_id)


def _shows_nothing(request: web.Request) -> bool:
    path = request.path
    # How it stands at the door: the next question for the session is to hear that it was given up.
    if path.endswith("/api/begin") and request.method in {"GET", "HEAD"}:
        return True
    return path.endswith(_HARMLESS) or not ("/api/" in path or path.endswith("/ws"))


def _is_still_his(chat: Chat, login: str | None) -> bool:
    """Tell whether who signed in for a chat may be who is signed in now (None: nobody is).

    Once its text is deleted nobody here knows who that was. All that it tells then is which ticket
    has the record, and whoever slept through that is owed it.
    """
    known = chat.identity.login
    return login == known if known else login is not None

"""Signing in: by the web server's word on a page of its own, or by a token of the host site.

What comes of it is a cookie that lives for minutes, and is used up by joining a chat. From then on
the seat's cookie is enough, so that nothing but this page need lie behind the site's sign-in.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import hdrs, web

from bot.domain.admission import SignIn
from bot.domain.identity import Identity, Proof
from bot.relay.joining import Joining
from bot.relay.outcomes import NotDone
from bot.relay.signing_in import SigningIn, UsedBefore
from bot.visitors import guard, pages
from bot.visitors.allowance import Rate
from bot.visitors.around import answer
from bot.visitors.assertions import Assertions, BadAssertion
from bot.visitors.guard import Refusal
from bot.visitors.keeper import Keeper
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.senders import Senders
from bot.visitors.socket import Shared

log = structlog.get_logger(__name__)

COOKIE: Final = "__Host-livechat-signin"
#: A path on this site, and nothing that a browser could take for another's address.
_BACK = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}")
_FAULT = (
    "The site's sign-in did not tell the chat who you are. That is a fault of this site and not yours: "
    "please tell computing support."
)
#: What a person reads who came here in vain.
WHY: Final = {
    "not_signed_in": _FAULT,
    "forged": _FAULT,
    "realm": "The account with which you signed in is of another organisation. Sign out there, and sign "
    "in with your account of this site, if you have one.",
    "slow_down": "Too many people of your network are signing in just now. Wait a minute, and load this "
    "page again.",
    "busy": "The chat does not answer just now. Wait a minute, and load this page again.",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
BY_ADDRESS = Rate(per_minute=300, burst=200)  # a lecture hall may share one
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Porch:
    """Where visitors sign in.

    proxy        reads the web server's word; None if it gives none about visitors
    assertions   reads the host site's tokens; None if it makes none
    domain       what makes a login an address (``s1234567@`` this); "" if it does not
    page         where the widget sends those who must sign in
    home         where they go afterwards, if they do not say
    everywhere   the web server names with every request who is signed in, or nobody
    """

    signing_in: SigningIn
    proxy: ProxyIdentity | None
    assertions: Assertions | None
    domain: str
    page: str
    home: str
    everywhere: bool = False


class SignInRoutes:
    """The handlers, and who signed in.

    ``keeper`` sees to it that a chat is shown to nobody but him who signed in for it. ``networks`` are
    those whose people come from one address, or few.
    """

    def __init__(
        self,
        porch: Porch,
        shared: Shared,
        joining: Joining,
        origins: frozenset[str],
        networks: tuple[str, ...] = (),
    ) -> None:
        self._porch = porch
        self._origins = origins
        self._now = shared.now
        self._senders = Senders(BY_ADDRESS, networks)
        self.page = porch.page
        self.keeper = Keeper(joining, shared.visiting, shared.hub, self._everywhere)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        routes = []
        if self._porch.proxy:
            routes.append(web.get("/sign-in", self.by_proxy, allow_head=False))
        if self._porch.assertions:
            routes.append(web.post("/api/sign-in", self.by_assertion))
        return routes

    async def by_proxy(self, request: web.Request) -> web.Response:
        """Take the web server's word, and go back to where the visitor came from."""
        back = request.rel_url.raw_query_string
        to = back if _BACK.fullmatch(back) else self._porch.home
        try:
            return await self._by_proxy(request, to)
        except (Refusal, NotDone) as trouble:
            away = Refusal(503, "busy", retry_after=5)  # the database is
            refusal = trouble if isinstance(trouble, Refusal) else away
            # A browser shows a person whatever is answered here.
            if refusal.code not in WHY or "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
                raise
            log.info("sign_in_refused", error=refusal.code)
            accepted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
            return _told(refusal, to, pages.language(accepted))

    async def _by_proxy(self, request: web.Request, to: str) -> web.Response:
        assert self._porch.proxy
        # A person goes there. Nothing that a page merely fetches signs anybody in.
        if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            raise Refusal(403, "origin")
        self._senders.check(request)
        login = self._porch.proxy.login(request)
        if login is None:
            # The page is not behind the sign-in: going back would go round in circles.
            raise Refusal(401, "not_signed_in")
        response = web.Response(status=303, headers={hdrs.LOCATION: to})
        plain, domain = self._porch.proxy.local(login), self._porch.domain
        if plain is None:
            raise Refusal(403, "realm")
        who = Identity(Proof.SSO, plain, "", f"{plain}@{domain}" if domain else "")
        await self._signed_in(request, response, who, "")
        return response

    async def by_assertion(self, request: web.Request) -> web.Response:
        """Take the host site's word."""
        assert self._porch.assertions
        guard.check_post(request, self._origins)
        self._senders.check(request)
        token = (await guard.read_body(request)).get("assertion")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise Refusal(400, "broken")
        try:
            who, once = self._porch.assertions.identity(token, self._now())
            response = answer(200, {"who": who.login})
            await self._signed_in(request, response, who, once)
        except BadAssertion as error:
            log.warning("assertion_refused", why=str(error))
            raise Refusal(403, "assertion") from None
        except UsedBefore:
            log.warning("assertion_refused", why="used before")
            raise Refusal(403, "assertion") from None
        return response

    async def who(self, request: web.Request) -> SignIn | None:
        """Return who signed in with this browser, and has not joined a chat, or signed out, since."""
        secret = guard.secret_of(request, COOKIE)
        found = await self._porch.signing_in.known(secret) if secret else None
        return found if found and self._is_still_here(request, found.who) else None

    async def here(self, request: web.Request) -> Identity | None:
        """Return who is signed in with this browser, whether he has joined a chat or not; None if
        nobody can tell.
        """
        if found := await self.who(request):
            return found.who
        login = self._named(request)
        return Identity(Proof.SSO, login) if login else None

    def _is_still_here(self, request: web.Request, who: Identity) -> bool:
        """Tell whether the web server still names whom it named, where it does so with every request."""
        if self._everywhere is None or who.proof is not Proof.SSO:
            return True
        return self._named(request) == who.login

    @property
    def _everywhere(self) -> ProxyIdentity | None:
        return self._porch.proxy if self._porch.everywhere else None

    def _named(self, request: web.Request) -> str | None:
        """Return whom the web server names with this request, where it does so with every one."""
        proxy = self._everywhere
        said = proxy.login(request) if proxy else None
        return proxy.local(said) if proxy and said else None

    async def sign_out(self, request: web.Request, response: web.Response) -> None:
        """Forget it, here and in the browser."""
        if secret := guard.secret_of(request, COOKIE):
            await self._porch.signing_in.sign_out(secret)
        self.forget(response)

    def forget(self, response: web.Response) -> None:
        """Make the browser forget it."""
        guard.drop_secret(response, COOKIE)

    async def _signed_in(
        self, request: web.Request, response: web.Response, who: Identity, once: str
    ) -> None:
        before = guard.secret_of(request, COOKIE)
        secret, expires = await self._porch.signing_in.sign_in(who, once, before)
        guard.set_secret(response, secret, expires, self._now(), COOKIE)
        await self.keeper.make_way(request, response, who)
        log.info("signed_in", proof=who.proof)


def _told(refusal: Refusal, back: str, language: str) -> web.Response:
    """Say to a person why he is not signed in, and lead him back."""
    response = web.Response(
        status=refusal.status,
        text=pages.not_signed_in(WHY[refusal.code], back, language),
        content_type="text/html",
        charset="utf-8",
    )
    response.headers["Content-Security-Policy"] = _POLICY
    if refusal.retry_after is not None:
        response.headers[hdrs.RETRY_AFTER] = str(math.ceil(refusal.retry_after))
    return response

"""What is the same for everybody: the widget's files, the stand-alone page, and that we answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import hdrs, web

from bot.visitors import pages
from bot.visitors.around import answer
from bot.visitors.bundle import Bundle
from bot.visitors.guard import Refusal


@dataclass(frozen=True, slots=True)
class Page:
    """The stand-alone page, by language, and what it may do."""

    html: Mapping[str, str]
    policy: str


class PublicRoutes:
    """The handlers that ask nobody who he is. ``health`` is what this machine alone is told."""

    def __init__(self, page: Page, health: Callable[[], Mapping[str, object]]) -> None:
        self._page = page
        self._health = health
        self._bundle = Bundle(pages.STATIC)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/widget.js", self.bundle),
            web.get("/widget.js.map", self.bundle),
            web.get("/poll.js", self.bundle),
            web.get("/widget.css", self.bundle),
            web.get("/frame.js", self.bundle),
            web.get("/chat.css", self.bundle),
            web.get(r"/words/{language:[a-z]+}.{edition:[0-9a-f]+}.json", self.words),
            web.get("/more.{edition:[0-9a-f]+}.js", self.script),
            web.get("/chat", self.chat_page),
        ]

    async def healthz(self, request: web.Request) -> web.Response:
        """Tell that this process answers; what it depends on is not asked, and not the world's."""
        by_proxy = "X-Forwarded-For" in request.headers
        return answer(200, {"ok": True} if by_proxy else {"ok": True, **self._health()})

    async def bundle(self, request: web.Request) -> web.StreamResponse:
        """Give the widget out, compressed beforehand where the browser takes that."""
        answered = self._bundle.answer(request.path.rsplit("/", 1)[-1], request)
        if answered is None:
            raise Refusal(404, "not_found")
        return answered

    async def words(self, request: web.Request) -> web.StreamResponse:
        """Give out what the widget says in a language other than English."""
        match = request.match_info
        answered = self._bundle.words(match["language"], match["edition"], request)
        if answered is None:
            raise Refusal(404, "not_found")
        return answered

    async def script(self, request: web.Request) -> web.StreamResponse:
        """Give out what the widget fetches once there is a chat."""
        answered = self._bundle.script(request.match_info["edition"], request)
        if answered is None:
            raise Refusal(404, "not_found")
        return answered

    async def chat_page(self, request: web.Request) -> web.Response:
        """Give the stand-alone page out in the browser's language; that uses no link up."""
        language = pages.language(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
        html = self._page.html[language]
        response = web.Response(text=html, content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = self._page.policy
        return response

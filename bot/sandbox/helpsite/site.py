"""The sample help site's server: static pages under a strict policy, and the proxied prefix."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Self

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web
from yarl import URL

from bot.sandbox.helpsite.proxy import MAX_BODY, Proxy
from bot.sandbox.helpsite.search import PAGES, suggest

#: The strictest policy under which the widget works: README and tests rely on it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class HelpSite:
    """Serves the sample pages on loopback and passes ``prefix`` on to the service.

    Use as ``async with HelpSite(service_url="http://127.0.0.1:8080", port=0) as site``; ``site.url``
    is where it is then. ``service_url`` may be set again later: a service can move in a test.
    With ``tls`` it speaks HTTPS: WebKit keeps no secure cookie of a site without it.
    """

    def __init__(
        self,
        service_url: str,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        prefix: str = "/livechat",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.service_url = service_url
        self.says: dict[str, str] = {}
        """Headers that the web server adds to what it passes on."""
        self.prefix = prefix
        self.tls = tls
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None

    @property
    def url(self) -> str:
        """Where the site is, without a slash at the end; known once it is running."""
        return f"{'https' if self.tls else 'http'}://localhost:{self._port}"

    @property
    def port(self) -> int:
        """The port, known once the site is running."""
        return self._port

    async def start(self) -> None:
        """Begin to serve. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", self.prefix + "/{tail:.*}", self._pass_on)
        app.router.add_get("/search", self._search)
        app.router.add_get("/{page:[a-z-]*}", self._page)
        app.router.add_static("/static", PAGES)
        timeout = ClientTimeout(total=None, sock_connect=5)
        self._session = ClientSession(timeout=timeout, cookie_jar=DummyCookieJar())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self.tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End it; open connections are cut after a second."""
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self._session
        proxy = Proxy(URL(self.service_url), self._session, self.says)
        return await proxy.handle(request)

    async def _search(self, request: web.Request) -> web.Response:
        return web.json_response(
            suggest(request.query.get("q", "")), content_type="application/x-suggestions+json"
        )

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = PAGES / f"{request.match_info['page'] or 'index'}.html"
        if not page.is_file():
            raise web.HTTPNotFound(text="There is no such page on this sample site.")
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        return web.FileResponse(page, headers=headers)

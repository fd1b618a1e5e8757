"""The stand-in as one object: everything wired, listening on loopback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.rt import seeds
from bot.sandbox.rt.control import Control
from bot.sandbox.rt.faults import Fault, Faults
from bot.sandbox.rt.gate import Gate
from bot.sandbox.rt.logins import Logins
from bot.sandbox.rt.pages import Pages
from bot.sandbox.rt.rest1 import Rest1
from bot.sandbox.rt.rest2 import Rest2
from bot.sandbox.rt.world import World

HOST = "127.0.0.1"
_BODY_LIMIT = 64 * 1024**2  # RT itself has none

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RtStandIn:
    """Request Tracker for one service account, on 127.0.0.1; for demos, trials and tests only.

    ``async with RtStandIn() as rt:`` starts it on a free port; ``rt.url`` is both its base address
    for the service and its page for people. Log in with ``account`` and ``password`` (Basic) or
    ``token``; ``vouched`` gives the cookie of REST 1.0 to everybody, as behind Kerberos.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        account: str = "svc-livechat",
        password: str = "only-for-the-stand-in",  # noqa: S107  a secret of nothing
        token: str = "1-14-0000only0for0the0stand0in0000",  # noqa: S107
        vouched: bool = False,
        populate: bool = True,
    ) -> None:
        self.world = World(account)
        self.logins = Logins(account, password, token, vouched=vouched)
        self.faults = Faults(self.logins.forget)
        self._port = port
        self._runner: web.AppRunner | None = None
        if populate:
            seeds.populate(self.world)

    @property
    def url(self) -> str:
        """The base address, http://127.0.0.1:<port>."""
        return f"http://{HOST}:{self._port}"

    @property
    def account(self) -> str:
        return self.logins.account

    @property
    def password(self) -> str:
        return self.logins.password

    @property
    def token(self) -> str:
        return self.logins.token

    def fault(self, fault: Fault) -> None:
        """Let requests go wrong as ``fault`` says; ``faults.clear()`` ends it."""
        self.faults.add(fault)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[fence])
        app.add_routes(Rest2(self.world, self.logins, self.faults).routes())
        app.add_routes(Rest1(self.world, self.logins, self.faults).routes())
        app.add_routes(Gate(self.world, self.faults).routes())
        app.add_routes(Pages(self.world).routes())
        app.add_routes(Control(self.world, self.logins, self.faults).routes())
        app.router.add_static("/static/", Path(__file__).parent / "static")
        return app

    async def start(self) -> Self:
        """Listen; with port 0 the system chooses one."""
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


@web.middleware
async def fence(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep other sites out of a browser's reach, and scripts out of the pages."""
    if request.url.host not in (HOST, "localhost"):
        raise web.HTTPForbidden(text=f"This stand-in answers on {HOST} only.")
    answer = await handler(request)
    if not answer.prepared:
        policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; form-action 'none'"
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer

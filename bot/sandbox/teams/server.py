"""The stand-in as one object: everything wired, listening on loopback."""

from __future__ import annotations

import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.sandbox.teams import defaults
from bot.sandbox.teams.activities import Stage
from bot.sandbox.teams.acts import Actor
from bot.sandbox.teams.connector import Connector
from bot.sandbox.teams.control import Control
from bot.sandbox.teams.delivery import Courier
from bot.sandbox.teams.faults import FaultPlan
from bot.sandbox.teams.gate import Gate
from bot.sandbox.teams.ledger import Ledger
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.login import Login
from bot.sandbox.teams.openid import OpenId
from bot.sandbox.teams.page import Page, fence
from bot.sandbox.teams.people import Player
from bot.sandbox.teams.roster import Roster
from bot.sandbox.teams.signing import Authority
from bot.sandbox.teams.world import Bot, Post, World

HOST = "127.0.0.1"
_BODY_LIMIT = 4 * 1024**2  # far above Teams' own, so that the right error comes


class TeamsStandIn:
    """Microsoft Teams for one bot, on 127.0.0.1; see ``login.py`` for how a bot must be set up.

    ``async with TeamsStandIn(bot_url="http://127.0.0.1:3978/api/messages", ...) as teams:`` starts it. The bot's
    URL may be set later (``teams.bot_url``). ``anonymous`` neither signs nor asks for tokens. ``ca_file`` says
    where to write the authority's certificate; otherwise it is in a temporary directory.
    """

    def __init__(  # noqa: PLR0913 - plain keywords are what its many users want
        self,
        *,
        bot_url: str = "",
        app_id: str = "11111111-1111-4111-8111-111111111111",
        app_password: str = "only-for-the-stand-in",  # noqa: S107 - a secret of nothing
        tenant_id: str = "22222222-2222-4222-8222-222222222222",
        bot_name: str = "Live Chat",
        port: int = 0,
        login_port: int = 0,
        ca_file: Path | None = None,
        enforce_limits: bool = True,
        anonymous: bool = False,
        populate: bool = True,
    ) -> None:
        self.faults = FaultPlan()
        self.ledger = Ledger()
        self.limits = Limits(enforced=enforce_limits)
        self.world = World(Bot(app_id, bot_name), tenant_id)
        self.login = Login(app_id, app_password, tenant_id, self.faults)
        self.openid = OpenId(app_id, self.faults)
        self.courier = Courier(bot_url, self.openid, self.ledger, anonymous=anonymous)
        self._gate = Gate(self.login, self.ledger, self.faults, self.limits, anonymous=anonymous)
        self._ports = (port, login_port)
        self._ca_file = ca_file
        self._authority: Authority | None = None
        self._runner: web.AppRunner | None = None
        self._players: dict[str, Player] = {}
        self._switches: Control | None = None
        if populate:
            defaults.populate(self.world)

    @property
    def bot_url(self) -> str:
        return self.courier.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.courier.bot_url = url

    @property
    def url(self) -> str:
        """The page for people, http://127.0.0.1:<port>/."""
        return f"{self.openid.base_url}/"

    @property
    def service_url(self) -> str:
        """What activities carry as serviceUrl, http://127.0.0.1:<port>/teams/."""
        return f"{self.openid.base_url}/teams/"

    @property
    def authority(self) -> str:
        """The login for msal, https://127.0.0.1:<login port>/<tenant id>."""
        return f"{self.login.base_url}/{self.login.tenant_id}"

    @property
    def openid_metadata_url(self) -> str:
        return f"{self.openid.base_url}/v1/.well-known/openidconfiguration"

    @property
    def ca_file(self) -> Path:
        """PEM file with the authority that signed the login's certificate."""
        assert self._authority, "not started"
        return self._authority.ca_file

    @property
    def people(self) -> dict[str, Player]:
        """Everybody, by key: ``teams.people["grace"]``. Raises RuntimeError before the start."""
        if not self.openid.base_url:
            raise RuntimeError("Start the stand-in before people do anything: `async with`.")
        stage = Stage(self.world.bot, self.service_url)
        for key, person in self.world.people.items():
            if key not in self._players:
                self._players[key] = Player(person, self.world, self.courier, stage)
        return self._players

    def posts(self, where: str, root_id: str = "") -> list[Post]:
        """The posts of a conversation (id or name), or of one thread in it, oldest first."""
        posts = self.world.conversation(where).posts
        return [p for p in posts if not root_id or p.root_id == root_id]

    def plan(self, body: dict[str, Any]) -> None:
        """Set limits, faults, a storm and so on: see "plan" in ``control.py``. Raises ValueError."""
        assert self._switches, "not started"
        self._switches.plan(body)

    def addresses(self) -> dict[str, str]:
        """What a bot and its tester must know, for another process."""
        return {
            "page": self.url,
            "control": f"{self.url}_control/",
            "service_url": self.service_url,
            "openid_metadata_url": self.openid_metadata_url,
            "authority": self.authority,
            "ca_file": str(self.ca_file),
        }

    def application(self) -> web.Application:
        """Everything on one application: it listens on both ports."""
        actor = Actor(self.world, lambda: self.people)
        page = Page(self.world, actor)
        app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[fence])
        app.add_routes(self.openid.routes())
        app.add_routes(Connector(self.world, self._gate).routes())
        app.add_routes(Roster(self.world, self._gate).routes())
        app.add_routes(page.routes())
        app.on_shutdown.append(page.close)
        self._switches = self._control(actor)
        app.add_routes(self._switches.routes())
        app.add_routes(self.login.routes())  # last: its addresses begin with anything
        return app

    def _control(self, actor: Actor) -> Control:
        return Control(
            self.world,
            actor,
            ledger=self.ledger,
            faults=self.faults,
            limits=self.limits,
            login=self.login,
            openid=self.openid,
            courier=self.courier,
        )

    async def start(self) -> Self:
        """Raises OSError that names a port that is taken."""
        plain, secure = (_listen(port) for port in self._ports)
        self._authority = Authority(self._ca_file)
        runner = self._runner = web.AppRunner(
            self.application(), access_log=None, shutdown_timeout=1
        )
        await runner.setup()
        self.openid.base_url = f"http://{HOST}:{plain.getsockname()[1]}"
        self.login.base_url = f"https://{HOST}:{secure.getsockname()[1]}"
        await web.SockSite(runner, plain).start()
        await web.SockSite(runner, secure, ssl_context=self._authority.server_context).start()
        return self

    async def stop(self) -> None:
        await self.courier.close()
        if self._runner:
            await self._runner.cleanup()
        if self._authority:
            self._authority.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{HOST}:{port} is taken; choose another port or 0") from error
    return listener

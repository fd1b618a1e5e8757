"""Grace's desk: the live chat behind Apache, whose page an RT links to, and Teams as a stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from playwright.async_api import Page, Route

from bot.sandbox.stage import Stage, to_toml
from bot.sandbox.teams import Post
from bot.sandbox.teams.world import Conversation
from tests.contract.apache import Apache, SignIn
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port
from tests.rigs.rt.rig import Rig

SECRET = "5" * 64
TEAMS = "https://teams.microsoft.com"


@dataclass
class Clicks:
    """How often somebody clicked, on whatever page."""

    count: int = 0

    @classmethod
    async def of(cls, page: Page) -> Self:
        """Count from now on, in all of the browser."""
        clicks = cls()

        def clicked(_source: object) -> None:
            clicks.count += 1

        await page.context.expose_binding("livechatClicked", clicked)
        await page.context.add_init_script(
            "addEventListener('click', event => event.isTrusted && livechatClicked(), true)"
        )
        return clicks


@dataclass
class Desk:
    """What runs, and where."""

    rig: Rig
    stage: Stage
    service: ServiceProcess
    led: list[str] = field(default_factory=list)
    """The paths of links to Teams that were followed."""

    def address_of(self, name: str, page: str = "Display.html") -> str:
        """The address of a seeded ticket in RT."""
        return f"{self.rig.url}/Ticket/{page}?id={self.rig.tickets[name]}"

    def start(self, name: str) -> str:
        """The address of the page on which a chat about it is started."""
        ticket = quote(self.address_of(name), safe="")
        return f"{self.rig.facts['livechat']}/start?ticket={ticket}"

    def past_apache(self, name: str) -> str:
        """The same, asked of the service itself."""
        return f"{self.service.url}/start?ticket={self.rig.tickets[name]}"

    def cards(self) -> list[Post]:
        """The bot's cards in the channel of these chats."""
        return [post for post in channel(self.stage).posts if post.cards]

    async def cancel(self) -> None:
        """Let Grace call the chat off on its card."""
        pressed = await self.stage.teams.people["grace"].press(self.cards()[-1], "cancel")
        assert pressed.kind == "card", pressed

    async def reach_teams_from(self, page: Page) -> None:
        """Let links to Teams lead to the stand-in."""

        async def there(route: Route) -> None:
            path = route.request.url.removeprefix(TEAMS)
            self.led.append(path)
            where = {"Location": self.stage.teams.url.rstrip("/") + path}
            await route.fulfill(status=302, headers=where)

        await page.context.route(f"{TEAMS}/**", there)


def channel(stage: Stage) -> Conversation:
    """The channel in which these chats are opened."""
    found = stage.teams.world.conversations.values()
    return next(one for one in found if one.name == "Live chat")


@asynccontextmanager
async def desk_of(rig: Rig, folder: Path, hatchery: Hatchery) -> AsyncIterator[Desk]:
    """Run the service with that RT behind Apache with the samples of infra/apache."""
    chat, url = str(rig.facts["livechat"]), f"sqlite:///{folder / 'livechat.db'}"
    async with Stage(free_port()) as stage:
        config = folder / "livechat.toml"
        config.write_text(to_toml(_settings(rig, stage, chat, url)), encoding="utf-8")
        await asyncio.to_thread(lay_out, url)
        here = f"127.0.0.1:{stage.service_port}"
        kerberos = str(rig.facts["krb5_config"])
        service = ServiceProcess(
            config, f"http://{here}/livechat", hatchery=hatchery, KRB5_CONFIG=kerberos
        )
        keytab = str(Path(rig.facts["krb5_config"]).with_name("http.keytab"))
        sign_in = SignIn(keytab, SECRET)
        (folder / "apache").mkdir()
        async with (
            service,
            Apache(folder / "apache", here, port=urlsplit(chat).port or 0, sign_in=sign_in),
        ):
            # Nobody has written to the bot yet: so it does not know its way to Teams.
            await stage.teams.people["grace"].mention("Live chat", "help")
            yield Desk(rig, stage, service)


def _settings(rig: Rig, stage: Stage, chat: str, database: str) -> dict[str, object]:
    settings = stage.settings(database)
    there = channel(stage)
    settings |= {
        "public_url": chat,
        "help_page": f"{chat}/chat",
        "proxy": {"header": "X-Remote-User", "secret": SECRET},
        "sign_in": {"by_proxy": True},
        "start": {
            "enabled": True,
            "domain": "example.ac.uk",
            "channel": there.id,
            "team": there.team.id if there.team else "",
        },
        "rt": {
            "rt": {
                "url": rig.url,
                "api": "rest1" if rig.facts["rt"] == "4" else "rest2",
                "auth": "kerberos",
                "keytab": rig.facts["keytabs"]["svc-livechat"],
                "ca_file": rig.ca,
            }
        },
    }
    return settings

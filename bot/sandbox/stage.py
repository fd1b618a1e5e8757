"""All stand-ins together, and the settings with which a service plays on them."""

from __future__ import annotations

import json
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.sandbox.helpsite.site import HelpSite
from bot.sandbox.rt.server import RtStandIn
from bot.sandbox.teams.server import TeamsStandIn

HOST = "127.0.0.1"
PREFIX = "/livechat"


class Stage:
    """Teams, RT and the help site as stand-ins on 127.0.0.1, around a service on ``service_port``.

    ``first_port`` 0 takes free ones; otherwise the help site is there, Teams on the second port
    after it, its login on the third, RT on the fourth (the first is left for the service).
    ``enforce_limits`` lets the stand-in for Teams keep to Teams' published limits.
    """

    def __init__(
        self, service_port: int, *, first_port: int = 0, enforce_limits: bool = True
    ) -> None:
        ports = [first_port + n if first_port else 0 for n in (0, 2, 3, 4)]
        self.service_port = service_port
        service = f"http://{HOST}:{service_port}"
        self.teams = TeamsStandIn(
            bot_url=f"{service}/api/messages",
            port=ports[1],
            login_port=ports[2],
            enforce_limits=enforce_limits,
        )
        self.rt = RtStandIn(port=ports[3])
        self.site = HelpSite(service, port=ports[0], prefix=PREFIX)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for part in (self.teams, self.rt, self.site):
            await self._stack.enter_async_context(part)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def settings(self, database_url: str) -> dict[str, Any]:
        """Return the service's settings, in the form of its configuration file."""
        teams = self.teams
        return {
            "public_url": f"{self.site.url}{PREFIX}",
            "help_page": f"{self.site.url}/",
            "secret_key": secrets.token_urlsafe(48),
            "support_url": f"{self.site.url}/contact",
            "server": {"host": HOST, "port": self.service_port},
            "database": {"url": database_url},
            "teams": {
                "app_id": teams.login.app_id,
                "tenant_id": teams.login.tenant_id,
                "app_password": teams.login.app_password,
                "metadata_url": teams.openid_metadata_url,
                "authority": teams.authority,
                "ca_file": str(teams.ca_file),
                "teams": [
                    {"id": team.id, "listening": "thread" if team.consent else "mention"}
                    for team in teams.world.teams.values()
                ],
            },
            "rt": {
                "rt": {
                    "url": self.rt.url,
                    "auth": "basic",
                    "account": self.rt.account,
                    "password": self.rt.password,
                    "triage": "Support",
                    "rating_field": "Chat rating",
                }
            },
            "daily": {"at": ""},
            "filing": {"undo_seconds": 0},
            "invitation": {"routes": ["copy", "correspond"]},
            "sandbox": {"enabled": True},
        }

    def addresses(self) -> dict[str, str]:
        """Return where people and programs find the parts."""
        return {
            "help": f"{self.site.url}/",
            "rt": f"{self.rt.url}/",
            "service": f"http://{HOST}:{self.service_port}",
            "teams": self.teams.url,
            **{f"teams_{name}": url for name, url in self.teams.addresses().items()},
        }

    def write(self, folder: Path, database_url: str, **sections: dict[str, Any]) -> Path:
        """Write the settings as ``livechat.toml`` into ``folder``; ``sections`` are added to."""
        settings = self.settings(database_url)
        for name, values in sections.items():
            settings[name] = {**settings.get(name, {}), **values}
        file = folder / "livechat.toml"
        file.write_text(to_toml(settings), encoding="utf-8")
        return file


def to_toml(settings: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """Write nested settings as TOML. JSON's strings, numbers and lists are TOML's too."""
    plain, tables = [], []
    for name, value in settings.items():
        if isinstance(value, dict):
            tables.append(f"\n[{'.'.join((*path, name))}]\n" + to_toml(value, (*path, name)))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            head = f"\n[[{'.'.join((*path, name))}]]\n"
            tables += [head + to_toml(item, (*path, name)) for item in value]
        else:
            plain.append(f"{name} = {json.dumps(value)}\n")
    return "".join(plain + tables)

"""The real service before the bench's Teams, with everything on but Teams' pacing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.sandbox.stage import to_toml
from tests.bench.measured import Measured, measured
from tests.bench.teams_end import PASSWORD, TeamsEnd
from tests.processes import free_port


def settings(teams: TeamsEnd, port: int, database_url: str) -> dict[str, Any]:
    """The service's configuration. Nobody opens a ticket here, so RT need not be there."""
    here = f"http://127.0.0.1:{port}"
    return {
        "public_url": f"{here}/livechat",
        "help_page": f"{here}/",
        "secret_key": "a-key-for-benches-0123456789-abcdefghijk",
        "server": {"host": "127.0.0.1", "port": port},
        "database": {"url": database_url},
        "teams": {
            "app_id": teams.cast.app_id,
            "tenant_id": teams.cast.tenant_id,
            "app_password": PASSWORD,
            "metadata_url": f"{teams.openid.base_url}/v1/.well-known/openidconfiguration",
            "authority": f"{teams.login.base_url}/{teams.cast.tenant_id}",
            "ca_file": str(teams.authority.ca_file),
            "teams": [{"id": teams.cast.team.id, "listening": "thread"}],
        },
        "rt": {
            "rt": {
                "url": "http://127.0.0.1:9",
                "auth": "basic",
                "account": "livechat",
                "password": "none",
            }
        },
        "sandbox": {"enabled": True},
        "relay": {"pacing": False},
    }


@asynccontextmanager
async def service(teams: TeamsEnd, database_url: str, folder: Path) -> AsyncIterator[Measured]:
    """Serve from a database that is seeded."""
    port = free_port()
    config = folder / "livechat.toml"
    config.write_text(to_toml(settings(teams, port, database_url)), encoding="utf-8")
    command = ["-m", "bot", "--config", str(config), "serve"]
    log = folder / "service.log"
    async with measured(command, port, "/livechat/healthz", log) as running:
        yield running

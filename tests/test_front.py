"""What the doctor sees of the web server in front."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import doctor
from bot.front import upgraded, workers
from tests.settings import settings
from tests.visitors.browser import ORIGIN
from tests.visitors.conftest import Site, site, start_site

__all__ = ["site", "start_site"]

SHIPPED = Path(__file__).resolve().parents[1] / "infra/apache/livechat-workers.conf"
DEBIANS = """
# event MPM
<IfModule mpm_event_module>
    StartServers            2
    MaxRequestWorkers       150
</IfModule>
"""


def apache(folder: Path, way: str = "event", **files: str) -> Path:
    """Lay a configuration out as Debian does."""
    for name, text in ({"mods-enabled/mpm": ""} | files).items():
        file = folder / f"{name}.conf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (folder / f"mods-enabled/mpm_{way}.load").touch()
    return folder


def test_where_there_is_no_apache_nothing_is_said(tmp_path: Path) -> None:
    assert workers(tmp_path) is None


def test_debians_own_number_is_found(tmp_path: Path) -> None:
    assert workers(apache(tmp_path, **{"mods-enabled/mpm_event": DEBIANS})) == ("event", 150)


def test_what_we_ship_counts_because_it_comes_later(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    files = {"mods-enabled/mpm_event": DEBIANS, "conf-enabled/livechat-workers": text}
    assert workers(apache(tmp_path, **files)) == ("event", 1024)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 256),
        ("<IfModule mpm_event_module>\nMaxRequestWorkers 9\n</IfModule>", 256),
        ("<IfModule mpm_event.c>\nMaxRequestWorkers 9\n</IfModule>\nMaxClients 70", 70),
        ("<IfModule !mpm_event_module>\nMaxRequestWorkers 9\n</IfModule>", 9),
        ("<IfModule mod_ssl.c>\n  maxrequestworkers 8\n</IfModule>", 8),
        ("# MaxRequestWorkers 5", 256),
    ],
)
def test_only_what_concerns_this_way_to_work_counts(tmp_path: Path, text: str, number: int) -> None:
    folder = apache(tmp_path, "prefork", **{"conf-enabled/x": text})
    assert workers(folder) == ("prefork", number)


async def test_a_websocket_that_would_come_through_is_told_from_one_that_would_not(
    site: Site,
) -> None:
    url = f"{site.server.base}/livechat"
    assert await upgraded(url, ORIGIN) == 401
    assert await upgraded(url, "https://elsewhere.example.org") == 403


async def test_a_login_that_the_web_server_asks_for_is_not_taken_for_the_services_own_answer() -> (
    None
):
    async def negotiate(_request: web.Request) -> web.Response:
        return web.Response(status=401, headers={"WWW-Authenticate": "Negotiate"})

    app = web.Application()
    app.router.add_get("/livechat/ws", negotiate)
    async with TestServer(app) as server:
        site = str(server.make_url("")).rstrip("/")
        behind = settings(public_url=f"{site}/livechat", help_page=f"{site}/")
        (found,) = await doctor.checks(behind)["websockets"]()
    assert found.level is doctor.Level.FAIL
    assert "single sign-on" in found.todo

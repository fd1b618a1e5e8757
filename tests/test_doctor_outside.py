"""What the doctor finds out from others, over the network, and from their clocks."""

import asyncio
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot import doctor
from bot.config import Settings
from bot.doctor import Level, examine
from bot.sandbox.stage import Stage
from bot.store import upgrade
from bot.teams.entra_http import Answer, EntraHttp
from tests.settings import settings, teams


@pytest.mark.parametrize(
    ("ahead", "level", "said"),
    [
        (0, Level.OK, "agrees with"),
        (120, Level.WARN, "2 minutes ahead of"),
        (-400, Level.FAIL, "6 minutes behind"),
    ],
)
async def test_a_clock_by_which_teams_words_are_refused_is_told(
    monkeypatch: pytest.MonkeyPatch, ahead: int, level: Level, said: str
) -> None:
    """The bot is silent then, and all the rest is well."""
    theirs = datetime.now(UTC) - timedelta(seconds=ahead + (5 if ahead >= 0 else -5))
    answer = Answer(400, "", {"date": format_datetime(theirs, usegmt=True)})
    monkeypatch.setattr(EntraHttp, "get", lambda _self, _url: answer)
    (found,) = await examine({"clock": doctor.checks(settings())["clock"]})
    assert (found.level, found.what) == (level, "clock")
    assert said in found.said
    assert ("timedatectl" in found.todo) is bool(ahead)


async def test_of_a_date_that_is_none_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(200, "", {"date": "yesterday or so"})  # a proxy's, perhaps
    monkeypatch.setattr(EntraHttp, "get", lambda _self, _url: answer)
    assert await examine({"clock": doctor.checks(settings())["clock"]}) == []


async def test_where_microsoft_is_out_of_reach_nothing_is_said_of_the_clock() -> None:
    """That it is out of reach is said of the token."""
    local = {"public_url": "http://localhost/livechat", "help_page": "http://localhost/"}
    away = settings(**local, teams=teams(authority="https://127.0.0.1:1/tenant"))
    assert await examine({"clock": doctor.checks(away)["clock"]}) == []


async def test_everything_is_well_where_everything_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(upgrade, url)
    async with Stage(service_port=9) as stage:
        found = await doctor.examine_all(stage.write(tmp_path, url))
    assert [f for f in found if f.level is Level.FAIL] == []
    well = {f.what for f in found if f.level is Level.OK}
    assert {"configuration", "database", "entra", "clock", "rt rt: login", "rt rt: account"} <= well


async def test_a_secret_that_entra_or_rt_refuses_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    async with Stage(service_port=9) as stage:
        wrong = stage.settings(url)
        wrong["teams"]["app_password"] = wrong["rt"]["rt"]["password"] = "swordfish"
        found = await examine(doctor.checks(Settings(**wrong)))
    failed = {f.what: f.said for f in found if f.level is Level.FAIL}
    assert set(failed) == {"database", "entra", "rt rt: login"}
    assert "AADSTS" in failed["entra"] or "invalid_client" in failed["entra"]
    assert "swordfish" not in doctor.as_text(found)


@pytest.mark.parametrize(
    ("days", "known", "told"), [(29, True, True), (31, True, False), (29, False, True)]
)
async def test_it_is_told_in_time_and_when_it_is_refused_that_the_bots_certificate_ends(
    tmp_path: Path, days: int, known: bool, told: bool
) -> None:
    crt, key = tmp_path / "bot.crt", tmp_path / "bot.key"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days {days} -subj /CN=livechat"
    subprocess.run([*command.split(), "-keyout", key, "-out", crt], check=True, capture_output=True)
    async with Stage(service_port=9) as stage:
        stage.teams.login.app_certificate = crt.read_bytes() if known else None
        made = stage.settings(f"sqlite:///{tmp_path / 'livechat.db'}")
        del made["teams"]["app_password"]
        made["teams"] |= {"certificate_file": str(crt), "certificate_key_file": str(key)}
        found = await examine({"entra": doctor.checks(Settings(**made))["entra"]})
        crt.write_text("-----BEGIN CERTIFICATE-----\nMIIDBTCC\n-----END CERTIFICATE-----\n")
        broken = await examine({"entra": doctor.checks(Settings(**made))["entra"]})
    warned = [f.said for f in found if f.level is Level.WARN]
    assert f"the certificate in {crt} cannot be read" in [f.said for f in broken]
    assert found[0].level is (Level.OK if known else Level.FAIL)
    assert ["certificate ends on" in said for said in warned] == [True] * told


@pytest.mark.parametrize(("days", "level"), [(15, Level.OK), (14, Level.WARN)])
async def test_it_is_told_in_time_that_the_web_servers_certificate_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, level: Level
) -> None:
    crt, key = tmp_path / "site.crt", tmp_path / "site.key"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days {days} -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", crt], check=True, capture_output=True)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(crt, key)
    server = await asyncio.start_server(lambda _reader, to: to.close(), "127.0.0.1", 0, ssl=served)
    site = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    check = doctor.checks(settings(public_url=f"{site}/livechat", help_page=f"{site}/"))
    async with server:
        monkeypatch.setenv("SSL_CERT_FILE", str(crt))
        (found,) = await examine({"certificate": check["certificate"]})
        monkeypatch.delenv("SSL_CERT_FILE")  # nobody's: that is said of the WebSockets
        assert await examine({"certificate": check["certificate"]}) == []
    assert (found.level, found.what) == (level, "certificate")
    ends = datetime.now(UTC) + timedelta(days=days)
    assert f"ends on {ends:%-d %B %Y} (days left: {days - 1})" in found.said
    assert ("Renew it" in found.todo) is (level is Level.WARN)

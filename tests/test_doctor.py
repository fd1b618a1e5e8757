"""The doctor's findings: what is looked at, and what is said about it."""

import asyncio
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bot import doctor
from bot.doctor import Finding, Level, examine, look_at_settings
from bot.relay.outcomes import NotDone
from bot.sandbox.stage import Stage
from bot.store import TooNew, upgrade
from tests.files.test_clamd import Daemon
from tests.rt.test_mail import Post, served
from tests.settings import complete, settings, teams
from tests.visitors.test_assertions import jwk, key_set

ADVICE = "Run livechat migrate."


async def well() -> Sequence[Finding]:
    return [Finding(Level.OK, "well", "it is")]


async def test_a_check_that_breaks_is_a_finding_and_stops_no_other() -> None:
    async def broken() -> Sequence[Finding]:
        raise RuntimeError("postgresql://livechat:swordfish@db refused\nand more")

    found = await examine({"broken": broken, "well": well})
    assert [(f.level, f.what) for f in found] == [(Level.FAIL, "broken"), (Level.OK, "well")]
    assert "refused" in found[0].said
    assert "swordfish" not in found[0].said
    assert "and more" not in found[0].said


async def test_a_check_that_hangs_is_given_up() -> None:
    async def hanging() -> Sequence[Finding]:
        await asyncio.Event().wait()
        return []

    (found,) = await examine({"hanging": hanging}, limit=0.01)
    assert found.level is Level.FAIL
    assert "firewall" in found.todo


async def test_what_a_room_says_of_its_trouble_is_passed_on() -> None:
    async def refused() -> Sequence[Finding]:
        raise NotDone("RT is asleep. Wake it.")

    (found,) = await examine({"rt": refused})
    assert found == Finding(Level.FAIL, "rt", "RT is asleep. Wake it.")


async def test_a_broken_configuration_is_all_that_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "livechat.toml").write_text("port = 1")
    found = await doctor.examine_all(tmp_path / "livechat.toml")
    assert {f.what for f in found} == {"configuration"}
    assert any("port: there is no such setting" in f.said for f in found)


@pytest.fixture
def reached() -> Iterator[Path]:
    """A folder that everybody gets to; pytest's own lie in one that nobody else does."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        below = Path(folder) / "below"
        below.mkdir()
        Path(folder).chmod(0o755)
        below.chmod(0o755)
        yield below


def test_a_secret_that_everybody_may_read_is_a_warning(reached: Path) -> None:
    secret = reached / "app_password"
    secret.write_text("swordfish")
    changed = teams(app_password=None, app_password_file=str(secret))
    secret.chmod(0o644)
    warned = [f for f in look_at_settings(settings(teams=changed)) if f.level is Level.WARN]
    assert [f.what for f in warned] == ["secrets"]
    assert f"chmod o= {secret}" in warned[0].todo
    reached.chmod(0o700)  # nobody gets to it there, however open what lies below is
    assert [f.level for f in look_at_settings(settings(teams=changed))] == [Level.OK]
    reached.chmod(0o755)
    secret.chmod(0o640)
    assert [f.level for f in look_at_settings(settings(teams=changed))] == [Level.OK]


def test_a_link_in_a_closed_folder_hides_no_secret_in_an_open_one(reached: Path) -> None:
    closed, opened = reached / "closed", reached / "open"
    for folder, mode in ((closed, 0o700), (opened, 0o755)):
        folder.mkdir()
        folder.chmod(mode)
    (opened / "secret").write_text("swordfish")
    (opened / "secret").chmod(0o644)
    (closed / "secret").symlink_to(opened / "secret")
    changed = teams(app_password=None, app_password_file=str(closed / "secret"))
    assert "secrets" in [f.what for f in look_at_settings(settings(teams=changed))]


@pytest.mark.parametrize(
    ("written", "mode", "warned"),
    [
        ('app_password = "swordfish"', 0o644, True),
        ('url = "postgresql://livechat:sword%23fish@db/livechat"', 0o644, True),
        ('app_password = "swordfish"', 0o640, False),
        ('app_password_file = "app_password"', 0o644, False),
    ],
)
def test_a_configuration_with_a_secret_in_it_is_looked_at_like_any_secret(
    reached: Path, written: str, mode: int, warned: bool
) -> None:
    config = reached / "livechat.toml"
    config.write_text(written)
    config.chmod(mode)
    made = settings(
        teams=teams(app_password="swordfish"),
        database={"url": "postgresql://livechat:sword%23fish@db/livechat"},
    )
    found = [f.todo for f in look_at_settings(made, config) if f.what == "secrets"]
    assert [f"chmod o= {config}" in todo for todo in found] == [True] * warned


@pytest.mark.parametrize("password", ["sword[fish", "sword/fish", "sword#fish"])
def test_the_databases_password_is_a_secret_whatever_is_in_it(reached: Path, password: str) -> None:
    config, url = reached / "livechat.toml", f"postgresql://livechat:{password}@db/livechat"
    config.write_text(f'url = "{url}"')
    config.chmod(0o644)
    found = look_at_settings(settings(database={"url": url}), config)
    assert [f"chmod o= {config}" in f.todo for f in found if f.what == "secrets"] == [True]


def test_the_secret_of_the_web_server_is_looked_at_as_well(reached: Path) -> None:
    secret = reached / "proxy_secret"
    secret.write_text("0123456789abcdef" * 4)
    secret.chmod(0o644)
    proxied = settings(proxy={"header": "X-Remote-User", "secret_file": str(secret)})
    warned = [f for f in look_at_settings(proxied) if f.level is Level.WARN]
    assert [f"chmod o= {secret}" in f.todo for f in warned] == [True]


def test_a_secret_below_a_closed_folder_is_open_to_nobody(reached: Path) -> None:
    secret = reached / "app_password"
    secret.write_text("swordfish")
    secret.chmod(0o644)
    reached.parent.chmod(0o700)
    changed = teams(app_password=None, app_password_file=str(secret))
    assert [f.level for f in look_at_settings(settings(teams=changed))] == [Level.OK]


@pytest.mark.parametrize("named", [True, False])
def test_a_keytab_is_looked_at_like_any_secret_also_one_of_the_environment(
    reached: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    file = reached / "svc.keytab"
    file.touch()
    file.chmod(0o644)
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", "/none" if named else f"FILE:{file}")
    own = {"keytab": str(file)} if named else {}
    made = settings(rt={"rt": {"url": "https://rt.example.org", "auth": "kerberos", **own}})
    assert [f.what for f in look_at_settings(made)] == ["configuration", "secrets"]
    file.unlink()
    assert [f.what for f in look_at_settings(made)] == ["configuration"]


def test_stand_ins_and_an_open_port_are_warnings() -> None:
    local = {"public_url": "http://localhost/livechat", "help_page": "http://localhost/"}
    played = settings(**local, teams={"without_authentication": True})
    assert [f.what for f in look_at_settings(played)] == ["configuration", "teams"]
    exposed = settings(server={"host": "192.0.2.1"})
    assert [f.what for f in look_at_settings(exposed)] == ["configuration", "server"]


async def database(url: str) -> Finding:
    made = settings(database={"url": url})
    (found,) = await examine({"database": doctor.checks(made)["database"]})
    return found


async def test_a_database_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    file = tmp_path / "livechat.db"
    found = await database(f"sqlite:///{file}")
    assert (found.level, found.todo) == (Level.FAIL, ADVICE)
    assert not file.exists()


async def test_a_database_is_well_after_migrate(tmp_path: Path) -> None:
    file = tmp_path / "livechat.db"
    file.touch()
    found = await database(f"sqlite:///{file}")
    assert (found.level, found.todo) == (Level.FAIL, ADVICE)
    await asyncio.to_thread(upgrade, f"sqlite:///{file}")
    assert (await database(f"sqlite:///{file}")).level is Level.OK
    with closing(sqlite3.connect(file)) as later, later:
        later.execute("UPDATE alembic_version SET version_num = '9999'")
    found = await database(f"sqlite:///{file}")
    assert (found.level, found.said) == (Level.FAIL, str(TooNew()))


async def test_a_file_that_was_restored_and_not_given_to_the_service_is_made_root_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write it; the service, whose folder it is, ends again and again."""
    folder, seen = tmp_path / "lib", Path.stat
    await asyncio.to_thread(upgrade, f"sqlite:///{folder / 'livechat.db'}")

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = seen(path, follow_symlinks=follow_symlinks)
        return os.stat_result((*found[:4], found[4] + (path == folder), *found[5:]))

    monkeypatch.setattr(Path, "stat", stat)
    found = await database(f"sqlite:///{folder / 'livechat.db'}")
    assert found.level is Level.WARN
    assert f"chown --reference={folder}/. {folder / 'livechat.db'}" in found.todo


@pytest.mark.parametrize(("free", "level"), [(0, Level.FAIL), (2**27, Level.WARN)])
async def test_a_disk_that_is_full_or_nearly_is_told_with_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    """All can be read there, and the service does not start."""
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(upgrade, url)
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found = await database(url)
    assert found.level is level
    assert f"{free // 2**20} MiB are left" in found.said


async def test_a_database_server_that_is_down_is_said_to_be() -> None:
    found = await database("postgresql://livechat:swordfish@127.0.0.1:1/livechat")
    assert found.level is Level.FAIL
    assert "refused" in found.said
    assert "swordfish" not in found.said


async def test_development_mode_needs_no_token() -> None:
    local = {"public_url": "http://localhost/livechat", "help_page": "http://localhost/"}
    played = settings(**local, teams={"without_authentication": True})
    (found,) = await examine({"entra": doctor.checks(played)["entra"]})
    assert found.level is Level.WARN


async def test_without_a_token_both_the_credential_and_the_way_to_microsoft_are_named() -> None:
    local = {"public_url": "http://localhost/livechat", "help_page": "http://localhost/"}
    away = settings(**local, teams=teams(authority="https://127.0.0.1:1/tenant"))
    (found,) = await examine({"entra": doctor.checks(away)["entra"]})
    assert found.level is Level.FAIL
    assert "app_id" in found.todo
    assert "https://127.0.0.1:1/tenant" in found.todo


async def test_an_rt_out_of_reach_is_told_by_name() -> None:
    rt = complete()["rt"]["rt"] | {"url": "http://127.0.0.1:1"}
    away = settings(rt={"rt": rt})
    found = await examine({"rt": doctor.checks(away)["rt"]})
    assert [(f.level, f.what) for f in found] == [(Level.FAIL, "rt rt: login")]


@pytest.mark.parametrize(
    ("most", "level", "said"),
    [
        (1 << 20, Level.OK, "also at the biggest"),
        ((1 << 20) - 1, Level.FAIL, "takes less than a file may have"),
        (None, Level.FAIL, "does not answer. Nothing is accepted"),
    ],
)
async def test_a_scanner_is_asked_about_as_much_as_a_file_may_have(
    tmp_path: Path, most: int | None, level: Level, said: str
) -> None:
    daemon, path = Daemon(), str(tmp_path / "clamd.ctl")
    daemon.most = most or 0
    made = settings(files={"clamd": path, "each_mib": 1})
    server = await asyncio.start_unix_server(daemon.serve, path)
    async with server:
        if most is None:
            (tmp_path / "clamd.ctl").unlink()
        (found,) = await examine({"clamd": doctor.checks(made)["clamd"]})
    assert (found.level, found.what) == (level, "clamd")
    assert said in found.said


async def test_a_mail_server_that_does_not_serve_us_is_told() -> None:
    """Else the first to notice is a visitor who waits for an invitation."""
    post = Post()
    async with served(post) as server:
        mail = {"host": server.host, "port": server.port, "from_address": server.sender}
        plain, safe = settings(mail=mail | {"security": "none"}), settings(mail=mail)
        (found,) = await examine({"mail": doctor.checks(plain)["mail"]})
        assert (found.level, found.what) == (Level.OK, "mail")
        (found,) = await examine({"mail": doctor.checks(safe)["mail"]})
    assert found.level is Level.FAIL  # it offers no STARTTLS
    assert "127.0.0.1 does not serve us" in found.said
    assert post.mails == []
    assert await examine({"mail": doctor.checks(settings())["mail"]}) == []


async def test_keys_without_which_the_service_does_not_start_are_told_of(tmp_path: Path) -> None:
    keys = key_set(tmp_path, jwk("EdDSA"))
    given = {"keys_file": str(keys), "issuer": "https://i.test", "page": "https://i.test/"}
    check = {"sign_in.keys_file": doctor.checks(settings(sign_in=given))["sign_in.keys_file"]}
    (found,) = await examine(check)
    assert found.level is Level.OK
    keys.write_text("{}")
    (found,) = await examine(check)
    assert found.level is Level.FAIL
    assert "must be a JWK set" in found.said


@pytest.mark.parametrize(("level", "code"), [(Level.OK, 0), (Level.WARN, 0), (Level.FAIL, 1)])
def test_only_a_failure_makes_the_command_fail(level: Level, code: int) -> None:
    findings = [Finding(level, "x", "y")]
    assert doctor.exit_code(findings) == code
    assert json.loads(doctor.as_json(findings))["ok"] is not bool(code)


def test_a_line_says_how_bad_what_and_what_to_do() -> None:
    findings = [Finding(Level.FAIL, "database", "none", ADVICE), Finding(Level.OK, "rt", "well")]
    assert doctor.as_text(findings).splitlines() == [
        f"FAIL database: none — {ADVICE}",
        "ok   rt: well",
    ]


async def test_a_certificate_that_browsers_refuse_is_told_as_what_it_is() -> None:
    async with Stage(service_port=9) as stage:
        site = stage.teams.authority.rpartition("/")[0]  # by TLS, of an authority nobody trusts
        behind = settings(public_url=f"{site}/livechat", help_page=f"{site}/")
        (found,) = await examine({"websockets": doctor.checks(behind)["websockets"]})
    assert found.level is Level.FAIL
    assert "certificate" in found.said
    assert "renew it" in found.todo


@pytest.mark.parametrize("status", [302, 403, 404, 426, 502, 503])
async def test_only_where_the_upgrade_alone_is_missing_polling_is_said_to_work(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    async def upgraded(_url: str, _origin: str) -> int:
        return status

    monkeypatch.setattr("bot.front.upgraded", upgraded)
    (found,) = await examine({"websockets": doctor.checks(settings())["websockets"]})
    assert (found.level, "will poll" in found.said) == (Level.WARN, status == 426)

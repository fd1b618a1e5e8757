"""The livechat command: what it prints, and with which code it ends."""

import asyncio
import base64
import errno
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import types
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import uvloop
from click.testing import CliRunner, Result

import bot
from bot.cli import EX_CONFIG, main
from bot.config import ConfigError, Settings
from bot.store import NoCopy, TooNew
from bot.visitors.bundle import version
from bot.visitors.pages import STATIC
from tests.relay.test_first_version import FIRST
from tests.settings import GUID

CONFIG = f"""
public_url = "https://computing.help.example/livechat"
help_page = "https://computing.help.example/"
secret_key = "0123456789abcdefghijklmnopqrstuvwxyz"
log = {{ level = "error" }}
[database]
url = "sqlite:///FOLDER/livechat.db"
[teams]
app_id = "{GUID}"
tenant_id = "{GUID}"
app_password = "swordfish"
teams = [{{ id = "19:abc@thread.tacv2" }}]
[rt.rt]
url = "http://127.0.0.1:1"
auth = "token"
token = "1-23-456"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "livechat.toml"
    path.write_text(CONFIG.replace("FOLDER", str(tmp_path)))
    return path


class CannotStart(Exception):
    pass


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stands in for bot.app and bot.demo: notes what was started; ``fault`` makes that fail."""
    noted = types.SimpleNamespace(started=[], loops=[], fault=None)

    async def start(given: object) -> None:
        await asyncio.sleep(0)
        noted.loops.append(asyncio.get_running_loop())
        if noted.fault:
            raise noted.fault
        noted.started.append(given)

    contents: dict[str, dict[str, Any]] = {
        "app": {"serve": start, "CannotStart": CannotStart, "TAKEN": {errno.EADDRINUSE}},
        "demo": {"demo": start},
    }
    for name, content in contents.items():
        module = types.ModuleType(f"bot.{name}")
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, f"bot.{name}", module)
        monkeypatch.setattr(bot, name, module, raising=False)
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)
    return noted


@pytest.fixture(autouse=True)
def _own_umask() -> Iterator[None]:
    """The command narrows the process's umask, which is ours here."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_needs_neither_configuration_nor_the_rest_of_the_program() -> None:
    code = (
        "import sys, bot.cli; bot.cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("serve", "demo", "migrate", "manifest", "doctor"):
        assert f"  {command} " in done.stdout
    heavy = {"uvloop", "pydantic", "sqlalchemy", "botbuilder", "aiohttp", "requests", "msal"}
    assert heavy.isdisjoint(done.stdout.split())


def test_python_m_bot_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("livechat 0.")


def test_serve_starts_the_service_with_the_settings(config: Path, app: Any) -> None:
    assert run("--config", config, "serve").exit_code == 0
    (settings,) = app.started
    assert isinstance(settings, Settings)
    assert settings.prefix == "/livechat"


def test_the_service_and_the_demo_run_in_the_loop_that_costs_least(config: Path, app: Any) -> None:
    for command in ("serve", "demo"):
        assert run("--config", config, command).exit_code == 0
    assert [type(loop) for loop in app.loops] == [uvloop.Loop, uvloop.Loop]


def test_a_port_in_use_is_said_in_a_sentence(config: Path, app: Any) -> None:
    app.fault = OSError(98, "Address already in use")
    result = run("--config", config, "serve")
    assert result.exit_code == 1
    assert "Cannot listen on 127.0.0.1:8360: address already in use" in result.output


def test_what_keeps_the_service_from_starting_is_said_without_a_traceback(
    config: Path, app: Any
) -> None:
    app.fault = CannotStart("The database is not of this version. Run: livechat migrate")
    result = run("--config", config, "serve")
    assert (result.exit_code, result.output) == (1, f"{app.fault}\n")


@pytest.mark.parametrize(
    "fault", [ConfigError("sign_in.keys_file: it is no JWK set."), TooNew()], ids=["keys", "tables"]
)
def test_what_trying_again_does_not_mend_is_not_tried_again(
    config: Path, app: Any, fault: Exception
) -> None:
    app.fault = fault
    result = run("--config", config, "serve")
    assert (result.exit_code, result.output) == (EX_CONFIG, f"{app.fault}\n")


def test_another_fault_is_not_taken_for_a_port_in_use(config: Path, app: Any) -> None:
    app.fault = FileNotFoundError(2, "No such file")
    result = run("--config", config, "serve")
    assert isinstance(result.exception, FileNotFoundError)


def test_demo_needs_no_configuration(app: Any) -> None:
    assert run("demo", "--port", 8400).exit_code == 0
    assert app.started == [8400]


def test_a_port_in_use_may_be_any_of_the_demos_five(app: Any) -> None:
    app.fault = OSError(98, "Address already in use")
    result = run("demo", "--port", 8400)
    assert "one of the ports 8400 to 8404: address already in use" in result.output


@pytest.mark.parametrize("port", [99999, 65532, 0])
def test_demo_says_which_ports_there_are(app: Any, port: int) -> None:
    """It needs five, this one and those behind it."""
    result = run("demo", "--port", port)
    assert result.exit_code == 2
    assert "1<=x<=65531" in result.output
    assert app.started == []


@pytest.mark.parametrize("command", ["serve", "migrate", "manifest"])
def test_a_wrong_configuration_ends_with_a_code_of_its_own(config: Path, command: str) -> None:
    config.write_text(config.read_text().replace("19:abc", "abc"))
    result = run("--config", config, command)
    assert result.exit_code == EX_CONFIG
    assert "line 12" in result.output
    assert "swordfish" not in result.output


def test_migrate_makes_a_database_that_others_may_not_read_and_may_be_run_again(
    config: Path,
) -> None:
    for _ in range(2):
        assert run("--config", config, "migrate").exit_code == 0
    assert (config.parent / "livechat.db").stat().st_mode & 0o007 == 0


def test_migrate_says_why_it_could_not(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_DATABASE__URL", "postgresql://x:swordfish@127.0.0.1:1/x")
    result = run("--config", config, "migrate")
    assert result.exit_code == 1
    assert "refused" in result.output
    assert "livechat doctor, as root, says more" in result.output
    assert "swordfish" not in result.output


def test_migrate_says_where_the_database_is_as_it_was(config: Path) -> None:
    with closing(sqlite3.connect(config.parent / "livechat.db")) as database:
        database.executescript(FIRST.read_text(encoding="utf-8"))
    told = run("--config", config, "migrate").output
    assert f"As it was, it is in {config.parent}/livechat.db.of-0001, which goes by itself" in told
    assert run("--config", config, "migrate").output == "The database is up to date.\n"


def test_migrate_says_why_it_could_not_copy(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.upgrade", Mock(side_effect=NoCopy("Let there be room.")))
    result = run("--config", config, "migrate")
    assert (result.exit_code, result.output) == (1, "Let there be room.\n")


def test_migrate_is_not_tried_again_on_a_later_versions_database(config: Path) -> None:
    run("--config", config, "migrate")
    with closing(sqlite3.connect(config.parent / "livechat.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    result = run("--config", config, "migrate")
    assert (result.exit_code, result.output[:39]) == (
        EX_CONFIG,
        "The database is of a later version of t",
    )


def test_manifest_writes_the_app(config: Path) -> None:
    made = config.parent / "app.zip"
    result = run("--config", config, "manifest", "-o", made, "--app-version", "1.0.7")
    assert result.exit_code == 0
    with zipfile.ZipFile(made) as archive:
        assert json.loads(archive.read("manifest.json"))["version"] == "1.0.7"


def test_manifest_says_what_teams_would_not_take(config: Path) -> None:
    result = run("--config", config, "manifest", "--app-version", "newest")
    assert (result.exit_code, result.output) == (1, "newest: Teams wants a version like 1.0.2.\n")


def test_doctor_reports_for_people_and_for_programs(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)
    monkeypatch.setattr("bot.doctor.checks", lambda _: {})
    result = run("--config", config, "doctor")
    assert (result.exit_code, result.output.split(":")[0]) == (0, "ok   configuration")
    assert json.loads(run("--config", config, "doctor", "--json").output)["ok"] is True
    config.write_text("")
    assert run("--config", config, "doctor").exit_code == 1


def test_the_lines_for_the_help_site_carry_the_hash_of_the_bundle() -> None:
    digest = hashlib.sha384((STATIC / "widget.js").read_bytes()).digest()
    expected = f"sha384-{base64.b64encode(digest).decode()}"
    assert CliRunner().invoke(main, ["widget", "--sri"]).output == f"{expected}\n"
    lines = CliRunner().invoke(main, ["widget"]).output
    assert f'integrity="{expected}"></script>' in lines
    assert f'src="/livechat/widget.js?v={version(STATIC)}"' in lines


def test_the_lines_for_the_help_site_lead_where_the_service_is(config: Path) -> None:
    config.write_text(config.read_text().replace("help.example/livechat", "help.example/it/chat"))
    lines = run("--config", config, "widget").output
    assert f'src="/it/chat/widget.js?v={version(STATIC)}"' in lines


def test_they_are_not_guessed_where_there_is_a_configuration_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVECHAT_CONFIG", str(tmp_path / "livechat.toml"))
    ended = CliRunner().invoke(main, ["widget"])
    assert ended.exit_code == EX_CONFIG
    assert "livechat.toml: cannot be read" in ended.output
    assert "<script" not in ended.output


@pytest.mark.parametrize("command", ["status", "blocks"])
def test_a_database_where_nobody_may_look_is_said_without_a_traceback(
    config: Path, command: str
) -> None:
    config.write_text(config.read_text().replace("livechat.db", "x" * 300))
    ended = run("--config", config, command)
    assert ended.exit_code == 1
    assert "The database cannot be read (OSError)" in ended.output
    assert "livechat doctor, as root, says more" in ended.output

"""What docs/operations.md tells to do does what it says."""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from bot.config.sections import Retention
from tests.migrated import sqlite_at

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "infra" / "systemd").iterdir())

#: What stands in for the command of that name, which the machine may not have.
SQLITE3 = f"""#!{sys.executable}
import sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2])
"""


def secret_files() -> set[str]:
    """The files that the page's configurations name."""
    tables = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    tables += [tomllib.loads(t) for t in re.findall(r"```\n(\[proxy\].*?)```", PAGE, re.DOTALL)]
    sections = [section for table in tables for section in table.values()]
    return {v for s in sections for k, v in s.items() if k.endswith("_file") or k == "keytab"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_unit_hands_every_file_over_that_a_configuration_names(unit: Path) -> None:
    """The service's own user can read none of /etc/livechat."""
    assert secret_files()
    handed = set(
        re.findall(r"LoadCredential=(\S+):/etc/livechat/\1$", unit.read_text(), re.MULTILINE)
    )
    assert secret_files() <= handed


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_nothing_that_is_said_gets_onto_a_disk_by_way_of_the_memory(unit: Path) -> None:
    """What is purged is scrubbed off the database's disk, and off no other."""
    told = unit.read_text(encoding="utf-8").splitlines()
    assert {"MemorySwapMax=0", "LimitCORE=0"} <= set(told)


def test_a_back_up_is_made_every_day_and_read_by_nobody_else(tmp_path: Path) -> None:
    live = tmp_path / "livechat.db"
    sqlite_at(live)
    (tmp_path / "sqlite3").write_text(SQLITE3)
    (tmp_path / "sqlite3").chmod(0o755)
    (told,) = re.findall(r"```\n([^`]*VACUUM INTO[^`]*)```", PAGE)
    (tmp_path / "backups").mkdir()
    command = told.replace("/var/lib/livechat", str(tmp_path))
    command = command.replace("/var/backups", str(tmp_path / "backups"))
    for day in ("Monday", "Tuesday"):
        with closing(sqlite3.connect(live)) as database, database:
            database.execute(f"CREATE TABLE {day} (x)")
        subprocess.run(
            ["sh", "-ec", command], check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
        )
    (made,) = (tmp_path / "backups").iterdir()
    assert made.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(made)) as database:
        assert database.execute("SELECT count(*) FROM Tuesday").fetchall() == [(0,)]


def test_a_back_up_takes_the_place_of_the_file_and_of_the_log_beside_it(tmp_path: Path) -> None:
    live, copy = tmp_path / "lib" / "livechat.db", tmp_path / "backups" / "livechat.db"
    for file in (live, copy):
        file.parent.mkdir()
        sqlite_at(file)
    (live.parent / "livechat.db-wal").write_bytes(b"of the old file")
    before = copy.read_bytes()
    (tmp_path / "systemctl").write_text("#!/bin/sh\n")
    (tmp_path / "systemctl").chmod(0o755)
    (told,) = re.findall(r"```\n([^`]*/var/backups/livechat.db livechat.db[^`]*)```", PAGE)
    command = told.replace("/var/lib/livechat", str(live.parent))
    command = command.replace("/var/backups", str(copy.parent))
    there = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run(["sh", "-ec", command], check=True, env=there)
    assert [file.name for file in live.parent.iterdir()] == ["livechat.db"]
    assert live.read_bytes() == before
    aside = tmp_path / "livechat.aside"
    assert {file.name for file in aside.iterdir()} == {"livechat.db", "livechat.db-wal"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (live, aside))


@pytest.mark.parametrize("code", [0, 1, 78])
def test_the_unit_ends_as_its_first_step_does_so_that_a_wrong_configuration_is_not_tried_again(
    tmp_path: Path, code: int
) -> None:
    """RestartPreventExitStatus= goes by the main process; it is nothing to ExecStartPre=."""
    unit = (ROOT / "infra" / "systemd" / "livechat.service").read_text(encoding="utf-8")
    assert "RestartPreventExitStatus=78" in unit
    assert "\nExecStartPre=" not in unit
    stub = tmp_path / "livechat"
    stub.write_text(f"#!/bin/sh\necho $1 $$\n[ $1 = serve ] || exit {code}\n", encoding="utf-8")
    stub.chmod(0o755)
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    command = shlex.split(start.replace("/opt/livechat/.venv/bin/livechat", str(stub)))
    main = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told, _ = main.communicate()
    assert main.returncode == code
    steps = [line.split() for line in told.splitlines()]
    assert [step for step, _ in steps] == (["migrate"] if code else ["migrate", "serve"])
    if not code:  # what systemd signals is the service itself
        assert steps[-1][1] == str(main.pid)


def test_who_upgrades_is_told_of_the_lines_that_browsers_refuse_from_then_on() -> None:
    """The hash in what `livechat widget` prints is of one version's script."""
    assert "livechat widget" in PAGE.partition("\n## Upgrade\n")[2].partition("\n## ")[0]


def test_an_alarm_tells_of_a_record_that_rt_refuses_although_it_is_there() -> None:
    """Who waits for a CO waits for retention.unfiled_hours, and is no fault."""
    alarms = re.findall(r"expr: (.*filings_oldest_seconds.*)", PAGE)
    (alone,) = [alarm for alarm in alarms if "livechat_rt_up" not in alarm]
    (hours,) = re.findall(r"> (\d+) \* 3600", alone)
    assert int(hours) > Retention().unfiled_hours


def test_an_alarm_tells_of_files_that_run_out_since_the_log_does_not() -> None:
    """The event loop turns away, without a word, whom the process has no descriptor for."""
    (alarm,) = re.findall(r"expr: (process_open_fds .*)", PAGE)
    assert "process_max_fds" in alarm
    assert "livechat_" in alarm, "other services have files, too"


@pytest.mark.parametrize("what", ["Install", "Upgrade"])
def test_what_root_fetches_can_be_read_by_the_services_user(what: str) -> None:
    """Also where root's own umask is 077, as hardened machines have it."""
    commands = PAGE.partition(f"\n## {what}\n")[2].partition("```\n")[2].partition("```")[0]
    assert commands.startswith("umask 022")
    assert "install.sh base" in commands


def test_whoever_is_woken_by_an_alarm_finds_its_name_where_something_is_wrong() -> None:
    alarms = re.findall(r"- alert: (\w+)", PAGE)
    wrong = PAGE.partition("\n## When something is wrong\n")[2].partition("\n## ")[0]
    assert alarms
    assert [alarm for alarm in alarms if f"`{alarm}`" not in wrong] == []

"""A virus scanner: the same cases for the stand-in and for ClamAV's own daemon."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.files.clamd import Clamd
from bot.relay.outcomes import NotDone
from tests.files.test_clamd import EICAR, Daemon

pytestmark = pytest.mark.contract

#: What the real one knows: one signature of ours, and nothing from the network.
SIGNATURE = f"Our.Test:0:*:{EICAR.hex()}\n"
CONFIG = """
Foreground yes
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}
StreamMaxLength 1M
LogFile {folder}/clamd.log
SelfCheck 0
"""


@pytest.fixture(params=["stand-in", "clamd"])
async def clamd(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Clamd]:
    """A client of one or the other."""
    socket = tmp_path / "clamd.ctl"
    if request.param == "stand-in":
        async with await asyncio.start_unix_server(Daemon().serve, str(socket)):
            yield Clamd(str(socket))
        return
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin")
    assert program, "not installed: clamav-daemon (sudo infra/dev/system.sh clamd)"
    (tmp_path / "our.ndb").write_text(SIGNATURE)
    (tmp_path / "clamd.conf").write_text(CONFIG.format(folder=tmp_path))
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config-file={tmp_path / 'clamd.conf'}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while not await _listens(socket):
                assert process.returncode is None, (tmp_path / "clamd.log").read_text()
                await asyncio.sleep(0.05)
        yield Clamd(str(socket))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(path: Path) -> bool:
    """Tell whether somebody is there: the file is there before clamd listens on it."""
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True


async def test_what_is_clean_passes(clamd: Clamd) -> None:
    assert await clamd.is_clean(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000)
    assert await clamd.is_clean(b"lpd: jam")


async def test_what_it_knows_does_not(clamd: Clamd) -> None:
    assert not await clamd.is_clean(EICAR)
    assert not await clamd.is_clean(b"lpd: jam\n" * 20_000 + EICAR)


async def test_many_ask_at_once(clamd: Clamd) -> None:
    asked = [clamd.is_clean(EICAR if n % 3 else b"lpd: jam") for n in range(12)]
    assert await asyncio.gather(*asked) == [not n % 3 for n in range(12)]


@pytest.mark.parametrize("clamd", ["clamd"], indirect=True)
async def test_what_is_too_big_for_it_does_not_pass(clamd: Clamd) -> None:
    with pytest.raises(NotDone, match="virus scanner"):
        await clamd.is_clean(bytes(3_000_000))

"""Asking a virus scanner: on a stand-in that speaks INSTREAM as clamd does."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.files.clamd import Clamd
from bot.relay.files import TooBigToScan
from bot.relay.outcomes import NotDone

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon:
    """Reads a stream as clamd does, and says what its ``answer`` or the stream tells it to."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.answer: bytes | None = None
        self.silent = False
        self.most = 1 << 30
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        whole = b""
        while size := struct.unpack("!I", await reader.readexactly(4))[0]:
            if len(whole) + size > self.most:  # it reads no more of it, and closes
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                writer.close()
                return
            whole += await reader.readexactly(size)
        self.seen.append(whole)
        if self.silent:
            await reader.read()
        else:
            found = b"stream: Eicar-Test-Signature FOUND" if EICAR in whole else b"stream: OK"
            writer.write((self.answer or found) + b"\0")
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        self.left.set()


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture(params=["socket", "port"])
async def clamd(
    request: pytest.FixtureRequest, tmp_path: Path, daemon: Daemon
) -> AsyncIterator[Clamd]:
    """A client of it, by a Unix socket and by TCP."""
    if request.param == "socket":
        path = str(tmp_path / "clamd.ctl")
        server = await asyncio.start_unix_server(daemon.serve, path)
    else:
        server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
        path = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield Clamd(path, seconds=2.0)


async def test_what_is_clean_passes_byte_by_byte(clamd: Clamd, daemon: Daemon) -> None:
    content = bytes(range(256)) * 1000
    assert await clamd.is_clean(content)
    assert await clamd.is_clean(b"")
    assert daemon.seen == [content, b""]


async def test_what_is_found_does_not_pass(clamd: Clamd) -> None:
    assert not await clamd.is_clean(b"x" * 70_000 + EICAR)


@pytest.mark.parametrize(
    "answer",
    [b"INSTREAM size limit exceeded. ERROR", b"stream: OK and more", b"UNKNOWN COMMAND", b" "],
)
async def test_anything_that_is_no_verdict_is_none(
    clamd: Clamd, daemon: Daemon, answer: bytes
) -> None:
    daemon.answer = answer
    with pytest.raises(NotDone, match="virus scanner"):
        await clamd.is_clean(b"x")


async def test_what_is_too_much_for_it_is_told_from_a_scanner_that_is_away(
    clamd: Clamd, daemon: Daemon
) -> None:
    """It answers in the middle of it, and closes."""
    daemon.most = 1_000_000
    with pytest.raises(TooBigToScan, match="bigger than what the virus scanner takes"):
        await clamd.is_clean(bytes(4_000_000))


async def test_who_says_more_than_any_scanner_does_is_none(clamd: Clamd, daemon: Daemon) -> None:
    daemon.answer = b"x" * 8_192
    with pytest.raises(NotDone, match="does not answer"):
        await clamd.is_clean(b"x")


async def test_a_scanner_that_says_nothing_is_not_waited_for_for_ever(
    daemon: Daemon, tmp_path: Path
) -> None:
    daemon.silent = True
    path = str(tmp_path / "clamd.ctl")
    async with await asyncio.start_unix_server(daemon.serve, path):
        with pytest.raises(NotDone, match="does not answer"):
            await Clamd(path, seconds=0.2).is_clean(b"x")
        await daemon.left.wait()


@pytest.mark.parametrize("address", ["/nowhere/clamd.ctl", "127.0.0.1:1", "nonsense"])
async def test_a_scanner_that_is_not_there_lets_nothing_pass(address: str) -> None:
    with pytest.raises(NotDone, match="does not answer"):
        await Clamd(address).is_clean(b"x")

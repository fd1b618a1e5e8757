"""The bounded queue before a socket, and the way from it to the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiohttp import WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http_websocket import WebSocketReader

from bot.visitors.outgoing import Outgoing, Overflow, framed


class Network:
    """A transport and aiohttp's socket on it; its peer takes nothing until ``taking`` is set."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.taking = asyncio.Event()
        self.taking.set()
        self.closing = False

    def get_write_buffer_size(self) -> int:
        return 0 if self.taking.is_set() else 1

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def send_frame(self, frame: bytes, kind: WSMsgType) -> None:
        self.written.append(framed(frame, kind))
        await self.taking.wait()


@pytest.fixture
async def network() -> Network:
    return Network()


@pytest.fixture
async def out(network: Network) -> AsyncIterator[Outgoing]:
    out = outgoing(network)
    yield out
    out.close()


def outgoing(network: Network, frames: int = 8, size: int = 1000) -> Outgoing:
    return Outgoing(
        cast("web.WebSocketResponse", network),
        cast("asyncio.Transport", network),
        frames=frames,
        size=size,
        failed=lambda _error: None,
    )


async def turns(count: int = 5) -> None:
    """Let the event loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


def read(data: bytes) -> list[tuple[WSMsgType, Any]]:
    """Read frames as aiohttp's client does."""
    queue = WebSocketDataQueue(cast("Any", None), 1 << 20, loop=asyncio.get_running_loop())
    WebSocketReader(queue, 1 << 20, compress=False, decode_text=True).feed_data(data)
    return [(message.type, message.data) for message, _size in queue._buffer]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
async def test_a_frame_is_one_that_browsers_read(size: int) -> None:
    assert read(framed(b"x" * size)) == [(WSMsgType.TEXT, "x" * size)]


async def test_what_comes_together_leaves_in_one_write_and_in_order(
    network: Network, out: Outgoing
) -> None:
    await out.put(b"line 1")
    out.push(b"ack")
    await out.put(b"line 2")
    await turns()
    assert network.written == [framed(b"line 1") + framed(b"ack") + framed(b"line 2")]


async def test_what_is_shown_at_once_leaves_at_once_and_once(
    network: Network, out: Outgoing
) -> None:
    out.show([b"line"], at_once=True)
    assert network.written == [framed(b"line")]
    out.push(b"ack")
    await turns()
    assert network.written == [framed(b"line"), framed(b"ack")]


async def test_nothing_shown_at_once_overtakes_a_backlog_or_the_end(
    network: Network, out: Outgoing
) -> None:
    network.taking.clear()
    for text in (b"1", b"2", b"3"):
        out.show([text], at_once=True)
        await turns()
    assert network.written == [framed(b"1")]
    network.taking.set()
    await turns()
    assert b"".join(network.written) == b"".join(map(framed, (b"1", b"2", b"3")))
    network.closing = True
    out.show([b"4"], at_once=True)
    assert len(network.written) == 3


async def test_behind_a_backlog_frames_wait_and_keep_their_order(
    network: Network, out: Outgoing
) -> None:
    network.taking.clear()
    for text in (b"1", b"2", b"3"):
        out.push(text)
        await turns()
    assert (network.written, out.since > 0) == ([framed(b"1")], True)
    network.taking.set()
    await turns()
    out.push(b"4")
    await turns()
    assert b"".join(network.written) == b"".join(map(framed, (b"1", b"2", b"3", b"4")))
    assert out.since == 0


@pytest.mark.parametrize(("frames", "size"), [(4, 1000), (100, 40)])
async def test_answers_that_nobody_takes_overflow(network: Network, frames: int, size: int) -> None:
    out = outgoing(network, frames, size)
    for _ in range(4):
        out.push(b"0123456789")
    with pytest.raises(Overflow):
        out.push(b"0123456789")


@pytest.mark.parametrize(("frames", "size"), [(4, 1000), (100, 40)])
async def test_lines_wait_for_room_and_leave_some_for_answers(
    network: Network, frames: int, size: int
) -> None:
    out = outgoing(network, frames, size)
    network.taking.clear()

    async def many() -> None:
        for _ in range(50):
            await out.put(b"0123456789")

    lines = asyncio.create_task(many())
    await turns()
    out.push(b"ack")
    network.taking.set()
    await lines
    await turns(50)
    sent = b"".join(network.written)
    assert (sent.count(framed(b"0123456789")), sent.count(framed(b"ack"))) == (50, 1)
    assert sent.index(framed(b"ack")) <= 4 * len(framed(b"0123456789"))


async def test_pings_do_not_queue_behind_a_backlog(network: Network, out: Outgoing) -> None:
    assert out.control(WSMsgType.PING)
    network.taking.clear()
    assert not out.control(WSMsgType.PING)
    assert network.written == [framed(b"", WSMsgType.PING)]


async def test_after_the_close_nothing_is_sent(network: Network, out: Outgoing) -> None:
    out.push(b"on its way")
    out.close()
    out.push(b"too late")
    await turns()
    assert network.written == []

"""The bounded queue before a socket."""

from __future__ import annotations

import asyncio

import pytest

from bot.visitors.outgoing import Outgoing, Overflow


async def test_frames_leave_in_the_order_they_came() -> None:
    out = Outgoing(frames=8, size=1000)
    await out.put(b"line 1")
    out.push(b"ack")
    await out.put(b"line 2")
    assert [await out.get() for _ in range(3)] == [b"line 1", b"ack", b"line 2"]


@pytest.mark.parametrize(("frames", "size"), [(4, 1000), (100, 40)])
async def test_answers_that_nobody_takes_overflow(frames: int, size: int) -> None:
    out = Outgoing(frames, size)
    for _ in range(4):
        out.push(b"0123456789")
    with pytest.raises(Overflow):
        out.push(b"0123456789")


@pytest.mark.parametrize(("frames", "size"), [(4, 1000), (100, 40)])
async def test_lines_wait_for_room_and_leave_some_for_answers(frames: int, size: int) -> None:
    out = Outgoing(frames, size)

    async def many() -> None:
        for _ in range(50):
            await out.put(b"0123456789")

    lines = asyncio.create_task(many())
    await asyncio.sleep(0)
    out.push(b"ack")
    taken = [await out.get() for _ in range(51)]
    await lines
    assert (taken.count(b"ack"), len(taken)) == (1, 51)
    assert taken.index(b"ack") == 2

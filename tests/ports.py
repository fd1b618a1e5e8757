"""Ports for servers that are started, stopped and started again while others run beside them.

A port that the system picks is free again as soon as it is let go of, and goes to whoever asks for any:
so a service that is killed may find its place taken. These lie below what the system picks from, and
each process has a block that no other process of ours takes from.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import cache
from itertools import cycle

_FIRST, _SIZE, _BLOCKS = 20_000, 50, 250


@cache
def _block(_process: int) -> tuple[cycle[int], socket.socket]:
    """Take a block, for as long as the process lives: the socket is what others see of that."""
    for number in range(_BLOCKS):
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0livechat-tests-ports-{number}")
        except OSError as error:
            holder.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            first = _FIRST + number * _SIZE
            return cycle(range(first, first + _SIZE)), holder
    raise OSError("all blocks of ports are taken: end some of the test runs")


def free_port() -> int:
    """A port on loopback that nobody has, and that nobody else of us will take."""
    ports, _ = _block(os.getpid())
    for _ in range(_SIZE):
        port = next(ports)
        with socket.socket() as probe:
            # As servers do: connections that ended a moment ago hold nobody up, only who listens does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("all ports of this process are in use")

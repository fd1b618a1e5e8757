"""Ports for servers: each process has its own, and none that the system gives to somebody else."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
_SYSTEM = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_one_that_is_in_use_is_left_out_and_they_come_in_turn() -> None:
    first, taken = free_port(), free_port()
    with socket.create_server(("127.0.0.1", taken)):
        others = [free_port() for _ in range(60)]
    assert taken not in others
    assert first in others


def test_connections_that_ended_a_moment_ago_keep_no_port() -> None:
    ended = set()
    for _ in range(50):
        with socket.create_server(("127.0.0.1", free_port())) as server:
            with socket.create_connection(server.getsockname()) as client:
                server.accept()[0].close()  # first: so the port is the one that waits
                assert client.recv(1) == b""
            ended.add(server.getsockname()[1])
    assert free_port() in ended


def test_another_process_has_others_and_the_system_gives_away_none() -> None:
    code = "from tests.ports import free_port; print(*(free_port() for _ in range(50)))"
    command = [sys.executable, "-c", code]
    theirs = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = {free_port() for _ in range(50)}
    assert ours.isdisjoint(map(int, theirs.split()))
    lowest = int(_SYSTEM.read_text().split()[0])
    assert max(ours) < lowest

"""PostgreSQL in a network namespace of its own, with a wire to it for each replica; for root."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Wire:
    """A pair of devices: ``name`` and address ``near`` on our side, ``far`` in ``space``."""

    name: str
    near: str
    far: str
    space: str

    def cut(self) -> None:
        """Pull the plug: packets vanish, nobody is told."""
        _ip("link", "set", self.name, "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("link", "set", self.name, "up")

    def deafen(self) -> None:
        """Let what we send arrive, and no answer: the other side's way back is a black hole."""
        _ip("-n", self.space, "route", "add", "blackhole", f"{self.near}/32")

    def hear(self) -> None:
        """Undo ``deafen``."""
        _ip("-n", self.space, "route", "del", "blackhole", f"{self.near}/32")


@dataclass(frozen=True)
class Space:
    """A network namespace, and the wires that lead to it."""

    name: str
    wires: tuple[Wire, ...]

    @property
    def inside(self) -> tuple[str, ...]:
        """What to put before a command that shall run in it."""
        return ("ip", "netns", "exec", self.name)


def available() -> bool:
    """Whether this is root, on a machine that lets one make namespaces and wires: it tries."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    try:
        with space(1):
            return True
    except (subprocess.CalledProcessError, OSError):
        return False  # a container, most likely


@contextmanager
def space(wires: int) -> Iterator[Space]:
    """Make a namespace with so many wires; addresses are of TEST-NET-3, which nobody has."""
    mark = secrets.token_hex(3)
    name, net = f"livechat-{mark}", "203.0.113"
    made = Space(
        name,
        tuple(
            Wire(f"lc{mark}{n}", f"{net}.{4 * n + 1}", f"{net}.{4 * n + 2}", name)
            for n in range(wires)
        ),
    )
    _ip("netns", "add", made.name)
    try:
        _ip("-n", made.name, "link", "set", "lo", "up")
        for wire in made.wires:
            peer = f"{wire.name}p"
            _ip("link", "add", wire.name, "type", "veth", "peer", peer, "netns", made.name)
            _ip("addr", "add", f"{wire.near}/30", "dev", wire.name)
            _ip("-n", made.name, "addr", "add", f"{wire.far}/30", "dev", peer)
            _ip("link", "set", wire.name, "up")
            _ip("-n", made.name, "link", "set", peer, "up")
        yield made
    finally:
        for wire in made.wires:
            subprocess.run(["ip", "link", "del", wire.name], check=False, capture_output=True)
        _ip("netns", "del", made.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)

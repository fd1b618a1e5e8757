"""A rig's own daemons, stopped and started; and clocks that can be set for single processes."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.rigs.rt.rig import Rig

CLOCK = Path(__file__).parent / "parts" / "clock.c"


class Daemon:
    """One of the programs that rt-up.sh started, by its file in the rig's ``pids``."""

    def __init__(self, rig: Rig, name: str, command: list[str], port: int) -> None:
        self.krb5 = Path(rig.facts["krb5_config"]).parent
        self.folder = self.krb5.parent
        self._name, self._command, self._port = name, command, port
        #: What the program is started with beside what we have.
        self.more: Mapping[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What programs of this rig need to know."""
        names = {"KRB5_CONFIG": "krb5.conf", "KRB5_KDC_PROFILE": "kdc.conf"}
        files = {name: str(self.krb5 / file) for name, file in names.items()}
        return {**os.environ, **files, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It is down meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def restart(self, more: Mapping[str, str]) -> None:
        """Go on with ``more`` in its environment."""
        self.more = more
        with self.stopped():
            pass

    def stop(self) -> None:
        """End it, if it is not down already, and wait until nobody listens there."""
        with suppress(ProcessLookupError):
            os.kill(int(self._note.read_text().split()[0]), signal.SIGTERM)
        self._wait(up=False)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with (self.folder / f"log/{self._name}.out").open("ab") as log:
            started = subprocess.run(
                ["sh", "-c", f"setsid {shlex.join(self._command)} >&2 & echo $!"],
                env={**self.environment, **self.more},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                check=True,
            )
        pid = started.stdout.strip()
        born = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        self._note.write_text(f"{pid} {born}\n")
        self._wait(up=True)

    @property
    def _note(self) -> Path:
        return self.folder / "pids" / self._name

    def _wait(self, *, up: bool) -> None:
        until = time.monotonic() + 90
        while _answers(self._port) is not up:
            assert time.monotonic() < until, f"{self._name} is not {'up' if up else 'down'}"
            time.sleep(0.02)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Web(Daemon):
    """The web server before RT, which checks Kerberos tickets."""

    def __init__(self, rig: Rig) -> None:
        config = Path(rig.facts["krb5_config"]).parents[1] / "etc/apache.conf"
        command = ["apache2", "-f", str(config), "-DFOREGROUND"]
        super().__init__(rig, "apache", command, urlsplit(rig.url).port or 0)


class SettableClock:
    """A clock for a process that is started with ``environment``; others keep the machine's."""

    def __init__(self, folder: Path) -> None:
        self._ahead = folder / "ahead"
        self._ahead.write_bytes(bytes(8))
        self._ahead.chmod(0o644)
        library = folder / "clock.so"
        command = ["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(CLOCK)]
        subprocess.run(command, check=True, timeout=60)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(self._ahead)}

    def set(self, *, ahead: int) -> None:
        """Let it show so many seconds more than the machine's (or fewer)."""
        with self._ahead.open("r+b") as file:
            file.write(struct.pack("q", ahead))

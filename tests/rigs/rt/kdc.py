"""What happens to a rig's KDC and to its clocks: stopped, started, keys changed, people deleted."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.rigs.rt.rig import Rig

CLOCK = Path(__file__).parent / "parts" / "clock.c"


class Kdc:
    """The KDC of a running rig."""

    def __init__(self, rig: Rig) -> None:
        self._krb5 = Path(rig.facts["krb5_config"]).parent
        self._rig = self._krb5.parent
        self.realm = str(rig.facts["realm"])

    def admin(self, *queries: str) -> None:
        """Give commands to kadmin.local; one that fails raises."""
        self._run(["kadmin.local", "-r", self.realm], "\n".join(queries))

    def keytab(self, path: Path, principal: str, *options: str) -> Path:
        """Make a principal and its keytab."""
        self.admin(f"addprinc -randkey {' '.join(options)} {principal}")
        self.admin(f"ktadd -k {path} {principal}")
        assert path.exists()
        return path

    def rekey_web_server(self) -> None:
        """RT's web server gets a new key, and has no other any more."""
        keytab = self._krb5 / "http.keytab"
        about = keytab.stat()
        keytab.unlink()
        self.admin(f"ktadd -k {keytab} HTTP/localhost")
        os.chown(keytab, about.st_uid, about.st_gid)
        keytab.chmod(about.st_mode)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The KDC is down meanwhile."""
        pid = int(self._note.read_text().split()[0])
        os.kill(pid, signal.SIGTERM)
        self._wait(up=False)
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        with (self._rig / "log/kdc.out").open("ab") as log:
            started = subprocess.run(
                ["sh", "-c", f"setsid krb5kdc -n -r {self.realm} >&2 & echo $!"],
                env=self._environment,
                cwd=self._rig,
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
        return self._rig / "pids/kdc"

    @property
    def _environment(self) -> dict[str, str]:
        names = {"KRB5_CONFIG": "krb5.conf", "KRB5_KDC_PROFILE": "kdc.conf"}
        files = {name: str(self._krb5 / file) for name, file in names.items()}
        return {**os.environ, **files, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}

    def _run(self, command: list[str], asked: str) -> None:
        done = subprocess.run(
            command,
            input=asked + "\n",
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        complaints = [line for line in done.stderr.splitlines() if "while" in line]
        assert not complaints, complaints

    def _wait(self, *, up: bool) -> None:
        config = (self._krb5 / "kdc.conf").read_text()
        port = int(config.partition("kdc_tcp_listen = 127.0.0.1:")[2].split()[0])
        until = time.monotonic() + 10
        while _answers(port) is not up:
            assert time.monotonic() < until, f"the KDC is not {'up' if up else 'down'}"
            time.sleep(0.02)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


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

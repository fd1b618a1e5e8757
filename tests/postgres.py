"""A PostgreSQL cluster of one's own: on loopback, with a password, gone afterwards."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from tests.ports import free_port

OWNER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # a test's data need not outlive the machine; processes may be killed all the same
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
}


_GIB = 1024**3


def in_memory() -> Path | None:
    """Where files lie in memory, if there is room: a database is made there in a tenth of the time."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _GIB else None


def _as_owner() -> list[str]:
    """PostgreSQL refuses root. Whoever it runs as, it ends when the tests do, even killed ones."""
    start = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        start += ["--reuid", OWNER, "--regid", OWNER, "--clear-groups"]
    return start


@dataclass
class Cluster:
    """A running cluster; `database()` hands out empty databases, `process.pid` is its postmaster."""

    process: subprocess.Popen[bytes]
    port: int
    password: str = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    @staticmethod
    def programs() -> Path | None:
        """The folder of initdb and postgres (Debian keeps one per major version), or None."""
        versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
        found = max(versions, key=lambda path: float(path.parts[-3]), default=None)
        on_path = shutil.which("initdb")
        return found.parent if found else Path(on_path).parent if on_path else None

    @classmethod
    @contextmanager
    def running(cls, where: Path | None = None, **settings: str) -> "Iterator[Cluster]":
        """A new one in a folder of its own, ``where`` if that is told; with more settings."""
        programs = cls.programs()
        if not programs:
            raise FileNotFoundError(
                "PostgreSQL's initdb is not installed: apt-get install postgresql"
            )
        folder = Path(tempfile.mkdtemp(prefix="livechat-pg-", dir=where))
        try:
            folder.chmod(0o755)  # the owner is somebody else when the tests run as root
            password, port = secrets.token_urlsafe(16), free_port()
            data = cls._initdb(programs, folder, password)
            options = [f"-c{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    [*_as_owner(), programs / "postgres", "-D", data, "-p", str(port), *options],
                    stdout=log,
                    stderr=log,
                    cwd=folder,
                )
            cluster = cls(process, port, password)
            try:
                cluster._wait(folder / "log")
                yield cluster
            finally:
                process.send_signal(signal.SIGINT)  # "fast": disconnects clients and ends
                process.wait(30)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _initdb(programs: Path, folder: Path, password: str) -> Path:
        data, secret = folder / "data", folder / "password"
        data.mkdir(mode=0o700)
        secret.write_text(password)
        if os.geteuid() == 0:
            shutil.chown(data, OWNER)
            shutil.chown(secret, OWNER)
        secret.chmod(0o600)
        made = subprocess.run(
            [
                *_as_owner(),
                programs / "initdb",
                "--no-sync",
                "--no-instructions",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256",
                f"--username={OWNER}",
                f"--pwfile={secret}",
                data,
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        return data

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + 90
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(OWNER, driver=""), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}")

    def url(self, database: str, *, driver: str = "+psycopg") -> str:
        return f"postgresql{driver}://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, like: str = "template1") -> Iterator[str]:
        """The URL of a new database, which is dropped afterwards whoever still uses it.

        It is empty, or a copy of the one that is called ``like``, which nobody may use meanwhile.
        """
        name = f"livechat_{next(self._numbers)}"
        with psycopg.connect(self.url(OWNER, driver=""), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
            try:
                yield self.url(name)
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

"""Databases for a bench: a file on the disk, or a PostgreSQL of one's own that does wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psycopg

from tests import postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Database:
    """One empty database. ``url`` is the service's, ``bare`` what the floor's driver takes."""

    kind: str
    url: str

    @property
    def bare(self) -> str:
        return self.url.removeprefix("sqlite:///").replace("+psycopg", "")

    def commits(self) -> int:
        """PostgreSQL's writing transactions since the cluster was made."""
        with psycopg.connect(self.bare, autocommit=True) as connection:
            query = b"SELECT txid_snapshot_xmax(txid_current_snapshot())"
            row = connection.execute(query).fetchone()
        assert row
        return int(row[0])


@contextmanager
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL that waits for the disk as a real one does; on the cores of whoever starts it."""
    with (
        mock.patch.dict(postgres.SETTINGS, fsync="on", shared_buffers="128MB"),
        postgres.Cluster.running() as running,
    ):
        yield running


@contextmanager
def database(kind: str, folder: Path, running: postgres.Cluster | None) -> Iterator[Database]:
    """An empty database: a file in ``folder``, or one of the cluster's."""
    if kind == SQLITE:
        folder.mkdir(parents=True, exist_ok=True)
        yield Database(kind, f"sqlite:///{folder / 'bench.db'}")
        return
    assert running
    with running.database() as url:
        yield Database(kind, url)

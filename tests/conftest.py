"""What all tests share: which suite a test belongs to, and a PostgreSQL of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Cluster

HERE = Path(__file__).parent
SUITES = {"contract", "e2e", "real_rt", "faults", "bench"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in a suite's folder; the rest is the unit suite."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in SUITES:
            item.add_marker(folder)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A private PostgreSQL on loopback, as long as the tests run."""
    if not Cluster.programs():
        reason = "PostgreSQL missing: run make test as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with Cluster.running() as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """`postgresql+psycopg://…` of an empty database that is this test's alone."""
    with postgres_cluster.database() as url:
        yield url

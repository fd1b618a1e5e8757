"""A database that says nothing keeps nobody waiting for ever."""

import socket
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from bot.store import at_head, engine, find_traces, upgrade


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://me@127.0.0.1:{server.getsockname()[1]}/livechat"


def test_who_looks_at_a_database_that_says_nothing_gives_up(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine.CONNECT, "connect_timeout", 2)
    with pytest.raises(OperationalError, match="timeout"):
        at_head(silent)
    with pytest.raises(OperationalError, match="timeout"):
        upgrade(silent)
    with pytest.raises(OperationalError, match="timeout"):
        find_traces(silent, "Ada")

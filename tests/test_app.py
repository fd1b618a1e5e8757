"""What keeps the service from starting is said in a sentence that says what to do."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import chores
from bot.app import CannotStart, Service
from bot.config import ConfigError
from bot.relay.delivery import DeliveryKind
from bot.relay.outcomes import NotDone
from bot.store import TooNew, codec
from tests.migrated import sqlite_at
from tests.people import talking
from tests.processes import free_port
from tests.settings import settings, teams

#: Development mode wants a port on loopback.
TEAMS = teams()
Make = Callable[..., Service]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Services without a way to Teams, which are stopped as the command does."""
    made: list[Service] = []

    def one(**changes: Any) -> Service:
        given = {
            "public_url": "http://localhost/livechat",
            "help_page": "http://localhost/",
            "teams": {"without_authentication": True},
            "server": {"port": free_port()},
            "database": {"url": sqlite_at(tmp_path / "livechat.db")},
        }
        made.append(Service(settings(**given | changes)))
        return made[-1]

    yield one
    for service in made:
        await service.stop()


def test_every_kind_of_delivery_has_its_handler(make: Make) -> None:
    assert set(make()._handlers()) == set(DeliveryKind)


async def test_a_database_that_does_not_answer(make: Make) -> None:
    url = "postgresql://me@127.0.0.1:1/livechat"
    with pytest.raises(CannotStart, match=r"database does not answer.*Is it running"):
        await make(database={"url": url}).start()


async def test_a_database_of_a_later_version(make: Make, tmp_path: Path) -> None:
    service = make()
    with sqlite3.connect(tmp_path / "livechat.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(TooNew, match="of a later version"):
        await service.start()


async def test_a_database_that_others_keep_locked(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def beat() -> None:
        raise NotDone("The database does not answer.")

    service = make()
    monkeypatch.setattr(chores, "_HELD", -1.0)
    monkeypatch.setattr(service._heartbeat, "beat", beat)
    with pytest.raises(CannotStart, match=r"database does not answer.*Is it running"):
        await service.start()


async def test_who_asks_here_how_it_is_hears_of_a_database_that_takes_nothing_in(
    make: Make, tmp_path: Path
) -> None:
    service = make()
    health, life = service._health, service.relay.life
    life.beaten(time.monotonic() - 60)
    await service._heartbeat.beat()
    assert health()["database"] == "ok"
    (tmp_path / "livechat.db").rename(tmp_path / "away.db")
    life.beaten(time.monotonic() - 60)
    with pytest.raises(NotDone):
        await service._heartbeat.beat()
    assert health()["database"] == "away"


async def test_keys_that_are_none(make: Make, tmp_path: Path) -> None:
    """That is the configuration's fault: systemd need not try it again."""
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    with pytest.raises(ConfigError, match=r"sign_in\.keys_file: .*must be a JWK set"):
        make(
            sign_in={"keys_file": str(keys), "issuer": "https://i.test", "page": "https://i.test/"}
        )


async def test_a_folder_in_which_no_database_can_lie(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"database\.url.*/file"):
        await make(database={"url": f"sqlite:///{tmp_path}/file/livechat.db"}).start()


async def test_what_of_the_database_cannot_be_used_is_named(make: Make, tmp_path: Path) -> None:
    (tmp_path / "livechat.db.lock").mkdir()  # root's, say, who served once at a prompt
    with pytest.raises(CannotStart, match=r"/livechat\.db\.lock cannot be used.*what is in it"):
        await make().start()


async def test_one_file_has_one_process_by_whatever_name(make: Make, tmp_path: Path) -> None:
    await make().start()
    (tmp_path / "link.db").symlink_to("livechat.db")
    with pytest.raises(CannotStart, match="Another process uses"):
        await make(database={"url": f"sqlite:///{tmp_path}/link.db"}).start()


async def test_a_host_that_nobody_knows(make: Make) -> None:
    with pytest.raises(CannotStart, match=r"Cannot listen on nobody knows it:\d+"):
        await make(server={"host": "nobody knows it", "port": free_port()}, teams=TEAMS).start()


@pytest.mark.parametrize("name", ["nowhere/http.sock", "x" * 120])
async def test_a_socket_that_cannot_be_made(make: Make, tmp_path: Path, name: str) -> None:
    server = {"unix_socket": str(tmp_path / name)}
    with pytest.raises(CannotStart, match=r"Cannot listen on .*/" + name):
        await make(server=server, teams=TEAMS).start()


async def test_chats_as_they_were_read_do_not_stay_in_its_memory(make: Make) -> None:
    """At the prompt, or in another process, they may have been purged since."""
    chat = talking(1)
    codec.chat_to_json(chat)
    service = make()
    await service.start()
    await asyncio.sleep(0)
    assert codec.known(chat.id) is None
    assert chat.id not in codec._rests

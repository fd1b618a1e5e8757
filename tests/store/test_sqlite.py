"""SQLite's file, and what administrators do to it."""

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.relay.outcomes import NotDone
from bot.store import SqlStore
from tests.store.making import add_chat, say


@pytest.mark.parametrize("restored", [True, False])
async def test_nothing_is_taken_into_a_file_that_was_replaced_under_the_service(
    sqlite_url: str, restored: bool
) -> None:
    """Whoever forgot to stop the service would lose at its next start what it took in since."""
    file, store = Path(sqlite_url.partition("///")[2]), SqlStore.at(sqlite_url)
    await add_chat(store)
    away = file.rename(file.with_suffix(".away"))
    if restored:
        shutil.copy(away, file)
    with capture_logs() as logged:
        for _ in range(2):
            with pytest.raises(NotDone):
                await say(store, 1)
    assert [line["event"] for line in logged] == ["database_replaced"]
    assert "stopped and started" in logged[0]["said"]
    assert file.exists() is restored
    file.unlink(missing_ok=True)
    away.rename(file)
    await say(store, 1)
    await store.close()

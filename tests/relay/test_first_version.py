"""What the first version has written is read by this one: whoever upgrades is in mid-talk."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.domain.chat import State
from bot.store import upgrade
from tests.people import GRACE
from tests.relay.house import opened

FIRST = Path(__file__).with_name("first_version.sql")


async def test_a_talk_that_the_first_version_began_goes_on_after_the_migration(
    tmp_path: Path,
) -> None:
    with closing(sqlite3.connect(tmp_path / "chats.db")) as database:
        database.executescript(FIRST.read_text(encoding="utf-8"))
    url = f"sqlite:///{tmp_path / 'chats.db'}"
    upgrade(url)
    async with opened(url) as house:
        (chat,) = await house.store.in_states(*State)
        assert (chat.state, chat.operators, chat.head) == (State.OPEN, (GRACE,), 4)
        await house.deliver()
        assert [text for _, text, _ in house.threads.relayed] == ["It beeps.", "not relayed yet"]
        await house.writes("Toner?", key="activity-2")  # Teams brings it once more
        await house.writes("It was empty.", key="activity-3")
        await house.presses("file", chat, summary="Toner was empty.")
        await house.deliver()
        (record,) = house.tickets.comments
        said = [line.text for line in record.log if line.key]
        assert said == ["It beeps.", "Toner?", "not relayed yet", "It was empty."]
        assert (await house.chat(chat.id)).state is State.PURGED

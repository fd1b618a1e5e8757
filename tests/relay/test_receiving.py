"""Opening and closing the door for visitors who begin chats."""

from dataclasses import replace

import pytest

from bot.domain.reception import Admits
from bot.relay.answering import Answer
from bot.relay.door import Door
from bot.relay.ports import Scope
from tests.people import GRACE
from tests.relay.house import RULES, THREAD, House

OPEN = replace(RULES, door=Door(Admits.ANYONE, queue="Live chat"))
PERSONAL = replace(THREAD, conversation_id="a:grace", scope=Scope.PERSONAL)


@pytest.fixture(autouse=True)
def door(house: House) -> None:
    """A house into which visitors may come."""
    house.relay.rules = OPEN


async def said(house: House, text: str, **more: object) -> list[tuple[str, str]]:
    """What the bot answers."""
    await house.writes(text, **more)  # type: ignore[arg-type]
    await house.deliver()
    told = [(notice.word.value, notice.detail) for _, notice in house.threads.told]
    house.threads.told.clear()
    return told


async def test_open_says_until_when_and_is_kept(house: House) -> None:
    assert await said(house, "open until 17:00") == [(Answer.RECEPTION_OPEN, "17:00")]
    found = await house.store.reception()
    assert found is not None
    assert (found.by, found.since, found.mention) == (GRACE, house.clock.now, "29:grace")
    assert f"{found.until:%H:%M}" == "17:00"
    assert await said(house, "open") == [(Answer.RECEPTION_OPEN, "18:00")]


async def test_close_closes_also_twice(house: House) -> None:
    await said(house, "open")
    for _ in range(2):
        assert await said(house, "close", who="alan") == [(Answer.RECEPTION_CLOSED, "")]
        assert await house.store.reception() is None


async def test_it_closes_by_itself_and_whoever_opened_it_is_told_once(house: House) -> None:
    await said(house, "open until 12:00")
    await house.housekeeping.tidy()
    assert await house.store.reception() is not None
    house.clock.pass_(hours=2)
    await house.housekeeping.tidy()
    await house.housekeeping.tidy()
    await house.deliver()
    assert await house.store.reception() is None
    ((_, notice),) = house.threads.told
    assert notice.word is Answer.RECEPTION_CLOSED
    assert "time was over" in notice.detail
    assert notice.mention == ("29:grace", GRACE.name)


@pytest.mark.parametrize(
    ("text", "why"), [("open until 9:00", "over already"), ("open until noon", "do not know")]
)
async def test_a_time_that_cannot_be_opens_nothing(house: House, text: str, why: str) -> None:
    ((word, detail),) = await said(house, text)
    assert word == Answer.RECEPTION_NOT
    assert why in detail
    assert await house.store.reception() is None


async def test_what_colleagues_do_not_see_opens_nothing(house: House) -> None:
    ((word, detail),) = await said(house, "open", thread=PERSONAL)
    assert (word, "colleagues" in detail) == (Answer.RECEPTION_NOT, True)
    assert await house.store.reception() is None


async def test_where_visitors_may_begin_no_chats_nothing_opens(house: House) -> None:
    house.relay.rules = RULES
    ((word, detail),) = await said(house, "open")
    assert (word, "visitor_start.who" in detail) == (Answer.RECEPTION_NOT, True)
    assert await house.store.reception() is None


@pytest.mark.parametrize("text", ["open until 17:00", "open", "close", "Close!"])
async def test_in_a_live_chat_open_and_close_do_nothing_and_reach_nobody(
    house: House, text: str
) -> None:
    chat, _ = await house.talking()
    (*_, (word, detail)) = await said(house, text)
    assert (word, "a new post" in detail) == (Answer.RECEPTION_NOT, True)
    assert await house.texts(chat.id) == ["visitor_joined"]
    assert await house.store.reception() is None


async def test_a_typo_mended_in_it_opens_nothing_anew(house: House) -> None:
    key = await house.writes("open until 17:00")
    await house.writes("close")
    await house.changes(key, "open until 17:30", mentioned=True)
    assert await house.store.reception() is None

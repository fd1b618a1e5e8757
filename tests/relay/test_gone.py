"""Teams says that a place is gone: once may be a mistake, twice ends the chat."""

from unittest.mock import AsyncMock

import pytest

from bot.domain.chat import Chat, State
from bot.domain.effects import Word
from bot.domain.events import Receipt
from bot.relay.ports import Gone, Lane, Refused, Tell, Thread, Throttled
from tests.people import GRACE
from tests.relay.house import THREAD, House
from tests.relay.test_sending import UNDO, ruled
from tests.relay.test_silence import MINUTE, tidied

GONE = "The bot is not in that conversation any more."


@pytest.mark.parametrize("kind", ["relay", "tell"])
async def test_a_place_that_is_gone_only_once_costs_nobody_his_chat(
    house: House, kind: str
) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before.append(Gone(GONE))
    if kind == "relay":
        await house.visiting.say(seat, "k", "hello")
    else:
        await house.visiting.end(seat)
    await house.deliver(kind)
    told = len(house.threads.told)
    assert (await house.store.thread(chat.thread)).open
    house.clock.pass_(seconds=5)
    await house.deliver(kind)
    assert (await house.chat(chat.id)).state is (State.OPEN if kind == "relay" else State.ENDED)
    assert (await house.store.thread(chat.thread)).open
    if kind == "relay":
        # Nothing was done the first time, so this is no repeat.
        assert [(text, again) for _, text, again in house.threads.relayed] == [("hello", False)]
    else:
        assert [notice.resent for _, notice in house.threads.told[told:]] == [False]


async def test_whoever_asks_the_second_time_believes_it_whichever_process_that_is(
    house: House,
) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before += [Gone(GONE)] * 2
    await house.visiting.say(seat, "k", "hello")
    await house.deliver("relay")
    house.clock.pass_(seconds=5)
    (row,) = await house.taken_by("another process")
    assert (row.attempt, row.problem) == (1, GONE)
    await house.store.write(
        lambda unit: unit.give_back([row.id], "another process", 0, GONE, clean=True)
    )
    await house.deliver("relay")
    assert not (await house.store.thread(chat.thread)).open


async def test_what_came_between_makes_it_doubtful_again(house: House) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before += [Gone(GONE), Throttled("Slower.", 1.0), Gone(GONE)]
    await house.visiting.say(seat, "k", "hello")
    for _ in range(4):
        await house.deliver("relay")
        house.clock.pass_(seconds=6)
    assert (await house.store.thread(chat.thread)).open
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]


async def test_the_second_question_comes_some_seconds_after_the_first(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before.append(Gone(GONE))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver("relay")
    (head,) = await house.store.heads(Lane.TEAMS)
    assert 3 < head.wait < 6


async def lost_while(house: House) -> Chat:
    """Teams loses the thread while Grace may still undo what she sent."""
    ruled(house, undo=UNDO)
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    await house.presses("file", chat, summary="Toner.", status="resolved")
    house.threads.faults.before += [Gone(GONE)] * 2
    await house.deliver("relay")
    house.clock.pass_(seconds=5)
    await house.deliver("relay")
    assert not (await house.store.thread(chat.thread)).open
    return await house.chat(chat.id)


def elsewhere(house: House) -> list[Tell]:
    return [told for place, told in house.threads.told if place != THREAD.conversation_id]


async def test_what_rt_refuses_when_the_thread_is_gone_is_told_elsewhere_and_tried_again(
    house: House,
) -> None:
    chat = await lost_while(house)
    house.tickets.faults.before += [Refused("Not allowed.")] * 2
    await tidied(house, 2 * MINUTE)
    assert (await house.chat(chat.id)).state is State.ENDED
    assert len(house.tickets.faults.before) == 0
    assert [told.word for told in elsewhere(house)] == [Word.ORPHANED]
    for _ in range(3):
        await tidied(house, 20 * MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert dossier.chat.filing.summary == "Toner."
    assert len(elsewhere(house)) == 1


async def test_a_record_that_a_merge_took_elsewhere_is_told_although_the_thread_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await lost_while(house)
    merged = Receipt(777, 1, "https://rt.test/")
    monkeypatch.setattr(house.tickets, "comment", AsyncMock(return_value=merged))
    tell = house.threads.tell

    async def gone(thread: Thread, notice: Tell) -> str:
        if thread.conversation_id == THREAD.conversation_id:
            raise Gone(GONE)
        return await tell(thread, notice)

    monkeypatch.setattr(house.threads, "tell", gone)
    for _ in range(4):
        await tidied(house, MINUTE)
    (told,) = elsewhere(house)
    assert (told.word, told.detail) == (Word.FILED_ELSEWHERE, "rt#777")
    assert told.mention == (GRACE.id, GRACE.name)
    assert (await house.chat(chat.id)).state is State.PURGED

"""Messages that were answered with 503 and not brought again: their thread is told, once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import State
from bot.relay.answering import Answer
from bot.relay.inbound import Changed, Heard, Operator
from bot.relay.missing import Missed
from bot.relay.ports import Listening
from tests.people import ALAN, GRACE, NOW
from tests.relay.house import OTHER, THREAD, House

HER = Operator(GRACE.id, GRACE.name, "29:grace")
HIM = Operator(ALAN.id, ALAN.name, "29:alan")
LOST = Missed(HER, "m1", "10:42", NOW)
MENTION = replace(THREAD, listening=Listening.MENTION)


def details(house: House) -> list[str]:
    return [notice.detail for _, notice in house.threads.told if notice.detail]


async def test_the_thread_is_told_whose_messages_of_what_time_are_missing(house: House) -> None:
    await house.talking()
    more = [replace(LOST, key="m2", when="10:43"), Missed(HIM, "m3", "10:44", NOW)]
    await house.operating.missed(THREAD, [LOST, *more])
    await house.deliver()
    assert house.threads.words[-1] == Answer.NOT_DELIVERED
    (detail,) = details(house)
    assert detail.startswith(
        "Messages of Grace Hopper (10:42, 10:43) and Alan Turing (10:44) did not reach the visitor"
    )


async def test_it_is_told_once_whichever_process_noticed(house: House) -> None:
    await house.talking()
    for _ in range(2):
        await house.operating.missed(THREAD, [LOST])
    await house.deliver()
    assert len(details(house)) == 1


async def test_what_came_again_meanwhile_is_not_missing(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("hello", mention=False, key="m1")
    await house.operating.missed(THREAD, [LOST])
    await house.deliver()
    assert details(house) == []
    assert (await house.texts(chat.id)).count("hello") == 1


async def test_what_comes_after_it_was_told_is_still_taken_in_and_once(house: House) -> None:
    chat, _ = await house.talking()
    await house.operating.missed(THREAD, [LOST])
    for _ in range(2):
        await house.writes("hello", mention=False, key="m1")
    assert (await house.texts(chat.id)).count("hello") == 1


async def test_an_edit_of_what_was_told_to_be_missing_says_it(house: House) -> None:
    chat, _ = await house.talking()
    await house.operating.missed(THREAD, [LOST])
    await house.changes("m1", "hello")
    await house.changes("m1", "hello!")
    assert (await house.texts(chat.id))[1:] == ["hello", "hello!"]


async def test_where_no_visitor_listened_nobody_misses_anything(house: House) -> None:
    await house.talking()
    await house.operating.missed(OTHER, [LOST])
    await house.operating.missed(MENTION, [LOST])
    await house.operating.missed(THREAD, [replace(LOST, at=NOW - timedelta(seconds=1))])
    await house.deliver()
    assert details(house) == []


async def test_who_spoke_to_the_bot_is_told_even_without_a_chat(house: House) -> None:
    await house.operating.missed(OTHER, [replace(LOST, mentioned=True)])
    await house.deliver()
    assert house.threads.words == [Answer.NOTHING_HERE]
    assert "did not reach me" in details(house)[0]


async def test_after_the_end_it_is_told_for_a_while(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    house.clock.pass_(minutes=5)
    await house.operating.missed(THREAD, [LOST])
    await house.deliver()
    assert len(details(house)) == 1
    assert (await house.chat(chat.id)).state is State.ENDED


@pytest.mark.parametrize("came", [True, False])
async def test_a_change_is_missing_if_the_visitor_has_the_message_unchanged(
    house: House, came: bool
) -> None:
    await house.talking()
    await house.writes("helo", mention=False, key="m1")
    edit = replace(LOST, change="change-2")
    if came:
        await house.operating.changes(Changed(THREAD, HER, "m1", "change-2", "hello"))
    await house.operating.missed(THREAD, [edit, edit])
    await house.operating.missed(THREAD, [edit])
    await house.deliver()
    assert house.threads.words.count(Answer.NOT_CHANGED) == (not came)


async def test_a_change_that_came_and_changed_nothing_for_the_visitor_is_not_missed(
    house: House,
) -> None:
    await house.talking()
    await house.writes("hello", mention=False, key="m1")
    at = NOW + timedelta(seconds=2)
    noted = Changed(THREAD, HER, "m1", "change-2", "hello\n// he lies")
    await house.operating.changes(noted, at)
    await house.operating.missed(THREAD, [replace(LOST, at=at, change="change-2")])
    await house.deliver()
    assert Answer.NOT_CHANGED not in house.threads.words


async def test_a_change_of_what_the_visitor_never_had_is_not_missed(house: House) -> None:
    await house.talking()
    await house.operating.missed(THREAD, [replace(LOST, change="change-1")])
    await house.deliver()
    assert Answer.NOT_CHANGED not in house.threads.words


async def test_words_that_come_late_and_were_told_do_not_reach_the_next_visitor(
    house: House,
) -> None:
    chat, _ = await house.talking()
    await house.operating.missed(THREAD, [LOST])
    late = Heard(THREAD, HER, "m1", "for somebody else", mentioned=False)
    await house.operating.hears(late, NOW - timedelta(seconds=30))
    assert "for somebody else" not in await house.texts(chat.id)

"""Teams says that a place is gone: once may be a mistake, twice ends the chat."""

from unittest.mock import AsyncMock

import pytest

from bot.domain.chat import Chat, State
from bot.domain.effects import Word
from bot.domain.events import Erased, Receipt
from bot.domain.messages import Notice
from bot.relay.answering import Answer
from bot.relay.delivery import Delivery, Lane
from bot.relay.filing import happens
from bot.relay.outcomes import Gone, NotDone, OutsideError, Refused, Throttled, Unclear, Written
from bot.relay.ports import Listening, Tell, Thread
from bot.relay.storage import Unit
from bot.relay.visiting import CannotSay
from bot.teams.words import say
from tests.people import GRACE
from tests.relay.house import THREAD, House
from tests.relay.test_sending import UNDO, ruled
from tests.relay.test_silence import MINUTE, tidied

GONE = "The bot is not in that conversation any more."


def takes_no_notice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lost thread takes none, while other places do."""
    tell = house.threads.tell

    async def gone(thread: Thread, notice: Tell) -> str:
        if thread.conversation_id == THREAD.conversation_id:
            raise Gone(GONE)
        return await tell(thread, notice)

    monkeypatch.setattr(house.threads, "tell", gone)


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


async def test_every_chat_of_a_thread_that_is_gone_hears_of_it_whichever_finds_out(
    house: House,
) -> None:
    """Ada's chat ended and waits for Grace, who talks with Bob in the same thread."""
    first, seat = await house.talking()
    await house.visiting.end(seat)
    await house.deliver()
    second, bobs = await house.talking()
    await house.writes("hello")
    assert first.thread == second.thread
    house.threads.faults.before += [Gone(GONE)] * 2
    house.clock.pass_(hours=2)
    await house.housekeeping.tidy()  # somebody is to bring Ada's record to mind
    await house.deliver("tell")
    house.clock.pass_(seconds=5)
    await house.deliver("tell")
    assert not (await house.store.thread(second.thread)).open
    assert Notice.OPERATORS_LOST in await house.texts(second.id)
    with pytest.raises(CannotSay):
        await house.visiting.say(bobs, "k", "hello?")
    await house.deliver()
    assert {one.chat.id for one in house.tickets.comments} == {first.id, second.id}


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


async def test_what_rt_refuses_once_the_chat_was_filed_by_itself_is_told_elsewhere_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else Grace would believe for ever what she was told: that the record goes into RT by itself."""
    house.tickets.faults.before += [Refused("The ticket was deleted.")] * 9
    chat, there = await told_elsewhere(house, monkeypatch)
    for _ in range(9):
        await tidied(house, 20 * MINUTE)
    assert (await house.chat(chat.id)).state is State.ENDED
    words = [notice.word for _, notice in there]
    # That it is kept is brought to mind every day, and not in the thread that nobody sees.
    assert words == [Word.ORPHANED, Word.FILING_FAILED, Answer.STRANDED]
    assert there[1][1].detail == "The ticket was deleted."


async def test_a_record_that_rt_cut_is_brought_to_mind_every_day_once_the_thread_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can press there, and whole it never gets."""
    cut = Written("The record is in ticket #12345, but RT did not keep all of transcript.txt.")
    house.tickets.faults.after.append(cut)
    chat, there = await told_elsewhere(house, monkeypatch)
    monkeypatch.setattr(house.tickets, "find", AsyncMock(side_effect=cut))
    for _ in range(3 * 24 * 6):
        await tidied(house, 10 * MINUTE)
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.ENDED
    words = [notice.word for _, notice in there]
    assert words == [Word.ORPHANED, Word.FILING_FAILED, *[Answer.STRANDED] * 4]
    said = say(there[-1][1], Listening.THREAD)
    assert "may be in RT already" in said
    assert cut.sentence in said


async def test_that_a_record_waits_for_rt_is_told_elsewhere_too_once_the_thread_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.tickets.faults.before += [NotDone("RT is away.")] * 99
    _, there = await told_elsewhere(house, monkeypatch)
    for _ in range(9):
        await tidied(house, 20 * MINUTE)
    assert [notice.word for _, notice in there] == [Word.ORPHANED, Answer.FILING_WAITS]


async def test_a_record_that_a_merge_took_elsewhere_is_told_although_the_thread_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await lost_while(house)
    merged = Receipt(777, 1, "https://rt.test/")
    monkeypatch.setattr(house.tickets, "comment", AsyncMock(return_value=merged))
    takes_no_notice(house, monkeypatch)
    for _ in range(4):
        await tidied(house, MINUTE)
    (told,) = elsewhere(house)
    assert (told.word, told.detail) == (Word.FILED_ELSEWHERE, "rt#777")
    assert told.mention == (GRACE.id, GRACE.name)
    assert (await house.chat(chat.id)).state is State.PURGED


async def told_elsewhere(
    house: House, monkeypatch: pytest.MonkeyPatch, *troubles: OutsideError
) -> tuple[Chat, list[tuple[str, Tell]]]:
    """Ada's thread is lost, and Teams makes trouble about telling so in another place."""
    chat, seat = await house.talking()
    tell, errors, there = house.threads.tell, list(troubles), list[tuple[str, Tell]]()

    async def troubled(thread: Thread, notice: Tell) -> str:
        if thread.conversation_id == THREAD.conversation_id:
            raise Gone(GONE)
        if errors:
            raise errors.pop(0)
        there.append((thread.conversation_id, notice))
        return await tell(thread, notice)

    monkeypatch.setattr(house.threads, "tell", troubled)
    house.threads.faults.before += [Gone(GONE)] * 2
    await house.visiting.say(seat, "k", "hello")
    for _ in range(4):
        await house.deliver()
        house.clock.pass_(seconds=30)
    assert not errors
    return chat, there


async def test_what_may_have_been_told_elsewhere_already_says_so_the_second_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ((_, notice),) = await told_elsewhere(house, monkeypatch, Unclear("No answer."))
    assert (notice.word, notice.resent) == (Word.ORPHANED, True)


@pytest.mark.parametrize(
    "troubles", [[Unclear("502"), Unclear("502")], [Refused("400")], [Gone("Not there.")]]
)
async def test_that_a_thread_is_lost_is_told_however_late_teams_lets_us(
    house: House, monkeypatch: pytest.MonkeyPatch, troubles: list[OutsideError]
) -> None:
    _, ((_, notice),) = await told_elsewhere(house, monkeypatch, *troubles)
    assert (notice.word, notice.resent) == (Word.ORPHANED, True)


async def test_who_is_to_be_told_is_known_although_the_chat_was_purged_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [NotDone("Teams cannot be reached.")] * 2
    chat, ((place, notice),) = await told_elsewhere(house, monkeypatch, *away)
    assert (await house.chat(chat.id)).state is State.PURGED
    assert place == f"personal chat of {GRACE.id}"
    assert notice.mention == (GRACE.id, GRACE.name)


@pytest.mark.parametrize("troubles", [[Unclear("502"), Unclear("502")], [Refused("400")]])
async def test_who_is_called_late_is_known_although_the_chat_was_purged_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, troubles: list[OutsideError]
) -> None:
    merged = Receipt(777, 1, "https://rt.test/")
    monkeypatch.setattr(house.tickets, "comment", AsyncMock(return_value=merged))
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    tell, told = house.threads.tell, list[Tell]()

    async def troubled(thread: Thread, notice: Tell) -> str:
        if notice.word is Word.FILED_ELSEWHERE:
            if troubles:
                raise troubles.pop(0)
            told.append(notice)
        return await tell(thread, notice)

    monkeypatch.setattr(house.threads, "tell", troubled)
    await house.presses("file", chat, summary="Toner.")
    for _ in range(4):
        await house.deliver()
        house.clock.pass_(seconds=30)
    assert (await house.chat(chat.id)).state is State.PURGED
    assert [notice.mention for notice in told] == [(GRACE.id, GRACE.name)]


async def test_who_sent_the_record_is_told_what_is_wrong_with_it_although_the_chat_was_purged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await lost_while(house)
    house.tickets.status_faults.before.append(Refused("No such status."))
    takes_no_notice(house, monkeypatch)
    for _ in range(4):
        await tidied(house, 2 * MINUTE)
    assert (await house.chat(chat.id)).state is State.PURGED
    place, told = house.threads.told[-1]
    assert (told.word, told.detail) == (Word.STATUS_PROBLEM, "No such status.")
    assert (place, told.mention) == (f"personal chat of {GRACE.id}", (GRACE.id, GRACE.name))


async def test_nobody_is_called_once_it_is_forgotten_who_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="Toner.")
    for _ in range(3):
        await house.deliver()
        house.clock.pass_(seconds=30)
    assert (await house.chat(chat.id)).state is State.PURGED
    erased = Erased(house.clock())
    await house.store.write(lambda unit: happens(house.relay, unit, chat.id, erased))
    problem = {"detail": "", "thread": chat.thread}
    rows = [
        Delivery(Lane.TEAMS, f"{word}:1", "tell", problem | {"word": word.value}, chat.id)
        for word in (Word.FILED_ELSEWHERE, Word.STATUS_PROBLEM)
    ]
    tell = house.threads.tell

    async def gone(thread: Thread, notice: Tell) -> str:
        if notice.word is Word.STATUS_PROBLEM and thread.conversation_id == THREAD.conversation_id:
            raise Gone(GONE)
        return await tell(thread, notice)

    async def scheduled(unit: Unit) -> None:
        for row in rows:
            await unit.schedule(row)

    monkeypatch.setattr(house.threads, "tell", gone)
    house.threads.told.clear()
    await house.store.write(scheduled)
    for _ in range(3):
        await house.deliver()
        house.clock.pass_(seconds=30)
    assert {notice.word: notice.mention for _, notice in house.threads.told} == {
        Word.FILED_ELSEWHERE: None,
        Word.STATUS_PROBLEM: None,
    }

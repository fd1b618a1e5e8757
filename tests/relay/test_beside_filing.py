"""What else happens to a chat while its record is on its way: exactly one comes of it, as it was."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.domain.chat import Chat, State
from bot.domain.rating import Rating
from bot.domain.tickets import NewTicket
from bot.domain.transcript_json import as_json
from bot.relay.delivery import Lane
from bot.relay.lanes import LANES
from bot.relay.outcomes import NotDone, Unclear
from bot.relay.people import erase
from bot.relay.ports import Dossier
from bot.relay.visiting import CannotRate
from bot.store import find_traces
from tests.relay.doorway import asks
from tests.relay.house import RULES, House
from tests.relay.test_sending import UNDO, ruled
from tests.relay.test_silence import MINUTE, tidied


async def sent(house: House, how: str) -> Chat:
    """Grace has sent it, and that far it is."""
    ruled(house, undo=UNDO if how == "held" else RULES.undo)
    chat, _ = await house.talking()
    faults = house.tickets.faults
    if how == "waits":
        faults.before.append(NotDone("RT is down."))
    if how == "unclear":
        faults.after.append(Unclear("RT did not answer."))
    await house.presses("file", chat, summary="Toner.", status="resolved")
    if how != "held":
        await house.deliver()
    return await house.chat(chat.id)


@pytest.mark.parametrize("how", ["held", "waits", "unclear"])
async def test_whoever_is_blocked_meanwhile_has_one_record_that_does_not_tell_of_it(
    house: House, how: str
) -> None:
    chat = await sent(house, how)
    await house.writes("block 2h because she swears at everybody")
    for _ in range(8):
        await tidied(house, MINUTE)
    (dossier,) = house.tickets.comments
    assert "swears" not in repr(dossier.log)
    assert house.tickets.statuses == ["resolved"]
    assert (await house.chat(chat.id)).state is State.PURGED
    assert len(await house.store.blocks()) == 1


@pytest.mark.parametrize("how", ["held", "unclear"])
async def test_what_is_answered_at_the_end_is_in_the_record_or_refused(
    house: House, how: str
) -> None:
    house.relay.rules = RULES
    ruled(house, undo=UNDO if how == "held" else RULES.undo, rating=True)
    chat, seat = await house.talking()
    if how == "unclear":
        house.tickets.faults.after.append(Unclear("RT did not answer."))
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    if how == "held":
        await house.visiting.rate(seat, Rating.PARTLY)
    else:
        with pytest.raises(CannotRate, match="late"):
            await house.visiting.rate(seat, Rating.PARTLY)
    for _ in range(8):
        await tidied(house, MINUTE)
    (dossier,) = house.tickets.comments
    assert as_json(dossier.chat, ())["rating"] == ("partly" if how == "held" else None)


async def test_what_is_erased_while_rt_writes_is_said_to_be_there_and_is_not_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = await house.talking()
    post = house.tickets.comment

    async def comment(dossier: Dossier) -> object:
        receipt = await post(dossier)
        found = find_traces(f"sqlite:///{house.file}", "Ada Lovelace")
        assert await erase(house.relay, found, also_unfiled=True)
        return receipt

    monkeypatch.setattr(house.tickets, "comment", comment)
    await house.presses("file", chat, summary="Toner.", status="resolved")
    for _ in range(8):
        await tidied(house, MINUTE)
    erased = await house.chat(chat.id)
    assert erased.filing
    assert (erased.state, erased.filing.unclear) == (State.ERASED, True)
    assert (len(house.tickets.comments), house.tickets.statuses) == (1, [])


@contextmanager
def full_disk(file: str) -> Iterator[None]:
    """No file of this process grows beyond what the write-ahead log has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{file}-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("died", [True, False])
async def test_a_disk_that_is_full_when_rt_has_it_doubles_nothing(
    house: House, *, died: bool
) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="Toner.", status="resolved")
    (row,) = await house.store.take(house.owner, LANES[Lane.RT].lease, [f"file:{chat.id}"])
    after = await house.handlers["file"].deliver(row)
    assert after
    with full_disk(house.file), pytest.raises(NotDone):
        await house.store.write(after)
    assert (await house.chat(chat.id)).state is State.FILING
    if died:
        await house.store.take_over(RULES.quarantine)
    for _ in range(8):
        await tidied(house, MINUTE)
    assert (len(house.tickets.comments), house.tickets.statuses) == (1, ["resolved"])
    assert (await house.chat(chat.id)).state is State.PURGED


@pytest.mark.parametrize("posted", [True, False])
async def test_a_process_that_died_over_the_record_of_a_begun_chat_makes_one_ticket(
    door: House, *, posted: bool
) -> None:
    """Teams opens no thread meanwhile; the visitor has left."""
    door.places.faults.before += [NotDone("Teams is away.", 600.0)]
    joined = await asks(door)
    await door.visiting.end(joined.seat)
    await door.housekeeping.tidy()
    door.clock.pass_(hours=2)
    await door.housekeeping.tidy()
    stream = f"file:{joined.chat.id}"
    (row,) = await door.store.take("the dead one", LANES[Lane.RT].lease, [stream])
    if posted:
        await door.handlers["file"].deliver(row)
    await door.store.take_over(RULES.quarantine)
    for _ in range(30):
        await tidied(door, MINUTE)
    (dossier,) = door.tickets.comments
    assert dossier.chat.filing
    assert dossier.chat.filing.new_ticket == NewTicket("rt", "Live chat", "Why does it beep?")
    assert (await door.chat(joined.chat.id)).state is State.PURGED

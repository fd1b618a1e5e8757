"""An hour without RT, whatever the reason: chats go on, filings wait visibly, each arrives once."""

from typing import Any

import pytest

from bot.domain.chat import State
from bot.domain.events import Receipt
from bot.domain.tickets import Ticket, TicketRef
from bot.relay.answering import Answer
from bot.relay.outcomes import NotDone, OutsideError, Unclear
from bot.relay.ports import Dossier
from bot.rt.kerberos_trouble import Cause, LoginTrouble, NoKerberos
from tests.relay.fakes import FakeTickets
from tests.relay.house import OTHER, THREAD, House


class Away(FakeTickets):
    """Every call fails while there is ``trouble``."""

    trouble: OutsideError | None = None

    def _enter(self) -> None:
        if self.trouble:
            raise self.trouble

    async def read(self, ref: TicketRef) -> Ticket:
        self._enter()
        return await super().read(ref)

    async def find(self, dossier: Dossier) -> Receipt | None:
        self._enter()
        return await super().find(dossier)

    async def comment(self, dossier: Dossier) -> Receipt:
        self._enter()
        return await super().comment(dossier)


def by_kerberos(cause: Cause) -> LoginTrouble:
    return LoginTrouble("RT (rt)", NoKerberos(cause))


TROUBLES: dict[str, Any] = {
    "down": NotDone("RT (rt) cannot be reached at the moment (connection refused)."),
    "answers broken off": Unclear("RT (rt) broke off while it was writing (connection lost)."),
    "keytab outdated": by_kerberos(Cause.KEY_OUTDATED),
    "keytab gone": by_kerberos(Cause.KEYTAB_MISSING),
    "clock wrong": by_kerberos(Cause.CLOCK),
    "KDC down": by_kerberos(Cause.NO_KDC),
}


async def minutes(house: House, count: int) -> None:
    for _ in range(count):
        house.clock.pass_(minutes=1)
        await house.housekeeping.tidy()
        await house.deliver()


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_an_hour_of_trouble_stops_no_chat_and_costs_no_record(
    house: House, trouble: OutsideError
) -> None:
    house.tickets = rt = Away()
    house.start_outbox()
    first, _ = await house.talking()
    second, seat = await house.talking(OTHER)
    rt.trouble = trouble
    await house.presses("file", first, summary="Toner.")
    for minute in range(30):
        await house.visiting.say(seat, f"k{minute}", f"It beeps, {minute}.")
        await house.writes(f"I see, {minute}.", thread=OTHER)
        await minutes(house, 1)
    assert len(house.threads.relayed) == 30
    await house.presses("file", second, thread=OTHER, summary="Paper.")
    await minutes(house, 62)
    for chat in (first, second):
        assert (await house.chat(chat.id)).state is State.FILING
    shown = {view.chat.id: view.chat.filing for view in house.threads.cards.values()}
    for filing in shown.values():
        assert filing
        assert filing.problem == trouble.sentence
    reminded = [place for place, n in house.threads.told if n.word is Answer.FILING_WAITS]
    assert reminded == [THREAD.conversation_id, OTHER.conversation_id]
    assert rt.comments == []
    rt.trouble = None
    await minutes(house, 7)  # the longest pause is six
    assert sorted(c.chat.id for c in rt.comments) == sorted([first.id, second.id])
    (long,) = (c for c in rt.comments if c.chat.id == second.id)
    assert sum("It beeps" in line.text or "I see" in line.text for line in long.log) == 60
    await minutes(house, 60)
    assert len(rt.comments) == 2
    for chat in (first, second):
        assert (await house.chat(chat.id)).state is State.PURGED


async def test_after_some_minutes_no_ticket_is_asked_for_any_more_and_the_co_is_told(
    house: House,
) -> None:
    house.tickets.reading.before += [NotDone("RT cannot be reached.", 30)] * 6
    await house.writes("12345")
    for _ in range(7):
        await house.deliver()
        house.clock.pass_(seconds=40)
    assert house.threads.words == [Answer.LOOKING_SLOW, Answer.TICKET_PROBLEM]
    assert "I have stopped asking" in house.threads.told[-1][1].detail
    house.tickets.reading.before.clear()
    house.clock.pass_(hours=1)
    await house.deliver()
    assert house.threads.cards == {}

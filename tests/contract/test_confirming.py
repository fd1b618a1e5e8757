"""What a CO sees, has to confirm, and gets: the table in confirmations.py, on RTs of every kind.

Nothing is in RT before the confirmation that is demanded; then there is one comment, in the ticket
that was confirmed, and none in any other. It is counted in RT's own database.

The whole table is played on the stand-in, on RT 5 by REST 2.0 and on RT 4.4 by REST 1.0. What a card
makes of an answer does not depend on the way by which it came, and test_matrix.py shows that all ways
give the same ones; so in the others one row is played of each end that a filing can come to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.chat import State
from bot.domain.tickets import NewTicket
from tests.contract.cases import Filed, NotSeen, RefusedWith
from tests.contract.confirmations import (
    TABLE,
    WHY,
    Card,
    Demand,
    Nothing,
    Number,
    Row,
    Stopped,
    SurnameAndReason,
    by_way,
)
from tests.contract.desk import Desk, Draft, desk, facts, read
from tests.contract.rts import REAL, STAND_INS, Place, entered

WHOLE = {"stand-in rest2", "rt5 rest2 cookie", "rt4 rest1"}
ENDS = {
    "open",  # filed
    "forbidden",  # not shown
    "may only be read",  # refused; by mail not to be seen
    "moved out of sight",  # refused before it is written
    "merged meanwhile, the visitor is its requestor",  # confirmed twice
    "requestor is not the visitor",  # insisted on
}
PLAYED = [
    pytest.param(way, case, marks=[pytest.mark.real_rt] if way in REAL else [])
    for way in (*STAND_INS, *REAL)
    for case in TABLE
    if way in WHOLE or case in ENDS
]


@pytest.fixture
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with entered(request.param, request) as found:
        yield found


async def number_of(place: Place, row: Row) -> int:
    """The row's ticket; one that is to be changed is made for that, and one to be merged into."""
    if row.meanwhile and row.meanwhile[0] == "merge":
        place.numbers["other"] = await made(place, "Another one", "alan@help.test")
    if row.ticket == "new":
        place.numbers["new"] = await made(place, "To be moved", "ada@help.test")
    return place.numbers[row.ticket]


async def made(place: Place, subject: str, requestor: str) -> int:
    """Make a ticket; return its number."""
    new = NewTicket("rt", "Support", subject, requestor)
    return (await place.gateway.comment(place.dossier("printer", new=new))).ticket


async def looks(grace: Desk, wanted: Card) -> None:
    """The card shows which ticket that is, asked for and in effect, and whose."""
    numbers = grace.place.numbers
    _, card = await grace.card(lambda text: '"verb": "invite"' in text)
    assert read(card["body"][0]["text"]).startswith(f'"Ticket rt#{numbers[wanted.lives]}: ')
    assert wanted.says.format(**numbers) in read(card)
    assert ("which was merged into" in read(card)) == ("merged into" in wanted.says)
    shown = facts(card)
    people = "Requestors" if ";" in wanted.requestor else "Requestor"
    assert " ago" in shown.pop("Created")
    owner = "Grace Hopper" if wanted.lives == "owned" else "nobody"
    assert shown == {
        "Queue": wanted.queue,
        "Status": wanted.status,
        people: wanted.requestor,
        "Owner": owner,
        **({"Cc": wanted.cc} if wanted.cc else {}),
    }
    start = {"To be moved": "To be moved ["}.get(wanted.subject, wanted.subject)  # with a marker
    assert start in read(card["body"][0]["text"])


def typed(demand: Demand, number: int) -> dict[str, str]:
    """What the demand asks for."""
    match demand:
        case Nothing():
            return {}
        case Number():
            return {"echo": str(number)[-3:]}
        case SurnameAndReason(surname):
            return {"echo": surname, "reason": WHY}


def in_vain(demand: Demand, number: int) -> tuple[list[dict[str, str]], str]:
    """What is not enough for a demand, and what is said then."""
    match demand:
        case Nothing():
            return [], ""
        case Number():
            tries = [{}, {"echo": "000"}, {"echo": "Somebody"}, {"reason": WHY}]
            return tries, "has to be confirmed, because"
        case SurnameAndReason(surname):
            digits = str(number)[-3:]
            tries = [{}, {"echo": digits, "reason": WHY}, {"echo": surname}]
            return [*tries, {"echo": surname, "reason": "because"}], "seems to be somebody else"


def fields(draft: Draft) -> set[str]:
    """Which boxes to confirm with stand on the card."""
    return {name for name in ("echo", "reason") if f'"id": "{name}"' in read(draft.card)}


async def confirms(grace: Desk, draft: Draft, demand: Demand, number: int) -> None:
    """What is not enough does nothing; then Grace types what is asked for."""
    right, (tries, said) = typed(demand, number), in_vain(demand, number)
    assert fields(draft) == set(right)
    before = await grace.chat()
    for wrong in tries:
        pressed = await grace.presses(draft, **{name: wrong.get(name, "") for name in right})
        assert pressed.card, (wrong, pressed)
        assert said in read(pressed.card)
        now = await grace.chat()
        assert (now.state, now.filing) == (before.state, before.filing)
    pressed = await grace.presses(draft, **right)
    assert pressed.card, pressed


async def ends_as(grace: Desk, then: Filed | RefusedWith | NotSeen) -> str:
    """Wait for what comes of a filing; return the name of the ticket that has one comment more."""
    match by_way(then, grace.place.way):
        case Filed(into):
            await grace.card(lambda text: "read back from RT" in text)
            chat = await grace.chat()
            assert chat.filing
            assert chat.filing.receipt
            assert chat.filing.receipt.ticket == grace.place.numbers[into]
            return into
        case RefusedWith(sentence):
            await grace.card(lambda text: "RT refused it" in text and sentence in text)
            assert (await grace.chat()).state is State.ENDED
        case NotSeen():
            await grace.card(lambda text: "not sent twice" in text)
    return ""


async def happens(place: Place, number: int, what: tuple[str, str]) -> None:
    """Somebody changes the ticket in RT."""
    field, value = what
    if field == "merge":
        await asyncio.to_thread(place.merge, number, place.numbers[value])
    else:
        await asyncio.to_thread(place.alter, number, field, value)


async def sends(grace: Desk, row: Row, demand: Demand) -> str:
    """Grace sends the record; return the name of the ticket that has it."""
    draft = await grace.draft(lambda text: "Send to ticket" in text)
    lives = row.asked.lives if isinstance(row.asked, Card) else row.ticket
    await confirms(grace, draft, demand, grace.place.numbers[lives])
    assert row.then is not None
    if not isinstance(row.then, Stopped):
        return await ends_as(grace, row.then)
    says = row.then.says.format(**grace.place.numbers)
    again = await grace.draft(lambda text: "the ticket has changed" in text and says in text)
    stopped = await grace.chat()
    # The card as it was: it is about a ticket that is not any more.
    await grace.presses(draft, **typed(demand, grace.place.numbers[lives]))
    now = await grace.chat()
    assert (now.state, now.filing) == (State.ENDED, stopped.filing)
    assert stopped.filing
    assert stopped.filing.found
    await confirms(grace, again, row.then.demand, stopped.filing.found.ref.number)
    return await ends_as(grace, row.then.then)


@pytest.mark.parametrize(("place", "case"), PLAYED, indirect=["place"])
async def test_nothing_is_posted_without_the_confirmation_that_the_table_names(
    place: Place, tmp_path: Path, case: str
) -> None:
    row = TABLE[case]
    number = await number_of(place, row)
    async with desk(place, tmp_path, number, row.visitor) as grace:
        aliases = ("new",) if row.meanwhile and row.meanwhile[0] == "merge" else ()
        before = await grace.written(*aliases)
        await grace.asks()
        if isinstance(row.asked, RefusedWith):
            await grace.story.in_thread(row.asked.sentence)
            assert all('"verb"' not in read(post.cards) for post in grace.story.posts())
            assert await grace.written() == before
            return
        await looks(grace, row.asked)
        await grace.talks()
        if row.meanwhile:
            await happens(place, number, row.meanwhile)
        into = await sends(grace, row, row.demand)
        wanted = {name: count + (name == into) for name, count in before.items()}
        assert await grace.written(*aliases) == wanted

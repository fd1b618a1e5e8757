"""Chats whose thread is not where they were asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.effects import Word
from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay.answering import Answer
from bot.relay.delivery import Delivery, Lane
from bot.relay.handlers import After
from bot.relay.opening import LookupHandler
from bot.relay.outcomes import Gone, Unclear
from bot.relay.placing import LostHandler, OpenHandler, ticket_from_json, ticket_to_json
from bot.relay.pool import Channel, Pool
from bot.relay.ports import CardView, Places, Scope, Thread
from bot.relay.storage import Unit
from tests.people import GRACE, TICKET
from tests.relay.fakes import Faults
from tests.relay.house import THREAD, House

TEAM = "19:team@thread.tacv2"
POOL = Channel("19:pool@thread.tacv2", TEAM)
ASKED = replace(THREAD, team_id=TEAM, channel_id="19:chat@thread.tacv2")
PERSONAL = replace(THREAD, conversation_id="a:1grace", scope=Scope.PERSONAL)


class FakePlaces(Places):
    """Remembers which cards were posted in which channel."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.opened: list[tuple[str, CardView]] = []

    async def open(self, channel: Thread, view: CardView) -> Thread:
        self.faults.enter()
        self.opened.append((channel.channel_id, view))
        root = str(len(self.opened))
        self.faults.leave()
        conversation = f"{channel.channel_id};messageid={root}"
        return replace(channel, conversation_id=conversation, root_id=root, id=0)

    async def fallback(self, lost: Thread, operator_id: str) -> Thread:
        assert operator_id == GRACE.id
        return PERSONAL

    async def home(self, near: Thread, operator_id: str) -> Thread:
        return await self.fallback(near, operator_id)

    def link(self, thread: Thread) -> str:
        return f"https://teams.test/{thread.root_id}"


class Noting:
    """A unit that remembers what was scheduled."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.rows: list[Delivery] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    async def schedule(self, delivery: Delivery) -> None:
        self.rows.append(delivery)
        await self._unit.schedule(delivery)


async def commit(house: House, after: After | None) -> list[Delivery]:
    """Commit what a delivery led to; return the rows that it scheduled."""

    async def work(unit: Unit) -> list[Delivery]:
        noting = Noting(unit)
        if after:
            await after(cast("Unit", noting))
        return noting.rows

    return await house.store.write(work)


@pytest.fixture
def places() -> FakePlaces:
    return FakePlaces()


async def looked_up(house: House, asked: Thread = ASKED) -> Delivery:
    """The one row to which the look-up of Grace's ticket leads."""
    here = await house.store.write(lambda unit: unit.thread(asked))
    payload = {
        "instance": "rt",
        "number": 12345,
        "thread": here.id,
        "by": {"id": GRACE.id, "name": GRACE.name},
        "mention": ["29:grace", GRACE.name],
    }
    pool = Pool(house.relay, [POOL])
    handler = LookupHandler(house.relay, house.tickets, lambda: "chat-1", pool)
    after = await handler.deliver(Delivery(Lane.LOOKUP, "lookup:1", "lookup", payload, attempt=1))
    [row] = await commit(house, after)
    return replace(row, attempt=1)


async def test_a_chats_thread_is_opened_in_the_pool_and_who_asked_gets_a_link(
    house: House, places: FakePlaces
) -> None:
    row = await looked_up(house)
    assert (row.lane, row.kind) == (Lane.TEAMS, "open")
    assert (await house.store.thread(row.thread)).conversation_id == POOL.id
    [told] = await commit(house, await OpenHandler(house.relay, places).deliver(row))
    chat = await house.chat("chat-1")
    thread = await house.store.thread(chat.thread)
    assert (thread.conversation_id, chat.card) == (f"{POOL.id};messageid=1", "1")
    assert (chat.ticket, chat.started_by) == (TICKET, GRACE)
    assert places.opened[0][1].chat.ticket == TICKET
    assert told.payload["word"] == Answer.ELSEWHERE
    assert told.payload["detail"] == "https://teams.test/1"
    asked = await house.store.thread(told.payload["thread"])
    assert asked.conversation_id == ASKED.conversation_id
    assert told.payload["mention"] == ["29:grace", "Grace Hopper"]


async def test_in_a_personal_chat_nothing_changes(house: House) -> None:
    row = await looked_up(house, PERSONAL)
    chat = await house.chat("chat-1")
    assert (row.kind, (await house.store.thread(chat.thread)).scope) == ("card", Scope.PERSONAL)


async def test_a_crash_between_opening_and_keeping_leaves_one_chat(
    house: House, places: FakePlaces
) -> None:
    row = await looked_up(house)
    handler = OpenHandler(house.relay, places)
    await handler.deliver(row)  # and what it led to is never committed
    await commit(house, await handler.deliver(replace(row, attempt=2)))
    chat = await house.chat("chat-1")
    assert (len(places.opened), chat.card) == (2, "2")
    assert await handler.deliver(replace(row, attempt=3)) is None
    assert len(places.opened) == 2


async def test_the_button_of_a_stray_card_does_nothing(house: House, places: FakePlaces) -> None:
    row = await looked_up(house)
    handler = OpenHandler(house.relay, places)
    await handler.deliver(row)
    await commit(house, await handler.deliver(replace(row, attempt=2)))
    chat = await house.chat("chat-1")
    stray = replace(ASKED, conversation_id=f"{POOL.id};messageid=1", channel_id=POOL.id)
    pressing = await house.presses("invite", chat, thread=stray, route="copy")
    assert (pressing.view, await house.chat("chat-1")) == (None, chat)
    assert pressing.sentence


async def test_an_unclear_opening_is_tried_once_more_and_then_stays_where_it_was_asked(
    house: House, places: FakePlaces
) -> None:
    row = await looked_up(house)
    handler = OpenHandler(house.relay, places)
    places.faults.after = [Unclear("Teams answered 502."), Unclear("Teams answered 502.")]
    with pytest.raises(Unclear):
        await handler.deliver(row)
    [card] = await commit(house, await handler.deliver(replace(row, attempt=2)))
    assert card.kind == "card"
    chat = await house.chat("chat-1")
    thread = await house.store.thread(chat.thread)
    assert (thread.conversation_id, chat.card) == (ASKED.conversation_id, "")


async def test_a_channel_that_is_gone_leaves_the_chat_where_it_was_asked_for(
    house: House, places: FakePlaces
) -> None:
    row = await looked_up(house)
    after = await OpenHandler(house.relay, places).gave_up(row, Gone("It is not there."))
    [card] = await commit(house, after)
    assert (card.kind, card.chat_id) == ("card", "chat-1")
    assert (await house.store.thread(card.thread)).conversation_id == ASKED.conversation_id


async def test_a_channel_that_is_gone_is_followed_by_the_next_of_the_pool(
    house: House, places: FakePlaces
) -> None:
    row = await looked_up(house)
    other = Channel("19:other-pool@thread.tacv2", TEAM)
    handler = OpenHandler(house.relay, places, Pool(house.relay, [POOL, other]))
    [again] = await commit(house, await handler.gave_up(row, Gone("It is not there.")))
    assert (again.kind, again.stream) == ("open", row.stream)
    assert again.payload == row.payload
    assert (await house.store.thread(again.thread)).conversation_id == other.id
    [card] = await commit(house, await handler.gave_up(again, Gone("Nor is this.")))
    assert card.kind == "card"


async def test_a_lost_chat_is_reported_where_its_co_can_read_it(
    house: House, places: FakePlaces
) -> None:
    chat, _ = await house.talking()
    handler = LostHandler(house.relay, places, house.threads)
    await handler.deliver(
        Delivery(
            Lane.TEAMS, "lost:1", "lost", {"word": "orphaned", "detail": ""}, chat.id, attempt=1
        )
    )
    where, notice = house.threads.told[-1]
    assert (where, notice.word) == (PERSONAL.conversation_id, Word.ORPHANED)
    assert (notice.chat, notice.mention) == (await house.chat(chat.id), (GRACE.id, GRACE.name))


refs = st.builds(TicketRef, st.text(), st.integers(1))
people = st.lists(st.builds(Requestor, st.text(), st.text(), st.text())).map(tuple)
words = st.text()


ZONES = [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-10))]


@given(
    st.builds(
        Ticket,
        refs,
        refs,
        words,
        words,
        words,
        people,
        people,
        words,
        # Offsets only: an hour that a zone has twice does not equal itself in another zone.
        st.none() | st.datetimes(timezones=st.sampled_from(ZONES)),
        words,
    )
)
def test_a_ticket_in_a_row_of_the_outbox_is_the_same_ticket(ticket: Ticket) -> None:
    read = ticket_from_json(ticket_to_json(ticket))
    assert read == ticket

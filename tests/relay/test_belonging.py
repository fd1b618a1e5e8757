"""Every word of an operator lands in the chat it was written in, or in none and he is told."""

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.chat import LIVE, State
from bot.domain.presence import Presence
from bot.relay.answering import Answer
from bot.relay.belonging import existed
from bot.relay.inbound import Changed, Heard, Operator
from bot.relay.ports import Seat
from tests.migrated import sqlite_at
from tests.people import GRACE, NOW, proposed
from tests.relay.house import THREAD, House, opened

HER = Operator(GRACE.id, GRACE.name, "29:grace")


async def hear(
    house: House, text: str, at: datetime, *, mention: bool = False, key: str = ""
) -> None:
    heard = Heard(THREAD, HER, key or text, text, mention)
    await house.operating.hears(heard, at)
    await house.deliver()


async def next_chat(house: House) -> str:
    """Another chat in the same thread, in which its visitor sits; returns its id."""
    house.clock.pass_(minutes=2)
    await house.writes("12345")
    await house.deliver()
    chat = list(house.threads.cards.values())[-1].chat
    await house.presses("invite", chat)
    house.clock.pass_(seconds=5)
    await house.joining.join(house.token(chat), "nonce", None)
    await house.deliver()
    return chat.id


async def test_words_for_one_visitor_that_come_late_do_not_reach_the_next(house: House) -> None:
    first, seat = await house.talking()
    await house.visiting.end(seat)
    written = house.clock.now
    second = await next_chat(house)
    await hear(house, "Your password is on its way.", written)
    assert "Your password is on its way." not in await house.texts(first.id)
    assert await house.texts(second) == ["visitor_joined"]
    assert house.threads.words[-1] == Answer.NOT_DELIVERED
    assert "before they were in this chat" in house.threads.told[-1][1].detail


@pytest.mark.parametrize("known", [True, False])
async def test_a_mended_typo_does_not_bring_old_words_before_the_next_visitor(
    house: House, known: bool
) -> None:
    _, seat = await house.talking()
    await house.visiting.end(seat)
    written = house.clock.now
    second = await next_chat(house)
    key = f"{written.timestamp() * 1000:.0f}" if known else "an id that tells nothing"
    await hear(house, "Your pasword is on its way.", written, mention=True, key=key)
    mended = Changed(THREAD, HER, key, "e1", "Your password is on its way.", mentioned=True)
    await house.operating.changes(mended, house.clock.now)
    assert await house.texts(second) == ["visitor_joined"]


@pytest.mark.parametrize("command", ["end chat", "send to rt: Toner."])
async def test_a_command_for_one_chat_that_comes_late_leaves_the_next_alone(
    house: House, command: str
) -> None:
    _, seat = await house.talking()
    written = house.clock.now
    await house.visiting.end(seat)
    second = await next_chat(house)
    await hear(house, command, written, mention=True)
    assert (await house.chat(second)).state is State.OPEN


async def test_a_command_does_not_act_on_a_ticket_that_was_shown_only_later(house: House) -> None:
    written = house.clock.now
    house.clock.pass_(seconds=5)
    chat = await house.proposed()
    await hear(house, "invite", written, mention=True)
    assert (await house.chat(chat.id)).state is State.PROPOSED
    assert house.threads.words[-1] == Answer.NOTHING_HERE


async def test_words_written_since_the_visitor_came_reach_him_however_late(house: House) -> None:
    chat, _ = await house.talking()
    written = house.clock.now + timedelta(seconds=1)
    house.clock.pass_(hours=1)  # well beyond any window in which a repeat could be expected
    await hear(house, "hello", written)
    assert (await house.texts(chat.id))[-1] == "hello"


async def test_a_visitor_who_went_away_and_came_back_still_gets_what_was_written_before(
    house: House,
) -> None:
    chat, _ = await house.talking()
    house.clock.pass_(seconds=10)
    written = house.clock.now
    house.clock.pass_(seconds=10)
    await house.visiting.presence(chat.id, Presence.HIDDEN)
    await hear(house, "hello", written)
    assert (await house.texts(chat.id))[-1] == "hello"


async def test_a_visitor_who_joined_by_a_wrong_clock_can_be_spoken_to(house: House) -> None:
    house.clock.pass_(hours=2)  # the process that let her in has a clock that is fast
    chat, _ = await house.talking()
    house.clock.pass_(hours=-2)
    await hear(house, "hello", house.clock.now)
    assert (await house.texts(chat.id))[-1] == "hello"


def test_without_a_time_every_chat_can_be_meant() -> None:
    assert existed([proposed()], None, NOW) == [proposed()]
    assert existed([proposed()], NOW - timedelta(seconds=1), NOW) == []


def test_a_chat_of_the_future_was_made_by_a_wrong_clock_and_can_be_meant() -> None:
    past = NOW - timedelta(hours=1)
    assert existed([proposed()], past, past) == [proposed()]


STEPS = ["propose", "invite", "join", "end", "file", "say", "write", "bring"]


class Thread:
    """A thread in which chats follow one another, and what its operators may expect."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.written: list[tuple[str, datetime, str]] = []  # text, when, the chat open then
        self.expected: dict[str, set[str]] = {}  # text: the chats whose visitors may read it
        self.seat: Seat | None = None

    async def chats(self) -> list[str]:
        """The chats of the thread, newest first."""
        cards = {view.chat.id: view.chat for view in self.house.threads.cards.values()}
        return sorted(cards, key=lambda one: cards[one].created, reverse=True)

    async def now(self, *states: State) -> str:
        """The newest chat in one of these states, empty if there is none."""
        for one in await self.chats():
            if (await self.house.chat(one)).state in states:
                return one
        return ""

    async def step(self, name: str) -> None:
        self.house.clock.pass_(seconds=61)  # notices are told once a minute
        await getattr(self, name)()
        await self.house.deliver()

    async def propose(self) -> None:
        await self.house.writes("12345")

    async def invite(self) -> None:
        if one := await self.now(State.PROPOSED):
            await self.house.presses("invite", await self.house.chat(one))

    async def join(self) -> None:
        if one := await self.now(State.INVITED):
            chat = await self.house.chat(one)
            joined = await self.house.joining.join(self.house.token(chat), "nonce", None)
            self.seat = joined.seat

    async def end(self) -> None:
        if self.seat and await self.now(State.OPEN):
            await self.house.visiting.end(self.seat)

    async def file(self) -> None:
        if one := await self.now(State.OPEN, State.ENDED):
            await self.house.presses("file", await self.house.chat(one), summary="Done.")

    async def write(self) -> None:
        """An operator writes; Teams cannot bring it yet."""
        text = f"words {len(self.expected)}"
        open_now = await self.now(State.OPEN)
        self.written.append((text, self.house.clock.now, open_now))
        self.expected[text] = {open_now} - {""}

    async def bring(self) -> None:
        """Teams brings what it could not bring before."""
        waiting, self.written = self.written, []
        for text, at, chat in waiting:
            told = len(self.house.threads.told)
            reads = await self.now(State.OPEN) == chat != ""
            heeded = await self._is_heeded()
            await hear(self.house, text, at)
            assert (text in await self._said()) == reads
            if heeded and not reads and self._is_first(waiting, text):
                assert len(self.house.threads.told) > told

    async def say(self) -> None:
        await self.write()
        await self.bring()

    def _is_first(self, waiting: Sequence[tuple[str, datetime, str]], text: str) -> bool:
        return waiting[0][0] == text

    async def _is_heeded(self) -> bool:
        """Tell whether somebody may think that a visitor reads this thread now."""
        if await self.now(*LIVE):
            return True
        recently = self.house.clock.now - timedelta(minutes=15)
        chats = [await self.house.chat(one) for one in await self.chats()]
        return any(chat.ended and chat.ended > recently for chat in chats)

    async def _said(self) -> list[str]:
        return [text for one in await self.chats() for text in await self.house.texts(one)]

    async def check(self) -> None:
        """No visitor reads what was not written in his chat."""
        for one in await self.chats():
            for text in await self.house.texts(one):
                assert one in self.expected.get(text, {one})


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=10))
async def test_whatever_happens_in_a_thread_no_visitor_reads_words_for_another(
    steps: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(sqlite_at(Path(folder) / "chats.db")) as house:
            thread = Thread(house)
            for name in ["propose", "invite", "join", *steps, "bring"]:
                await thread.step(name)
            await thread.check()

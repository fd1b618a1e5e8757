"""What the machine's rules are built on: a process that can die, the outside, and the comparing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from bot.relay import dispatching, outbox
from bot.relay.delivery import Committed, Delivery, Lane
from bot.relay.inbound import Pressed
from bot.relay.nonces import nonce
from bot.relay.ports import Listening, Thread
from bot.store import SqlStore
from tests.people import NOW
from tests.relay.fakes import Clock
from tests.relay.house import _OPERATORS, OTHER, THREAD, House
from tests.relay.machine_ground import Ground
from tests.relay.machine_model import Talk
from tests.relay.machine_outside import Fault, Plan, Rt, Teams

T = TypeVar("T")
LIVE = ("invited", "open")
#: What a press of a button makes of a chat; in every other state nothing happens.
PRESSES = {
    ("end", "open"): "ended",
    ("file", "open"): "filing",
    ("file", "ended"): "filing",
    ("undo", "held"): "ended",
    ("revoke", "invited"): "proposed",
    ("cancel", "invited"): "cancelled",
    ("cancel", "proposed"): "cancelled",
}


TROUBLE = [fault for fault in Fault if fault is not Fault.NONE]
PLANS = st.lists(st.sampled_from([Fault.NONE, *TROUBLE]), max_size=3)
SPANS = st.sampled_from([1, 5, 31, 70, 400])  # seconds: to a repeat, or to the end of a lease
#: Ends would come so often that most histories would be short ones.
REALLY = st.sampled_from([False, False, False, True])
SIDES, PICK, WHICH = st.integers(0, 1), st.integers(0, 3), st.integers(0, 7)


class SteadyClock:
    """Takes the place of the outbox's ``time``: its budget goes by the clock that we move."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        return 1_000.0 + (self._clock() - NOW).total_seconds()


class Process(House):
    """A process of the service among a Teams and an RT that outlive it."""

    def __init__(self, store: SqlStore, clock: Clock, owner: str, teams: Teams, rt: Rt) -> None:
        super().__init__(store, clock, owner)
        self.plan = teams.plan
        self.faults: list[BaseException] = []
        self.threads, self.tickets = teams, rt
        self.start_outbox()
        self.bells.append(self.outbox)
        # As if it ran: what is born may be claimed for it. The machine turns it by hand.
        self.outbox._tasks = [asyncio.get_event_loop().create_future()]  # type: ignore[list-item]

    def _report(self, what: str, delivery: Delivery, error: BaseException) -> None:
        if what not in {"delayed", "refused"}:
            self.faults.append(error)

    async def turn(self, lanes: Callable[[], list[Lane]]) -> None:
        """Let the outbox do all that it may do now, in the lanes that have something."""
        for _ in range(100):
            if self.plan.died:
                return
            waits = [await self.outbox._round(lane) for lane in lanes()]
            running = set(self.outbox._running.values())
            if running:
                await asyncio.wait(running)
            elif min(waits, default=1.0) > 0:
                return
        raise AssertionError("the outbox finds no end")

    async def die(self) -> None:
        """Nothing of it goes on."""
        running = set(self.outbox._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.store.close()


@dataclass
class Side:
    """A thread, the ticket that is talked about there, and the chats that it has seen."""

    thread: Thread
    ticket: int
    talks: list[Talk] = field(default_factory=list)
    asked: int = 0

    @property
    def live(self) -> Talk | None:
        return next((talk for talk in self.talks if talk.state in LIVE), None)

    def hears(self, *, mention: bool) -> bool:
        """Tell whether words there are meant for the visitor."""
        return mention or self.thread.listening is Listening.THREAD


#: What goes by the steady clock; the machine puts its own there, which whoever runs it takes back.
TIMED = (outbox, dispatching)


class MachineBase(RuleBasedStateMachine):
    """Two threads in one house. Subclasses set ``ground`` and ``loop``."""

    ground: ClassVar[Ground]
    loop: ClassVar[asyncio.AbstractEventLoop]

    def __init__(self) -> None:
        super().__init__()
        self.url = self.ground.fresh()
        self.clock, self.plan, self.ids = Clock(), Plan(), count(1)
        self.ground.set_clock(self.clock.now)
        for timed in TIMED:
            setattr(timed, "time", SteadyClock(self.clock))  # noqa: B010 - mypy knows no such name
        self.teams, self.rt = Teams(self.plan, self.clock), Rt(self.plan)
        self.sides = [
            Side(replace(THREAD, listening=Listening.THREAD), 12345),
            Side(replace(OTHER, listening=Listening.MENTION), 54321),
        ]
        self.deaths = 0
        self.presses_done: list[tuple[int, Talk, str, str, dict[str, str]]] = []
        self.house = self.do(self._process())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _process(self) -> Process:
        store = SqlStore.at(self.url, self.clock)
        process = Process(store, self.clock, f"process-{self.deaths}", self.teams, self.rt)
        process.bells.insert(0, self)
        return process

    def ring(self, committed: Committed) -> None:
        """Note what bells are told (a bell itself)."""
        for news in committed.news:
            for talk in self.talks():
                if talk.id == news.chat_id:
                    talk.told += [(line.seq, line.text) for line in news.lines]

    def talks(self) -> list[Talk]:
        return [talk for side in self.sides for talk in side.talks]

    # --- the end -------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.finish()
        finally:
            self.do(self.house.die())
            self.ground.clear()

    def finish(self) -> None:
        """All is well again: everything goes out; then every chat is sent to RT."""
        self._drain()
        for _ in range(2):  # what is stopped because its ticket has changed is confirmed anew
            for side in self.sides:
                for talk in side.talks:
                    self.press(side, talk, "file", "grace")
            self._drain()
        for talk in self.talks():
            talk.settle_accounts(self.ground, self.teams, self.rt, self.deaths)
        assert {post.chat for post in self.teams.seen} <= {talk.id for talk in self.talks()}

    def _drain(self) -> None:
        for _ in range(60):
            self.pass_time(600)
            self.outbox_turn()
            if not self.ground.look("SELECT id FROM outbox"):
                return
        raise AssertionError(f"stuck: {self.ground.look('SELECT * FROM outbox')}")

    # --- after each step -----------------------------------------------------------------------

    def check(self) -> None:
        """What the database and Teams' books hold is what the model believes."""
        self.do(self._written())
        assert not self.house.faults, repr(self.house.faults)
        assert not self.teams.complaints, self.teams.complaints[:3]
        assert not self.rt.wrong, self.rt.wrong[:3]
        self._discover()
        for side in self.sides:
            for talk in side.talks:
                talk.compare(self.ground, self.teams)
            assert sum(talk.state in LIVE for talk in side.talks) <= 1

    async def _written(self) -> None:
        """Let the database finish what whoever asked for it has left: its bell rings after it."""
        while writing := set(self.house.store._writer._tasks):
            await asyncio.wait(writing)

    def _discover(self) -> None:
        known = {talk.id for talk in self.talks()}
        query = "SELECT c.id, t.conversation_id FROM chats c JOIN threads t ON t.id = c.thread_id"
        for chat_id, conversation in self.ground.look(f"{query} ORDER BY c.created_at, c.id"):
            if chat_id in known:
                continue
            (side,) = [s for s in self.sides if s.thread.conversation_id == conversation]
            side.asked -= 1
            assert side.asked >= 0, "a chat that nobody asked for"
            chat = self.do(self.house.chat(chat_id))
            assert chat.ticket.ref.number == side.ticket
            side.talks.append(Talk(chat_id, side.thread, side.ticket, state=chat.state.value))

    def talk(self, side: int, back: int = 0) -> Talk | None:
        """One of a thread's chats, the newest first."""
        talks = self.sides[side].talks
        return talks[-1 - back % len(talks)] if talks else None

    def joined(self, *states: str) -> list[Talk]:
        """The chats that somebody has joined, the newest first."""
        found = [talk for talk in reversed(self.talks()) if talk.tabs]
        return [talk for talk in found if talk.state in states] if states else found

    def one(self, which: int, *states: str) -> Talk | None:
        """One of them; if there is none, a chat is opened, which may do.

        No rule has a precondition: what a history consists of must not hang on the order in which
        tasks are done.
        """
        if not self.joined(*states):
            self.open(which % 2, 3)
        found = self.joined(*states)
        return found[which % len(found)] if found else None

    def open(self, side: int, steps: int) -> None:
        """Take a new chat so many steps on: asked for, invited, joined."""
        raise NotImplementedError

    def new(self, talk: Talk | None, what: str) -> str:
        """Words that nobody says twice, with the chat's name in them."""
        return f"{talk.id if talk else 'nobody'} {what}{next(self.ids)}"

    # --- what several rules do -----------------------------------------------------------------

    def ask(self, side: Side) -> None:
        """A CO names the ticket."""
        if side.live is None:
            side.asked += 1
        key = f"ask-{next(self.ids)}"
        self.do(self.house.writes(str(side.ticket), thread=side.thread, key=key))

    def press(
        self, side: Side, talk: Talk, verb: str, who: str, wanted: str = "", **values: str
    ) -> None:
        """A CO presses a button; only what the table says comes of it."""
        wanted = wanted or PRESSES.get((verb, talk.state), talk.state)
        if talk.state == "forgotten":
            return
        if verb == "file":
            values.setdefault("echo", str(talk.ticket)[-3:])
        pressed = Pressed(side.thread, _OPERATORS[who], verb, talk.id, values)
        self.do(self.house.operating.presses(pressed))
        self.check()
        assert talk.state == wanted, f"{verb} led to {talk.state} instead of {wanted}"

    def press_noted(
        self, side: int, talk: Talk, verb: str, who: str, wanted: str, **values: str
    ) -> None:
        """Press a button as its card draws it; note it if something came of it."""
        found = self.do(self.house.store.look(talk.id))
        if found is None:
            return
        before, values = talk.state, {**values, "nonce": nonce(found[0])}
        self.press(self.sides[side], talk, verb, who, wanted, **values)
        if talk.state != before:
            self.presses_done.append((side, talk, verb, who, values))

    def outbox_turn(
        self, relay: Sequence[Fault] = (), notice: Sequence[Fault] = (), rt: Sequence[Fault] = ()
    ) -> None:
        """The outbox has its turn while the outside does as planned."""
        self.plan.relay, self.plan.notice, self.plan.rt = list(relay), list(notice), list(rt)
        self.teams.gate.set()
        self.do(self.house.turn(self._lanes))
        self.teams.gate.clear()
        self.plan.relay = self.plan.notice = self.plan.rt = []
        if self.plan.died:
            self.kill(taken_over=False)
        self.check()

    def _lanes(self) -> list[Lane]:
        found = self.ground.look("SELECT DISTINCT lane FROM outbox ORDER BY lane")
        return [Lane(lane) for (lane,) in found]

    def pass_time(self, seconds: float) -> None:
        """The clock goes on; nothing else happens by itself."""
        self.clock.now += timedelta(seconds=seconds)
        self.ground.set_clock(self.clock.now)

    def kill(self, *, taken_over: bool) -> None:
        """The process ends between two of its steps, and a new one starts."""
        self.do(self.house.die())
        self.deaths += 1
        self.plan.died = False
        self.teams.new_process()
        self.house = self.do(self._process())
        if taken_over and self.url.startswith("sqlite"):
            self.do(self.house.store.take_over(self.house.relay.rules.quarantine))

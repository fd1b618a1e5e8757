"""Teams and RT for the machine: they outlive the processes, go wrong by plan, and keep the books."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from bot.domain.chat import Chat
from bot.domain.events import Receipt
from bot.domain.messages import Message
from bot.domain.tickets import Ticket, TicketRef
from bot.relay.outcomes import Gone, NotDone, Refused, Throttled, Unclear
from bot.relay.ports import CardView, Dossier, Tell, Thread
from tests.people import ADAS, TICKET
from tests.relay.fakes import FakeThreads, FakeTickets

RETRY_AFTER = 30.0


class Fault(Enum):
    """What becomes of one call to the outside."""

    NONE = "done"
    NOT_DONE = "not done"
    LATER = "not done, and not before so many seconds"
    UNCLEAR_BEFORE = "not done, and nobody knows"
    UNCLEAR_AFTER = "done, and nobody knows"
    REFUSED = "refused for good"
    GONE = "the place is gone"
    GONE_ONCE = "the place is gone, says Teams, which is wrong"
    DIE_BEFORE = "the process dies before it"
    DIE_AFTER = "the process dies after it"


class Died(BaseException):
    """The process is no more: nothing of it may run after this."""


_BEFORE: dict[Fault, Callable[[], BaseException]] = {
    Fault.NOT_DONE: lambda: NotDone("Not now."),
    Fault.LATER: lambda: Throttled("Too many requests.", RETRY_AFTER),
    Fault.UNCLEAR_BEFORE: lambda: Unclear("It broke off."),
    Fault.REFUSED: lambda: Refused("No."),
    Fault.GONE: lambda: Gone("Not there any more."),  # a kind of refusal to RT's callers
    Fault.GONE_ONCE: lambda: Gone("Not there any more."),
    Fault.DIE_BEFORE: Died,
}
_AFTER: dict[Fault, Callable[[], BaseException]] = {
    Fault.UNCLEAR_AFTER: lambda: Unclear("It broke off."),
    Fault.DIE_AFTER: Died,
}
#: Faults after which nobody knows whether the thing was done.
AMBIGUOUS = {Fault.UNCLEAR_BEFORE, Fault.UNCLEAR_AFTER, Fault.DIE_BEFORE, Fault.DIE_AFTER}


@dataclass
class Plan:
    """What becomes of the next calls; afterwards all goes well."""

    relay: list[Fault] = field(default_factory=list)  # of a visitor's words
    notice: list[Fault] = field(default_factory=list)  # of a notice or a card
    rt: list[Fault] = field(default_factory=list)
    died: bool = False

    def take(self, calls: list[Fault]) -> Fault:
        if self.died:
            raise Died
        fault = calls.pop(0) if calls else Fault.NONE
        self.died = fault in (Fault.DIE_BEFORE, Fault.DIE_AFTER)
        return fault


@dataclass(frozen=True)
class Post:
    """One of the visitor's messages as it stands in a thread."""

    conversation: str
    chat: str
    seq: int
    text: str
    resent: bool


class Teams(FakeThreads):
    """The threads. ``posts`` is what COs see of the visitors' words, in order.

    Relayed words wait at the ``gate`` until the outbox has its turn, so that what is claimed at
    birth can still meet a fault, or die.
    """

    def __init__(self, plan: Plan, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.plan, self._clock = plan, clock
        self.gate = asyncio.Event()
        self.seen: list[Post] = []
        self.ambiguous: Counter[tuple[str, int]] = Counter()
        self.refused: set[tuple[str, int]] = set()
        self.unheard: set[str] = set()
        self.gone: set[str] = set()
        self._doubted: set[str] = set()  # chats of which it was said, wrongly; twice is believed
        self._lost: set[str] = set()  # places of which that will be said once more
        self.notices: list[tuple[str, str, str]] = []  # chat, word, detail
        self.complaints: list[str] = []
        self._calls: dict[str, list[datetime]] = {}
        self._closed: dict[str, tuple[datetime, datetime]] = {}

    async def relay(
        self,
        thread: Thread,
        chat: Chat,
        messages: Sequence[Message],
        *,
        resent: bool,
        behind: int = 0,
        pictures: Sequence[bytes] = (),
    ) -> list[str]:
        sent = self._clock()  # time may pass at the gate; it was within the limits before
        await self.gate.wait()
        fault = self._call(thread, self.plan.relay, f"chat {chat.id}", sent)
        seqs = [(chat.id, message.seq) for message in messages]
        if fault in AMBIGUOUS:
            self.ambiguous.update(seqs)
        if fault is Fault.REFUSED:
            self.refused.update(seqs)
        self._before(fault, chat.id, thread, f"chat {chat.id}")
        where = thread.conversation_id
        self.seen += [Post(where, chat.id, m.seq, m.text, resent) for m in messages]
        _after(fault)
        return [f"post-{len(self.seen)}"]

    async def show(self, thread: Thread, view: CardView, card: str) -> str:
        fault = self._call(thread, self.plan.notice)
        self._before(fault, view.chat.id, thread)
        _after(fault)
        return card or f"card-{view.chat.id}"

    async def tell(self, thread: Thread, notice: Tell) -> str:
        about = notice.chat.id if notice.chat else ""
        fault = self._call(thread, self.plan.notice)
        if fault is Fault.REFUSED:
            self.unheard.add(about)
        self._before(fault, about, thread)
        self.notices.append((about, notice.word.value, notice.detail))
        _after(fault)
        return "notice"

    def _call(
        self, thread: Thread, plan: list[Fault], stream: str = "", sent: datetime | None = None
    ) -> Fault:
        """Note a call; complain if Teams' limits or its Retry-After were not kept to."""
        now, place = sent or self._clock(), thread.conversation_id
        for closed in (place, stream):
            began, until = self._closed.get(closed, (now, now))
            if began < now < until:
                self.complaints.append(f"{closed} was to be left alone until {until}")
        fault = Fault.GONE if place in self._lost else self.plan.take(plan)
        self._lost ^= {place} if fault is Fault.GONE else set()
        calls = self._calls.setdefault(place, [])
        calls.append(now)
        for most, seconds in ((7, 1), (8, 2), (60, 30)):
            since = now - timedelta(seconds=seconds)
            if sum(since < call <= now for call in calls) > most:
                self.complaints.append(f"more than {most} posts in {seconds} s: {place}")
        return fault

    def _before(self, fault: Fault, chat_id: str, thread: Thread, stream: str = "") -> None:
        now = self._clock()
        if fault is Fault.LATER:
            until = now + timedelta(seconds=RETRY_AFTER)
            self._closed |= {thread.conversation_id: (now, until)}
            self._closed |= {stream: (now, until)} if stream else {}
        elif fault is Fault.GONE or (fault is Fault.GONE_ONCE and chat_id in self._doubted):
            self.gone.add(chat_id)
        elif fault is Fault.GONE_ONCE:
            self._doubted.add(chat_id)
        _before(fault)

    def new_process(self) -> None:
        """One that does not know how much was posted, and where it was told to wait."""
        self._calls.clear()
        self._closed = {k: v for k, v in self._closed.items() if k.startswith("chat ")}


class Rt(FakeTickets):
    """The tickets. A comment is found again by its marker, as in RT."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self.queues: dict[int, str] = {}
        self.wrong: list[str] = []

    async def read(self, ref: TicketRef) -> Ticket:
        self._look()
        queue = self.queues.get(ref.number, TICKET.queue)
        return replace(TICKET, ref=ref, asked=ref, requestors=(ADAS,), queue=queue)

    async def comment(self, dossier: Dossier) -> Receipt:
        fault = self._plan.take(self._plan.rt)
        _before(fault)
        confirmed = dossier.chat.ticket
        if confirmed.queue != self.queues.get(confirmed.ref.number, TICKET.queue):
            self.wrong.append(
                f"{dossier.chat.id}: filed in a ticket that nobody confirmed as it is"
            )
        self.comments.append(dossier)
        _after(fault)
        return Receipt(dossier.ref.number, len(self.comments), "https://rt.test/")

    async def find(self, dossier: Dossier) -> Receipt | None:
        self._look()
        return await super().find(dossier)

    def _look(self) -> None:
        """Reading goes wrong in one way only; the other faults are kept for writing."""
        if self._plan.rt[:1] == [Fault.NOT_DONE]:
            _before(self._plan.take(self._plan.rt))


def _before(fault: Fault) -> None:
    if make := _BEFORE.get(fault):
        raise make()


def _after(fault: Fault) -> None:
    if make := _AFTER.get(fault):
        raise make()

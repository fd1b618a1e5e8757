"""A whole relay on a real SQLite database, whose outbox a test turns by hand."""

import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from unittest import mock

from bot.domain.chat import Chat
from bot.domain.invitations import Route, make_token
from bot.relay.attaching import Attaching
from bot.relay.beginning import Beginning
from bot.relay.bringing import FetchHandler
from bot.relay.delivering import CardHandler, TellHandler
from bot.relay.delivery import Bell, Delivery, Lane
from bot.relay.filing import (
    AuditHandler,
    FileHandler,
    PurgeHandler,
    ReleaseHandler,
    StatusHandler,
)
from bot.relay.handlers import Handler, joined
from bot.relay.heartbeat import AwayHandler
from bot.relay.housekeeping import Housekeeping
from bot.relay.inbound import Changed, Heard, Operator, Pressed, Pressing
from bot.relay.joining import Joining
from bot.relay.listing import ListHandler
from bot.relay.mailing import AnswersHandler
from bot.relay.moving import MoveHandler
from bot.relay.opening import InvitationHandler, LookupHandler
from bot.relay.operating import Operating
from bot.relay.outbox import Outbox
from bot.relay.own_tickets import OwnHandler
from bot.relay.placing import BeginHandler, LostHandler, OpenHandler
from bot.relay.ports import Listening, Scope, Seat, Thread
from bot.relay.rating import RatingHandler
from bot.relay.relay import Relay, Rules
from bot.relay.relaying import RelayHandler
from bot.relay.retiring import EraseHandler, RetireHandler
from bot.relay.visiting import Visiting
from bot.store import SqlStore, writer
from tests.people import ALAN, GRACE
from tests.relay.fakes import (
    Clock,
    FakeMailer,
    FakeMembers,
    FakePictures,
    FakePlaces,
    FakeThreads,
    FakeTickets,
)

SECRET = b"0123456789abcdef0123456789abcdef"
THREAD = Thread(
    conversation_id="19:chat@thread.tacv2;messageid=1700000000000",
    tenant_id="tenant",
    service_url="https://smba.trafficmanager.net/uk/",
    scope=Scope.CHANNEL,
    bot_id="28:bot",
    listening=Listening.THREAD,
)
OTHER = replace(THREAD, conversation_id="19:chat@thread.tacv2;messageid=1700000000001")
RULES = Rules(
    SECRET,
    "https://computing.help.test/",
    routes=(Route.MAIL, Route.CORRESPOND, Route.COPY),
    statuses={"rt": ("resolved", "stalled")},
    purge_grace=timedelta(),
    card_delay=timedelta(),
    undo=timedelta(),
)
_OPERATORS = {
    "grace": Operator(GRACE.id, GRACE.name, "29:grace"),
    "alan": Operator(ALAN.id, ALAN.name, "29:alan"),
}


class House:
    """What a test does, in the words of the people who do it."""

    def __init__(self, store: SqlStore, clock: Clock, owner: str = "this process") -> None:
        self.store, self.clock, self.owner = store, clock, owner
        self.threads, self.tickets, self.mailer = FakeThreads(), FakeTickets(), FakeMailer()
        self.bells: list[Bell] = []
        self.relay = Relay(store, self.clock, self.bells, RULES, owner)
        self.places, self.members = FakePlaces(), FakeMembers()
        self.operating = Operating(self.relay)
        self.joining = Joining(self.relay)
        self.visiting = Visiting(self.relay)
        self.beginning = Beginning(self.relay)
        self.pictures = FakePictures()
        self.attaching = Attaching(self.relay)
        self.housekeeping = Housekeeping(self.relay)
        self.reports: list[str] = []
        self.audit: list[Mapping[str, str]] = []
        self._ids = 0
        self.file = ""
        self.start_outbox()

    def start_outbox(self) -> None:
        """A new outbox, as after a restart."""
        self.handlers: dict[str, Handler] = {
            "relay": RelayHandler(self.relay, self.threads),
            "single": RelayHandler(self.relay, self.threads),
            "tell": TellHandler(self.relay, self.threads),
            "list": ListHandler(self.relay, self.threads, self.places, self.members),
            "away": AwayHandler(self.relay),
            "card": CardHandler(self.relay, self.threads),
            "retire": RetireHandler(self.relay, self.threads),
            "open": OpenHandler(self.relay, self.places),
            "begin": BeginHandler(self.relay, self.places),
            "lost": LostHandler(self.relay, self.places, self.threads),
            "lookup": LookupHandler(self.relay, self.tickets, lambda: secrets.token_urlsafe(16)),
            "move": MoveHandler(self.relay, self.tickets),
            "own": OwnHandler(self.relay, self.tickets),
            "invite": InvitationHandler(self.relay, self.tickets, self.mailer),
            "answers": AnswersHandler(self.relay, self.tickets),
            "release": ReleaseHandler(self.relay),
            "audit": AuditHandler(self.audit.append),
            "file": FileHandler(self.relay, self.tickets),
            "status": StatusHandler(self.relay, self.tickets),
            "rating": RatingHandler(self.relay, self.tickets),
            "purge": PurgeHandler(self.relay),
            "fetch": FetchHandler(self.relay, self.pictures.fetch, self.pictures),
            "erase": EraseHandler(self.relay, self.threads),
        }
        self.outbox = Outbox(self.relay, self.handlers, self._report)

    def _report(self, what: str, delivery: Delivery, error: BaseException) -> None:
        if what == "delivery_failed" and not isinstance(error, ZeroDivisionError):
            raise error
        if what == "postpone_failed":
            raise error
        self.reports.append(what)

    async def deliver(self, *kinds: str) -> None:
        """Turn the outbox until nothing is due (for these kinds, if any are named)."""
        while any([await self._round(lane, kinds) for lane in Lane]):
            if kinds:
                return

    async def _round(self, lane: Lane, kinds: tuple[str, ...]) -> bool:
        heads = [head for head in await self.store.heads(lane) if head.wait <= 0]
        due = [head.stream for head in heads if not kinds or head.kind in kinds]
        taken = await self.store.take(self.owner, 60, due, 60, 64 * 1024)
        taken.sort(key=lambda delivery: (delivery.stream, delivery.id))
        for _, rows in groupby(taken, lambda delivery: delivery.stream):
            await self.outbox._run(joined(list(rows), time.monotonic()))
        return bool(taken)

    # --- the CO --------------------------------------------------------------------------------

    async def writes(
        self,
        text: str,
        *,
        who: str = "grace",
        thread: Thread = THREAD,
        mention: bool = True,
        key: str = "",
        extras: tuple[str, ...] = (),
        pictures: tuple[str, ...] = (),
        links: tuple[tuple[str, str], ...] = (),
        quote: tuple[str, str] | None = None,
        behind: str = "",
    ) -> str:
        """A CO writes in a thread; returns the activity's id."""
        self._ids += 1
        key = key or f"activity-{self._ids}"
        operator = _OPERATORS[who]
        heard = Heard(thread, operator, key, text, mention, quote, extras, pictures, links, behind)
        await self.operating.hears(heard)
        return key

    async def changes(
        self,
        key: str,
        text: str | None,
        *,
        mentioned: bool = False,
        pictures: int = 0,
        links: tuple[tuple[str, str], ...] = (),
        thread: Thread = THREAD,
    ) -> None:
        """Grace edits or deletes what she wrote; ``pictures`` are with it now."""
        self._ids += 1
        grace, number = _OPERATORS["grace"], f"change-{self._ids}"
        there = tuple(f"https://smba.test/{n}" for n in range(pictures))
        now = Heard(thread, grace, key, text or "", mentioned, pictures=there, links=links)
        changed = Changed(thread, grace, key, number, text, mentioned, pictures, len(links), now)
        await self.operating.changes(changed)

    async def presses(
        self, verb: str, chat: Chat, *, thread: Thread = THREAD, who: str = "grace", **values: str
    ) -> Pressing:
        """A CO presses a button; who sends the record has looked at the ticket."""
        if verb in ("file", "rebind"):
            values.setdefault("echo", str(chat.ticket.ref.number)[-3:])
        pressed = Pressed(thread, _OPERATORS[who], verb, chat.id, values)
        return await self.operating.presses(pressed)

    # --- how far a story is --------------------------------------------------------------------

    async def proposed(self, thread: Thread = THREAD) -> Chat:
        """Grace was shown Ada's ticket."""
        await self.writes("12345", thread=thread)
        await self.deliver()
        return list(self.threads.cards.values())[-1].chat

    async def invited(self, route: Route = Route.COPY, thread: Thread = THREAD) -> Chat:
        """And she pressed Invite."""
        chat = await self.proposed(thread)
        await self.presses("invite", chat, thread=thread, route=route.value)
        await self.deliver()
        return await self.chat(chat.id)

    async def talking(self, thread: Thread = THREAD) -> tuple[Chat, Seat]:
        """And Ada joined."""
        chat = await self.invited(thread=thread)
        joined = await self.joining.join(self.token(chat), "nonce", None)
        await self.deliver()
        return joined.chat, joined.seat

    def token(self, chat: Chat, number: int = 1) -> str:
        """The secret in the link."""
        return make_token(SECRET, chat.id, number)

    async def chat(self, chat_id: str) -> Chat:
        """The chat as it stands in the database."""
        found = await self.store.look(chat_id)
        assert found
        return found[0]

    async def taken_by(self, owner: str) -> list[Delivery]:
        """What a process called ``owner`` gets when it claims all that it sees."""
        streams = [head.stream for head in await self.store.heads(Lane.TEAMS)]
        return await self.store.take(owner, 30, streams)

    def dump(self) -> str:
        """All that stands in the database's file."""
        with closing(sqlite3.connect(self.file)) as database:
            return "\n".join(database.iterdump())

    async def texts(self, chat_id: str) -> list[str]:
        """The log's texts."""
        return [line.text for line in await self.store.log(chat_id, 0, 1000)]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[House]:
    """A house at a migrated database. What may wait for company there waits for one turn of the loop."""
    clock = Clock()
    store = SqlStore.at(url, clock)
    try:
        house = House(store, clock)
        house.file = url.partition("///")[2]
        with mock.patch.object(writer, "_LINGER", 0.0):
            yield house
    finally:
        await store.close()

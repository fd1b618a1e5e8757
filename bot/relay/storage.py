"""What the use cases need from the database: a unit of work, and a few reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.domain.admission import SignIn
from bot.domain.blocking import Block
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity
from bot.domain.messages import Message, Role
from bot.domain.presence import Presence
from bot.domain.reception import Reception
from bot.relay.delivery import Committed, Delivery, Head, Lane, Span
from bot.relay.files import Stored
from bot.relay.ports import Knock, Seat, Thread, UnderWay

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a process learns from its heartbeat.

    ``alive`` counts the processes on this database, this one included. ``away`` is set when
    nobody's heart beat between two moments. ``bereft`` are the chats whose windows were on
    processes that died, or had yet to open there. ``forgotten`` tells that the others have taken
    this one for dead, or do not know it yet: its windows have to be told again.
    """

    alive: int
    away: tuple[datetime, datetime] | None = None
    bereft: tuple[str, ...] = ()
    forgotten: bool = False


class Unit(Protocol):
    """One transaction. Whatever is done through it is durable together, or not at all."""

    async def chat(self, chat_id: str) -> Chat | None:
        """Load a chat and keep others from changing it until the commit."""

    async def live_chat(self, thread_id: int) -> Chat | None:
        """Load the thread's chat in a LIVE state, locked; at most one exists."""

    async def chats_in(self, thread_id: int, most: int = ...) -> list[Chat]:
        """Load the thread's live chat and its newest others, a few or ``most``; newest first, locked."""

    async def add(self, chat: Chat) -> None:
        """Keep a new chat."""

    async def save(self, chat: Chat) -> None:
        """Keep a changed chat. Raises ThreadTaken if it became the second live one there."""

    async def record(self, chat_id: str, message: Message) -> None:
        """Append a line to the chat's log."""

    async def keep_file(self, chat_id: str, file: Stored) -> None:
        """Keep a file, or what has become of it since."""

    async def is_coming(self, chat_id: str, file_id: str) -> bool:
        """Tell whether a file of the chat is awaited still."""

    async def drop_file(self, chat_id: str, seq: int) -> None:
        """Delete the file of a message, if it has one."""

    async def said(self, chat_id: str, role: Role, key: str) -> Message | None:
        """Find the line that ``role``'s side knows as ``key``."""

    async def said_in(self, thread_id: int, role: Role, key: str) -> tuple[Chat, Message] | None:
        """Find a line by its key in any chat of a thread; the chat is locked."""

    async def log(self, chat_id: str, after: int, limit: int) -> list[Message]:
        """Read the log from ``after`` (exclusive) on."""

    async def first_time(self, conversation_id: str, activity_id: str) -> bool:
        """Remember an inbound activity; False if it was here before."""

    async def known_thread(self, conversation_id: str) -> Thread | None:
        """Load a conversation reference by Teams' id, if we have it."""

    async def thread(self, thread: Thread) -> Thread:
        """Store or refresh a conversation reference; return it with its id."""

    async def thread_by_id(self, thread_id: int) -> Thread:
        """Load a conversation reference."""

    async def close_thread(self, thread_id: int, error: str) -> None:
        """Mark that Teams does not let us post there any more."""

    async def schedule(self, delivery: Delivery) -> None:
        """Add a row to the outbox. A waiting ``card`` row of the stream is reused."""

    async def take(
        self, owner: str, lease: float, streams: Sequence[str], most: int = 1, size: int = 0
    ) -> list[Delivery]:
        """Claim the head of each stream, if it is due and free, for ``lease`` seconds.

        With ``most`` above 1 and a head of kind "relay" also the rows of that kind right behind
        it that are due, free, and tried or untried like the head, up to ``most`` rows and
        ``size`` bytes together. Sorted by id.
        """

    async def strike(self, ids: Sequence[int], owner: str, stream: str = "") -> list[int]:
        """Strike deliveries off; return the ids that ``owner`` still held.

        ``stream``: all of them are of that stream, and it is likely that nothing is behind them.
        """

    async def give_back(
        self,
        ids: Sequence[int],
        owner: str,
        seconds: float,
        why: str,
        *,
        clean: bool,
        alone: bool = False,
    ) -> list[int]:
        """Give deliveries back for ``seconds``; ``clean`` if this attempt certainly did nothing.

        ``alone`` if messages that went out together are to go each by itself: they keep their
        places in the stream, and become of the kind "single". Returns the ids that ``owner``
        still held.
        """

    async def held(self, owner: str, streams: Sequence[str]) -> list[Delivery]:
        """Load what ``owner`` holds of some streams, locked; sorted by id."""

    async def set_aside(self, taken: Delivery, owner: str, seconds: float, why: str) -> None:
        """Give a delivery that certainly did nothing back for ``seconds``, in a stream of its own."""

    async def windows(self, chat_id: str, process: str, presence: Presence) -> list[Presence]:
        """Note where the chat's windows on this process are; return those of all processes."""

    async def early(self, conversation_id: str, key: str, known: str) -> None:
        """Remember for some minutes what is known of a message beside its line in a log, in place of
        what was: bot/relay/changing.py, Newest.
        """

    async def early_for(self, conversation_id: str, key: str) -> str | None:
        """Fetch and forget what was remembered; None if nothing is."""

    async def unposted(self, chat_id: str) -> tuple[int, ...]:
        """Return the numbers of the visitor's messages that are still on their way to the thread."""

    async def drop(self, delivery_id: int) -> None:
        """Strike a delivery off, whoever holds it."""

    async def recall(self, chat_id: str) -> None:
        """Strike all deliveries of a chat off, whoever holds them, but not what opens its thread."""

    async def invite(self, digest: str, chat_id: str, number: int, expires: datetime) -> None:
        """Keep an invitation's digest."""

    async def knock(self, digest: str) -> Knock | None:
        """Load an invitation by its digest, locked."""

    async def use(self, digest: str, nonce: str) -> None:
        """Mark an invitation as exchanged by the browser whose nonce has that digest."""

    async def seat(self, seat: Seat) -> None:
        """Keep a visitor's place."""

    async def leave(self, seat_id: str) -> None:
        """Forget a visitor's place."""

    async def sign_in(self, sign_in: SignIn) -> None:
        """Keep who signed in."""

    async def sign_out(self, sign_in_id: str, *, joins: bool = False) -> bool:
        """Forget it; False if it was gone. Whoever ``joins`` is in a chat from now on."""

    async def rehouse(self, chat: Chat) -> None:
        """Keep a chat that has moved to another thread, ``chat.thread``."""

    async def waiting(self) -> list[Chat]:
        """Read the chats whose visitors wait for a first answer."""

    async def open_of(self, who: Identity) -> list[Chat]:
        """Read the open chats of whoever signed in as ``who``, the newest first; those that were joined
        by a link alone are nobody's.
        """

    async def receive(self, found: Reception | None) -> None:
        """Keep that visitors may begin chats; None: that they may not."""

    async def reception(self) -> Reception | None:
        """Load what was kept; until the commit nobody changes it, and no other unit reads it here."""

    async def block(self, found: Block) -> None:
        """Keep a block; it takes the place of that chat's earlier one."""

    async def unblock(self, block_id: str) -> Block | None:
        """Forget a block; return what it was."""

    async def blocks(self) -> list[Block]:
        """Read all blocks, those that are over too, oldest first."""

    async def seats(self, chat_id: str) -> list[str]:
        """Read the ids of a chat's seats."""

    async def relayed(self, chat_id: str, seq: int) -> None:
        """Note that the visitor's lines up to ``seq`` stand in the thread."""

    async def posted(self, chat_id: str, posts: Sequence[str]) -> None:
        """Note the ids of posts of ours in the thread, to be taken back when the chat is purged."""

    async def posts(self, chat_id: str) -> list[str]:
        """Read the ids that ``posted`` noted."""

    async def tally(self, name: str) -> None:
        """Count one more of what ``name`` says; nothing is kept of what it was."""

    def took(self, span: Span) -> None:
        """Tell how long something took, if this is kept."""

    async def purge(self, chat_id: str) -> None:
        """Delete what was said. The keys of the visitor's lines stay, so that one whose acknowledgement
        was lost is still known to have been accepted.
        """

    async def wipe(self, chat_id: str) -> None:
        """Delete what ``purge`` leaves of what was said: that it was accepted is not known any more."""

    async def forget(self, chat_id: str) -> None:
        """Delete every row of a chat, its seats too."""


class ThreadTaken(Exception):
    """Another live chat is mirrored in that thread already."""


class Store(Protocol):
    """The database."""

    async def write(
        self,
        work: Callable[[Unit], Awaitable[T]],
        *,
        soon: bool = True,
        about: AbstractSet[str] = frozenset(),
    ) -> T:
        """Run ``work`` in one transaction and commit it; on an exception nothing is kept.

        ``work`` touches nothing but the unit and may be run again after a conflict. Raises what it
        raises, and NotDone when there is no database, or no turn within seconds.
        ``about`` are the chats that it locks; until it is run, there may come more of them.
        ``soon`` false: it may wait a little for another's commit to ride with, but no longer when
        something else of its chats is written.
        """

    async def look(self, chat_id: str) -> tuple[Chat, int] | None:
        """Read a chat, and the seq up to which its visitor's lines were relayed."""

    async def log(self, chat_id: str, after: int, limit: int) -> list[Message]:
        """Read the chat's log from ``after`` (exclusive) on, at most ``limit`` lines."""

    async def file(self, chat_id: str, file_id: str) -> Stored | None:
        """Read one of the chat's files."""

    async def files(self, chat_id: str) -> list[Stored]:
        """Read all of the chat's files, in the order of their messages."""

    async def thread(self, thread_id: int) -> Thread:
        """Read a conversation reference."""

    async def is_live(self, conversation_id: str) -> bool:
        """Tell whether a chat in a LIVE state is mirrored in Teams' conversation."""

    async def find_seat(self, seat_id: str) -> Seat | None:
        """Read a visitor's place by the digest of his session's secret."""

    async def find_sign_in(self, sign_in_id: str) -> SignIn | None:
        """Read who signed in, by the digest of the cookie's secret."""

    async def reception(self) -> Reception | None:
        """Read whether visitors may begin chats; it may be over, or forgotten since."""

    async def waiting(self) -> list[Chat]:
        """Read the chats whose visitors wait for a first answer."""

    async def open_of(self, who: Identity) -> list[Chat]:
        """Read the open chats of whoever signed in as ``who``, the newest first; those that were joined
        by a link alone are nobody's.
        """

    async def blocks(self) -> list[Block]:
        """Read all blocks, those that are over too, oldest first."""

    async def find_knock(self, digest: str) -> Knock | None:
        """Read an invitation without touching it."""

    def tell(self, bell: Callable[[Committed], None]) -> None:
        """Call ``bell`` on the event loop after each commit, and for other processes' commits."""

    def work_for(
        self,
        owner: str,
        lease: float,
        may: Callable[[Delivery], bool],
        back: Callable[[Delivery], object],
        lost: Callable[[Delivery], object],
    ) -> None:
        """Claim for ``owner``, for ``lease`` seconds, what is made in an empty stream, is due, and that
        ``may`` allows.

        ``back`` is told of what ``may`` allowed and was not claimed, since it stands behind others.

        ``lost`` is told of what may have been claimed: nobody knows what came of the commit.

        ``may`` is quick; it may be asked for work that is not kept in the end.
        """

    async def heads(self, lane: Lane, limit: int = 500) -> list[Head]:
        """Read the first row of each stream of a lane, those that may be claimed first."""

    async def take(
        self, owner: str, lease: float, streams: Sequence[str], most: int = 1, size: int = 0
    ) -> list[Delivery]:
        """See Unit.take; committed."""

    async def beat(self, process: str, patience: timedelta, quarantine: timedelta) -> Pulse:
        """Tell that ``process`` is alive; who was silent for ``patience`` is dead and forgotten.

        What the dead held is free again, and what they wrote to RT after ``quarantine``.
        """

    async def rest(self, process: str) -> None:
        """Tell that ``process`` ends in good order."""

    async def versions(self, chat_ids: Collection[str]) -> dict[str, int]:
        """Read each chat's count of changes, to find rings that were lost."""

    async def sweep(self, older_than: timedelta) -> None:
        """Forget activity ids older than that; seats, sign-ins and blocks that are over. Deliveries
        that were put off before the clock was set back are due when they were to be. Copies of the
        database from before a migration go when they are old.
        """

    async def counts(self, since: datetime) -> dict[str, int]:
        """Count chats by state; what was tallied since, by ``tally NAME``; as ``leftovers`` those that
        are done and have text here still; as ``late`` those of them whose purge is not put off; and
        as ``copies`` those of the whole database from before a migration.
        """

    async def newest_thread(self) -> Thread | None:
        """Read the reference of the channel's thread that was heard from last."""

    async def stale(self, before: dict[str, datetime]) -> list[Chat]:
        """Find chats whose last change is older than ``before[state]``, a thousand of a state at most.

        That of an open chat may be half a minute later than it seems: it is not noted each time.
        """

    async def under_way(
        self, tenant: str, teams: Collection[str], thread_id: int
    ) -> list[UnderWay]:
        """Find every chat that is open, or whose record is not in RT, in the channels of ``teams`` or in
        the thread itself.
        """

    async def in_states(self, *states: State) -> list[Chat]:
        """Find every chat that is in one of these states, those that changed last at the end."""

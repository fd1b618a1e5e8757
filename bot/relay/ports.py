"""What the use cases need from the outside; what can go wrong there is in outcomes.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.chat import Chat
from bot.domain.effects import Word
from bot.domain.events import Receipt
from bot.domain.identity import Identity
from bot.domain.messages import Message
from bot.domain.tickets import Listed, Ticket, TicketRef
from bot.relay.answering import Answer

#: What follows the channel's id in the place of a chat whose thread is still to be opened.
BEGUN = ";begun="

# --- threads -----------------------------------------------------------------------------------


class Scope(StrEnum):
    """The three kinds of Teams conversation."""

    CHANNEL = "channel"
    GROUP = "group"
    PERSONAL = "personal"


class Listening(StrEnum):
    """Which of the operators' words in a thread are meant for the visitor."""

    MENTION = "mention"  # only messages that mention the bot
    THREAD = "thread"  # every message but notes


@dataclass(frozen=True, slots=True)
class Thread:
    """Where in Teams a chat is mirrored: a stored conversation reference.

    ``id`` is ours (0 before it is stored). ``conversation_id`` is Teams', for a channel with its
    ``;messageid=``. ``root_id`` is the thread's first post, empty outside channels. ``open`` is
    false when Teams told us that we cannot post there any more.
    """

    conversation_id: str
    tenant_id: str
    service_url: str
    scope: Scope
    bot_id: str
    team_id: str = ""
    aad_group_id: str = ""
    channel_id: str = ""
    root_id: str = ""
    listening: Listening = Listening.MENTION
    open: bool = True
    id: int = 0

    @property
    def begun(self) -> bool:
        """It stands for the thread of a chat that a visitor began: Teams has none of that name."""
        return BEGUN in self.conversation_id

    def told(self, now: Thread) -> Thread:
        """Return it as ``now`` tells it: not every activity tells of its team's group."""
        return replace(now, id=self.id, aad_group_id=now.aad_group_id or self.aad_group_id)


@dataclass(frozen=True, slots=True)
class CardView:
    """All that the card of a chat shows. ``link`` is the invitation while it is pending."""

    chat: Chat
    listening: Listening
    link: str = ""
    routes: tuple[str, ...] = ()  # the routes a CO may choose from, the default one first
    statuses: tuple[str, ...] = ()  # the statuses offered beside "comment only"
    queues: tuple[str, ...] = ()  # those in which a ticket may be made for the record
    triage: str = ""  # the queue for doubtful records, if there is one
    wrong: str = ""  # what is wrong with what a CO has just ``typed``, which he is shown again
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice for a thread: which, about which chat, and a sentence of ours to go with it.

    ``mention`` is whom to notify: (Entra object id or Teams id, name), if anybody. ``resent``: it
    may stand there already.
    """

    word: Word | Answer
    detail: str = ""
    chat: Chat | None = None
    mention: tuple[str, str] | None = None
    resent: bool = False


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A chat that is not in RT yet, and where it is.

    ``unanswered`` is when the visitor wrote the first of his words that no CO has written after.
    """

    chat: Chat
    thread: Thread
    unanswered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A chat in the list of them.

    ``waits`` is since when its visitor waits for a word. ``link`` leads to its thread (None while that
    is being opened), which is ``here`` if the list is posted there.
    """

    chat: Chat
    waits: datetime | None
    link: str | None
    here: bool


@dataclass(frozen=True, slots=True)
class ChatList:
    """Which chats there are at ``now``: those that go on, and those whose record is not in RT yet.

    Each sort is in the order in which they are told of. ``named``: visitors and subjects may be.
    """

    now: datetime
    going_on: tuple[Entry, ...]
    over: tuple[Entry, ...]
    named: bool


class Members(Protocol):
    """Who is in which team."""

    async def teams_of(self, operator_id: str, service_url: str) -> frozenset[str]:
        """Return Teams' ids of the teams that he is in. Raises NotDone or Unclear when nobody can tell."""


class Threads(Protocol):
    """The operators' side: Teams now, something else one day.

    Every call raises NotDone, Unclear, Refused or Gone.
    """

    async def show(self, thread: Thread, view: CardView, card: str) -> str:
        """Post the chat's card, or bring post ``card`` up to date; return the post's id."""

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
        """Post visitor messages, each with name, number and time; return the posts' ids.

        ``behind`` is by how many seconds Teams' limits hold them up, if the CO should know.
        ``pictures`` are JPEGs of the one message's file, the biggest first: one of them goes along.
        """

    async def tell(self, thread: Thread, notice: Tell) -> str:
        """Post a notice; return the post's id."""

    async def list_chats(
        self, thread: Thread, chats: ChatList | None, to: tuple[str, str], *, resent: bool
    ) -> str:
        """Post the list for whoever asked (see Tell.mention); return the post's id.

        None: it may not be shown in this thread.
        """

    async def retire(self, thread: Thread, chat: Chat, card: str) -> None:
        """Make an earlier card of the chat say that another one has taken its place."""

    async def erase(self, thread: Thread, post: str) -> None:
        """Take a post of ours back."""


class Places(Protocol):
    """Where threads are. Calls raise NotDone, Unclear, Refused or Gone."""

    async def open(self, channel: Thread, view: CardView) -> Thread:
        """Start a thread in a channel, with the chat's card as its first post (``root_id``).

        ``channel`` is a reference of the channel itself: ``conversation_id`` is the channel's.
        """

    async def fallback(self, lost: Thread, operator_id: str) -> Thread:
        """Return where to report that ``lost`` is lost: a channel set aside for that, or else the
        personal chat of the operator with that Entra object id, which is made if need be.
        """

    async def home(self, near: Thread, operator_id: str) -> Thread:
        """Return the personal chat with an operator; ``near`` is any thread of the same tenant."""

    def link(self, thread: Thread) -> str:
        """Return an address that leads a person to ``thread``; empty if there is none."""


# --- tickets -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with message ``seq``: the sender's name for it, its media type, its bytes."""

    seq: int
    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is to be filed: the chat with its log and its files, in the order they came.

    It goes into ticket ``ref``, or, with ``chat.filing.new_ticket``, into one that is made for it;
    ``marker`` finds it in RT. ``tried`` is how long ago a first try began that may have left us.
    """

    ref: TicketRef
    marker: str
    chat: Chat
    log: tuple[Message, ...]
    files: tuple[Attachment, ...] = ()
    tried: timedelta | None = None


class Tickets(Protocol):
    """RT. Every call raises NotDone, Unclear (writes only) or Refused, with a sentence."""

    async def read(self, ref: TicketRef) -> Ticket:
        """Read a ticket. Missing, forbidden, deleted, rejected, unknown instance: Refused."""

    async def own(self, instance: str, who: Identity) -> tuple[Listed, ...] | None:
        """Return the open tickets of which ``who`` is a requestor, the newest change first; at most
        MOST_OWN. None: this RT cannot be asked.
        """

    async def comment(self, dossier: Dossier) -> Receipt:
        """Put the record into the ticket as ONE comment and read it back.

        A ticket that is to be made (see Dossier) bears the marker too; the receipt names it.
        """

    async def find(self, dossier: Dossier) -> Receipt | None:
        """Look for a comment, or for a ticket made for the record, with the dossier's marker.

        If a try may have left us (``tried``), and what it wrote is not whole: Written. If none may,
        one in which something is missing that was said is another: the chat went on since then.
        """

    async def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        """Write ``text`` to requestors and Ccs as correspondence, unless one with ``marker`` is there.

        ``heading`` is its subject, as far as RT keeps one.
        """

    async def set_status(self, ref: TicketRef, status: str) -> None:
        """Set the ticket's status."""

    async def set_rating(self, ref: TicketRef, rating: str) -> None:
        """Put ``rating`` into the ticket's field for it, where the RT's settings name one."""


class Mailer(Protocol):
    """Outgoing mail. Raises NotDone, Unclear or Refused."""

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send one plain-text mail; ``message_id`` is the same for a repeat."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A stored invitation: its chat and number, and the digest of the nonce that used it up."""

    chat_id: str
    number: int
    expires: datetime
    used_by: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """A visitor's place in a chat; ``id`` is the digest of the session's secret."""

    id: str
    chat_id: str
    expires: datetime

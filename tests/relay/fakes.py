"""The outside as the relay sees it, with faults on demand, and a clock that stands still."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.chat import Chat
from bot.domain.events import Receipt
from bot.domain.identity import Identity
from bot.domain.messages import Message
from bot.domain.tickets import Listed, Ticket, TicketRef
from bot.relay.answering import Answer
from bot.relay.outcomes import OutsideError, Refused
from bot.relay.ports import (
    CardView,
    ChatList,
    Dossier,
    Mailer,
    Members,
    Places,
    Tell,
    Thread,
    Threads,
    Tickets,
)
from bot.teams.list_words import worded
from tests.people import NOW, TICKET


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Faults:
    """Errors to raise, one per call: ``before`` doing the thing, or ``after`` it."""

    before: list[OutsideError] = field(default_factory=list)
    after: list[OutsideError] = field(default_factory=list)

    def enter(self) -> None:
        if self.before:
            raise self.before.pop(0)

    def leave(self) -> None:
        if self.after:
            raise self.after.pop(0)


class FakeThreads(Threads):
    """Remembers what stands in the threads."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.relayed: list[tuple[str, str, bool]] = []  # conversation, text, resent
        self.posts: list[list[str]] = []
        self.behind: list[int] = []
        self.standing: list[str] = []  # ids of messages and notices that were not taken back
        self.erasing = Faults()
        self._posts = 0
        self.pictures: list[tuple[bytes, ...]] = []
        self.told: list[tuple[str, Tell]] = []
        self.cards: dict[str, CardView] = {}
        self.retired: list[str] = []
        self.shown = asyncio.Event()
        self.hold: asyncio.Event | None = None
        self.refuses = ""
        self.outcomes: list[OutsideError | None] = []  # what becomes of the next posts of messages
        self.broken = False  # a fault of our own code

    async def show(self, thread: Thread, view: CardView, card: str) -> str:
        self.faults.enter()
        card = card or f"card-{len(self.cards) + 1}"
        self.cards[card] = view
        self.shown.set()
        self.faults.leave()
        return card

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
        self.faults.enter()
        if self.hold:
            await self.hold.wait()
        if self.broken:
            raise ZeroDivisionError
        if self.outcomes and (trouble := self.outcomes.pop(0)):
            raise trouble
        if self.refuses and any(self.refuses in message.text for message in messages):
            raise Refused("Teams finds something in it bad.")
        self.relayed += [(thread.conversation_id, m.text, resent) for m in messages]
        self.posts.append([m.text for m in messages])
        self.behind.append(behind)
        self.pictures.append(tuple(pictures))
        self.faults.leave()
        return [self._stands()]

    async def tell(self, thread: Thread, notice: Tell) -> str:
        self.faults.enter()
        self.told.append((thread.conversation_id, notice))
        self.faults.leave()
        return self._stands()

    async def list_chats(
        self, thread: Thread, chats: ChatList | None, to: tuple[str, str], *, resent: bool
    ) -> str:
        told = worded(chats, UTC)
        return await self.tell(thread, Tell(Answer.CHATS, told, mention=to, resent=resent))

    async def retire(self, thread: Thread, chat: Chat, card: str) -> None:
        self.faults.enter()
        self.retired.append(card)
        self.faults.leave()

    async def erase(self, thread: Thread, post: str) -> None:
        self.erasing.enter()
        self.standing.remove(post)
        self.erasing.leave()

    def _stands(self) -> str:
        self._posts += 1
        self.standing.append(f"post-{self._posts}")
        return self.standing[-1]

    @property
    def words(self) -> list[str]:
        return [notice.word.value for _, notice in self.told]

    @property
    def card(self) -> CardView:
        """The one card there is."""
        (view,) = self.cards.values()
        return view


class FakePlaces(Places):
    """Channels and personal chats, as far as the relay asks for them."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.opened: list[tuple[str, CardView]] = []

    async def open(self, channel: Thread, view: CardView) -> Thread:
        self.faults.enter()
        self.opened.append((channel.conversation_id, view))
        self.faults.leave()
        root = str(len(self.opened))
        return replace(
            channel, root_id=root, conversation_id=f"{channel.conversation_id};messageid={root}"
        )

    async def fallback(self, lost: Thread, operator_id: str) -> Thread:
        return replace(lost, conversation_id=f"personal chat of {operator_id}", id=0)

    async def home(self, near: Thread, operator_id: str) -> Thread:
        return await self.fallback(near, operator_id)

    def link(self, thread: Thread) -> str:
        return f"https://teams.test/{thread.conversation_id}"


class FakeMembers(Members):
    """Who is in which team."""

    def __init__(self) -> None:
        self.teams: dict[str, frozenset[str]] = {}

    async def teams_of(self, operator_id: str, service_url: str) -> frozenset[str]:
        return self.teams.get(operator_id, frozenset())


class FakeTickets(Tickets):
    """One ticket and its comments."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.reading = Faults()
        self.status_faults = Faults()
        self.rating_faults = Faults()
        self.comments: list[Dossier] = []
        self.letters: list[str] = []
        self.marked: list[str] = []  # by which they are found
        self.statuses: list[str] = []
        self.statuses_of: list[TicketRef] = []
        self.ratings: list[tuple[TicketRef, str]] = []
        self.ticket = TICKET
        self.own_faults = Faults()
        self.owned: list[Listed] | None = []
        self.looked_for: list[tuple[str, Identity]] = []

    async def read(self, ref: TicketRef) -> Ticket:
        self.reading.enter()
        return self.ticket

    async def own(self, instance: str, who: Identity) -> tuple[Listed, ...] | None:
        self.looked_for.append((instance, who))
        self.own_faults.enter()
        return None if self.owned is None else tuple(self.owned)

    async def comment(self, dossier: Dossier) -> Receipt:
        self.faults.enter()
        self.comments.append(dossier)
        self.faults.leave()
        return _receipt(dossier, len(self.comments))

    async def find(self, dossier: Dossier) -> Receipt | None:
        for number, comment in enumerate(self.comments, 1):
            if comment.marker == dossier.marker and _is_there(comment, dossier):
                return _receipt(dossier, number)
        return None

    async def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        self.faults.enter()
        if marker not in self.marked:
            self.marked.append(marker)
            self.letters.append(text)
        self.faults.leave()

    async def set_status(self, ref: TicketRef, status: str) -> None:
        self.status_faults.enter()
        self.statuses.append(status)
        self.statuses_of.append(ref)

    async def set_rating(self, ref: TicketRef, rating: str) -> None:
        self.rating_faults.enter()
        self.ratings.append((ref, rating))


def _is_there(comment: Dossier, dossier: Dossier) -> bool:
    """Nobody finds in one ticket what is in another; one that was made is searched for."""
    made = [bool(one.chat.filing and one.chat.filing.new_ticket) for one in (comment, dossier)]
    return made[0] == made[1] and (made[0] or comment.ref == dossier.ref)


def _receipt(dossier: Dossier, number: int) -> Receipt:
    """New tickets are numbered from 70000 on."""
    made = dossier.chat.filing and dossier.chat.filing.new_ticket
    return Receipt(70_000 + number if made else dossier.ref.number, number, "https://rt.test/")


class FakeMailer(Mailer):
    """Remembers what was mailed."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.sent: list[tuple[str, str, str]] = []

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        self.faults.enter()
        self.sent.append((to, text, message_id))


class FakePictures:
    """Pictures that lie in Teams, by their address; and a scanner."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.there: dict[str, bytes] = {}
        self.bad = b"EICAR"

    async def fetch(self, url: str, most: int) -> bytes:
        self.faults.enter()
        if url not in self.there:
            raise Refused("Teams does not know it.")
        if len(self.there[url]) > most:
            raise Refused("It is bigger than what is taken.")
        return self.there[url]

    async def is_clean(self, content: bytes) -> bool:
        return self.bad not in content

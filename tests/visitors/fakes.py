"""The visitors' use cases in memory: what bot/visitors is tested against, and the help site."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain import events as e
from bot.domain.admission import SignIn, bearer
from bot.domain.advance import advance
from bot.domain.beginning import waiting_longer
from bot.domain.chat import Chat, ChatFull, NotNow, State
from bot.domain.effects import Record
from bot.domain.events import Event
from bot.domain.identity import BEARER
from bot.domain.invitations import Route, digest
from bot.domain.messages import Author, EmptyText, Message, Role, TextTooLong, tidy
from bot.domain.presence import Presence
from bot.domain.rating import Rating
from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay.attaching import Attaching
from bot.relay.delivery import Committed, News
from bot.relay.files import FileRules, Stored
from bot.relay.joining import CannotJoin, Joined, Joining, Peek
from bot.relay.outcomes import NotDone
from bot.relay.ports import Seat
from bot.relay.visiting import CannotRate, CannotSay, Visiting

NOW = datetime(2026, 11, 21, 10, 42, 7, 123456, tzinfo=UTC)
GRACE = Author(Role.OPERATOR, "aad-grace", "Grace Hopper")
ADA = Requestor("ada", "Ada Lovelace", "ada@example.org")


@dataclass
class Link:
    """An invitation as the fake keeps it."""

    chat_id: str
    expires: datetime
    fate: str = "pending"
    nonce: str = ""


class FakeVisiting(Joining, Visiting):
    """Plays both, keeps everything in dictionaries, and lets the domain decide.

    ``ring`` is told of each change, as the store does after its commit. Set ``broken`` to make
    every call fail as a database that is away, ``give_up`` to have each seat given up as soon as it was
    looked for. ``asked`` counts the calls that would be queries.
    """

    def __init__(self, ring: Callable[[Committed], None] = lambda _committed: None) -> None:
        self.ring = ring
        self.changes: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.chats: dict[str, Chat] = {}
        self.logs: dict[str, list[Message]] = {}
        self.links: dict[str, Link] = {}
        self.seats: dict[str, Seat] = {}
        self.relayed: dict[str, int] = {}
        self.reports: list[tuple[str, Presence]] = []
        self.seen: list[int] = []  # the last line that was seen, with each report
        self.knocks: list[str] = []
        self.now = NOW
        self.broken: Exception | None = None
        self.give_up = False
        self.rates = False
        self.blocked: datetime | None = None

    # --- what COs do ----------------------------------------------------------------------------

    def invite(self, number: int = 12345) -> str:
        """A CO invites Ada to a new chat about a ticket; returns the link's token."""
        ref, chat_id = TicketRef("rt", number), f"chat-{number}"
        ticket = Ticket(ref, ref, "No printing", "support", "open", (ADA,))
        self.chats[chat_id] = Chat(chat_id, number, ticket, GRACE, self.now)
        self.logs[chat_id] = []
        expires = self.now + timedelta(hours=72)
        self.happen(chat_id, e.Invited(self.now, GRACE, ADA, Route.COPY, expires))
        token = secrets.token_urlsafe(32)
        self.links[digest(token)] = Link(chat_id, expires)
        return token

    def answer(self, chat_id: str, text: str) -> None:
        """Grace says something to the visitor."""
        key = secrets.token_hex(4)
        self.happen(chat_id, e.Said(self.now, GRACE, key, text))

    def relay(self, chat_id: str, seq: int) -> None:
        """The outbox brought the visitor's lines up to ``seq`` into the thread."""
        self.relayed[chat_id] = seq
        self.tell(News(chat_id, relayed=seq))

    def happen(self, chat_id: str, event: Event) -> Chat:
        """Let something happen to a chat, as relay does."""
        chat, effects = advance(self.chats[chat_id], event)
        self.chats[chat_id] = chat
        lines = tuple(effect.message for effect in effects if isinstance(effect, Record))
        self.logs[chat_id] += lines
        self.tell(News(chat_id, chat, lines=lines))
        return chat

    def tell(self, news: News) -> None:
        """Something was committed."""
        self.changes[news.chat_id] += 1
        self.ring(Committed((news,)))

    def revoke(self, chat_id: str) -> None:
        """A CO takes the link back."""
        self.happen(chat_id, e.Revoked(self.now, GRACE))
        for link in self.links.values():
            if link.chat_id == chat_id:
                link.fate = "revoked"

    def drop(self, chat_id: str) -> None:
        """The chat is forgotten."""
        del self.chats[chat_id]
        self.tell(News(chat_id))

    # --- the use cases ----------------------------------------------------------------------------

    async def peek(
        self, token: str, sign_in: SignIn | None = None, present: str | None = None
    ) -> Peek:
        link = self._link(token)
        if link is None:
            return Peek("unknown")
        if self._worth(link) != "pending":
            return Peek(self._worth(link))
        if self.blocked:
            return Peek("blocked", expires=self.blocked)
        chat = self.chats[link.chat_id]
        names = tuple(operator.name for operator in chat.operators)
        return Peek("pending", str(chat.ticket.ref.number), names, link.expires)

    async def join(
        self, token: str, nonce: str, present: str | None, sign_in: SignIn | None = None
    ) -> Joined:
        link = self._link(token)
        if link is None:
            raise CannotJoin("unknown")
        seat = await self.seat(present) if present else None
        again = link.nonce == nonce or (seat is not None and seat.chat_id == link.chat_id)
        fate = self._worth(link)
        if fate == "pending" and self.blocked:
            raise CannotJoin("blocked")
        if fate == "pending":
            link.fate, link.nonce = "used", nonce
            ada = Author(Role.VISITOR, f"visitor-{link.chat_id}", ADA.name)
            meant = self.chats[link.chat_id].invitation
            known = bearer(meant) if meant else BEARER
            self.happen(link.chat_id, e.VisitorJoined(self.now, ada, known, rates=self.rates))
        elif fate != "used" or not again:
            if fate == "used":
                self.happen(link.chat_id, e.KnockedAgain(self.now))
                self.knocks.append(link.chat_id)
            raise CannotJoin(fate)
        secret = secrets.token_urlsafe(32)
        taken = Seat(digest(secret), link.chat_id, self.now + timedelta(hours=12))
        self.seats[taken.id] = taken
        return Joined(secret, taken, self.chats[link.chat_id], self.relayed.get(link.chat_id, 0))

    async def seat(self, secret: str) -> Seat | None:
        self._alive()
        seat = self.seats.get(digest(secret))
        if self.give_up and seat:
            await self.leave(seat)
        return seat if seat and seat.expires > self.now else None

    async def seated(self, seat: Seat) -> bool:
        self._ask("seated")
        now = self.seats.get(seat.id)
        return now is not None and now.expires > self.now

    async def versions(self, chat_ids: Collection[str]) -> dict[str, int]:
        self._ask("versions")
        return {chat_id: self.changes[chat_id] for chat_id in chat_ids if chat_id in self.chats}

    async def waiting_longer(self) -> dict[str, int]:
        self._ask("waiting_longer")
        return waiting_longer(list(self.chats.values()))

    async def leave(self, seat: Seat) -> None:
        if self.seats.pop(seat.id, None):
            self.tell(News(seat.chat_id))

    async def look(self, seat: Seat) -> tuple[Chat, int] | None:
        self._ask("look")
        chat = self.chats.get(seat.chat_id)
        return (chat, self.relayed.get(chat.id, 0)) if chat else None

    async def log(self, seat: Seat, after: int, limit: int = 200) -> list[Message]:
        self._ask("log")
        return [line for line in self.logs[seat.chat_id] if line.seq > after][:limit]

    async def say(self, seat: Seat, key: str, text: str) -> Message:
        self._alive()
        chat = self.chats[seat.chat_id]
        assert chat.visitor
        if said := self._said(chat.id, key):
            return said
        try:
            self.happen(chat.id, e.Said(self.now, chat.visitor, key, tidy(text)))
        except NotNow:
            raise CannotSay("ended") from None
        except EmptyText:
            raise CannotSay("empty") from None
        except TextTooLong:
            raise CannotSay("too_long") from None
        except ChatFull:
            raise CannotSay("chat_full") from None
        said = self._said(chat.id, key)
        assert said
        return said

    async def presence(self, chat_id: str, presence: Presence, seen: int = 0) -> None:
        self._alive()
        self.reports.append((chat_id, presence))
        self.seen.append(seen)

    async def here(self, seat: Seat) -> None:
        visitor = self.chats[seat.chat_id].visitor
        assert visitor
        with suppress(NotNow):
            self.happen(seat.chat_id, e.StillHere(self.now, visitor))

    async def end(self, seat: Seat) -> None:
        visitor = self.chats[seat.chat_id].visitor
        assert visitor
        self.happen(seat.chat_id, e.Ended(self.now, visitor))

    async def rate(self, seat: Seat, rating: Rating) -> None:
        self._alive()
        with suppress(NotNow):
            self.happen(seat.chat_id, e.Rated(self.now, rating))
        kept = self.chats[seat.chat_id].rating
        if kept is not rating:
            raise CannotRate("rated" if kept else "late")

    # --- helpers ----------------------------------------------------------------------------------

    def state(self, chat_id: str, state: State) -> None:
        """Put a chat into a state."""
        chat = self.chats[chat_id] = replace(self.chats[chat_id], state=state)
        self.tell(News(chat_id, chat))

    def _ask(self, what: str) -> None:
        self.asked[what] += 1
        self._alive()

    def _alive(self) -> None:
        if self.broken:
            raise self.broken

    def _link(self, token: str) -> Link | None:
        self._alive()
        return self.links.get(digest(token))

    def _worth(self, link: Link) -> str:
        expired = link.fate == "pending" and link.expires <= self.now
        return "expired" if expired else link.fate

    def _said(self, chat_id: str, key: str) -> Message | None:
        lines = self.logs[chat_id]
        return next((m for m in lines if m.key == key and m.author.role is Role.VISITOR), None)


class FakeAttaching(Attaching):
    """Files in a dictionary, beside the chats of a FakeVisiting. ``away`` is a scanner's mood."""

    def __init__(self, visiting: FakeVisiting) -> None:
        self.visiting = visiting
        self.kept: dict[tuple[str, str], Stored] = {}
        self.away = False
        self._scanner = None
        self.allowed = FileRules()

    @property
    def rules(self) -> FileRules:
        return self.allowed

    async def attach(self, seat: Seat, key: str, name: str, about: str, content: bytes) -> Message:
        visiting = self.visiting
        if self.away:
            raise NotDone("The scanner does not answer.")
        if said := visiting._said(seat.chat_id, key):
            return said
        content, file, text = await self._looked_at(key, name, about, content)
        chat = visiting.chats[seat.chat_id]
        assert chat.visitor
        try:
            visiting.happen(chat.id, e.Said(visiting.now, chat.visitor, key, text, file=file))
        except NotNow:
            raise CannotSay("ended") from None
        said = visiting._said(chat.id, key)
        assert said
        self.keep(chat.id, Stored(file.id, said.seq, file.name, file.type, content))
        return said

    def keep(self, chat_id: str, file: Stored) -> None:
        """A file is here."""
        self.kept[chat_id, file.id] = file

    async def file(self, seat: Seat, file_id: str) -> Stored | None:
        return self.kept.get((seat.chat_id, file_id))

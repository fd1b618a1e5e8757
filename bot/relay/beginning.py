"""Chats that visitors begin: how it stands at the door, and taking a question in.

Decision: docs/decisions/0025. The chat is there with the commit that accepts the question; its
thread is opened by the first row of its stream (bot/relay/placing.py, BeginHandler).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain import events as e
from bot.domain.admission import SignIn, called, is_same
from bot.domain.asking import Detail, Question
from bot.domain.beginning import no_ticket
from bot.domain.blocking import kept_out
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity
from bot.domain.invitations import digest
from bot.domain.messages import Author, Role
from bot.domain.rating import Rating
from bot.domain.reception import Admits, Reception
from bot.domain.tickets import NewTicket
from bot.relay.joining import Joined
from bot.relay.pool import Channel, Pool
from bot.relay.ports import BEGUN, Seat, Thread
from bot.relay.relay import Relay
from bot.relay.sending import plain_subject
from bot.relay.storage import Unit


@dataclass(frozen=True, slots=True)
class Doorstep:
    """How it stands: ``state`` is off, closed, full or open; ``until`` when it closes.

    ``details`` and ``search`` as of Door.
    """

    state: str
    until: datetime | None = None
    admits: Admits = Admits.NOBODY
    details: tuple[Detail, ...] = ()
    search: str = ""


class CannotBegin(Exception):
    """No chat was begun, or gone on with; ``code`` is closed, full, sign_in (nobody did), running (he
    has one), not_yours (that form, or chat, is somebody else's), ended or blocked (``until`` then).
    """

    def __init__(self, code: str, until: datetime | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.until = until


class Beginning:
    """The visitors' use cases before there is a chat."""

    def __init__(self, relay: Relay, channels: tuple[Channel, ...] = ()) -> None:
        """Without ``channels`` threads are where it was opened."""
        self._relay = relay
        self._pool = Pool(relay, channels)

    async def doorstep(self) -> Doorstep:
        """Tell how it stands now."""
        door = self._relay.rules.door
        if door.admits is Admits.NOBODY:
            return Doorstep("off")
        found = await self._relay.store.reception()
        if not self._is_open(found):
            return Doorstep("closed")
        assert found
        full = len(await self._relay.store.waiting()) >= door.most_waiting
        return Doorstep(
            "full" if full else "open", found.until, door.admits, door.details, door.search
        )

    async def ask(
        self, question: Question, key: str, present: str | None, sign_in: SignIn | None
    ) -> Joined:
        """Begin a chat with ``question``, once per ``key``, and take a seat in it; durable on return.

        ``present`` is the secret of the cookie sent along, if any. A sign-in is used up. Raises
        CannotBegin.
        """
        chat_id = self._chat_id(key)
        before = await self._relay.store.find_seat(digest(present)) if present else None
        if before and before.chat_id != chat_id and await self._talks(before):
            raise CannotBegin("running")
        channel = await self._pool.emptiest()

        async def enter(unit: Unit) -> None:
            found = await unit.reception()  # first: who asks at the same time waits here
            chat = await unit.chat(chat_id)
            if chat is None:
                if found is None or not (self._is_open(found) and question.text):
                    raise CannotBegin("closed")
                who = await self._admitted(unit, question, sign_in, present)
                await self._begin(unit, chat_id, question, who, found, channel)
            elif sign_in and not is_same(chat.identity, sign_in.who):
                raise CannotBegin("not_yours")  # the tab is another's, who left before the answer

        return await self._seated(chat_id, before, enter)

    async def running(self, who: Identity) -> Chat | None:
        """Return the chat that whoever signed in as ``who`` is in, the newest of several.

        None if there is none, or if he is kept out.
        """
        if kept_out(await self._relay.store.blocks(), self._relay.now(), who):
            return None
        return next(iter(await self._relay.store.open_of(who)), None)

    async def go_on(self, chat_id: str, present: str | None, sign_in: SignIn) -> Joined:
        """Take a seat in the chat that whoever signed in is in already, elsewhere; durable on return.

        ``present`` is as in ``ask``. The sign-in is used up. Raises CannotBegin.
        """
        before = await self._relay.store.find_seat(digest(present)) if present else None

        async def enter(unit: Unit) -> None:
            chat = await unit.chat(chat_id)
            if chat is None or not is_same(chat.identity, sign_in.who):
                raise CannotBegin("not_yours")
            if chat.state is not State.OPEN:
                raise CannotBegin("ended")
            if block := kept_out(await unit.blocks(), self._relay.now(), sign_in.who):
                raise CannotBegin("blocked", block.until)
            await _use_up(unit, sign_in)

        return await self._seated(chat_id, before, enter)

    async def _seated(
        self, chat_id: str, before: Seat | None, enter: Callable[[Unit], Awaitable[None]]
    ) -> Joined:
        """Give whom ``enter`` lets in a seat; ``before`` is the one that his browser had."""
        secret = secrets.token_urlsafe(32)
        seat = Seat(digest(secret), chat_id, self._relay.now() + self._relay.rules.session_ttl)

        async def work(unit: Unit) -> None:
            await enter(unit)
            await unit.seat(seat)

        await self._relay.store.write(work)
        looked = await self._relay.store.look(chat_id)
        assert looked
        left = before if before and before.chat_id != chat_id else None
        return Joined(secret, seat, *looked, left)

    async def begun(self, key: str) -> bool:
        """Tell whether the form with that key was taken."""
        return await self._relay.store.look(self._chat_id(key)) is not None

    def _chat_id(self, key: str) -> str:
        """Return the id of the chat that ``key`` begins: the same for a form that is sent twice."""
        return hashlib.sha256(self._relay.rules.secret + b"begin:" + key.encode()).hexdigest()[:32]

    def _is_open(self, found: Reception | None) -> bool:
        on = self._relay.rules.door.admits is not Admits.NOBODY
        return on and found is not None and found.until > self._relay.now()

    async def _talks(self, seat: Seat) -> bool:
        looked = await self._relay.store.look(seat.chat_id)
        alive = seat.expires > self._relay.now()
        return alive and looked is not None and looked[0].state is State.OPEN

    async def _admitted(
        self, unit: Unit, question: Question, sign_in: SignIn | None, present: str | None
    ) -> Identity:
        """Say who comes in. Raises CannotBegin."""
        door = self._relay.rules.door
        if sign_in is None and door.admits is not Admits.ANYONE:
            raise CannotBegin("sign_in")
        who = sign_in.who if sign_in else question.anonymous()
        seat = digest(present) if present else ""
        if block := kept_out(await unit.blocks(), self._relay.now(), who, seat):
            raise CannotBegin("blocked", block.until)
        # Looked at behind the reception's lock: of two devices that ask at once the second sees the first.
        if sign_in and await unit.open_of(who):
            raise CannotBegin("running")
        if len(await unit.waiting()) >= door.most_waiting:
            raise CannotBegin("full")
        if sign_in:
            await _use_up(unit, sign_in)
        return who

    async def _begin(
        self,
        unit: Unit,
        chat_id: str,
        question: Question,
        who: Identity,
        found: Reception,
        channel: Channel | None,
    ) -> None:
        now, door = self._relay.now(), self._relay.rules.door
        whose = (who.login or who.address) if who.verified else ""
        intake = NewTicket(door.instance, door.queue, plain_subject(question.first_line), whose)
        place = await unit.thread(_place(await unit.thread_by_id(found.thread), channel, chat_id))
        ticket = no_ticket(intake)
        rating = Rating.AWAITED if self._relay.rules.rating else None
        begun = Chat(chat_id, place.id, ticket, found.by, now, intake=intake, rating=rating)
        chat = replace(begun, details=question.details)
        await unit.add(chat)
        visitor = Author(Role.VISITOR, f"{chat_id}:0", called(who, ticket))
        await self._relay.happen(unit, chat, e.Asked(now, visitor, who, "question", question.text))


async def _use_up(unit: Unit, sign_in: SignIn) -> None:
    """Forget a sign-in that leads into a chat. Raises CannotBegin."""
    if not await unit.sign_out(sign_in.id, joins=True):
        raise CannotBegin("sign_in")  # used up since it was looked at


def _place(near: Thread, channel: Channel | None, chat_id: str) -> Thread:
    """Return what stands for the chat's thread until Teams has opened it."""
    where = (channel or Channel(near.channel_id, near.team_id, near.listening)).near(near)
    return replace(where, conversation_id=f"{where.channel_id}{BEGUN}{chat_id}")

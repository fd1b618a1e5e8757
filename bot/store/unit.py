"""One transaction on either database: relay/storage.py's Unit in SQLAlchemy Core."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.chat import LIVE, Chat
from bot.domain.messages import Kind, Message, Role
from bot.relay.ports import Delivery, Knock, Seat, Thread
from bot.relay.storage import ThreadTaken
from bot.store import codec
from bot.store.tables import Moment, chats, inbound, invitations, messages, outbox, seats, threads

_INSERTS: dict[str, Callable[[sa.Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

#: In one thread, chats follow one another; more than these do not matter to anybody writing there.
_FEW = 8


class SqlUnit:
    """See relay/storage.py, Unit. ``now`` is the moment this transaction counts as."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._db = self.connection = connection
        self._now = now
        self._insert = _INSERTS[connection.dialect.name]
        # SQLite's writer holds the whole database; PostgreSQL must be told what we will change.
        self._locks = connection.dialect.name == "postgresql"

    # --- chats ---------------------------------------------------------------------------------

    async def chat(self, chat_id: str) -> Chat | None:
        """Load a chat, locked."""
        return await self._one_chat(sa.select(chats.c.detail).where(chats.c.id == chat_id))

    async def live_chat(self, thread_id: int) -> Chat | None:
        """Load the thread's live chat, locked."""
        query = sa.select(chats.c.detail).where(
            chats.c.thread_id == thread_id, chats.c.state.in_(sorted(LIVE))
        )
        return await self._one_chat(query)

    async def chats_in(self, thread_id: int) -> list[Chat]:
        """Load the thread's few newest chats, locked."""
        query = (
            sa.select(chats.c.detail)
            .where(chats.c.thread_id == thread_id)
            .order_by(chats.c.created_at.desc())
            .limit(_FEW)
        )
        if self._locks:
            query = query.with_for_update()
        return [codec.chat_from_json(d) for d in (await self._db.execute(query)).scalars()]

    async def _one_chat(self, query: sa.Select[str]) -> Chat | None:
        if self._locks:
            query = query.with_for_update()
        detail = (await self._db.execute(query)).scalar_one_or_none()
        return codec.chat_from_json(detail) if detail else None

    async def add(self, chat: Chat) -> None:
        """Keep a new chat."""
        row = {"id": chat.id, "thread_id": chat.thread, "created_at": chat.created}
        await self._db.execute(sa.insert(chats).values(**row, **self._state_of(chat)))

    async def save(self, chat: Chat) -> None:
        """Keep a changed chat. Raises ThreadTaken."""
        change = sa.update(chats).where(chats.c.id == chat.id).values(**self._state_of(chat))
        try:
            await self._db.execute(change)
        except sa.exc.IntegrityError as error:
            raise ThreadTaken from error

    def _state_of(self, chat: Chat) -> dict[str, Any]:
        detail = codec.chat_to_json(chat)
        return {"state": chat.state, "changed_at": self._now, "detail": detail}

    async def relayed(self, chat_id: str, seq: int) -> None:
        """Note how far the visitor's lines stand in the thread; never goes back."""
        await self._db.execute(
            sa.update(chats).where(chats.c.id == chat_id, chats.c.relayed < seq).values(relayed=seq)
        )

    # --- the log -------------------------------------------------------------------------------

    async def record(self, chat_id: str, message: Message) -> None:
        """Append a line."""
        await self._db.execute(sa.insert(messages).values(codec.message_to_row(chat_id, message)))

    async def said(self, chat_id: str, role: Role, key: str) -> Message | None:
        """Find a line by its key on the side it came from."""
        query = sa.select(messages).where(
            messages.c.chat_id == chat_id, messages.c.role == role, messages.c.key == key
        )
        row = (await self._db.execute(query)).one_or_none()
        return codec.message_from_row(row) if row else None

    async def said_in(self, thread_id: int, role: Role, key: str) -> tuple[Chat, Message] | None:
        """Find a line by its key in any chat of a thread."""
        query = (
            sa.select(messages.c.chat_id)
            .join(chats, chats.c.id == messages.c.chat_id)
            .where(chats.c.thread_id == thread_id, messages.c.role == role, messages.c.key == key)
        )
        chat_id = (await self._db.execute(query)).scalars().first()
        chat = await self.chat(chat_id) if chat_id else None
        line = await self.said(chat.id, role, key) if chat else None
        return (chat, line) if chat and line else None

    async def log(self, chat_id: str, after: int, limit: int) -> list[Message]:
        """Read the log after ``after``."""
        return await read_log(self._db, chat_id, after, limit)

    # --- Teams ---------------------------------------------------------------------------------

    async def first_time(self, conversation_id: str, activity_id: str) -> bool:
        """Remember an activity; False if it is known."""
        row = {
            "conversation_id": conversation_id,
            "activity_id": activity_id,
            "at": self._now,
        }
        # RETURNING, since psycopg's count of inserted rows is -1 here, which is not nothing.
        insert = self._insert(inbound).values(row).on_conflict_do_nothing()
        kept = await self._db.execute(insert.returning(inbound.c.activity_id))
        return kept.first() is not None

    async def known_thread(self, conversation_id: str) -> Thread | None:
        """Load a conversation reference by Teams' id."""
        query = sa.select(threads).where(threads.c.conversation_id == conversation_id)
        row = (await self._db.execute(query)).one_or_none()
        return codec.thread_from_row(row) if row else None

    async def thread(self, thread: Thread) -> Thread:
        """Store or refresh a conversation reference."""
        row = codec.thread_to_row(thread)
        refreshed = {**row, "service_url_seen_at": self._now}
        statement = (
            self._insert(threads)
            .values(**refreshed)
            .on_conflict_do_update(index_elements=["conversation_id"], set_=refreshed)
            .returning(threads)
        )
        return codec.thread_from_row((await self._db.execute(statement)).one())

    async def thread_by_id(self, thread_id: int) -> Thread:
        """Load a conversation reference."""
        return await read_thread(self._db, thread_id)

    async def close_thread(self, thread_id: int, error: str) -> None:
        """Mark a reference as dead."""
        await self._db.execute(
            sa.update(threads).where(threads.c.id == thread_id).values(open=False, last_error=error)
        )

    # --- the outbox ----------------------------------------------------------------------------

    async def schedule(self, delivery: Delivery) -> None:
        """Add a row; a card that still waits is due earlier instead of twice."""
        due = delivery.not_before or self._now
        if delivery.kind == "card" and await self._hasten(delivery, due):
            return
        row = {
            "lane": delivery.lane,
            "stream": delivery.stream,
            "kind": delivery.kind,
            "payload": json.dumps(delivery.payload),
            "chat_id": delivery.chat_id,
            "created_at": self._now,
            "not_before": due,
        }
        await self._db.execute(sa.insert(outbox).values(row))

    async def _hasten(self, delivery: Delivery, due: datetime) -> bool:
        """Make a waiting row of the same kind due by ``due``; False if none waits."""
        waiting = sa.and_(
            outbox.c.stream == delivery.stream,
            outbox.c.kind == delivery.kind,
            outbox.c.owner.is_(None),
            outbox.c.first_claimed_at.is_(None),  # one that Teams put off keeps to its time
        )
        moment = sa.literal(due, Moment)
        earlier = sa.case((outbox.c.not_before > moment, moment), else_=outbox.c.not_before)
        change = sa.update(outbox).where(waiting).values(not_before=earlier)
        return bool((await self._db.execute(change)).rowcount)

    async def settle(self, delivery_id: int, owner: str) -> bool:
        """Strike a delivery off."""
        mine = sa.and_(outbox.c.id == delivery_id, outbox.c.owner == owner)
        return bool((await self._db.execute(sa.delete(outbox).where(mine))).rowcount)

    async def drop(self, delivery_id: int) -> None:
        """Strike a delivery off, whoever holds it."""
        await self._db.execute(sa.delete(outbox).where(outbox.c.id == delivery_id))

    async def postpone(
        self, delivery_id: int, owner: str, until: datetime, why: str, *, clean: bool
    ) -> bool:
        """Give a delivery back until ``until``."""
        mine = sa.and_(outbox.c.id == delivery_id, outbox.c.owner == owner)
        change = sa.update(outbox).where(mine)
        change = change.values(owner=None, lease_until=None, not_before=until, problem=why)
        if clean:
            change = change.values(attempt=outbox.c.attempt - 1)
        return bool((await self._db.execute(change)).rowcount)

    # --- visitors ------------------------------------------------------------------------------

    async def invite(self, digest: str, chat_id: str, number: int, expires: datetime) -> None:
        """Keep an invitation's digest."""
        row = {"digest": digest, "chat_id": chat_id, "number": number, "expires_at": expires}
        await self._db.execute(sa.insert(invitations).values(row))

    async def knock(self, digest: str) -> Knock | None:
        """Load an invitation, locked."""
        query = sa.select(invitations).where(invitations.c.digest == digest)
        if self._locks:
            query = query.with_for_update()
        row = (await self._db.execute(query)).one_or_none()
        return codec.knock_from_row(row) if row else None

    async def use(self, digest: str, nonce: str) -> None:
        """Mark an invitation as exchanged."""
        mine = invitations.c.digest == digest
        await self._db.execute(sa.update(invitations).where(mine).values(used_by=nonce))

    async def seat(self, seat: Seat) -> None:
        """Keep a visitor's place."""
        row = {"id": seat.id, "chat_id": seat.chat_id, "expires_at": seat.expires}
        await self._db.execute(sa.insert(seats).values(row))

    async def leave(self, seat_id: str) -> None:
        """Forget a visitor's place."""
        await self._db.execute(sa.delete(seats).where(seats.c.id == seat_id))

    # --- forgetting ----------------------------------------------------------------------------

    async def purge(self, chat_id: str) -> int:
        """Delete the chat's log. Digests of links stay until the chat is forgotten: they tell
        whoever opens an old link what became of it, and nobody's words or name.
        """
        mine = messages.c.chat_id == chat_id
        keyed = sa.and_(messages.c.role == Role.VISITOR, messages.c.key.is_not(None))
        gone = await self._db.execute(sa.delete(messages).where(mine, sa.not_(keyed)))
        blank = {"text": "", "author_name": "", "quote_author": None, "quote_text": None}
        blanked = await self._db.execute(sa.update(messages).where(mine).values(**blank))
        return int(gone.rowcount) + int(blanked.rowcount)

    async def forget(self, chat_id: str) -> None:
        """Delete a chat; what belongs to it goes with it (ON DELETE CASCADE)."""
        await self._db.execute(sa.delete(chats).where(chats.c.id == chat_id))


async def read_log(
    connection: AsyncConnection, chat_id: str, after: int, limit: int
) -> list[Message]:
    """Read at most ``limit`` lines of a chat's log after seq ``after``, in order."""
    query = (
        sa.select(messages)
        .where(messages.c.chat_id == chat_id, messages.c.seq > after)
        .where(sa.or_(messages.c.text != "", messages.c.kind != Kind.SAID))  # else it was purged
        .order_by(messages.c.seq)
        .limit(limit)
    )
    return [codec.message_from_row(row) for row in await connection.execute(query)]


async def read_thread(connection: AsyncConnection, thread_id: int) -> Thread:
    """Read a conversation reference by our id."""
    query = sa.select(threads).where(threads.c.id == thread_id)
    return codec.thread_from_row((await connection.execute(query)).one())

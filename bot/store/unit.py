"""One transaction on either database: relay/storage.py's Unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import starmap
from typing import Any

from bot.domain.admission import SignIn
from bot.domain.blocking import Block
from bot.domain.chat import LIVE, Chat, State
from bot.domain.messages import Message, Role
from bot.domain.presence import Presence
from bot.domain.reception import Reception
from bot.relay.files import Fetched, Stored
from bot.relay.ports import Delivery, Knock, Seat, Thread
from bot.relay.storage import ThreadTaken
from bot.store import blocks_sql, codec, processes, reception_sql, standing_sql
from bot.store import chat_sql as sql
from bot.store.deliveries import Deliveries, Home
from bot.store.gathering import Gathering
from bot.store.hopes import Hopes
from bot.store.link import Clash, Link
from bot.store.sql import Query, Row
from bot.store.tables import micros

#: Microseconds for which an open chat's last change is not noted anew; it only ever seems older.
_SOON_AGAIN = 30_000_000
#: In one thread, chats follow one another; more than these do not matter to anybody writing there.
_FEW = 8


class SqlUnit:
    """See relay/storage.py, Unit. ``now`` is the moment this transaction counts as."""

    def __init__(self, link: Link, now: datetime, home: Home | None, hopes: Hopes) -> None:
        self.link = link
        self._hopes = hopes
        self.gathering = Gathering()
        self._now = now
        self._deliveries = Deliveries(link, now, self.gathering, home, hopes)
        self._states: dict[str, State] = {}  # of the chats that we hold locked, or hope to
        # What was read ahead on PostgreSQL, where asking again costs a round trip.
        self._chat_ahead: dict[str, list[Row]] = {}
        self._chats_ahead: dict[int, list[Row]] = {}
        self._threads: dict[str, Thread] = {}  # as they are stored, by Teams' id
        self._turned: dict[str, bool] = {}  # chats that changed, and whether a statement counted it

    def finish(self) -> None:
        """Do what comes last before the commit. Raises Vain."""
        self._hopes.check()
        self._hopes.write_firsts(self.link)
        for chat_id, counted in self._turned.items():
            if not counted:
                self.link.later(sql.TURN, chat_id=chat_id)
        self._deliveries.finish()

    # --- chats ---------------------------------------------------------------------------------

    async def chat(self, chat_id: str) -> Chat | None:
        """Load a chat, locked."""
        if (hoped := self._hopes.chat(chat_id)) is not None:
            self._states[chat_id] = hoped.state
            return hoped
        if chat_id in self._chat_ahead:
            return _only(self._loaded(self._chat_ahead.pop(chat_id)))
        return _only(await self._chats(sql.CHAT, chat_id=chat_id))

    async def live_chat(self, thread_id: int) -> Chat | None:
        """Load the thread's live chat, locked."""
        return _only(await self._chats(sql.LIVE_CHAT, thread=thread_id))

    async def chats_in(self, thread_id: int) -> list[Chat]:
        """Load the thread's few newest chats, locked."""
        if (hoped := self._hopes.only_chat(thread_id)) is not None:
            self._states[hoped.id] = hoped.state
            return [hoped]
        if thread_id in self._chats_ahead:
            found = self._loaded(self._chats_ahead.pop(thread_id))
        else:
            found = await self._chats(sql.CHATS_IN, thread=thread_id, limit=_FEW)
        self._hopes.noted.found_in(thread_id, found)
        return found

    async def _chats(self, query: Query, **values: Any) -> list[Chat]:
        return self._loaded(await self.link.rows(query, **values))

    def _loaded(self, rows: list[Row]) -> list[Chat]:
        found: list[Chat] = []
        for chat_id, detail, changed in rows:
            chat = codec.chat_from_json(chat_id, detail)
            self._states[chat_id] = chat.state
            self._hopes.asked(chat_id, detail, changed)
            found.append(chat)
        return found

    async def add(self, chat: Chat) -> None:
        """Keep a new chat."""
        row = {"id": chat.id, "thread_id": chat.thread, "created_at": micros(chat.created)}
        await self.link.rows(sql.ADD_CHAT, **row, **self._state_of(chat))
        self._saved(chat)

    async def save(self, chat: Chat) -> None:
        """Keep a changed chat. Raises ThreadTaken."""
        before = self._states.get(chat.id)
        if chat.state is State.OPEN is before and self._is_noted(chat.id):
            detail, was = codec.chat_to_json(chat), self._hopes.held(chat.id)
            query = sql.KEEP_CHAT if was is None else sql.KEEP_HOPED
            self.link.later(query, chat_id=chat.id, detail=detail, was=was)
            self._saved(chat)
            return
        row = {"chat_id": chat.id, **self._state_of(chat)}
        if chat.state not in LIVE or before in LIVE:
            self.link.later(sql.SAVE_CHAT, **row)  # it cannot take anybody's thread
        else:
            try:
                await self.link.rows(sql.SAVE_CHAT, **row)
            except Clash as error:
                raise ThreadTaken from error
        self._saved(chat)

    def _is_noted(self, chat_id: str) -> bool:
        """Tell whether the database knows well enough when the chat last changed."""
        return abs(micros(self._now) - self._hopes.noted.get(chat_id)) < _SOON_AGAIN

    def _state_of(self, chat: Chat) -> dict[str, Any]:
        detail = codec.chat_to_json(chat)
        return {"state": chat.state, "changed_at": micros(self._now), "detail": detail}

    def _saved(self, chat: Chat) -> None:
        self._hopes.write_firsts(self.link)
        self._states[chat.id] = chat.state
        self._turned[chat.id] = True
        self.gathering.of(chat.id).chat = chat

    async def relayed(self, chat_id: str, seq: int) -> None:
        """Note how far the visitor's lines stand in the thread; never goes back."""
        self.link.later(sql.RELAYED, chat_id=chat_id, seq=seq)
        self.gathering.of(chat_id).relayed = seq

    async def posted(self, chat_id: str, posts: Sequence[str]) -> None:
        """Note posts of the bot, to be taken back when the chat is purged."""
        for post in posts:
            self.link.later(sql.POSTED, chat_id=chat_id, post=post)

    async def posts(self, chat_id: str) -> list[str]:
        """Read what ``posted`` noted."""
        return [str(row[0]) for row in await self.link.rows(sql.POSTS, chat_id=chat_id)]

    # --- the log -------------------------------------------------------------------------------

    async def record(self, chat_id: str, message: Message) -> None:
        """Append a line."""
        self.link.later(sql.RECORD, **codec.message_to_row(chat_id, message))
        self._hopes.recorded(chat_id, message)
        self._turned.setdefault(chat_id, False)
        self.gathering.of(chat_id).lines.append(message)

    async def keep_file(self, chat_id: str, file: Stored) -> None:
        """Keep a file, or what has become of it."""
        row = {"chat_id": chat_id, "id": file.id, "seq": file.seq, "name": file.name}
        kept = {"type": file.type, "state": file.state, "content": file.content or None}
        await self.link.slowly(sql.KEEP_FILE, **row, **kept)

    async def is_coming(self, chat_id: str, file_id: str) -> bool:
        """Tell whether a file is awaited still."""
        rows = await self.link.rows(sql.FILE_STATE, chat_id=chat_id, id=file_id)
        return bool(rows) and rows[0][0] == Fetched.COMING

    async def drop_file(self, chat_id: str, seq: int) -> None:
        """Delete a message's file."""
        await self.link.slowly(sql.DROP_FILE, chat_id=chat_id, seq=seq)

    async def said(self, chat_id: str, role: Role, key: str) -> Message | None:
        """Find a line by its key on the side it came from."""
        fresh = chat_id not in self._states
        if fresh and self._is_noted(chat_id) and self._hopes.is_new(chat_id, role, key):
            return None
        if self.link.shared and fresh:
            # Whoever asks goes on to the chat. Locked first, it also shows the lines of others.
            ahead: list[Row] = []
            self.link.later(sql.CHAT, ahead.extend, chat_id=chat_id)
            self._chat_ahead[chat_id] = ahead
        rows = await self.link.rows(sql.SAID, chat_id=chat_id, role=role, key=key)
        return codec.message_from_row(rows[0]) if rows else None

    async def said_in(self, thread_id: int, role: Role, key: str) -> tuple[Chat, Message] | None:
        """Find a line by its key in any chat of a thread."""
        rows = await self.link.rows(sql.SAID_IN, thread=thread_id, role=role, key=key)
        chat = await self.chat(rows[0][0]) if rows else None
        line = await self.said(chat.id, role, key) if chat else None
        return (chat, line) if chat and line else None

    async def log(self, chat_id: str, after: int, limit: int) -> list[Message]:
        """Read the log after ``after``."""
        rows = await self.link.rows(sql.LOG, chat_id=chat_id, after=after, limit=limit)
        return [codec.message_from_row(row) for row in rows]

    # --- Teams ---------------------------------------------------------------------------------

    async def first_time(self, conversation_id: str, activity_id: str) -> bool:
        """Remember an activity; False if it is known."""
        at = micros(self._now)
        row = {"conversation_id": conversation_id, "activity_id": activity_id, "at": at}
        if self._hopes.is_first(self.link, row):
            return True
        return bool(await self.link.rows(sql.FIRST_TIME, **row))

    async def known_thread(self, conversation_id: str) -> Thread | None:
        """Load a conversation reference by Teams' id."""
        if (hoped := self._hopes.thread(conversation_id, self._is_noted)) is not None:
            self._threads[conversation_id] = hoped
            return hoped
        ahead: list[Row] = []
        if self.link.shared:
            self.link.later(sql.CHATS_AT, ahead.extend, conversation_id=conversation_id, limit=_FEW)
        rows = await self.link.rows(sql.KNOWN_THREAD, conversation_id=conversation_id)
        if not rows:
            return None
        thread = self._threads[conversation_id] = codec.thread_from_row(rows[0])
        if self.link.shared:
            self._chats_ahead[thread.id] = ahead
        self._hopes.noted.thread(thread)
        return thread

    async def thread(self, thread: Thread) -> Thread:
        """Store or refresh a conversation reference."""
        known = self._threads.pop(thread.conversation_id, None)
        if known is not None and replace(thread, id=known.id) == known:
            return known
        self._hopes.need_all_held()
        row = codec.thread_to_row(thread)
        self._hopes.noted.forget(thread.conversation_id)
        rows = await self.link.rows(sql.KEEP_THREAD, **row, service_url_seen_at=micros(self._now))
        return codec.thread_from_row(rows[0])

    async def thread_by_id(self, thread_id: int) -> Thread:
        """Load a conversation reference."""
        return codec.thread_from_row((await self.link.rows(sql.THREAD, thread=thread_id))[0])

    async def close_thread(self, thread_id: int, error: str) -> None:
        """Mark a reference as dead."""
        self.link.later(sql.CLOSE_THREAD, thread=thread_id, error=error)

    async def early(self, conversation_id: str, key: str, text: str | None) -> None:
        """Remember a change of a message that has not reached us."""
        row = {"conversation_id": conversation_id, "key": key, "text": text}
        self.link.later(sql.EARLY, **row, at=micros(self._now))

    async def early_for(self, conversation_id: str, key: str) -> tuple[bool, str | None]:
        """Fetch and forget what was remembered."""
        rows = await self.link.rows(sql.EARLY_FOR, conversation_id=conversation_id, key=key)
        return (True, rows[0][0]) if rows else (False, None)

    # --- the outbox ----------------------------------------------------------------------------

    async def schedule(self, delivery: Delivery) -> None:
        """Add a row; a card that still waits is due earlier instead of twice. Raises Vain."""
        self._hopes.need_held(self.link, delivery.chat_id)
        self._deliveries.schedule(delivery, guarded=delivery.chat_id in self._states)

    async def take(
        self, owner: str, lease: float, streams: Sequence[str], most: int = 1, size: int = 0
    ) -> list[Delivery]:
        """Claim the heads of streams, and what may go out together with them."""
        return await self._deliveries.take(owner, lease, streams, most, size)

    async def strike(self, ids: Sequence[int], owner: str, stream: str = "") -> list[int]:
        """Strike deliveries off that ``owner`` holds."""
        return await self._deliveries.strike(ids, owner, stream)

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
        """Give deliveries back for ``seconds``."""
        return await self._deliveries.give_back(ids, owner, seconds, why, clean=clean, alone=alone)

    async def unposted(self, chat_id: str) -> tuple[int, ...]:
        """Return the numbers of the visitor's messages that are still on their way to the thread."""
        return await self._deliveries.words_in(f"chat:{chat_id}")

    async def drop(self, delivery_id: int) -> None:
        """Strike a delivery off, whoever holds it."""
        await self._deliveries.drop(delivery_id)

    async def recall(self, chat_id: str) -> None:
        """Strike all deliveries of a chat off."""
        await self._deliveries.recall(chat_id)

    # --- visitors ------------------------------------------------------------------------------

    async def invite(self, digest: str, chat_id: str, number: int, expires: datetime) -> None:
        """Keep an invitation's digest."""
        row = {"digest": digest, "chat_id": chat_id, "number": number}
        self.link.later(sql.INVITE, **row, expires_at=micros(expires))

    async def knock(self, digest: str) -> Knock | None:
        """Load an invitation, locked."""
        rows = await self.link.rows(sql.KNOCK_LOCKED, digest=digest)
        return codec.knock_from_row(rows[0]) if rows else None

    async def use(self, digest: str, nonce: str) -> None:
        """Mark an invitation as exchanged."""
        self.link.later(sql.USE, digest=digest, nonce=nonce)

    async def seat(self, seat: Seat) -> None:
        """Keep a visitor's place."""
        row = {"id": seat.id, "chat_id": seat.chat_id, "expires_at": micros(seat.expires)}
        self.link.later(sql.TAKE_SEAT, **row)

    async def leave(self, seat_id: str) -> None:
        """Forget a visitor's place."""
        for (chat_id,) in await self.link.rows(sql.LEAVE, seat=seat_id):
            # Sockets that were opened with it, here or at another process, look and end.
            self._turned.setdefault(chat_id, False)
            self.gathering.of(chat_id)

    async def sign_in(self, sign_in: SignIn) -> None:
        """Keep who signed in."""
        self.link.later(sql.SIGN_IN, **codec.sign_in_to_row(sign_in))

    async def sign_out(self, sign_in_id: str) -> bool:
        """Forget it; False if it was gone."""
        return bool(await self.link.rows(sql.SIGN_OUT, sign_in=sign_in_id))

    async def rehouse(self, chat: Chat) -> None:
        """Keep a chat that has moved to another thread."""
        self.link.later(sql.REHOUSE, chat_id=chat.id, thread_id=chat.thread)
        await self.save(chat)

    async def waiting(self) -> list[Chat]:
        """Read whose visitors wait; nothing is locked."""
        rows = await self.link.rows(reception_sql.OPEN_CHATS)
        return [chat for chat in starmap(codec.chat_from_json, rows) if chat.waits]

    async def receive(self, found: Reception | None) -> None:
        """Keep that visitors may begin chats, or that they may not."""
        reception_sql.keep(self.link, found)

    async def reception(self) -> Reception | None:
        """Read it, locked."""
        return reception_sql.from_rows(await self.link.rows(reception_sql.LOCKED))

    async def block(self, found: Block) -> None:
        """Keep a block."""
        self.link.later(blocks_sql.BLOCK, **blocks_sql.to_row(found))

    async def unblock(self, block_id: str) -> Block | None:
        """Forget a block; return what it was."""
        gone = blocks_sql.from_rows(await self.link.rows(blocks_sql.UNBLOCK, id=block_id))
        return gone[0] if gone else None

    async def blocks(self) -> list[Block]:
        """Read all blocks."""
        return blocks_sql.from_rows(await self.link.rows(blocks_sql.FIND))

    async def seats(self, chat_id: str) -> list[str]:
        """Read the ids of a chat's seats."""
        return [seat for (seat,) in await self.link.rows(blocks_sql.SEATS, chat_id=chat_id)]

    async def windows(self, chat_id: str, process: str, presence: Presence) -> list[Presence]:
        """Note this process's windows on the chat; return all processes'."""
        return await processes.windows_of(self.link, chat_id, process, presence)

    async def tally(self, name: str) -> None:
        """Count one more of what ``name`` says, in this minute."""
        self.link.later(standing_sql.TALLY, at=standing_sql.minute(self._now), name=name)

    # --- forgetting ----------------------------------------------------------------------------

    async def purge(self, chat_id: str) -> int:
        """Delete the chat's log. Digests of links stay until the chat is forgotten: they tell
        whoever opens an old link what became of it, and nobody's words or name.
        """
        gone = [await self.link.slowly(query, chat_id=chat_id) for query in sql.PURGES]
        self._turned.setdefault(chat_id, False)
        self.gathering.of(chat_id)
        return gone[0] + gone[1]

    async def wipe(self, chat_id: str) -> None:
        """Delete what ``purge`` leaves of the log."""
        await self.link.slowly(sql.WIPE, chat_id=chat_id)

    async def forget(self, chat_id: str) -> None:
        """Delete a chat; what belongs to it goes with it (ON DELETE CASCADE)."""
        await self.link.slowly(sql.FORGET, chat_id=chat_id)
        self.gathering.of(chat_id)


def _only(found: list[Chat]) -> Chat | None:
    return found[0] if found else None

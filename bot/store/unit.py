"""One transaction on either database: relay/storage.py's Unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.admission import SignIn
from bot.domain.blocking import Block
from bot.domain.chat import Chat
from bot.domain.identity import Identity
from bot.domain.messages import Message, Role
from bot.domain.presence import Presence
from bot.domain.reception import Reception
from bot.relay.delivery import Delivery, Span, Stream
from bot.relay.files import Fetched, Stored
from bot.relay.ports import Knock, Seat, Thread
from bot.store import blocks_sql, codec, counts_sql, processes, reception_sql
from bot.store import chat_sql as sql
from bot.store.chats import FEW, Chats
from bot.store.deliveries import Deliveries, Home
from bot.store.gathering import Gathering
from bot.store.hopes import Hopes
from bot.store.link import Link
from bot.store.tables import micros

#: A chat's seats: a browser that joins anew and again, with its own link, makes no rows without end.
_SEATS = 20


class SqlUnit:
    """See relay/storage.py, Unit. ``now`` is the moment this transaction counts as."""

    def __init__(self, link: Link, now: datetime, home: Home | None, hopes: Hopes) -> None:
        self.link = link
        self._hopes = hopes
        self.gathering = Gathering()
        self._now = now
        self._chats = Chats(link, now, self.gathering, hopes)
        self._deliveries = Deliveries(link, now, self.gathering, home, hopes)

    def finish(self) -> None:
        """Do what comes last before the commit. Raises Vain."""
        self._hopes.check()
        self._hopes.write_firsts(self.link)
        self._chats.finish()
        self._deliveries.finish()

    # --- chats ---------------------------------------------------------------------------------

    async def chat(self, chat_id: str) -> Chat | None:
        """Load a chat, locked."""
        return await self._chats.chat(chat_id)

    async def live_chat(self, thread_id: int) -> Chat | None:
        """Load the thread's live chat, locked."""
        return await self._chats.live(thread_id)

    async def chats_in(self, thread_id: int, most: int = FEW) -> list[Chat]:
        """Load the thread's live chat and its newest others, locked."""
        return await self._chats.in_thread(thread_id, most)

    async def add(self, chat: Chat) -> None:
        """Keep a new chat."""
        await self._chats.add(chat)

    async def save(self, chat: Chat) -> None:
        """Keep a changed chat. Raises ThreadTaken."""
        await self._chats.save(chat)

    async def rehouse(self, chat: Chat) -> None:
        """Keep a chat that has moved to another thread."""
        self.link.later(sql.REHOUSE, chat_id=chat.id, thread_id=chat.thread)
        await self.save(chat)

    async def waiting(self) -> list[Chat]:
        """Read whose visitors wait; nothing is locked."""
        rows = await self.link.rows(reception_sql.ALONE)
        return [chat for chat in codec.readable_chats(rows) if chat.waits]

    async def open_of(self, who: Identity) -> list[Chat]:
        """Read in which chats somebody is who signed in; nothing is locked."""
        rows = await self.link.rows(reception_sql.NAMING, naming=reception_sql.naming(who))
        return reception_sql.open_of(who, rows)

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
        self._chats.touch(chat_id).lines.append(message)

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
        if not self._chats.holds(chat_id):
            if self._hopes.is_new(chat_id, role, key):
                return None
            # Whoever asks goes on to the chat. Locked first, it also shows the lines of others.
            self._chats.read_ahead(chat_id)
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
        self._chats.hold(chat_id)
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
        return await self._chats.known_thread(conversation_id)

    async def thread(self, thread: Thread) -> Thread:
        """Store or refresh a conversation reference."""
        return await self._chats.thread(thread)

    async def thread_by_id(self, thread_id: int) -> Thread:
        """Load a conversation reference."""
        return codec.thread_from_row((await self.link.rows(sql.THREAD, thread=thread_id))[0])

    async def close_thread(self, thread_id: int, error: str) -> None:
        """Mark a reference as dead."""
        self.link.later(sql.CLOSE_THREAD, thread=thread_id, error=error)

    async def early(self, conversation_id: str, key: str, known: str) -> None:
        """Remember what is known of a message beside its line."""
        row = {"conversation_id": conversation_id, "key": key, "text": known}
        self.link.later(sql.EARLY, **row, at=micros(self._now))

    async def early_for(self, conversation_id: str, key: str) -> str | None:
        """Fetch and forget what was remembered."""
        rows = await self.link.rows(sql.EARLY_FOR, conversation_id=conversation_id, key=key)
        return rows[0][0] if rows else None

    # --- the outbox ----------------------------------------------------------------------------

    async def schedule(self, delivery: Delivery) -> None:
        """Add a row; a card that still waits is due earlier instead of twice. Raises Vain."""
        self._hopes.need_held(self.link, delivery.chat_id)
        self._deliveries.schedule(delivery, guarded=self._chats.holds(delivery.chat_id))

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

    async def held(self, owner: str, streams: Sequence[str]) -> list[Delivery]:
        """Load what ``owner`` holds of some streams, locked."""
        return await self._deliveries.held(owner, streams)

    async def set_aside(self, taken: Delivery, owner: str, seconds: float, why: str) -> None:
        """Give a delivery back in a stream of its own."""
        await self._deliveries.set_aside(taken, owner, seconds, why)

    async def unposted(self, chat_id: str) -> tuple[int, ...]:
        """Return the numbers of the visitor's messages that are still on their way to the thread."""
        return await self._deliveries.words_in(Stream.CHAT.of(chat_id))

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
        """Keep a visitor's place; of his chat's others the newest stay."""
        if await self.link.rows(sql.DROP_SEATS, chat_id=seat.chat_id, most=_SEATS - 1):
            self._chats.touch(seat.chat_id)  # as in ``leave``
        row = {"id": seat.id, "chat_id": seat.chat_id, "expires_at": micros(seat.expires)}
        self.link.later(sql.TAKE_SEAT, **row)

    async def leave(self, seat_id: str) -> None:
        """Forget a visitor's place."""
        for (chat_id,) in await self.link.rows(sql.LEAVE, seat=seat_id):
            # Sockets that were opened with it, here or at another process, look and end.
            self._chats.touch(chat_id)

    async def sign_in(self, sign_in: SignIn) -> None:
        """Keep who signed in."""
        self.link.later(sql.SIGN_IN, **codec.sign_in_to_row(sign_in))

    async def sign_out(self, sign_in_id: str, *, joins: bool = False) -> bool:
        """Forget it; False if it was gone. Whoever ``joins`` is in a chat from now on."""
        gone = bool(await self.link.rows(sql.SIGN_OUT, sign_in=sign_in_id))
        self.gathering.forgot |= gone and not joins
        return gone

    async def receive(self, found: Reception | None) -> None:
        """Keep that visitors may begin chats, or that they may not."""
        self.gathering.forgot = True  # whoever had opened
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
        self.gathering.forgot |= bool(gone)
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
        self.link.later(counts_sql.TALLY, at=counts_sql.minute(self._now), name=name)

    def took(self, span: Span) -> None:
        """Tell how long something took."""
        self.gathering.spans.append(span)

    # --- forgetting ----------------------------------------------------------------------------

    async def purge(self, chat_id: str) -> None:
        """Delete the chat's log. Digests of links stay until the chat is forgotten: they tell
        whoever opens an old link what became of it, and nobody's words or name.
        """
        for query in sql.PURGES:
            await self.link.slowly(query, chat_id=chat_id)
        self._chats.touch(chat_id)

    async def wipe(self, chat_id: str) -> None:
        """Delete what ``purge`` leaves of the log."""
        await self.link.slowly(sql.WIPE, chat_id=chat_id)

    async def forget(self, chat_id: str) -> None:
        """Delete a chat; what belongs to it goes with it (ON DELETE CASCADE)."""
        await self.link.slowly(sql.FORGET, chat_id=chat_id)
        self.gathering.of(chat_id)

"""The chats of a unit of work, and the threads they are in: locked, or hoped to be as they were."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from bot.domain.chat import LIVE, Chat, State
from bot.relay.ports import Thread
from bot.relay.storage import ThreadTaken
from bot.store import chat_sql as sql
from bot.store import codec
from bot.store.gathering import Chapter, Gathering
from bot.store.hopes import Hopes
from bot.store.link import Clash, Link
from bot.store.sql import Query, Row
from bot.store.tables import micros

#: Microseconds for which an open chat's last change is not noted anew; it only ever seems older.
_SOON_AGAIN = 30_000_000
#: In one thread, chats follow one another; of those that are not live, more than these do not matter
#: to anybody writing there.
FEW = 8


class Chats:
    """See relay/storage.py, Unit. ``now`` is the moment this unit counts as."""

    def __init__(self, link: Link, now: datetime, gathering: Gathering, hopes: Hopes) -> None:
        self._link = link
        self._now = now
        self._gathering = gathering
        self._hopes = hopes
        self._states: dict[str, State] = {}  # of the chats that we hold locked, or hope to
        # What was read ahead on PostgreSQL, where asking again costs a round trip.
        self._chat_ahead: dict[str, list[Row]] = {}
        self._chats_ahead: dict[int, list[Row]] = {}
        self._threads: dict[str, Thread] = {}  # as they are stored, by Teams' id
        self._turned: dict[str, bool] = {}  # chats that changed, and whether a statement counted it

    def holds(self, chat_id: str | None) -> bool:
        """Tell whether a chat is locked, or hoped to be."""
        return chat_id in self._states

    def touch(self, chat_id: str) -> Chapter:
        """Something of a chat changes, which is counted at the end; return what is new of it."""
        self._turned.setdefault(chat_id, False)
        return self._gathering.of(chat_id)

    def finish(self) -> None:
        """Count the changes that no statement has counted."""
        for chat_id, counted in self._turned.items():
            if not counted:
                self._link.later(sql.TURN, chat_id=chat_id)

    # --- loading -------------------------------------------------------------------------------

    async def chat(self, chat_id: str) -> Chat | None:
        """Load a chat, locked."""
        if (hoped := self._hopes.chat(chat_id)) is not None:
            self._states[chat_id] = hoped.state
            return hoped
        if chat_id in self._chat_ahead:
            return _only(self._loaded(self._chat_ahead.pop(chat_id)))
        return _only(await self._load(sql.CHAT, chat_id=chat_id))

    async def live(self, thread_id: int) -> Chat | None:
        """Load the thread's live chat, locked."""
        return _only(await self._load(sql.LIVE_CHAT, thread=thread_id))

    async def in_thread(self, thread_id: int, most: int = FEW) -> list[Chat]:
        """Load the thread's live chat and its newest others, locked, the newest first."""
        if (hoped := self._hopes.only_chat(thread_id)) is not None:
            self._states[hoped.id] = hoped.state
            return [hoped]
        if most == FEW and thread_id in self._chats_ahead:
            found = self._loaded(self._chats_ahead.pop(thread_id))
        else:
            found = await self._load(sql.CHATS_IN, thread=thread_id, limit=most)
        found.sort(key=attrgetter("created"), reverse=True)
        self._hopes.see(lambda noted: noted.found_in(thread_id, found))
        return found

    def read_ahead(self, chat_id: str) -> None:
        """Load it with what is asked for next, where that spares a round trip."""
        if self._link.shared:
            ahead = self._chat_ahead[chat_id] = []
            self._link.later(sql.CHAT, ahead.extend, chat_id=chat_id)

    def hold(self, chat_id: str) -> None:
        """Lock a chat that is only hoped to be so, before what is asked for next of it: else that is
        of before the commit that made the chat what it is hoped to be.
        """
        if self._link.shared and self._hopes.chat(chat_id) is not None:
            self._link.later(sql.CHAT, self._found, chat_id=chat_id)

    def _found(self, rows: list[Row]) -> None:
        self._loaded(rows)

    async def _load(self, query: Query, **values: Any) -> list[Chat]:
        return self._loaded(await self._link.rows(query, **values))

    def _loaded(self, rows: list[Row]) -> list[Chat]:
        found: list[Chat] = []
        for chat_id, detail, changed in rows:
            chat = codec.chat_from_json(chat_id, detail)
            self._states[chat_id] = chat.state
            self._hopes.asked(chat_id, detail, changed)
            found.append(chat)
        return found

    # --- keeping -------------------------------------------------------------------------------

    async def add(self, chat: Chat) -> None:
        """Keep a new chat."""
        row = {"id": chat.id, "thread_id": chat.thread, "created_at": micros(chat.created)}
        await self._link.rows(sql.ADD_CHAT, **row, **self._state_of(chat))
        self._saved(chat)

    async def save(self, chat: Chat) -> None:
        """Keep a changed chat. Raises ThreadTaken."""
        before = self._states.get(chat.id)
        if chat.state is State.OPEN is before:
            self._keep_open(chat)
            return
        row = {"chat_id": chat.id, **self._state_of(chat)}
        if chat.state not in LIVE or before in LIVE:
            self._link.later(sql.SAVE_CHAT, **row)  # it cannot take anybody's thread
        else:
            try:
                await self._link.rows(sql.SAVE_CHAT, **row)
            except Clash as error:
                raise ThreadTaken from error
        self._saved(chat)

    def _keep_open(self, chat: Chat) -> None:
        """Keep an open chat that stays open; seldom when it changed, which an index has to follow."""
        detail, was = codec.chat_to_json(chat), self._hopes.take_json(chat.id)
        if abs(micros(self._now) - self._hopes.noted.get(chat.id)) < _SOON_AGAIN:
            query = sql.KEEP_CHAT if was is None else sql.KEEP_HOPED
            self._link.later(query, chat_id=chat.id, detail=detail, was=was)
        else:
            query = sql.SAVE_CHAT if was is None else sql.SAVE_HOPED
            row = {"state": chat.state, "changed_at": micros(self._now), "detail": detail}
            self._link.later(query, chat_id=chat.id, was=was, **row)
            self._hopes.notes[chat.id] = micros(self._now)
        self._saved(chat)

    def _state_of(self, chat: Chat) -> dict[str, Any]:
        detail = codec.chat_to_json(chat)
        return {"state": chat.state, "changed_at": micros(self._now), "detail": detail}

    def _saved(self, chat: Chat) -> None:
        self._hopes.write_firsts(self._link)
        self._states[chat.id] = chat.state
        self._turned[chat.id] = True
        self._gathering.of(chat.id).chat = chat

    # --- threads -------------------------------------------------------------------------------

    async def known_thread(self, conversation_id: str) -> Thread | None:
        """Load a conversation reference by Teams' id."""
        if (hoped := self._hopes.thread(conversation_id)) is not None:
            self._threads[conversation_id] = hoped
            return hoped
        ahead: list[Row] = []
        if self._link.shared:
            values = {"conversation_id": conversation_id, "limit": FEW}
            self._link.later(sql.CHATS_AT, ahead.extend, **values)
        rows = await self._link.rows(sql.KNOWN_THREAD, conversation_id=conversation_id)
        if not rows:
            return None
        thread = self._threads[conversation_id] = codec.thread_from_row(rows[0])
        if self._link.shared:
            self._chats_ahead[thread.id] = ahead
        self._hopes.see(lambda noted: noted.thread(thread))
        return thread

    async def thread(self, thread: Thread) -> Thread:
        """Store or refresh a conversation reference."""
        known = self._threads.pop(thread.conversation_id, None)
        if known is not None and known.told(thread) == known:
            return known
        self._hopes.need_all_held()
        row = codec.thread_to_row(thread)
        self._hopes.noted.forget(thread.conversation_id)
        # Again behind what was seen in the same commit.
        self._hopes.see(lambda noted: noted.forget(thread.conversation_id))
        rows = await self._link.rows(sql.KEEP_THREAD, **row, service_url_seen_at=micros(self._now))
        return codec.thread_from_row(rows[0])


def _only(found: list[Chat]) -> Chat | None:
    return found[0] if found else None

"""What is hoped instead of asked: a message takes one round trip to PostgreSQL, not two or three.

A chat that this process has just read or written is most likely still so, and a key is most likely
new. The transaction is written so that the database itself breaks it off where a hope was vain
(``KEEP_HOPED`` and ``FIRST_HOPED`` in chat_sql.py, the constraint on a line's key); then the work is
done again, asking (writer.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.domain.chat import Chat, State
from bot.domain.messages import Message, Role
from bot.relay.delivery import Delivery
from bot.relay.ports import Thread
from bot.store import chat_sql, codec
from bot.store.link import Link

#: Seconds for which a thread is taken to be as it was: another process may have stored it anew.
_BELIEVED = 30.0
_MANY = 10_000  # chats of which is remembered when their rows were noted to have changed


class Vain(Exception):
    """A hope that nothing will confirm: ask."""


class Noted:
    """What a process remembers beside its chats: when the database says that they changed
    (microseconds), and their threads.
    """

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._threads: dict[str, tuple[Thread, float]] = {}  # by Teams' id, and since when
        self._only: dict[int, str] = {}  # the chat of each thread that has had just one
        self._crowded: set[str] = set()  # streams in which more waited when we looked last

    def thread(self, thread: Thread) -> None:
        """A thread is stored like that. Whatever may change of it changes with its chat."""
        if len(self._threads) >= _MANY:
            self._threads.clear()
        self._threads[thread.conversation_id] = thread, time.monotonic()

    def forget(self, conversation_id: str) -> None:
        """A thread is being changed: read it the next time."""
        self._threads.pop(conversation_id, None)

    def forget_all(self) -> None:
        """Nothing is as sure as it was. What is known of chats is compared with their rows anyway."""
        for known in (self._at, self._threads, self._only, self._crowded):
            known.clear()

    def found_in(self, thread_id: int, chats: Sequence[Chat]) -> None:
        """All of a thread's chats are these."""
        if len(self._only) >= _MANY:
            self._only.clear()
        if len(chats) == 1:
            self._only[thread_id] = chats[0].id
        else:
            self._only.pop(thread_id, None)

    def at(self, conversation_id: str) -> tuple[Thread, str] | None:
        """Return a thread and its only chat's id, if there is just one."""
        thread, since = self._threads.get(conversation_id, (None, 0.0))
        if time.monotonic() - since > _BELIEVED:
            return None
        chat_id = self._only.get(thread.id) if thread else None
        return (thread, chat_id) if thread and chat_id else None

    def note(self, chat_id: str, changed: int) -> None:
        """The database says that a chat was changed at ``changed``."""
        if len(self._at) >= _MANY:
            self._at.clear()
        self._at[chat_id] = changed

    def crowds(self, streams: set[str], crowded: set[str]) -> None:
        """Of these streams, in the crowded ones more waits."""
        if len(self._crowded) >= _MANY:
            self._crowded.clear()
        self._crowded -= streams
        self._crowded |= crowded

    def is_crowded(self, stream: str) -> bool:
        """Tell whether more waited there: to hope that nothing does would mostly be vain."""
        return stream in self._crowded

    def get(self, chat_id: str) -> int:
        """Return when a chat was changed, as noted last; 0 if it is not known."""
        return self._at.get(chat_id, 0)


class Hopes:
    """What one transaction hopes of a chat, until a statement holds it to that."""

    def __init__(self, noted: Noted, *, may: bool) -> None:
        """Where nothing ``may`` be hoped, everything is asked."""
        self.noted = noted
        self._may = may
        self.any = False  # something was hoped, whether it was held to that or not
        self.allowed: list[Delivery] = []  # to be born claimed, if all goes well
        self._firsts: list[dict[str, Any]] = []  # activities to be new, not yet written
        self._chats: dict[str, tuple[str, Chat]] = {}  # as they are to be, with their JSON
        self._keys: set[tuple[str, Role, str]] = set()  # to be new
        self._only: dict[int, Chat] = {}  # to be the thread's
        self.notes: dict[str, int] = {}  # when chats change, by what is written
        # What was seen of threads. Perhaps the transaction had made it itself, or its neighbours had,
        # and SQLite gives the number of a thread that was not kept to another one.
        self._seen: list[Callable[[Noted], None]] = []

    def see(self, seen: Callable[[Noted], None]) -> None:
        """Have something noted if the transaction is committed."""
        self._seen.append(seen)

    def kept(self) -> None:
        """It was committed."""
        for chat_id, changed in self.notes.items():
            self.noted.note(chat_id, changed)
        for seen in self._seen:
            seen(self.noted)

    def undone(self) -> None:
        """Nothing of it was."""
        self.notes.clear()
        self._seen.clear()

    def is_new(self, chat_id: str, role: Role, key: str) -> bool:
        """Tell whether it is hoped that a chat's line is not there yet.

        Only of a chat that runs: a refusal is not to be said on a mere hope.
        """
        if self._hope(chat_id) is None:
            return False
        self._keys.add((chat_id, role, key))
        return True

    def thread(self, conversation_id: str) -> Thread | None:
        """Return a thread that is hoped to have one chat still, as known."""
        found = self.noted.at(conversation_id) if self._may else None
        if found is None:
            return None
        chat = self._hope(found[1])
        if chat is None:
            return None
        self._only[found[0].id] = chat
        return found[0]

    def _hope(self, chat_id: str) -> Chat | None:
        known = codec.known(chat_id) if self._may else None
        if known is None or known[1].state is not State.OPEN:
            return None
        self.any = True
        self._chats[chat_id] = known
        return known[1]

    def only_chat(self, thread_id: int) -> Chat | None:
        """Return what is hoped to be the thread's only chat, as long as that is only hoped."""
        chat = self._only.get(thread_id)
        return self.chat(chat.id) if chat else None

    def asked(self, chat_id: str, detail: str, changed: int) -> None:
        """A chat was read, and is locked: of it nothing need be hoped. Raises Vain if it was hoped
        to be another: what was made of that must not be written.
        """
        if (self.take_json(chat_id) or detail) != detail:
            raise Vain
        self.noted.note(chat_id, changed)

    def is_first(self, link: Link, row: dict[str, Any]) -> bool:
        """Tell whether it is hoped that an activity is new, which its key holds it to."""
        if self._may:
            self.any = True
            self._firsts.append(row)
            self.write_firsts(link)
        return self._may

    def write_firsts(self, link: Link) -> None:
        """Write what was hoped to be new, but not before what was hoped of chats is held: everybody
        locks the chat first, else two would wait for each other.
        """
        while self._firsts and not self._chats:
            link.later(chat_sql.FIRST_HOPED, **self._firsts.pop(0))

    def may_strike(self, stream: str) -> bool:
        """Tell whether it is hoped that rows of a stream are held, and nothing is behind them."""
        may = self._may and not self.noted.is_crowded(stream)
        self.any |= may
        return may

    def chat(self, chat_id: str) -> Chat | None:
        """Return what a chat is hoped to be."""
        hoped = self._chats.get(chat_id)
        return hoped[1] if hoped else None

    def need_held(self, link: Link, chat_id: str | None) -> None:
        """Raise Vain if nothing holds a chat yet: others may be adding to its streams."""
        if chat_id in self._chats:
            raise Vain
        self.write_firsts(link)

    def need_all_held(self) -> None:
        """Raise Vain if nothing holds a chat yet, before a row that everybody locks after it."""
        if self._chats:
            raise Vain

    def take_json(self, chat_id: str) -> str | None:
        """Return, once, the JSON that a chat's row is hoped to have: whoever takes it asks the database
        to hold it to that, and it is a hope no more. None if nothing was hoped.
        """
        hoped = self._chats.pop(chat_id, None)
        return hoped[0] if hoped else None

    def recorded(self, chat_id: str, line: Message) -> None:
        """A line is written, which its key's constraint holds to being new."""
        self._keys.discard((chat_id, line.author.role, line.key))

    def check(self) -> None:
        """Raise Vain if nothing holds the database to something that was hoped."""
        if self._chats or self._keys:
            raise Vain

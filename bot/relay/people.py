"""Where a person's data lies here, and erasing it (requirement of data protection law)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.messages import SYSTEM, Author
from bot.domain.tickets import TicketRef
from bot.relay.blocking import Blocking
from bot.relay.filing import purge
from bot.relay.receiving import FORGOTTEN, Receiving
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: What of a person's record may be what he is asked for by.
_NAMES = frozenset(
    {"name", "login", "address", "id", "requestor", "owner", "author_name", "quote_author"}
)
#: Where an id and a name stand side by side: whom a notice on its way to Teams is for.
_CALLED = frozenset({"mention", "by"})
#: States in which what was said is nowhere but here.
UNFILED = frozenset({State.OPEN, State.ENDED, State.HELD, State.FILING})
_BEFORE = frozenset({State.PROPOSED, State.INVITED})
_IN_RT = frozenset({State.FILED, State.PURGED})
_NAMELESS = frozenset({State.CANCELLED, State.ERASED})


@dataclass(frozen=True, slots=True)
class Trace:
    """A chat in which a person appears: how many rows of each table belong to it.

    ``thread`` is Teams' id of the conversation it is mirrored in; ``ticket`` where its record is or
    will be.
    """

    chat: str
    state: State
    ticket: TicketRef
    thread: str
    rows: Mapping[str, int]

    @property
    def unfiled(self) -> bool:
        """What was said is not in RT yet."""
        return self.state in UNFILED


@dataclass(frozen=True, slots=True)
class Traces:
    """All that is here of a person; ``loose`` are rows of the outbox that belong to no unfiled one,
    ``sign_ins`` those of the last minutes, ``blocks`` those that keep him out, ``made`` those by
    which he keeps others out. ``opened`` is his id if he has let visitors begin chats, else "".
    ``unread`` are chats that name him, or may, and that this version cannot read.
    """

    chats: tuple[Trace, ...] = ()
    loose: tuple[int, ...] = ()
    sign_ins: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    opened: str = ""
    unread: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        beside = self.loose or self.sign_ins or self.blocks or self.made or self.opened
        beside = beside or self.unread
        return bool(self.chats or beside)


def mentions(found: Any, person: str) -> bool:
    """Tell whether ``found`` (JSON) has somebody who is called ``person`` in one of his names."""
    wanted = fold(person)
    if not wanted:
        return False  # what is not known of somebody is nobody's name
    if isinstance(found, dict):
        ours = (v for k, v in found.items() if k in _NAMES and isinstance(v, str))
        called = (v for k in _CALLED & found.keys() if isinstance(found[k], list) for v in found[k])
        names = (*ours, *(v for v in called if isinstance(v, str)))
        return any(fold(v) == wanted for v in names) or _any(found.values(), person)
    return isinstance(found, list) and _any(found, person)


def _any(values: Iterable[Any], person: str) -> bool:
    return any(mentions(value, person) for value in values)


def fold(text: str) -> str:
    """Return what of a name, a login or an address counts."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


async def erase(relay: Relay, traces: Traces, *, also_unfiled: bool) -> list[Trace]:
    """Erase what is here of those chats; return what was erased. Raises NotDone.

    A record that is not in RT yet is left alone, unless ``also_unfiled``. Who made a block is
    forgotten; it keeps out whom it kept out. Who opened to visitors is, and it closes.
    """
    erased = []
    for trace in traces.chats:
        if trace.unfiled and not also_unfiled:
            continue
        if await relay.store.write(partial(_erase, relay, trace)):
            erased.append(trace)
    await relay.store.write(partial(_drop, relay, traces))
    return erased


async def _drop(relay: Relay, traces: Traces, unit: Unit) -> None:
    opened = await unit.reception()
    if opened is not None and opened.by.id == traces.opened:
        await Receiving(relay).close(unit, opened, FORGOTTEN, call=False)
    for number in traces.loose:
        await unit.drop(number)
    for id_ in traces.sign_ins:
        await unit.sign_out(id_)
    for id_ in traces.blocks:
        await Blocking(relay).lift(unit, id_, SYSTEM)
    for block in await unit.blocks():
        if block.id in traces.made:
            await unit.block(replace(block, by=Author(block.by.role, "", "")))


async def _erase(relay: Relay, trace: Trace, unit: Unit) -> bool:
    chat = await unit.chat(trace.chat)
    if chat is None or chat.state in _NAMELESS or (chat.state in UNFILED and not trace.unfiled):
        return False  # gone, or somebody has joined since we looked
    await _let_go(relay, unit, chat)
    return True


async def _let_go(relay: Relay, unit: Unit, chat: Chat) -> None:
    """Those who look on hear of it; what stays is a number, until that is forgotten, too."""
    now = relay.now()
    if chat.state in _BEFORE:
        await relay.happen(unit, chat, e.Cancelled(now, SYSTEM))
    elif chat.state in _IN_RT:
        if chat.state is State.FILED:
            await purge(relay, unit, chat)
            chat = await relay.happen(unit, chat, e.Purged(now))
        await relay.happen(unit, chat, e.Erased(now))
    else:
        await unit.recall(chat.id)  # what is on its way names people, or waits for what goes
        await relay.happen(unit, chat, e.Erased(now))
        await purge(relay, unit, chat)
        await unit.wipe(chat.id)

"""What is kept here, told and erased at a prompt: ``livechat status``, ``where`` and ``purge``."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime

import structlog

from bot.app import rules
from bot.config import Settings
from bot.domain.messages import Author, Role
from bot.relay.blocking import NOBODY, Blocking, everybody
from bot.relay.counts import count
from bot.relay.people import Trace, Traces, erase
from bot.relay.relay import Relay
from bot.store import KEPT, SqlStore, copies, find_traces

log = structlog.get_logger(__name__)

#: Whoever sits at a prompt on the service's machine.
PROMPT = Author(Role.OPERATOR, "prompt", "")

_WHOLE = "Only a whole login, address or name is looked for: try each, as RT has it."
_UNREAD = (
    "chat {}: it names that person, or may, and this version cannot read it (a later version has "
    "written it, perhaps). Nothing of it is erased."
)
_COPY = (
    "copy of everything: {}, as it was before an upgrade. It was not looked into; it goes by itself "
    "on {:%-d %B %Y}, or with livechat purge --yes"
)
_ELSEWHERE = """\
Not looked into, because it is not ours or holds nothing:
  RT        the records of his chats, as comments on his tickets (search RT for his name)
  Teams     what was written in the threads, as long as your tenant keeps it
  journal   chat and ticket numbers only: no names, addresses or words
  back-ups  what stood in the database when they were made
  browser   his own: messages that were not sent, until he closes the chat\
"""


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


async def status(settings: Settings, *, as_json: bool) -> str:
    """Say how many chats are open, wait for RT, were filed and purged. Raises NotDone."""
    store = SqlStore.at(settings.database.url)
    try:
        found = await count(store, now())
    finally:
        await store.close()
    if not as_json:
        return str(found)
    return json.dumps({**asdict(found), "oldest": int(found.oldest.total_seconds())})


async def blocks(settings: Settings, lift: str | None) -> str | None:
    """List who is kept out, or let one in again; None if there is no such block. Raises NotDone."""
    store = SqlStore.at(settings.database.url)
    blocking = Blocking(Relay(store, now, [], rules(settings)))
    try:
        if lift is None:
            return "\n".join(map(blocking.line, await everybody(store, now()))) or NOBODY
        found = await store.write(lambda unit: blocking.lift(unit, lift.strip().lower(), PROMPT))
    finally:
        await store.close()
    if found is None:
        return None
    log.warning("unblocked", block=found.id, chat=found.chat, by=f"uid {os.getuid()}")
    return f"Lifted: {blocking.line(found)}"


def where(settings: Settings, person: str) -> str:
    """List every place here in which ``person`` appears, and what lies elsewhere."""
    found = find_traces(settings.database.url, person)
    return "\n".join([*_listed(found), *_copied(settings), "", _ELSEWHERE])


def _copied(settings: Settings) -> list[str]:
    """Tell of copies that the database's migration made: whoever was here then is in them."""
    made = {one: one.stat().st_mtime for one in copies(settings.database.url)}
    return [_COPY.format(one, datetime.fromtimestamp(at, UTC) + KEPT) for one, at in made.items()]


def _listed(found: Traces) -> list[str]:
    if not found:
        return ["Nothing here names that person.", _WHOLE]
    lines = [line for trace in found.chats for line in _told(trace)]
    lines += [_UNREAD.format(chat) for chat in found.unread]
    if found.loose:
        lines.append(
            f"outbox: {len(found.loose)} rows on their way: look-ups of tickets, and notices"
        )
    if found.blocks:
        lines.append(
            f"blocks: {len(found.blocks)} rows (livechat blocks), which go when they are over"
        )
    if found.made:
        lines.append(f"blocks: {len(found.made)} rows that keep others out: only the name goes")
    if found.opened:
        lines.append(
            "reception: 1 row, that visitors may begin chats, which goes at the closing hour"
        )
    if found.sign_ins:
        lines.append(f"sign_ins: {len(found.sign_ins)} rows, which go by themselves in minutes")
    return lines


def _told(trace: Trace) -> list[str]:
    rows = ", ".join(f"{name} {count}" for name, count in trace.rows.items() if count)
    record = "the record is not in RT yet" if trace.unfiled else "nothing that waits for RT"
    return [
        f"chat {trace.chat} ({trace.state}): {record}",
        f"  rows here: {rows}",
        f"  ticket in RT: {trace.ticket if trace.ticket.number else 'none yet, or its number is not known'}",
        f"  thread in Teams: {trace.thread}",
    ]


async def purge(settings: Settings, person: str, *, do: bool, also_unfiled: bool) -> str:
    """Erase what is here of ``person``; only say what would be, unless ``do``. Raises NotDone."""
    found = await asyncio.to_thread(find_traces, settings.database.url, person)
    kept = [trace for trace in found.chats if trace.unfiled and not also_unfiled]
    copied = await asyncio.to_thread(_copied, settings)
    lines = [*_listed(found), *copied]
    if kept:
        lines += ["", f"Left alone, not in RT yet: {_names(kept)} (see --also-unfiled)."]
    if not do:
        return "\n".join(
            [*lines, "", "Nothing was erased. Say --yes to do it."] if found or copied else lines
        )
    store = SqlStore.at(settings.database.url)
    try:
        erased = await erase(
            Relay(store, now, [], rules(settings)), found, also_unfiled=also_unfiled
        )
        await store.scrub()
    finally:
        await store.close()
    for trace in erased:
        log.warning("erased", chat=trace.chat, state=trace.state, by=f"uid {os.getuid()}")
    gone = [_names(erased)] if erased else []
    for one in copies(settings.database.url):
        one.unlink(missing_ok=True)
        gone.append(one.name)
    return "\n".join([*lines, "", f"Erased: {', '.join(gone) or 'nothing'}.", "", _ELSEWHERE])


def _names(traces: list[Trace]) -> str:
    return ", ".join(trace.chat for trace in traces)

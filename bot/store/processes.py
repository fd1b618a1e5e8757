"""Which processes live on this database, by its own clock, and what the dead leave behind."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.domain.chat import State
from bot.domain.presence import Presence
from bot.relay.delivery import Lane
from bot.relay.storage import Pulse
from bot.store import chat_sql
from bot.store.link import Link
from bot.store.outbox_sql import no_later
from bot.store.sql import Now, Query, Row, number, text
from bot.store.tables import chats, moment, outbox, processes, windows

#: The row that keeps the last heartbeat of any process, also when all have ended.
_ANY = ""

_named = processes.c.name == text("name")
_alive = processes.c.name != _ANY
_LAST = Query(sa.select(processes.c.at).where(_named).with_for_update())
_BEAT = Query(
    postgresql.insert(processes)
    .values(name=text("name"), at=Now())
    .on_conflict_do_update(index_elements=["name"], set_={"at": Now()})
    .returning(processes.c.at)
)
_BURY = Query(
    sa.delete(processes)
    .where(_alive, processes.c.at < Now() - number("patience"))
    .returning(processes.c.name)
)
_SPARE = Query(sa.update(processes).values(at=Now()))
_COUNT = Query(sa.select(sa.func.count()).select_from(processes).where(_alive))
_its = sa.exists().where(processes.c.name == windows.c.process)
_ORPHANS = Query(sa.delete(windows).where(sa.not_(_its)).returning(windows.c.chat_id))
_shown = sa.exists().where(windows.c.chat_id == chats.c.id)
#: Chats without any window: somebody may have joined at a dead process and opened none yet, which
#: it alone knew.
_BARE = Query(sa.select(chats.c.id).where(chats.c.state == State.OPEN.value, sa.not_(_shown)))
_owner = sa.exists().where(processes.c.name == outbox.c.owner)
_FREE_AT = Now() + sa.case((outbox.c.lane == Lane.RT, number("quarantine")), else_=-1)
#: What a dead process held is free; what it wrote to RT when RT is through with that for sure.
_RELEASE = Query(
    sa.update(outbox)
    .where(outbox.c.owner.is_not(None), sa.not_(_owner), outbox.c.lease_until > _FREE_AT)
    .values(
        lease_until=_FREE_AT,
        claimed_at=Now(),
        not_before=no_later(outbox.c.not_before),  # it was due, perhaps by a clock set back since
    )
)
_REST = Query(sa.delete(processes).where(_named))


async def beat(link: Link, process: str, patience: timedelta, quarantine: timedelta) -> Pulse:
    """Tell that ``process`` lives; see relay/storage.py, Store.

    Windows and claims of processes that are not known (any more) go: a process beats before it
    has any.
    """
    silence = patience // timedelta(microseconds=1)
    last = await link.rows(_LAST, name=_ANY)  # processes beat one after another
    known = await link.rows(_LAST, name=process)
    now = (await link.rows(_BEAT, name=_ANY))[0][0]
    silent = bool(last) and now - last[0][0] > silence
    counted: list[Row] = []
    orphaned: list[Row] = []
    buried: list[Row] = []
    link.later(_BEAT, name=process)
    set_back = bool(last) and now < last[0][0]
    if silent or set_back:  # the database was away, perhaps: who lives has yet to say so
        link.later(_SPARE)
    link.later(_BURY, buried.extend, patience=silence)
    link.later(_ORPHANS, orphaned.extend)
    link.later(_RELEASE, quarantine=quarantine // timedelta(microseconds=1))
    link.later(_COUNT, counted.extend)
    await link.flush()
    away = (moment(last[0][0]), moment(now)) if silent else None
    bare = await link.rows(_BARE) if buried else []
    bereft = tuple(sorted({chat for (chat,) in (*orphaned, *bare)}))
    return Pulse(counted[0][0], away, bereft, forgotten=not known)


async def rest(link: Link, process: str) -> None:
    """Tell that ``process`` ends; its windows are orphans at the next heartbeat."""
    link.later(_REST, name=process)


async def windows_of(link: Link, chat_id: str, process: str, presence: Presence) -> list[Presence]:
    """Note a process's windows on a chat; return all processes'."""
    if presence is Presence.GONE:
        link.later(chat_sql.DROP_WINDOW, chat_id=chat_id, process=process)
    else:
        row = {"chat_id": chat_id, "process": process, "presence": presence}
        link.later(chat_sql.KEEP_WINDOW, **row)
    rows = await link.rows(chat_sql.WINDOWS, chat_id=chat_id)
    return [Presence(presence) for (presence,) in rows]

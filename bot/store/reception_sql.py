"""The statements about whether visitors may begin chats, who of them waits, and who is in one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.domain.admission import is_same
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity
from bot.domain.messages import Author, Role
from bot.domain.reception import Reception
from bot.store import codec
from bot.store.link import Link
from bot.store.sql import ONE, Query, Row, number, text
from bot.store.tables import chats, micros, moment, reception

_NAMES = ("by_id", "by_name", "mention", "thread_id", "since", "until")
_texts = {name: text(name) for name in _NAMES[:3]}
_new = {**_texts, **{name: number(name) for name in _NAMES[3:]}}

OPEN = Query(
    postgresql.insert(reception)
    .values(id=ONE, **_new)
    .on_conflict_do_update(index_elements=["id"], set_=_new)
    .inline()
)
CLOSE = Query(sa.delete(reception))
FIND = Query(sa.select(*(reception.c[name] for name in _NAMES)))
LOCKED = Query(sa.select(*(reception.c[name] for name in _NAMES)).with_for_update())
#: Whose visitors have nobody with them; so their JSON says, which is not to be read of all chats.
ALONE = Query(
    sa.select(chats.c.id, chats.c.detail).where(
        chats.c.state == State.OPEN.value, chats.c.detail.like('%"operators":[]%')
    )
)
#: In whose JSON a login stands, in whichever letters and whoever's it is there: ``open_of`` looks closer.
NAMING = Query(
    sa.select(chats.c.id, chats.c.detail).where(
        chats.c.state == State.OPEN.value, sa.func.lower(chats.c.detail).like(text("naming"))
    )
)


def naming(who: Identity) -> str:
    """Return what is to be looked for of somebody who signed in. No login has a quotation mark in it."""
    return f'%"login":"{who.login.lower()}"%'


def open_of(who: Identity, rows: list[Row]) -> list[Chat]:
    """Read which of the chats are his, the newest first."""
    found = [chat for chat in codec.readable_chats(rows) if is_same(chat.identity, who)]
    return sorted(found, key=lambda chat: chat.created, reverse=True)


def to_row(found: Reception) -> dict[str, Any]:
    """Return it as a row."""
    return {
        "by_id": found.by.id,
        "by_name": found.by.name,
        "mention": found.mention,
        "thread_id": found.thread,
        "since": micros(found.since),
        "until": micros(found.until),
    }


def keep(link: Link, found: Reception | None) -> None:
    """Keep it; None: that visitors may not."""
    if found is None:
        link.later(CLOSE)
    else:
        link.later(OPEN, **to_row(found))


def from_rows(rows: list[Row]) -> Reception | None:
    """Read what was found."""
    if not rows:
        return None
    by_id, by_name, mention, thread, since, until = rows[0]
    by = Author(Role.OPERATOR, by_id, by_name)
    return Reception(by, mention, thread, moment(since), moment(until))

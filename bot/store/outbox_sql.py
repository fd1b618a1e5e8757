"""The statements about the outbox. All times are by the database's clock."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.relay.delivery import DeliveryKind, Lane, Stream
from bot.store.codec import DELIVERY
from bot.store.sql import NONE, ONE, Among, Now, Query
from bot.store.sql import number as _number
from bot.store.sql import text as _p
from bot.store.tables import outbox

_TEXTS = ("lane", "stream", "kind", "payload", "chat_id")
_NUMBERS = ("thread_id", "rank", "size")
_GIVEN = {n: _p(n) for n in _TEXTS} | {n: _number(n) for n in _NUMBERS}
_ROW: dict[str, sa.ColumnElement[Any]] = {
    **_GIVEN,
    "created_at": Now(),
    "not_before": Now() + _number("wait"),
}

#: What the streams begin with of rows that were set aside.
_ASIDE: sa.ColumnElement[str] = sa.literal_column(f"'{Stream.ASIDE.of('')}'")


def no_later(at: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a moment that is not yet to come."""
    return sa.case((at > Now(), Now()), else_=at)


# One statement decides whether the stream is empty and takes the row if it is.
_behind = sa.exists().where(outbox.c.stream == _p("stream"))
_free = sa.select(sa.not_(_behind).label("free")).subquery("place")
_HELD: dict[str, sa.ColumnElement[Any]] = {
    "attempt": sa.case((_free.c.free, ONE), else_=NONE),
    "owner": sa.case((_free.c.free, _p("owner"))),
    "lease_until": sa.case((_free.c.free, Now() + _number("lease"))),
    "claimed_at": sa.case((_free.c.free, Now())),
    "first_claimed_at": sa.case((_free.c.free, Now())),
}
_waiting = sa.and_(
    outbox.c.stream == _p("stream"),
    outbox.c.kind == _p("kind"),
    outbox.c.owner.is_(None),
    outbox.c.first_claimed_at.is_(None),  # one that Teams put off keeps to its time
)
#: Locked: whoever is just claiming the card that waits may have looked at its chat already, and shows
#: it as it was; and nobody is to claim it, and look, before this is committed (PostgreSQL).
_that_waits = sa.select(ONE).select_from(outbox).where(_waiting).with_for_update()
_none_waits = sa.or_(
    _p("kind") != sa.literal_column(f"'{DeliveryKind.CARD}'"), sa.not_(sa.exists(_that_waits))
)

ADD = Query(sa.insert(outbox).values(_ROW).inline())
ADD_CARD = Query(
    sa.insert(outbox).from_select(list(_ROW), sa.select(*_ROW.values()).where(_none_waits)).inline()
)
BEAR = Query(
    sa.insert(outbox)
    .from_select([*_ROW, *_HELD], sa.select(*_ROW.values(), *_HELD.values()).where(_none_waits))
    .returning(outbox.c.id, outbox.c.owner, outbox.c.not_before, outbox.c.created_at)
)
#: What BEAR does in one statement, in two: SQLite runs these four times as fast, and nobody else
#: can write between them.
WAITS = Query(sa.select(ONE).where(outbox.c.stream == _p("stream")).suffix_with(sa.text("LIMIT 1")))
BEAR_FIRST = Query(
    sa.insert(outbox)
    .values(
        **_ROW,
        attempt=ONE,
        owner=_p("owner"),
        lease_until=Now() + _number("lease"),
        claimed_at=Now(),
        first_claimed_at=Now(),
    )
    .returning(outbox.c.id, outbox.c.owner, outbox.c.not_before, outbox.c.created_at)
)
HASTEN = Query(
    sa.update(outbox)
    .where(_waiting, outbox.c.not_before > Now() + _number("wait"))
    .values(not_before=Now() + _number("wait"))
)
#: Whoever adds to the stream waits for the commit of whoever did so before (PostgreSQL).
GUARD = Query(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(_p("stream"), 0))))

_due = outbox.c.not_before <= Now()
_unheld = sa.or_(outbox.c.owner.is_(None), outbox.c.lease_until < Now())
_known = outbox.c.lane.in_([sa.literal_column(f"'{lane}'") for lane in Lane])
_first = sa.select(sa.func.min(outbox.c.id)).where(outbox.c.stream == _p("stream"))

#: Whoever claims anything of a stream holds its head first.
LOCK_HEAD = Query(
    sa.select(outbox.c.id)
    .where(outbox.c.id == _first.scalar_subquery(), _due, _unheld)
    .with_for_update(skip_locked=True)
)
FIRST_ROWS = Query(
    sa.select(
        outbox.c.id,
        outbox.c.kind,
        outbox.c.attempt,
        outbox.c.size,
        sa.and_(_due, _unheld, _known).label("free"),
    )
    .where(outbox.c.stream == _p("stream"))
    .order_by(outbox.c.id)
    .suffix_with(sa.text("LIMIT :most").bindparams(_number("most")))
)
TAKE = Query(
    sa.update(outbox)
    .where(Among(outbox.c.id, "ids"), _unheld)
    .values(
        owner=_p("owner"),
        lease_until=Now() + _number("lease"),
        attempt=outbox.c.attempt + ONE,
        claimed_at=Now(),
        first_claimed_at=sa.func.coalesce(outbox.c.first_claimed_at, Now()),
    )
    .returning(*DELIVERY)
)

HELD = Query(
    sa.select(*DELIVERY)
    .where(outbox.c.owner == _p("owner"), Among(outbox.c.stream, "streams"))
    .order_by(outbox.c.id)
    .with_for_update()
)

_mine = sa.and_(Among(outbox.c.id, "ids"), outbox.c.owner == _p("owner"))
_rest = outbox.alias("rest")
_one_more = (
    sa.select(_rest.c.id)
    .where(_rest.c.stream == outbox.c.stream, sa.not_(Among(_rest.c.id, "ids")))
    .limit(1)
)
#: Of the streams of some rows, those that have other rows.
CROWDED = Query(
    sa.select(outbox.c.stream).where(
        Among(outbox.c.id, "ids"), _one_more.scalar_subquery().is_not(None)
    )
)
STRIKE_ONE = Query(  # most often it is one, and SQLite needs a third longer for a list
    sa.delete(outbox)
    .where(outbox.c.id == _number("id"), outbox.c.owner == _p("owner"))
    .returning(outbox.c.id, outbox.c.stream)
)
STRIKE = Query(sa.delete(outbox).where(_mine).returning(outbox.c.id, outbox.c.stream))
_gone = sa.delete(outbox).where(_mine).returning(outbox.c.id).cte("gone")
_behind_them = sa.exists().where(
    outbox.c.stream == _p("stream"), sa.not_(Among(outbox.c.id, "ids"))
)
_all_gone = sa.select(sa.func.count()).select_from(_gone).scalar_subquery() == sa.func.cardinality(
    sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger))
)
#: The same in the hope that all of them are there and nothing is behind them: else it fails, since
#: PostgreSQL divides by zero.
STRIKE_HOPED = Query(
    sa.select(ONE // sa.cast(sa.and_(_all_gone, sa.not_(_behind_them)), sa.Integer))
)
DROP = Query(
    sa.delete(outbox).where(outbox.c.id == _number("id")).returning(outbox.c.id, outbox.c.stream)
)
#: Since when a row waits: what is to be done later waits from then on, and each try puts it off anew.
_waits_since = sa.func.coalesce(
    outbox.c.first_claimed_at,
    sa.case(
        (outbox.c.not_before > outbox.c.created_at, outbox.c.not_before), else_=outbox.c.created_at
    ),
)
#: Due or tried already; the others are put off on purpose.
due_or_tried = sa.or_(
    outbox.c.not_before <= Now(),
    outbox.c.attempt > NONE,
    outbox.c.problem != sa.literal_column("''"),
)
#: Of each lane, what waits: how many rows, and for how long the oldest does.
BACKLOG = Query(
    sa.select(outbox.c.lane, sa.func.count(), Now() - sa.func.min(_waits_since))
    .where(due_or_tried)
    .group_by(outbox.c.lane)
)
#: The head of a stream first, as whoever claims.
_in_order = sa.select(outbox.c.id).where(outbox.c.chat_id == _p("chat_id")).order_by(outbox.c.id)
#: What opens a chat's thread stays: its card may be there already, and is to show what became of it.
RECALL = Query(
    sa.delete(outbox)
    .where(
        outbox.c.id.in_(_in_order.with_for_update()),
        outbox.c.kind != sa.literal_column(f"'{DeliveryKind.BEGIN}'"),
    )
    .returning(outbox.c.id, outbox.c.stream)
)
GIVE_BACK = Query(
    sa.update(outbox)
    .where(_mine)
    .values(
        owner=sa.null(),
        lease_until=sa.null(),
        not_before=Now() + _number("wait"),
        claimed_at=Now(),
        problem=_p("why"),
        kind=sa.case((_number("alone") == ONE, DeliveryKind.SINGLE.value), else_=outbox.c.kind),
        attempt=outbox.c.attempt - _number("uncounted"),
    )
    .returning(outbox.c.id, outbox.c.lane)
)
#: Out of its stream, so that nobody waits for it, and into one of its own.
SET_ASIDE = Query(
    sa.update(outbox)
    .where(_mine)
    .values(
        stream=_ASIDE + sa.cast(outbox.c.id, sa.Text),
        owner=sa.null(),
        lease_until=sa.null(),
        not_before=Now() + _number("wait"),
        claimed_at=Now(),
        problem=_p("why"),
        attempt=outbox.c.attempt - ONE,
    )
    .returning(outbox.c.id)
)
#: The same with what no process of this version looks for, once it waits for longer than ``slack``.
OF_LATER_LANES = Query(
    sa.update(outbox)
    .where(
        sa.not_(_known),
        sa.not_(outbox.c.stream.startswith(_ASIDE)),
        outbox.c.created_at < Now() - _number("slack"),
    )
    .values(stream=_ASIDE + sa.cast(outbox.c.id, sa.Text))
)
_soon = Now() + _number("slack")
#: When a row was last claimed, given back or taken from the dead: what it waits for counts from then.
_placed = sa.func.coalesce(outbox.c.claimed_at, outbox.c.created_at)


def _as_long(until: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((_placed > _soon, Now() + until - _placed), else_=until)


#: Rows of a time that is yet to come: the clock was set back since. They wait as long as they were
#: to, and who holds one does so for no less than his whole lease.
FROM_AHEAD = Query(
    sa.update(outbox)
    .where(sa.or_(outbox.c.created_at > _soon, outbox.c.claimed_at > _soon))
    .values(
        created_at=no_later(outbox.c.created_at),
        not_before=_as_long(outbox.c.not_before),
        lease_until=_as_long(outbox.c.lease_until),
        claimed_at=no_later(outbox.c.claimed_at),
        first_claimed_at=no_later(outbox.c.first_claimed_at),
    )
)
_words = f"'{DeliveryKind.RELAY}', '{DeliveryKind.SINGLE}'"
WORDS_IN = Query(
    sa.select(outbox.c.payload).where(
        outbox.c.stream == _p("stream"), sa.text(f"outbox.kind IN ({_words})")
    )
)
STILL_IN = Query(sa.select(outbox.c.stream).where(Among(outbox.c.stream, "streams")).distinct())
LANES_AMONG = Query(sa.select(outbox.c.lane).where(Among(outbox.c.stream, "streams")).distinct())
LANES_OF = Query(sa.select(outbox.c.lane).where(outbox.c.stream == _p("stream")).distinct())

# From stream to stream by the index: a long stream costs no more than a short one.
_other = outbox.alias("other")
_streams = sa.select(sa.func.min(outbox.c.stream).label("stream")).cte("streams", recursive=True)
_next = sa.select(sa.func.min(_other.c.stream)).where(_other.c.stream > _streams.c.stream)
_streams = _streams.union_all(
    sa.select(_next.scalar_subquery()).where(_streams.c.stream.is_not(None))
)
_head = sa.select(sa.func.min(_other.c.id)).where(_other.c.stream == _streams.c.stream)
_ready_at = sa.case(
    (outbox.c.lease_until > outbox.c.not_before, outbox.c.lease_until), else_=outbox.c.not_before
)
_first_heads = (
    sa.select(
        outbox.c.stream,
        outbox.c.kind,
        outbox.c.id,
        _ready_at.label("ready_at"),
        Now().label("present"),
        outbox.c.created_at,
        outbox.c.thread_id,
        outbox.c.rank,
    )
    .join_from(_streams, outbox, outbox.c.id == _head.scalar_subquery())
    .where(outbox.c.lane == _p("lane"))
)
HEADS = Query(
    _first_heads.order_by(
        sa.case((_ready_at > Now(), _ready_at), else_=0), outbox.c.rank, outbox.c.id
    ).limit(_number("limit"))
)
#: After a crash of the only process: what it held is free, at ``until`` for writing to RT.
FREE = Query(
    sa.update(outbox)
    .where(outbox.c.owner.is_not(None))
    .values(
        lease_until=Now() + sa.case((outbox.c.lane == Lane.RT, _number("quarantine")), else_=-1),
        claimed_at=Now(),
        not_before=no_later(outbox.c.not_before),  # it was due, perhaps by a clock set back since
    )
)

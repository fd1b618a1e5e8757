"""The statements that count chats, for the daily line and for ``livechat status``."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.relay.delivery import DeliveryKind
from bot.store.outbox_sql import due_or_tried
from bot.store.sql import ONE, Query, number, text
from bot.store.tables import chats, files, messages, micros, outbox, tallies, threads

_MINUTE = 60_000_000


def minute(at: datetime) -> int:
    """Return the minute in which ``at`` is, in microseconds, as tallies have it."""
    return micros(at) // _MINUTE * _MINUTE


TALLY = Query(
    postgresql.insert(tallies)
    .values(at=number("at"), name=text("name"), count=ONE)
    .on_conflict_do_update(index_elements=["at", "name"], set_={"count": tallies.c.count + ONE})
    .inline()
)
TALLIED = Query(
    sa.select(tallies.c.name, sa.func.sum(tallies.c.count))
    .where(tallies.c.at >= number("since"))
    .group_by(tallies.c.name)
)
OLD_TALLIES = Query(sa.delete(tallies).where(tallies.c.at < number("moment")))
STATES = Query(sa.select(chats.c.state, sa.func.count()).group_by(chats.c.state))
_over = chats.c.state.in_(
    [sa.literal_column(f"'{s}'") for s in ("filed", "purged", "cancelled", "erased")]
)
_words = (
    sa.select(messages.c.chat_id)
    .join(chats, chats.c.id == messages.c.chat_id)
    .where(_over, messages.c.text != sa.literal_column("''"))
)
_files = sa.select(files.c.chat_id).join(chats, chats.c.id == files.c.chat_id).where(_over)
_left = _words.union(_files).subquery()
_put_off = sa.select(outbox.c.chat_id).where(
    outbox.c.kind == sa.literal_column(f"'{DeliveryKind.PURGE}'"), sa.not_(due_or_tried)
)
_late = sa.func.count(sa.case((_left.c.chat_id.not_in(_put_off), ONE)))
#: Chats that are done and of which a word, or a file, is still here; and of how many none should be.
LEFTOVERS = Query(sa.select(sa.func.count(), _late).select_from(_left))
#: The place in Teams that was heard from last: whose service URL is good.
NEWEST_THREAD = Query(
    sa.select(threads.c.id)
    .where(threads.c.scope == sa.literal_column("'channel'"), threads.c.open)
    .order_by(threads.c.service_url_seen_at.desc())
    .limit(ONE)
)

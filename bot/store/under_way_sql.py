"""The statement that finds the chats which are not in RT yet, with their threads, and who waits since when."""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.messages import Kind, Role
from bot.relay.ports import UnderWay
from bot.store import codec
from bot.store.sql import NONE, ONE, Among, Query, Row, number, text
from bot.store.tables import chats, messages, moment, threads


def _said(role: Role, lines: sa.FromClause) -> sa.ColumnElement[bool]:
    """What somebody of that side has said in the chat."""
    words = {"role": role.value, "kind": Kind.SAID.value}
    return sa.and_(
        lines.c.chat_id == chats.c.id,
        *(lines.c[name] == sa.literal_column(f"'{value}'") for name, value in words.items()),
    )


# Both go by the primary key (chat_id, seq): from the end to the last word of a CO's, and on from there.
_answers, _asked = messages.alias("answers"), messages.alias("asked")
_answered = (
    sa.select(_answers.c.seq)
    .where(_said(Role.OPERATOR, _answers))
    .order_by(_answers.c.seq.desc())
    .limit(ONE)
    .correlate(chats)
    .scalar_subquery()
)
_unanswered = (
    sa.select(_asked.c.at)
    .where(_said(Role.VISITOR, _asked), _asked.c.seq > sa.func.coalesce(_answered, NONE))
    .order_by(_asked.c.seq)
    .limit(ONE)
    .correlate(chats)
    .scalar_subquery()
)
_states: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{state}'") for state in ("open", "ended", "held", "filing")
]
_in_teams = sa.and_(
    threads.c.scope == sa.literal_column("'channel'"), Among(threads.c.team_id, "teams")
)

FIND = Query(
    sa.select(chats.c.id, chats.c.detail, _unanswered, *codec.THREAD)
    .join(threads, threads.c.id == chats.c.thread_id)
    .where(
        chats.c.state.in_(_states),
        threads.c.tenant_id == text("tenant"),
        sa.or_(threads.c.id == number("thread"), _in_teams),
    )
)


def from_rows(rows: list[Row]) -> list[UnderWay]:
    """Read what was found; for other threads, too."""
    places = {chat_id: (since, where) for chat_id, _, since, *where in rows}
    found = []
    for chat in codec.readable_chats([row[:2] for row in rows]):
        since, where = places[chat.id]
        unanswered = None if since is None else moment(since)
        found.append(UnderWay(chat, codec.thread_from_row(tuple(where)), unanswered))
    return found

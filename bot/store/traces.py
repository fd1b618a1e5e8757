"""Looking for a person in the database: reads only, beside a service that runs."""

from __future__ import annotations

import json

import sqlalchemy as sa

from bot.domain.chat import Chat
from bot.relay.people import Trace, Traces, fold, mentions
from bot.store.codec import read_chat
from bot.store.engine import open_engine
from bot.store.tables import (
    blocks,
    chats,
    files,
    invitations,
    messages,
    outbox,
    posts,
    reception,
    seats,
    sign_ins,
    threads,
    windows,
)

_OF_CHATS = {
    "messages": messages,
    "files": files,
    "posts": posts,
    "invitations": invitations,
    "seats": seats,
    "windows": windows,
    "outbox": outbox,
}


def find(url: str, person: str) -> Traces:
    """Find where ``person`` (login, address, name, or id) appears. Blocking; raises SQLAlchemyError."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _find(connection, person)
    finally:
        engine.dispose()


def _find(connection: sa.Connection, person: str) -> Traces:
    speakers = _speakers(connection, person)
    query = sa.select(chats.c.id, chats.c.detail, threads.c.conversation_id).join_from(
        chats, threads, threads.c.id == chats.c.thread_id
    )
    # Beside the conversation only: who talks in a personal chat is nobody's name.
    rows = connection.execute(query.order_by(chats.c.created_at, chats.c.id))
    found, unread = [], []
    for chat_id, detail, place in rows.all():
        try:
            if chat_id in speakers or mentions(json.loads(detail), person):
                found.append(_trace(connection, chat_id, read_chat(detail), place))
        except ValueError:  # a later version's, say
            unread.append(chat_id)
    # Those of a record that waits for RT go or stay with it; others name him when his chat does not.
    his = {trace.chat for trace in found if trace.unfiled} | set(unread)
    waiting = connection.execute(sa.select(outbox.c.id, outbox.c.chat_id, outbox.c.payload))
    others = ((id_, payload) for id_, chat_id, payload in waiting if chat_id not in his)
    loose = tuple(id_ for id_, payload in others if mentions(json.loads(payload), person))
    known = _signed_in(connection, person)
    about, opened = _blocks(connection, person), _opened(connection, person)
    return Traces(tuple(found), loose, known, *about, opened, tuple(unread))


def _signed_in(connection: sa.Connection, person: str) -> tuple[str, ...]:
    names = (sign_ins.c.login, sign_ins.c.name, sign_ins.c.address)
    rows = connection.execute(sa.select(sign_ins.c.id, *names))
    return tuple(id_ for id_, *known in rows if fold(person) in {fold(n) for n in known if n})


def _blocks(connection: sa.Connection, person: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The blocks that keep the person out, and those that he made of others."""
    rows = connection.execute(sa.select(blocks.c.id, blocks.c.detail).order_by(blocks.c.id))
    named = {id_: json.loads(detail) for id_, detail in rows}
    made = {id_ for id_, block in named.items() if mentions(block.pop("by"), person)}
    out = [id_ for id_, block in named.items() if mentions(block, person)]
    return tuple(out), tuple(sorted(made - set(out)))


def _opened(connection: sa.Connection, person: str) -> str:
    """The id of whoever lets visitors begin chats, if it is he."""
    names = (reception.c.by_id, reception.c.by_name, reception.c.mention)
    known = connection.execute(sa.select(*names)).first()
    return str(known[0]) if known and fold(person) in {fold(n) for n in known if n} else ""


def _speakers(connection: sa.Connection, person: str) -> set[str]:
    """The chats in whose lines somebody of that name speaks, or is quoted."""
    columns = (
        messages.c.chat_id,
        messages.c.author_name,
        messages.c.author_id,
        messages.c.quote_author,
    )
    rows = connection.execute(sa.select(*columns).distinct())
    wanted = fold(person)
    return {chat_id for chat_id, *names in rows if wanted in {fold(n) for n in names if n}}


def _trace(connection: sa.Connection, chat_id: str, chat: Chat, place: str) -> Trace:
    def count(table: sa.Table) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(table.c.chat_id == chat_id)
        return int(connection.execute(query).scalar_one())

    rows = {name: count(table) for name, table in _OF_CHATS.items()}
    return Trace(chat_id, chat.state, chat.filed_in, place, {"chats": 1, **rows})

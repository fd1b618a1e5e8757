"""Domain objects to rows and back. Rows are tuples in the order of the columns named here."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
import structlog
from pydantic import TypeAdapter

from bot.domain.admission import SignIn
from bot.domain.chat import OVER, Chat
from bot.domain.files import File
from bot.domain.identity import Identity, Proof
from bot.domain.messages import Author, Kind, Message, Quote, Role
from bot.relay.delivery import Delivery, Lane
from bot.relay.files import Fetched, Stored
from bot.relay.ports import Knock, Listening, Scope, Seat, Thread
from bot.store.sql import Row
from bot.store.tables import (
    files,
    invitations,
    messages,
    micros,
    moment,
    outbox,
    seats,
    sign_ins,
    threads,
)

log = structlog.get_logger(__name__)

_chat = TypeAdapter(Chat)
_file = TypeAdapter(File)


#: Chats as they were last read or written, with their JSON: comparing that is a thousand times
#: cheaper than reading it, and a chat that others changed has another.
_known: dict[str, tuple[str, Chat]] = {}
_MOST_KNOWN = 2048

#: What words change of a chat, and hardly anything else changes often; and the rest.
_BY_WORDS = {"head", "size", "spoken", "heard", "closing", "answered"}
_but_words = attrgetter(*(field.name for field in fields(Chat) if field.name not in _BY_WORDS))
#: Of some chats, the rest and its JSON: to write all of a chat takes four times as long.
_rests: dict[str, tuple[tuple[Any, ...], str]] = {}
#: Of chats that are known, what a later version keeps that this one does not know, as JSON: its
#: processes run beside this one while they are upgraded one after the other.
_later: dict[str, str] = {}
_FIELDS = frozenset(field.name for field in fields(Chat))


def chat_to_json(chat: Chat) -> str:
    """The whole chat as JSON, with what it was last read with that only a later version knows: that
    stays until the chat is over, since it may tell of somebody.
    """
    words = (
        f'"head":{chat.head},"size":{chat.size},"spoken":{chat.spoken},'
        f'"heard":{_time(chat.heard)},"closing":{_time(chat.closing)},"answered":{chat.answered}'
    )
    later = "" if chat.state in OVER else _later.get(chat.id, "")
    detail = f"{{{words},{later}{_rest(chat)}"
    _know(chat, detail)
    return detail


def _rest(chat: Chat) -> str:
    """All but what words change, as it stands behind that."""
    rest, known = _but_words(chat), _rests.get(chat.id)
    if known is not None and known[0] == rest:
        return known[1]
    if len(_rests) >= _MOST_KNOWN:
        _rests.clear()
    told = _chat.dump_json(chat, exclude=_BY_WORDS).decode()[1:]
    _rests[chat.id] = rest, told
    return told


def _time(at: datetime | None) -> str:
    return f'"{at.isoformat()}"' if at else "null"


def chat_from_json(chat_id: str, detail: str) -> Chat:
    """Read a chat back; fields that a later version added take their defaults."""
    known = _known.get(chat_id)
    if known is not None and known[0] == detail:
        return known[1]
    chat = read_chat(detail)
    _know(chat, detail)
    _keep_later(chat_id, json.loads(detail))
    return chat


def _keep_later(chat_id: str, found: dict[str, Any]) -> None:
    unknown = {name: found[name] for name in found.keys() - _FIELDS}
    _later.pop(chat_id, None)
    if unknown:
        _later[chat_id] = f"{json.dumps(unknown)[1:-1]},"


def known(chat_id: str) -> tuple[str, Chat] | None:
    """Return a chat as it was last read or written here, with its JSON; perhaps it was not kept."""
    return _known.get(chat_id)


async def forget() -> None:
    """Forget chats as they were read: another process, or a prompt, may have purged them since.

    What a later version keeps of one stays until the next time: who has just read it may write it yet.
    """
    for chat_id in _later.keys() - _known.keys():
        del _later[chat_id]
    _known.clear()
    _rests.clear()


def read_chat(detail: str) -> Chat:
    """Read a chat, and do not remember it; the only one of these for other threads."""
    return _chat.validate_json(detail)


def readable_chats(rows: list[Row]) -> list[Chat]:
    """Read many chats from rows of id and JSON; for other threads, too.

    One that cannot be read (a later version's, say) is told of, and is no trouble of the others'.
    """
    found = []
    for chat_id, detail in rows:
        try:
            found.append(read_chat(detail))
        except ValueError:
            log.warning("chat_unreadable", chat=chat_id)
    return found


def _know(chat: Chat, detail: str) -> None:
    _known.pop(chat.id, None)
    while len(_known) >= _MOST_KNOWN:
        oldest = next(iter(_known))
        del _known[oldest]
        _later.pop(oldest, None)
    _known[chat.id] = (detail, chat)


def _columns(table: sa.Table, names: str) -> tuple[sa.Column[Any], ...]:
    return tuple(table.c[name] for name in names.split())


LINE = _columns(
    messages, "seq role author_id author_name kind text at key target quote_author quote_text file"
)
THREAD = _columns(
    threads,
    "conversation_id tenant_id service_url scope bot_id team_id aad_group_id channel_id root_id"
    " listening open id",
)
DELIVERY = _columns(
    outbox,
    "lane stream kind payload chat_id not_before id attempt first_claimed_at created_at thread_id"
    " rank size problem",
)
KNOCK = _columns(invitations, "chat_id number expires_at used_by")
SEAT = _columns(seats, "id chat_id expires_at")
FILE = _columns(files, "id seq name type state content")
SIGN_IN_ROW = _columns(sign_ins, "id proof login name address expires_at")

_ROLES = {role.value: role for role in Role}
_KINDS = {kind.value: kind for kind in Kind}
_LANES = {lane.value: lane for lane in Lane}


def message_to_row(chat_id: str, line: Message) -> dict[str, Any]:
    """A line of the log as a row of ``messages``."""
    author, quote = line.author, line.quote
    return {
        "chat_id": chat_id,
        "seq": line.seq,
        "role": author.role,
        "author_id": author.id,
        "author_name": author.name,
        "kind": line.kind,
        "text": line.text,
        "at": micros(line.at),
        "key": line.key or None,
        "target": line.target,
        "quote_author": quote.author if quote else None,
        "quote_text": quote.text if quote else None,
        "file": _file.dump_json(line.file).decode() if line.file else None,
    }


def message_from_row(row: Row) -> Message:
    """A row of LINE as a line of the log."""
    seq, role, author_id, author_name, kind, text, at, key, target, quoted, quote_text, told = row
    quote = None if quote_text is None else Quote(quoted, quote_text)
    author = Author(_ROLES[role], author_id, author_name)
    file = _file.validate_json(told) if told else None
    return Message(seq, author, _KINDS[kind], text, moment(at), key or "", target, quote, file)


def thread_to_row(thread: Thread) -> dict[str, Any]:
    """A conversation reference as a row of ``threads``, without its id."""
    return {
        "conversation_id": thread.conversation_id,
        "tenant_id": thread.tenant_id,
        "service_url": thread.service_url,
        "scope": thread.scope,
        "team_id": thread.team_id,
        "aad_group_id": thread.aad_group_id,
        "channel_id": thread.channel_id,
        "root_id": thread.root_id,
        "bot_id": thread.bot_id,
        "listening": thread.listening,
        "open": thread.open,
    }


@lru_cache(maxsize=1024)
def thread_from_row(row: Row) -> Thread:
    """A row of THREAD as a conversation reference; the same few come again and again."""
    conversation, tenant, url, scope, bot, team, group, channel, root, listening, is_open, id_ = row
    return Thread(
        conversation_id=conversation,
        tenant_id=tenant,
        service_url=url,
        scope=Scope(scope),
        bot_id=bot,
        team_id=team,
        aad_group_id=group,
        channel_id=channel,
        root_id=root,
        listening=Listening(listening),
        open=bool(is_open),
        id=id_,
    )


def delivery_from_row(row: Row) -> Delivery:
    """A row of DELIVERY as a delivery."""
    lane, stream, kind, payload, chat_id, due, id_, attempt, first, *rest = row
    created, thread, rank, size, problem = rest
    return Delivery(
        lane=_LANES[lane],
        stream=stream,
        kind=kind,
        payload=json.loads(payload),
        chat_id=chat_id,
        not_before=moment(due),
        id=id_,
        attempt=attempt,
        first_claimed=None if first is None else moment(first),
        created=moment(created),
        thread=thread,
        rank=rank,
        size=size,
        problem=problem,
    )


def knock_from_row(row: Row) -> Knock:
    """A row of KNOCK as an invitation."""
    chat_id, number, expires, used_by = row
    return Knock(chat_id, number, moment(expires), used_by)


def seat_from_row(row: Row) -> Seat:
    """A row of SEAT as a visitor's place."""
    id_, chat_id, expires = row
    return Seat(id_, chat_id, moment(expires))


def file_from_row(row: Row) -> Stored:
    """A row of FILE as a file."""
    id_, seq, name, type_, state, content = row
    return Stored(id_, seq, name, type_, content or b"", Fetched(state))


def sign_in_to_row(sign_in: SignIn) -> dict[str, Any]:
    """Who signed in as a row of ``sign_ins``."""
    who = sign_in.who
    return {
        "id": sign_in.id,
        "proof": who.proof,
        "login": who.login,
        "name": who.name,
        "address": who.address,
        "expires_at": micros(sign_in.expires),
    }


def sign_in_from_row(row: Row) -> SignIn:
    """A row of SIGN_IN_ROW as who signed in."""
    id_, proof, login, name, address, expires = row
    return SignIn(id_, Identity(Proof(proof), login, name, address), moment(expires))


def lanes(values: set[str]) -> frozenset[Lane]:
    """Lanes by their names, but for those that only a later version knows."""
    return frozenset(_LANES[value] for value in values if value in _LANES)


def optional(number: int | None) -> datetime | None:
    """A moment that may be missing."""
    return None if number is None else moment(number)

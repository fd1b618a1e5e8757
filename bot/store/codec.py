"""Domain objects to rows and back."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.domain.chat import Chat
from bot.domain.messages import Author, Kind, Message, Quote, Role
from bot.relay.ports import Delivery, Knock, Lane, Listening, Scope, Seat, Thread

_chat = TypeAdapter(Chat)

Row = sa.Row[Any]


def chat_to_json(chat: Chat) -> str:
    """The whole chat as JSON."""
    return _chat.dump_json(chat).decode()


def chat_from_json(detail: str) -> Chat:
    """Read a chat back; fields that a later version added take their defaults."""
    return _chat.validate_json(detail)


def message_to_row(chat_id: str, line: Message) -> dict[str, Any]:
    """A line of the log as a row of ``messages``."""
    return {
        "chat_id": chat_id,
        "seq": line.seq,
        "role": line.author.role,
        "author_id": line.author.id,
        "author_name": line.author.name,
        "kind": line.kind,
        "text": line.text,
        "at": line.at,
        "key": line.key or None,
        "target": line.target,
        "quote_author": line.quote.author if line.quote else None,
        "quote_text": line.quote.text if line.quote else None,
    }


def message_from_row(row: Row) -> Message:
    """A row of ``messages`` as a line of the log."""
    quote = None if row.quote_text is None else Quote(row.quote_author, row.quote_text)
    author = Author(Role(row.role), row.author_id, row.author_name)
    return Message(
        row.seq, author, Kind(row.kind), row.text, row.at, row.key or "", row.target, quote
    )


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


def thread_from_row(row: Row) -> Thread:
    """A row of ``threads`` as a conversation reference."""
    return Thread(
        conversation_id=row.conversation_id,
        tenant_id=row.tenant_id,
        service_url=row.service_url,
        scope=Scope(row.scope),
        bot_id=row.bot_id,
        team_id=row.team_id,
        aad_group_id=row.aad_group_id,
        channel_id=row.channel_id,
        root_id=row.root_id,
        listening=Listening(row.listening),
        open=bool(row.open),
        id=row.id,
    )


def delivery_from_row(row: Row) -> Delivery:
    """A row of ``outbox`` as a delivery."""
    return Delivery(
        lane=Lane(row.lane),
        stream=row.stream,
        kind=row.kind,
        payload=json.loads(row.payload),
        chat_id=row.chat_id,
        not_before=row.not_before,
        id=row.id,
        attempt=row.attempt,
        first_claimed=row.first_claimed_at,
        created=row.created_at,
    )


def knock_from_row(row: Row) -> Knock:
    """A row of ``invitations``."""
    return Knock(row.chat_id, row.number, row.expires_at, row.used_by)


def seat_from_row(row: Row) -> Seat:
    """A row of ``seats``."""
    return Seat(row.id, row.chat_id, row.expires_at)

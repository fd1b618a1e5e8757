"""The statements about who is kept out. They are few and read whole, so nothing is searched for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql

from bot.domain.blocking import Block
from bot.store.sql import Query, Row, number, text
from bot.store.tables import blocks, micros, seats

_block = TypeAdapter(Block)
_new = {"detail": text("detail"), "since": number("since"), "until": number("until")}

BLOCK = Query(
    postgresql.insert(blocks)
    .values(id=text("id"), **_new)
    .on_conflict_do_update(index_elements=["id"], set_=_new)
    .inline()
)
UNBLOCK = Query(sa.delete(blocks).where(blocks.c.id == text("id")).returning(blocks.c.detail))
FIND = Query(sa.select(blocks.c.detail).order_by(blocks.c.since, blocks.c.id))
OLD = Query(sa.delete(blocks).where(blocks.c.until <= number("moment")))
SEATS = Query(sa.select(seats.c.id).where(seats.c.chat_id == text("chat_id")).order_by(seats.c.id))


def to_row(found: Block) -> dict[str, Any]:
    """Return it as a row."""
    return {
        "id": found.id,
        "detail": _block.dump_json(found).decode(),
        "since": micros(found.since),
        "until": micros(found.until),
    }


def from_rows(rows: list[Row]) -> list[Block]:
    """Read what was found."""
    return [_block.validate_json(detail) for (detail,) in rows]

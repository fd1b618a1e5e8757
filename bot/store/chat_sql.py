"""The statements about chats, their logs, invitations, seats, and threads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.domain.messages import Kind, Role
from bot.store.codec import FILE, KNOCK, LINE, SEAT, SIGN_IN_ROW
from bot.store.codec import THREAD as REFERENCE
from bot.store.sql import ONE, Among, InOrder, Query, number, text
from bot.store.tables import (
    chats,
    early,
    files,
    inbound,
    invitations,
    messages,
    posts,
    seats,
    sign_ins,
    threads,
    windows,
)


def _row(table: sa.Table, names: str = "") -> dict[str, sa.BindParameter[Any]]:
    """Parameters for a row of ``table``, named like its columns."""
    wanted = names.split() or [column.name for column in table.c]
    kinds = {n: getattr(table.c[n].type, "impl", table.c[n].type) for n in wanted}
    return {name: sa.bindparam(name, type_=kind) for name, kind in kinds.items()}


# PostgreSQL's form of ON CONFLICT is SQLite's, too.
_insert = postgresql.insert

# --- chats -------------------------------------------------------------------------------------

_the_chat = chats.c.id == text("chat_id")
_live = sa.text("chats.state IN ('invited', 'open')")
_next = chats.c.version + ONE
_CHAT = (chats.c.id, chats.c.detail, chats.c.changed_at)

CHAT = Query(sa.select(*_CHAT).where(_the_chat).with_for_update())
LIVE_CHAT = Query(
    sa.select(*_CHAT).where(chats.c.thread_id == number("thread"), _live).with_for_update()
)


def _newest_in(place: sa.ColumnElement[int]) -> Query:
    """A thread's live chat and its newest others, locked in the order of their ids, as everybody
    locks several.
    """
    newest = chats.alias("newest")
    ids = sa.select(newest.c.id).where(newest.c.thread_id == place)
    live_first = sa.text("newest.state IN ('invited', 'open') DESC")
    few = ids.order_by(live_first, newest.c.created_at.desc()).limit(number("limit"))
    found = sa.select(*_CHAT).where(chats.c.thread_id == place, chats.c.id.in_(few))
    return Query(found.order_by(InOrder(chats.c.id)).with_for_update())


_place = sa.select(threads.c.id).where(threads.c.conversation_id == text("conversation_id"))
CHATS_IN = _newest_in(number("thread"))
CHATS_AT = _newest_in(_place.scalar_subquery())
ADD_CHAT = Query(
    sa.insert(chats)
    .values(**_row(chats, "id thread_id state created_at changed_at detail"))
    .inline()
)
SAVE_CHAT = Query(
    sa.update(chats)
    .where(_the_chat)
    .values(version=_next, **_row(chats, "state changed_at detail"))
)
#: The same for a chat whose row stands in no index anew: half of what is written of it.
KEEP_CHAT = Query(sa.update(chats).where(_the_chat).values(version=_next, **_row(chats, "detail")))
#: The same two for a chat that nobody else has changed meanwhile: else they fail, and nothing of the
#: transaction is kept. PostgreSQL divides by zero; to SQLite that is NULL, which no version may be.
_hoped = chats.c.version + ONE // sa.cast(chats.c.detail == text("was"), sa.Integer)
SAVE_HOPED = Query(
    sa.update(chats)
    .where(_the_chat)
    .values(version=_hoped, **_row(chats, "state changed_at detail"))
)
KEEP_HOPED = Query(
    sa.update(chats).where(_the_chat).values(version=_hoped, **_row(chats, "detail"))
)
REHOUSE = Query(sa.update(chats).where(_the_chat).values(**_row(chats, "thread_id")))
#: Counted though it may be no news: whoever is told counts, too (visitors/lookout.py).
_further = sa.case((chats.c.relayed < number("seq"), number("seq")), else_=chats.c.relayed)
RELAYED = Query(sa.update(chats).where(_the_chat).values(relayed=_further, version=_next))
TURN = Query(sa.update(chats).where(_the_chat).values(version=_next))
FORGET = Query(sa.delete(chats).where(_the_chat))

LOOK = Query(sa.select(chats.c.detail, chats.c.relayed).where(_the_chat))
VERSIONS = Query(sa.select(chats.c.id, chats.c.version).where(Among(chats.c.id, "ids")))
IS_LIVE = Query(
    sa.select(chats.c.id)
    .join(threads, threads.c.id == chats.c.thread_id)
    .where(threads.c.conversation_id == text("conversation_id"), _live)
)
STALE = Query(
    sa.select(chats.c.id, chats.c.detail)
    .where(chats.c.state == text("state"), chats.c.changed_at < number("moment"))
    .order_by(chats.c.changed_at)
    .limit(number("limit"))
)
IN_STATE = Query(
    sa.select(chats.c.id, chats.c.detail)
    .where(chats.c.state == text("state"))
    .order_by(chats.c.changed_at)
)

# --- the log -----------------------------------------------------------------------------------

_of_chat = messages.c.chat_id == text("chat_id")
_keyed = sa.and_(messages.c.role == text("role"), messages.c.key == text("key"))
_purged = sa.and_(messages.c.text == "", messages.c.kind == Kind.SAID.value)

RECORD = Query(sa.insert(messages).values(**_row(messages)).inline())
SAID = Query(sa.select(*LINE).where(_of_chat, _keyed))
SAID_IN = Query(
    sa.select(messages.c.chat_id)
    .join(chats, chats.c.id == messages.c.chat_id)
    .where(chats.c.thread_id == number("thread"), _keyed)
    .limit(1)
)
LOG = Query(
    sa.select(*LINE)
    .where(_of_chat, messages.c.seq > number("after"), sa.not_(_purged))
    .order_by(messages.c.seq)
    .limit(number("limit"))
)
# The keys of the visitor's lines stay; whatever else there was goes.
PURGE = Query(
    sa.delete(messages).where(
        _of_chat,
        sa.not_(sa.and_(messages.c.role == Role.VISITOR.value, messages.c.key.is_not(None))),
    )
)
BLANK = Query(
    sa.update(messages)
    .where(_of_chat)
    .values(text="", author_name="", quote_author=sa.null(), quote_text=sa.null(), file=sa.null())
)

WIPE = Query(sa.delete(messages).where(_of_chat))

# --- files -------------------------------------------------------------------------------------

_of_the_chat = files.c.chat_id == text("chat_id")
_file = _row(files)
KEEP_FILE = Query(
    _insert(files)
    .values(**_file)
    .on_conflict_do_update(
        index_elements=["chat_id", "id"],
        set_={name: _file[name] for name in ("name", "type", "state", "content")},
    )
    .inline()
)
DROP_FILE = Query(sa.delete(files).where(_of_the_chat, files.c.seq == number("seq")))
PURGE_FILES = Query(sa.delete(files).where(_of_the_chat))
FIND_FILE = Query(sa.select(*FILE).where(_of_the_chat, files.c.id == text("id")))
FILE_STATE = Query(sa.select(files.c.state).where(_of_the_chat, files.c.id == text("id")))
FILES = Query(sa.select(*FILE).where(_of_the_chat).order_by(files.c.seq))

# --- what the bot posted ---------------------------------------------------------------------------

_post = _row(posts)
_is_there = sa.exists().where(chats.c.id == _post["chat_id"])  # it may be forgotten by now
POSTED = Query(
    _insert(posts)
    .from_select(list(_post), sa.select(*_post.values()).where(_is_there))
    .on_conflict_do_nothing()
)
POSTS = Query(
    sa.select(posts.c.post).where(posts.c.chat_id == text("chat_id")).order_by(posts.c.post)
)
NO_POSTS = Query(sa.delete(posts).where(posts.c.chat_id == text("chat_id")))

# --- Teams -------------------------------------------------------------------------------------

FIRST_TIME = Query(
    _insert(inbound)
    .values(**_row(inbound))
    .on_conflict_do_nothing()
    .returning(inbound.c.activity_id)
)
#: The same for one that is hoped to be new: a known one breaks the key.
FIRST_HOPED = Query(sa.insert(inbound).values(**_row(inbound)).inline())
_reference = _row(
    threads,
    "conversation_id tenant_id service_url service_url_seen_at scope team_id aad_group_id"
    " channel_id root_id bot_id listening open",
)
#: Not every activity tells the team's group, which links to the thread are made of.
_group = sa.func.coalesce(sa.func.nullif(_reference["aad_group_id"], ""), threads.c.aad_group_id)
KEEP_THREAD = Query(
    _insert(threads)
    .values(**_reference)
    .on_conflict_do_update(
        index_elements=["conversation_id"], set_={**_reference, "aad_group_id": _group}
    )
    .returning(*REFERENCE)
)
KNOWN_THREAD = Query(
    sa.select(*REFERENCE).where(threads.c.conversation_id == text("conversation_id"))
)
THREAD = Query(sa.select(*REFERENCE).where(threads.c.id == number("thread")))
CLOSE_THREAD = Query(
    sa.update(threads)
    .where(threads.c.id == number("thread"))
    .values(open=sa.false(), last_error=text("error"))
)
_change = _row(early)
EARLY = Query(
    _insert(early)
    .values(**_change)
    .on_conflict_do_update(
        index_elements=["conversation_id", "key"],
        set_={"text": _change["text"], "at": _change["at"]},
    )
    .inline()
)
EARLY_FOR = Query(
    sa.delete(early)
    .where(early.c.conversation_id == text("conversation_id"), early.c.key == text("key"))
    .returning(early.c.text)
)

# What came early for a thread whose chat is purged was of that chat, unless another is live there.
_thread_of = (
    sa.select(threads.c.conversation_id)
    .join(chats, chats.c.thread_id == threads.c.id)
    .where(_the_chat)
)
_others = chats.alias("others")
_still_live = sa.exists().where(
    _others.c.thread_id == sa.select(chats.c.thread_id).where(_the_chat).scalar_subquery(),
    _others.c.state.in_([sa.literal_column("'invited'"), sa.literal_column("'open'")]),
)
PURGE_EARLY = Query(
    sa.delete(early).where(
        early.c.conversation_id == _thread_of.scalar_subquery(), sa.not_(_still_live)
    )
)

#: What goes of a chat when it is purged: its lines, words left in lines, and the rest.
PURGES = (PURGE, BLANK, PURGE_FILES, PURGE_EARLY, NO_POSTS)

# --- visitors ----------------------------------------------------------------------------------

_the_link = invitations.c.digest == text("digest")
INVITE = Query(
    sa.insert(invitations).values(**_row(invitations, "digest chat_id number expires_at")).inline()
)
KNOCK_LOCKED = Query(sa.select(*KNOCK).where(_the_link).with_for_update())
FIND_KNOCK = Query(sa.select(*KNOCK).where(_the_link))
USE = Query(sa.update(invitations).where(_the_link).values(used_by=text("nonce")))

_the_seat = seats.c.id == text("seat")
TAKE_SEAT = Query(sa.insert(seats).values(**_row(seats)).inline())
_newer = seats.alias("newer")
_newest = sa.select(_newer.c.id).where(_newer.c.chat_id == text("chat_id"))
_newest = _newest.order_by(_newer.c.expires_at.desc(), _newer.c.id).limit(number("most"))
#: A chat's seats but for its newest ones.
DROP_SEATS = Query(
    sa.delete(seats)
    .where(seats.c.chat_id == text("chat_id"), seats.c.id.not_in(_newest))
    .returning(seats.c.id)
)
LEAVE = Query(sa.delete(seats).where(_the_seat).returning(seats.c.chat_id))
FIND_SEAT = Query(sa.select(*SEAT).where(_the_seat))

_the_sign_in = sign_ins.c.id == text("sign_in")
SIGN_IN = Query(sa.insert(sign_ins).values(**_row(sign_ins)).inline())
SIGN_OUT = Query(sa.delete(sign_ins).where(_the_sign_in).returning(sign_ins.c.id))
FIND_SIGN_IN = Query(sa.select(*SIGN_IN_ROW).where(_the_sign_in))

_window = _row(windows)
KEEP_WINDOW = Query(
    _insert(windows)
    .values(**_window)
    .on_conflict_do_update(
        index_elements=["chat_id", "process"], set_={"presence": _window["presence"]}
    )
    .inline()
)
DROP_WINDOW = Query(
    sa.delete(windows).where(
        windows.c.chat_id == text("chat_id"), windows.c.process == text("process")
    )
)
WINDOWS = Query(sa.select(windows.c.presence).where(windows.c.chat_id == text("chat_id")))

# --- housekeeping ------------------------------------------------------------------------------

OLD_IDS = Query(sa.delete(inbound).where(inbound.c.at < number("moment")))
OLD_CHANGES = Query(sa.delete(early).where(early.c.at < number("moment")))
OLD_SIGN_INS = Query(sa.delete(sign_ins).where(sign_ins.c.expires_at < number("moment")))
OLD_SEATS = Query(sa.delete(seats).where(seats.c.expires_at < number("moment")))

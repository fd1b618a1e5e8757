"""The tables. Moments are BIGINT microseconds since 1970 UTC: the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return ``moment`` (aware) as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """Return the moment that ``micros`` made a number of."""
    return _EPOCH + timedelta(microseconds=number)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | int | None, dialect: sa.Dialect) -> int | None:
        """Datetime to number; a number that was computed already stays one."""
        return micros(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        """Number to datetime."""
        return None if value is None else moment(value)


#: SQLite counts only INTEGER PRIMARY KEYs up by itself.
_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Conversation references.
threads = sa.Table(
    "threads",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("conversation_id", sa.Text, nullable=False, unique=True),
    sa.Column("tenant_id", sa.Text, nullable=False),
    sa.Column("service_url", sa.Text, nullable=False),
    sa.Column("service_url_seen_at", Moment, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("team_id", sa.Text, nullable=False),
    sa.Column("aad_group_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("root_id", sa.Text, nullable=False),
    sa.Column("bot_id", sa.Text, nullable=False),
    sa.Column("listening", sa.Text, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
)

#: ``detail`` is the whole chat as JSON; the other columns repeat what queries ask for.
#: ``version`` counts the commits that changed anything of the chat.
chats = sa.Table(
    "chats",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("thread_id", _Id, sa.ForeignKey("threads.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("relayed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)
_live = sa.text("state IN ('invited', 'open')")
sa.Index(
    "uq_chats_live_thread",
    chats.c.thread_id,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)
sa.Index("ix_chats_thread_created", chats.c.thread_id, chats.c.created_at)
sa.Index("ix_chats_state_changed", chats.c.state, chats.c.changed_at)


def _of_chat(nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("chats.id", ondelete="CASCADE")
    return sa.Column("chat_id", sa.Text, key, nullable=nullable)


messages = sa.Table(
    "messages",
    metadata,
    _of_chat(),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("author_id", sa.Text, nullable=False),
    sa.Column("author_name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("key", sa.Text),  # NULL where no repeat can come; NULLs do not collide
    sa.Column("target", sa.Integer),
    sa.Column("quote_author", sa.Text),
    sa.Column("quote_text", sa.Text),
    sa.Column("file", sa.Text),  # what it tells of its file, as JSON
    sa.PrimaryKeyConstraint("chat_id", "seq"),
    sa.UniqueConstraint("chat_id", "role", "key"),
)

#: The files of messages. ``content`` is NULL while one is being fetched, and when it did not come.
files = sa.Table(
    "files",
    metadata,
    _of_chat(),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary),
    sa.PrimaryKeyConstraint("chat_id", "id"),
)

#: What the bot posted in a chat's thread, where it is to be taken back when the chat is purged.
posts = sa.Table(
    "posts",
    metadata,
    _of_chat(),
    sa.Column("post", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "post"),
)

#: Activities that reached us, so that Teams' repeats are recognised.
inbound = sa.Table(
    "inbound",
    metadata,
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("activity_id", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("conversation_id", "activity_id"),
)
sa.Index("ix_inbound_at", inbound.c.at)

#: What is known of operators' messages beside their lines: changes that came before them, and more.
early = sa.Table(
    "early",
    metadata,
    sa.Column("conversation_id", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("text", sa.Text),  # JSON: bot/relay/changing.py, Newest
    sa.Column("at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("conversation_id", "key"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    _of_chat(),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("used_by", sa.Text, nullable=False, server_default=""),
)
sa.Index("ix_invitations_chat_id", invitations.c.chat_id)

seats = sa.Table(
    "seats",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _of_chat(),
    sa.Column("expires_at", Moment, nullable=False),
)
sa.Index("ix_seats_chat_id", seats.c.chat_id)

#: Who has signed in at the site and not joined yet; a row lives for minutes.
sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("proof", sa.Text, nullable=False),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

#: That visitors may begin chats: one row while they may, none else.
reception = sa.Table(
    "reception",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("by_id", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("mention", sa.Text, nullable=False),
    sa.Column("thread_id", _Id, sa.ForeignKey("threads.id"), nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
)

#: Effects that wait for their turn outside. ``owner`` holds a row until ``lease_until``.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    _of_chat(nullable=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("not_before", Moment, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_claimed_at", Moment),
    sa.Column("claimed_at", Moment),
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", Moment),
    sa.Column("problem", sa.Text, nullable=False, server_default=""),
    sa.Column("thread_id", _Id, nullable=False, server_default="0"),
    sa.Column("rank", sa.Integer, nullable=False, server_default="1"),
    sa.Column("size", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,  # an id is never given twice: it orders the stream
)
sa.Index("ix_outbox_stream_id", outbox.c.stream, outbox.c.id)

#: When each process on this database was last known to live. The one without a name is the
#: last heartbeat of any.
processes = sa.Table(
    "processes",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False),
)

#: Which process holds windows of a chat, and how present the visitor is in them.
windows = sa.Table(
    "windows",
    metadata,
    _of_chat(),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("presence", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("chat_id", "process"),
)

#: Who may neither join nor begin a chat, until when. ``detail`` is the whole block as JSON.
blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
)

#: How many chats were filed and purged in a minute. Nothing tells which.
tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("at", Moment, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("at", "name"),
)

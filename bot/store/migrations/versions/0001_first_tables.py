"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    _inbound()
    _threads()
    _chats()
    _invitations()
    _messages()
    _outbox()
    _seats()


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "activity_id", name=op.f("pk_inbound")),
    )
    op.create_index("ix_inbound_at", "inbound", ["at"], unique=False)


def _threads() -> None:
    op.create_table(
        "threads",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("service_url", sa.Text(), nullable=False),
        sa.Column("service_url_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("aad_group_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("root_id", sa.Text(), nullable=False),
        sa.Column("bot_id", sa.Text(), nullable=False),
        sa.Column("listening", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_threads_conversation_id")),
    )


def _chats() -> None:
    op.create_table(
        "chats",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("thread_id", _ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("relayed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_chats_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_index("ix_chats_state_changed", "chats", ["state", "changed_at"], unique=False)
    op.create_index("ix_chats_thread_created", "chats", ["thread_id", "created_at"], unique=False)
    op.create_index(
        "uq_chats_live_thread",
        "chats",
        ["thread_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('invited', 'open')"),
        postgresql_where=sa.text("state IN ('invited', 'open')"),
    )


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_invitations_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_chat_id", "invitations", ["chat_id"], unique=False)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("quote_author", sa.Text(), nullable=True),
        sa.Column("quote_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_messages_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_messages")),
        sa.UniqueConstraint("chat_id", "role", "key", name=op.f("uq_messages_chat_id_role_key")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_outbox_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_lane_due", "outbox", ["lane", "not_before"], unique=False)
    op.create_index("ix_outbox_stream_id", "outbox", ["stream", "id"], unique=False)


def _seats() -> None:
    op.create_table(
        "seats",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_seats_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_chat_id", "seats", ["chat_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_seats_chat_id", table_name="seats")
    op.drop_table("seats")
    op.drop_index("ix_outbox_stream_id", table_name="outbox")
    op.drop_index("ix_outbox_lane_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("messages")
    op.drop_index("ix_invitations_chat_id", table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(
        "uq_chats_live_thread",
        table_name="chats",
        sqlite_where=sa.text("state IN ('invited', 'open')"),
        postgresql_where=sa.text("state IN ('invited', 'open')"),
    )
    op.drop_index("ix_chats_thread_created", table_name="chats")
    op.drop_index("ix_chats_state_changed", table_name="chats")
    op.drop_table("chats")
    op.drop_table("threads")
    op.drop_index("ix_inbound_at", table_name="inbound")
    op.drop_table("inbound")

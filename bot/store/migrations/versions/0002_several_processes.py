"""What several processes on one database must know of each other, and whose turn a row is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    zero = sa.Column("version", sa.Integer(), server_default="0", nullable=False)
    op.add_column("chats", zero)
    op.add_column("outbox", sa.Column("thread_id", _ID, server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("rank", sa.Integer(), server_default="1", nullable=False))
    op.add_column("outbox", sa.Column("size", sa.Integer(), server_default="0", nullable=False))
    # Rows that wait through the upgrade keep to Teams' limits, too; their size is a guess.
    op.execute(
        "UPDATE outbox SET thread_id = coalesce((SELECT chats.thread_id FROM chats"
        " WHERE chats.id = outbox.chat_id), 0), size = 8192 WHERE lane = 'teams'"
    )
    op.drop_index("ix_outbox_lane_due", table_name="outbox")
    op.create_table(
        "early",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "key", name=op.f("pk_early")),
    )
    op.create_table(
        "processes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_processes")),
    )
    op.create_table(
        "windows",
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("presence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_windows_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "process", name=op.f("pk_windows")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("windows")
    op.drop_table("processes")
    op.drop_table("early")
    op.create_index("ix_outbox_lane_due", "outbox", ["lane", "not_before"], unique=False)
    for column in ("size", "rank", "thread_id"):
        op.drop_column("outbox", column)
    op.drop_column("chats", "version")

"""That visitors may begin chats, as a CO said: one row while they may."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "reception",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("thread_id", number, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_reception_thread_id_threads")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("reception")

"""What the bot posted in a chat's thread, where it is to be taken back when the chat is purged."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "posts",
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_posts_chat_id_chats"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "post", name=op.f("pk_posts")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("posts")

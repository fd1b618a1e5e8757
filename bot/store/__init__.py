"""The database: everything SQLAlchemy is in here."""

from bot.store.migrate import at_head, upgrade
from bot.store.store import SqlStore

__all__ = ["SqlStore", "at_head", "upgrade"]

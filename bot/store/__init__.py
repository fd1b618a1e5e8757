"""The database: everything SQLAlchemy is in here."""

from sqlalchemy.exc import SQLAlchemyError

from bot.store.migrate import at_head, upgrade
from bot.store.store import SqlStore
from bot.store.traces import find as find_traces

__all__ = ["SQLAlchemyError", "SqlStore", "at_head", "find_traces", "upgrade"]

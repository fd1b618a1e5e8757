"""The database: everything SQLAlchemy is in here."""

import sqlite3

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from bot.store.codec import forget
from bot.store.copies import KEPT, NoCopy, copies
from bot.store.migrate import TooNew, at_head, upgrade
from bot.store.store import SqlStore
from bot.store.traces import find as find_traces

#: What may come of a database that is not there, not ours, or not laid out.
UNREADABLE = (SQLAlchemyError, sqlite3.Error, psycopg.Error)

__all__ = [
    "KEPT",
    "UNREADABLE",
    "NoCopy",
    "SqlStore",
    "TooNew",
    "at_head",
    "copies",
    "find_traces",
    "forget",
    "upgrade",
]

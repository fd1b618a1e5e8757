"""What was tried, and what arrived where: the raw material of the accounting in ledger.py.

Every message carries a token, ``canary.v00017``: whose chat, which side, which number. Wherever a
text turns up, its tokens tell where it belongs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bot.sandbox.rt.world import Transaction
from bot.sandbox.stage import Stage
from bot.sandbox.teams.world import Conversation, Post

TOKEN = re.compile(r"\b([a-z]{9})\.([vo])(\d{5})\b")
# Name · 10:42 · #7 (resent) (1/2)
_HEADER = re.compile(r"^.* · \d\d:\d\d · #(\d+)( \(resent\))?( \(\d+/\d+\))?$", re.MULTILINE)


@dataclass
class Account:
    """One chat: where it is, and everything that was tried in it."""

    chat: str
    canary: str
    ticket: int
    secret: str
    root: Post
    said: dict[str, str] = field(default_factory=dict)  # the visitor's keys and their tokens
    said_at: dict[str, float] = field(default_factory=dict)  # by token, Unix time
    acknowledged: dict[str, int] = field(default_factory=dict)  # key -> seq
    acknowledged_at: dict[str, float] = field(default_factory=dict)  # by token
    refused: dict[str, str] = field(default_factory=dict)  # key -> the service's word
    lines: list[dict[str, Any]] = field(default_factory=list)  # what the widget shows
    read_at: dict[str, float] = field(default_factory=dict)  # by token: when the widget had it
    gaps: list[str] = field(default_factory=list)
    written: list[tuple[str, Post]] = field(default_factory=list)  # the operator's, in order
    filing: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)), repr=False)

    @property
    def place(self) -> Conversation:
        """Where in Teams it is mirrored."""
        return self.root.conversation

    def token(self, side: str) -> str:
        """A new token for a message: ``side`` is "v" or "o"."""
        return f"{self.canary}.{side}{next(self.numbers):05}"

    @property
    def accepted(self) -> list[str]:
        """The operator's messages for which Teams got a good answer, in order."""
        return [token for token, post in self.written if not post.note]


@dataclass(frozen=True)
class Arrival:
    """A visitor's message in a post of the bot."""

    token: str
    seq: int
    resent: bool
    post: str
    at: float  # Unix time


@dataclass
class Books:
    """A snapshot, after the drain: per chat what is stored, and what stands in Teams and in RT."""

    stored: dict[str, list[sa.Row[Any]]]  # seq, role, kind, key, text, target
    arrivals: dict[str, list[Arrival]]
    words: dict[str, list[str]]  # every text of the bot in the thread, cards as JSON
    comments: dict[str, list[Transaction]]
    waiting: list[sa.Row[Any]]  # rows of the outbox


def read(stage: Stage, url: str, accounts: list[Account]) -> Books:
    """Read the database at ``url`` and the stand-ins' books. Blocking."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    lines = sa.text(
        "SELECT chat_id, seq, role, kind, key, text, target FROM messages ORDER BY chat_id, seq"
    )
    with engine.connect() as connection:
        rows = connection.execute(lines).all()
        waiting = list(connection.execute(sa.text("SELECT * FROM outbox ORDER BY id")).all())
    engine.dispose()
    stored: dict[str, list[sa.Row[Any]]] = {account.chat: [] for account in accounts}
    for row in rows:
        stored.setdefault(row.chat_id, []).append(row)
    posts = {account.chat: _posts(account) for account in accounts}
    return Books(
        stored,
        {chat: [a for post in of for a in _arrivals(post)] for chat, of in posts.items()},
        {chat: [p.text + json.dumps(p.cards) for p in of] for chat, of in posts.items()},
        {account.chat: _comments(stage, account) for account in accounts},
        waiting,
    )


def _posts(account: Account) -> list[Post]:
    thread = account.root.root_id
    return [p for p in account.place.posts if p.author is None and p.root_id == thread]


def _arrivals(post: Post) -> Iterator[Arrival]:
    headers = list(_HEADER.finditer(post.text))
    for n, header in enumerate(headers):
        end = headers[n + 1].start() if n + 1 < len(headers) else len(post.text)
        for token in TOKEN.finditer(post.text, header.end(), end):
            seq, resent = int(header[1]), header[2] is not None
            yield Arrival(token[0], seq, resent, post.id, post.at.timestamp())


def _comments(stage: Stage, account: Account) -> list[Transaction]:
    written = stage.rt.world.transactions
    return [t for t in written if t.kind == "Comment" and t.ticket == account.ticket]


def tokens(text: str) -> list[str]:
    """Every token in ``text``."""
    return [match[0] for match in TOKEN.finditer(text)]


def canaries(text: str) -> set[str]:
    """Whose words are in ``text``."""
    return {match[1] for match in TOKEN.finditer(text)}

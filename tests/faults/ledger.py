"""The accounting: what must be true of every chat after the drain, whatever was done to the service.

Each function looks at one chat and returns findings, sentences with the chat, the message and the
lines of the books that show it. No findings means that the promise held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from bot.domain.messages import Kind, Notice, Role
from tests.faults.books import TOKEN, Account, Books, canaries, tokens

Check = Callable[[Account, Books], list[str]]
_PARKED = frozenset({Notice.NOT_SHOWN.value, Notice.NOT_SURE.value})


def acknowledged_is_kept(account: Account, books: Books) -> list[str]:
    """A1: what was acknowledged is stored, in the widget once, and in Teams at least once."""
    found = []
    rows = {r.key: r for r in books.stored[account.chat] if r.role == Role.VISITOR}
    shown = Counter(_tokens_of(account.lines, "visitor"))
    posted = {arrival.token for arrival in books.arrivals[account.chat]}
    parked = _parked(books.stored[account.chat])
    for key, token in account.said.items():
        row, seq = rows.get(key), account.acknowledged.get(key)
        if seq is None and key not in account.refused:
            found.append(f"{token} was never acknowledged")
        if seq is not None and (row is None or row.seq != seq):
            found.append(f"{token} was acknowledged as #{seq}; stored is {row}")
        if row is None:
            continue
        if shown[token] != 1:
            found.append(
                f"{token} (#{row.seq}) is stored; the widget shows it {shown[token]} times"
            )
        if token not in posted and row.seq not in parked:
            found.append(f"{token} (#{row.seq}) is stored and never came to Teams")
    return found


def lines_are_whole_and_in_order(account: Account, books: Books) -> list[str]:
    """A2: the log counts from 1 without gaps, and the widget shows just that, in that order."""
    stored = [row.seq for row in books.stored[account.chat]]
    shown = [line["seq"] for line in account.lines]
    found = list(account.gaps)
    if stored != list(range(1, len(stored) + 1)):
        found.append(f"the log counts {_runs(stored)}")
    if shown != stored:
        found.append(f"stored is {_runs(stored)}, the widget shows {_runs(shown)}")
    return found


def operators_words_arrive_once(account: Account, books: Books) -> list[str]:
    """A3: what Teams was told is taken is in the widget once, and in the order of writing."""
    stored = _tokens_of(_as_lines(books.stored[account.chat]), Role.OPERATOR)
    shown, counted = Counter(_tokens_of(account.lines, "operator")), Counter(stored)
    accepted = set(account.accepted)
    found = []
    for token, _ in account.written:
        least = 1 if token in accepted else 0
        if not least <= counted[token] <= 1:
            found.append(f"{token}: stored {counted[token]} times")
        if not least <= shown[token] <= 1:
            found.append(f"{token}: shown {shown[token]} times")
    order = [token for token in stored if token in accepted]
    if len(order) == len(set(order)) and order != [t for t in account.accepted if t in counted]:
        found.append(f"written {account.accepted}, stored {order}")
    return found


def first_arrivals_are_in_order(account: Account, books: Books) -> list[str]:
    """A4: in the thread, messages came first in the order in which they were said."""
    first: dict[str, int] = {}
    for arrival in books.arrivals[account.chat]:
        first.setdefault(arrival.token, arrival.seq)
    came = list(first.values())
    if came == sorted(came):
        return []
    late = [f"#{b} after #{a}" for a, b in pairwise(came) if b < a]
    return [f"Teams got {', '.join(late)}"]


def repeats_are_labelled(account: Account, books: Books) -> list[str]:
    """A5: whoever sees a message for the second time is told so."""
    found, seen = [], set()
    numbers = {row.key: row.seq for row in books.stored[account.chat]}
    right = {token: numbers.get(key) for key, token in account.said.items()}
    for arrival in books.arrivals[account.chat]:
        if arrival.token in seen and not arrival.resent:
            found.append(f"{arrival.token} came again without a label, in post {arrival.post}")
        if arrival.token in right and right[arrival.token] != arrival.seq:
            found.append(f"{arrival.token} is #{right[arrival.token]}, Teams shows #{arrival.seq}")
        seen.add(arrival.token)
    return found


def filed_once_and_whole(account: Account, books: Books) -> list[str]:
    """A6: a chat that was filed is one comment in its own ticket, with every message once."""
    comments = books.comments[account.chat]
    if not account.filing:
        return [f"{len(comments)} comments in RT, and nobody asked for one"] if comments else []
    if len(comments) != 1:
        return [f"{len(comments)} comments in ticket {account.ticket}"]
    record = Counter(tokens(comments[0].attachments[0].content.decode()))
    stored = [t for line in account.lines for t in tokens(line["text"])[:1]]
    return [f"{t}: {record[t]} times in the record" for t in stored if record[t] != 1]


def nobody_elses_words(account: Account, books: Books) -> list[str]:
    """A8: nothing of another chat turned up here."""
    sinks = {
        "widget": [line["text"] for line in account.lines],
        "log": [row.text for row in books.stored[account.chat]],
        "thread": books.words[account.chat],
        "RT": [
            part.content.decode(errors="replace")
            for comment in books.comments[account.chat]
            for part in comment.attachments
        ],
    }
    return [
        f"the {sink} has words of {stranger}"
        for sink, texts in sinks.items()
        for stranger in sorted(set().union(*map(canaries, texts)) - {account.canary})
    ]


CHECKS: dict[str, Check] = {
    "A1": acknowledged_is_kept,
    "A2": lines_are_whole_and_in_order,
    "A3": operators_words_arrive_once,
    "A4": first_arrivals_are_in_order,
    "A5": repeats_are_labelled,
    "A6": filed_once_and_whole,
    "A8": nobody_elses_words,
}


def audit(
    accounts: Iterable[Account], books: Books, rules: Iterable[str] = tuple(CHECKS)
) -> list[str]:
    """Every finding in every chat, with the rule it breaks."""
    return [
        f"{rule} {account.chat}: {finding}"
        for account in accounts
        for rule in rules
        for finding in CHECKS[rule](account, books)
    ]


def evidence(account: Account, books: Books, most: int = 12) -> str:
    """The last lines of a chat's books, for whoever reads a failure."""
    lines = [
        f"  stored {r.seq} {r.role} {r.kind} {r.text[:40]!r}" for r in books.stored[account.chat]
    ]
    posts = [
        f"  Teams {a.post}: {a.token} #{a.seq}{' (resent)' if a.resent else ''}"
        for a in books.arrivals[account.chat]
    ]
    return "\n".join([account.chat, *lines[-most:], *posts[-most:]])


def repeats(books: Books) -> int:
    """How many messages stand in Teams more often than once, counting each repeat."""
    return sum(
        sum(Counter(arrival.token for arrival in arrivals).values())
        - len({arrival.token for arrival in arrivals})
        for arrivals in books.arrivals.values()
    )


def _parked(rows: list[sa.Row[Any]]) -> set[int]:
    """The numbers of lines of which the visitor was told that Teams may not show them."""
    return {row.target for row in rows if row.kind == Kind.NOTICE and row.text in _PARKED}


def _as_lines(rows: list[sa.Row[Any]]) -> list[dict[str, Any]]:
    return [{"author": {"role": row.role}, "kind": row.kind, "text": row.text} for row in rows]


def _tokens_of(lines: Iterable[dict[str, Any]], role: str) -> list[str]:
    """The first token of everything that ``role`` said: long texts repeat theirs."""
    return [
        match[0]
        for line in lines
        if line["author"]["role"] == role and line["kind"] == Kind.SAID
        if (match := TOKEN.search(line["text"]))
    ]


def _runs(numbers: list[int]) -> str:
    """1-5, 7, 9-12: a list of numbers, short."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in runs) or "nothing"

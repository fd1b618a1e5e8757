"""A quote beside an answer shows the visitor nothing that he does not know."""

from datetime import UTC, datetime

import pytest

from bot.domain.files import File
from bot.domain.messages import Author, Kind, Message, Quote, Role
from bot.domain.quoting import as_known, may_show
from tests.people import ADA, GRACE

AT = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
CHARLES = Author(Role.VISITOR, "c", "Charles Babbage")
BOT = ("Live Chat",)


def line(seq: int, author: Author, text: str, kind: Kind = Kind.SAID, **more: object) -> Message:
    return Message(seq, author, kind, text, AT, **more)  # type: ignore[arg-type]


LOG = [
    line(1, ADA, "visitor_joined", Kind.NOTICE),
    line(2, ADA, "It still\nfails"),
    line(3, GRACE, "Which printer is it, please?"),
    line(4, ADA, "The one in 5.05"),
    line(5, GRACE, "The password is hunter2"),
    line(6, GRACE, "", Kind.REMOVED, target=5),
    line(7, GRACE, "Is it on?"),
    line(8, GRACE, "Is it switched on?", Kind.EDITED, target=7),
    line(
        10, GRACE, "See the guide (https://help.example/a(b)?c=1), then:\n- restart it\n  1. print"
    ),
    line(9, ADA, "shot.png", file=File("f", "shot.png", "image/png", 120_000)),
]


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("Live Chat", "Ada Lovelace · 10:42 · #2 It still fails"),
        ("Live Chat", "Ada Lovelace · 10:42 · #2 It st…"),
        ("Live Chat", "Ada Lovelace · 10:42 · #2 (resent)\nIt still fails"),
        ("Live Chat", "Ada Lovelace · 10:42 · #4 (1/2) The one"),
        (
            "Live Chat",
            "Ada Lovelace · 10:42 · #2 It still fails Ada Lovelace · 10:43 · #4 The one in...",
        ),
        ("Live Chat", "Ada Lovelace · 10:42 · #9 File: shot.png (120.0 kB)"),
        ("Live Chat", "Ada Lovelace · 10:42 · #2 It still fails Teams is slow: 14 s behind."),
        ("Grace Hopper", "Which printer is it"),
        ("Grace Hopper (she/her)", "Which printer is it, please?"),
        ("Grace Hopper", "Live Chat Which printer is it"),
        ("Grace Hopper", "Live Chat, say: Which printer is it"),
        ("Grace Hopper", "Is it switched on?"),
        ("Grace Hopper", "Is it on?"),
        # Of what was laid out Teams tells the words.
        ("Grace Hopper", "See the guide, then: restart it pri…"),
        ("Grace Hopper", "Live Chat See the guide, then: - restart it 1. print"),
    ],
)
def test_what_the_visitor_said_or_read_may_be_quoted(author: str, text: str) -> None:
    assert may_show(Quote(author, text), LOG, BOT)


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("Grace Hopper", "// he has broken it himself"),
        ("Grace Hopper", "Which printer is it, please? // he lies"),
        ("Grace Hopper", "Live Chat send to rt 345: he lies"),
        ("Alan Turing", "Which printer is it"),  # he said so to somebody else
        ("Grace Hopper", "The password is"),  # taken back
        ("Grace Hopper", "…"),
        ("Live Chat", "Charles Babbage · 10:42 · #2 It still fails"),
        ("Live Chat", "Ada Lovelace · 10:42 · #2 My marks are"),  # of an earlier chat of hers
        ("Live Chat", "Ada Lovelace · 10:42 · #3 Which printer"),
        ("Live Chat", "Ada Lovelace · 10:42 · #77 It still fails"),
        (
            "Live Chat",
            "Ada Lovelace · 10:42 · #2 It still fails Charles Babbage · 10:43 · #4 The one",
        ),
        ("Live Chat", "Ada Lovelace · 10:42 · #2 It Ada Lovelace · 10:43 · #4 The one"),
        ("Live Chat", "Grace Hopper Not sent to the visitor."),
        ("Live Chat", ""),
    ],
)
def test_what_he_does_not_know_may_not(author: str, text: str) -> None:
    assert not may_show(Quote(author, text), LOG, BOT)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Ada Lovelace · 10:42 · #2 It still fails", "It still fails"),
        ("Ada Lovelace · 10:42 · #2 (resent)\nIt still fails", "It still fails"),
        ("Ada Lovelace · 10:42 · #4 (1/2) The one", "The one"),
        ("Ada Lovelace · 10:42 · #2 It fails Ada Lovelace · 10:43 · #4 In 5", "It fails In 5"),
        ("Ada Lovelace · 10:42 · #2 It still fails Teams is slow: 14 s behind.", "It still fails"),
    ],
)
def test_the_visitors_own_words_are_quoted_as_his_and_not_the_bots(text: str, known: str) -> None:
    assert as_known(Quote("Live Chat", text), "Ada Lovelace") == Quote("Ada Lovelace", known)


@pytest.mark.parametrize("text", ["Which printer is it?", "Ada Lovelace · 10:42 · #2"])
def test_any_other_quote_stays_as_it_is(text: str) -> None:
    assert as_known(Quote("Grace Hopper", text), "Ada Lovelace") == Quote("Grace Hopper", text)


def test_what_was_taken_back_and_then_was_not_may_be_quoted_as_it_came_back() -> None:
    log = [
        line(1, GRACE, "Try the othr one"),
        line(2, GRACE, "", Kind.REMOVED, target=1),
        line(3, GRACE, "Try the other one", Kind.EDITED, target=1),
    ]
    assert may_show(Quote(GRACE.name, "Live Chat Try the other one"), log, BOT)
    assert not may_show(Quote(GRACE.name, "Try the othr one"), log, BOT)
    again = [*log, line(4, GRACE, "", Kind.REMOVED, target=1)]
    assert not may_show(Quote(GRACE.name, "Try the other one"), again, BOT)


def test_of_a_log_that_was_pasted_only_the_beginning_is_compared() -> None:
    """All of the chat's is gone through while everybody waits, and may be two million characters."""
    far = line(1, GRACE, "dmesg" + " " * 2000 + "says")
    assert may_show(Quote(GRACE.name, "dmesg"), [far], BOT)
    assert not may_show(Quote(GRACE.name, "dmesg says"), [far], BOT)

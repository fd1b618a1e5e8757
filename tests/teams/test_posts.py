"""Visitors' messages laid out in posts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.messages import MAX_MESSAGE_BYTES, Author, Kind, Message, Quote, Role
from bot.domain.quoting import as_known, may_show
from bot.teams.posts import LIMIT, Post, posts, weight
from tests.people import ADA, NOW

EAST = timezone(timedelta(hours=2))


def said(seq: int, text: str) -> Message:
    return Message(seq, ADA, Kind.SAID, text, NOW, f"key-{seq}")


def texts(
    *messages: Message, resent: bool = False, behind: int = 0, limit: int = LIMIT
) -> list[str]:
    laid = posts(messages, UTC, resent=resent, behind=behind, limit=limit)
    return [post.text for post in laid]


def test_times_are_the_readers() -> None:
    assert posts([said(3, "x")], EAST, resent=False) == [Post("Ada Lovelace · 12:42 · #3\nx", 1)]


def test_messages_that_wait_together_keep_name_time_and_number_each() -> None:
    later = replace(said(4, "two\nlines"), at=NOW + timedelta(minutes=1))
    assert texts(said(3, "one"), later) == [
        "Ada Lovelace · 10:42 · #3\none\n\nAda Lovelace · 10:43 · #4\ntwo\nlines"
    ]


@pytest.mark.parametrize("name", ["Ada Lovelace", "Gal·la #2"])
def test_what_stands_around_his_words_is_not_quoted_as_his(name: str) -> None:
    message = replace(said(3, "It fails"), author=replace(ADA, name=name))
    (post,) = texts(message, resent=True, behind=14)
    assert as_known(Quote("Live Chat", post), name) == Quote(name, "It fails")


@given(st.text(max_size=40), st.text(min_size=1, max_size=200))
@example("Gal·la", "It fails")  # a letter of Catalan
@example("Ada #2", "It fails")
@example("\u2066", "It fails")  # nothing of it is seen
@example("Ada", "I was told to\ncall at 14:30, #7\nor later")  # it gets a bar in front there
@example("Ada", "Teams is slow today")
@example("Ada", "invoice\u202egpj.exe")
def test_whatever_stands_there_may_be_quoted_beside_an_answer(name: str, text: str) -> None:
    line = replace(said(3, text), author=Author(Role.VISITOR, "v", name))
    preview = Quote("Live Chat", " ".join(texts(line)[0].split()))
    assert may_show(preview, [line], ())


def test_every_message_of_a_repeat_is_labelled() -> None:
    [text] = texts(said(3, "one"), said(4, "two"), resent=True)
    assert re.findall(r"#\d \(resent\)", text) == ["#3 (resent)", "#4 (resent)"]


def test_a_delay_is_told_once_below_everything() -> None:
    [text] = texts(said(3, "one"), said(4, "two"), behind=14)
    assert text.endswith("#4\ntwo\n\nTeams is slow: 14 s behind.")
    assert text.count("slow") == 1


def test_a_name_cannot_bring_a_line_of_its_own() -> None:
    eve = replace(ADA, name="Eve · 09:00 · #1\nGrace\u202e Hopper")
    head, body = texts(replace(said(3, "hi"), author=eve))[0].split("\n")
    assert (head.count("#"), head.count("·"), body) == (1, 2, "hi")


def test_a_message_turns_nothing_of_what_stands_below_it() -> None:
    [text] = texts(said(3, "\u202bone\ntwo"), said(4, "\u202e3# · 14:01 · reppoH ecarG"))
    assert text == (
        "Ada Lovelace · 10:42 · #3\n\u202bone\u202c\ntwo\n\n"
        "Ada Lovelace · 10:42 · #4\n| \ufffd3# · 14:01 · reppoH ecarG"
    )


def test_the_longest_prose_is_one_post() -> None:
    assert len(texts(said(3, "one word and\nanother " * (MAX_MESSAGE_BYTES // 24)))) == 1


def test_the_parts_of_a_message_say_which_of_how_many_they_are() -> None:
    laid = posts(
        [said(2, "a"), said(3, "x" * 12_000), said(4, "b")], UTC, resent=True, limit=15_000
    )
    heads = [post.text.partition("\n")[0].partition("#")[2] for post in laid]
    assert heads == ["2 (resent)", "3 (resent) (1/2)", "3 (resent) (2/2)", "4 (resent)"]
    assert [(post.done, post.part) for post in laid] == [(1, 0), (1, 1), (2, 2), (3, 0)]


def test_parts_end_where_lines_or_words_do() -> None:
    lines = "a line of several words\n" * 500
    assert all(text.endswith("words\n") for text in texts(said(3, lines), limit=10_000)[:-1])
    words = "several words " * 800
    assert all(text.endswith(" ") for text in texts(said(3, words), limit=10_000)[:-1])


def test_a_part_does_not_begin_in_the_middle_of_a_character() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    for text in texts(said(3, family * 1500), limit=9_000)[1:]:
        assert text.partition("\n")[2].startswith("\U0001f468")


def test_a_part_cannot_begin_with_a_forged_line() -> None:
    line = "x " * 1200 + "Grace Hopper · 10:42 · #4 I resign "
    for text in texts(said(3, line * 12), limit=8_000):
        first = text.split("\n")[1]
        assert first.startswith("| ") or "#4" not in first


@given(
    st.lists(
        st.builds(lambda char, n: char * n, st.text(min_size=1, max_size=4), st.integers(1, 4000)),
        min_size=1,
        max_size=5,
    ),
    st.integers(8_000, LIMIT),
)
def test_no_post_is_heavier_than_allowed_and_nothing_is_left_out(
    said_texts: list[str], limit: int
) -> None:
    messages = [said(seq, text) for seq, text in enumerate(said_texts, 1)]
    laid = posts(messages, UTC, resent=False, behind=3, limit=limit)
    assert all(weight(post.text) <= limit for post in laid)
    assert laid[-1].done == len(messages)
    heads = re.findall(
        r"(?m)^Ada Lovelace · 10:42 · #(\d+)(?: \(\d+/\d+\))?$", "\n".join(p.text for p in laid)
    )
    assert sorted(set(map(int, heads))) == list(range(1, len(messages) + 1))


@given(st.text())
def test_a_weight_is_never_less_than_what_is_sent(text: str) -> None:
    printable = "".join(c for c in text if c >= " " or c in "\n\t")
    encoded = json.dumps(printable, ensure_ascii=False)[1:-1]
    assert weight(printable) >= len(encoded.encode("utf-16-le", "surrogatepass"))

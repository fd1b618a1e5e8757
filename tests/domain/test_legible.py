"""What people wrote does nothing beside our own words, and all of it is seen."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.legible import (
    apart,
    contained,
    one_line,
    parts,
    plain_name,
    shown,
    untagged,
    visible,
)

TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
#: Text that is full of what may do harm.
HOSTILE = st.text(
    st.sampled_from([*TURNS, "\n", "\r", "\x00", "\x85", "\u2028", "\ud800", "א", " "])
    | st.characters()
)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Ada\n[9] computing support: Grace", "Ada [9] computing support: Grace"),
        ("\u202ecarG\u202c Ada", "carG Ada"),
        ("  Ada \t Lovelace\u200b ", "Ada Lovelace"),
        ("A" * 500, "A" * 79 + "…"),
        ("Ἀδὰ 🖨", "Ἀδὰ 🖨"),
    ],
)
def test_a_name_is_one_short_line_that_turns_nothing_around(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@given(st.text(), st.integers(5, 60))
def test_a_line_is_one_line_of_limited_length(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())


def test_direction_marks_cannot_turn_what_stands_behind_them() -> None:
    assert one_line("abc\u202egnp.exe", 50) == "abcgnp.exe"


@given(HOSTILE)
def test_a_name_holds_nothing_that_is_not_seen(name: str) -> None:
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert all(unicodedata.category(character) not in hidden for character in plain_name(name))


def depth_after(line: str) -> list[str]:
    """What is still open at the end of a line by the rules of UAX #9, BD9 and X1 to X8."""
    open_: list[str] = []
    for character in line:
        if character in "\u202a\u202b\u202d\u202e":
            open_.append("embedding")
        elif character in "\u2066\u2067\u2068":
            open_.append("isolate")
        elif character == "\u202c":
            assert open_, "an end without a beginning"
            assert open_.pop() == "embedding", "an end that does not match"
        elif character == "\u2069":
            assert "isolate" in open_, "an end without a beginning"
            while open_.pop() != "isolate":
                pass
    return open_


@given(HOSTILE)
def test_nothing_that_turns_the_writing_outlives_its_line(text: str) -> None:
    for line in parts(text):
        assert depth_after(line) == []


@given(HOSTILE)
def test_a_part_is_one_line_for_everybody_and_can_be_encoded(text: str) -> None:
    for part in parts(text):
        assert len(part.splitlines()) <= 1
        part.encode()
        assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in part)


@given(
    st.text(st.sampled_from(TURNS + "ab"), max_size=12).filter(
        lambda t: not any(c in TURNS for c in t)
    )
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert contained(visible(text)) == text


def test_writing_from_right_to_left_is_left_alone_where_it_is_in_order() -> None:
    hebrew = "\u2067שלום\u2069 and \u200fעולם"
    assert parts(hebrew) == [hebrew]
    assert apart("שלום") == "\u2068שלום\u2069"
    assert apart("Ada") == "Ada"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x07\x7f", "a␀b␇␡"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x85b\ud800", "a\ufffdb\ufffd"),
        ("a\tb", "a   b"),
    ],
)
def test_a_control_character_is_shown_by_its_sign(text: str, shown: str) -> None:
    assert visible(text) == shown


OVERRIDES = "\u202d\u202e"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize("show", [shown, visible])
@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("pay \u202e321\u202c now", "pay \ufffd321\u202c now"),
        ("\u202dשלום\u202c", "\ufffdשלום\u202c"),
        ("a\U000e0068\U000e0069b", "a\ufffd\ufffdb"),
        ("a\ufff9b\ufffac\ufffb", "a\ufffdb\ufffdc\ufffd"),
        ("a\u206eb", "a\ufffdb"),
    ],
)
def test_what_writes_backwards_or_hides_words_is_seen_and_does_nothing(
    show: Callable[[str], str], text: str, seen: str
) -> None:
    assert show(text).replace("\u202c", "") == seen.replace("\u202c", "")


@pytest.mark.parametrize("show", [shown, visible])
@pytest.mark.parametrize(
    "text",
    [
        "مرحبا، كيف حالك؟ الطابعة 2 لا تعمل",
        "שלום \u2067(abc)\u2069 123",
        "می\u200cخواهم",  # Persian needs the joiner that does not join
        "مرحبا \u200f(abc)\u200e \u061c5",
        "👩\u200d💻 👍🏽",
        SCOTLAND,
    ],
)
def test_what_people_write_in_any_language_stays_as_it_is(
    show: Callable[[str], str], text: str
) -> None:
    assert show(text) == text


def test_what_turns_the_writing_is_gone_through_once_however_much_of_it_there_is() -> None:
    """Looked through anew for each end, this line would outlast the service."""
    begun, ends = "\u202a" * 300_000, "\u2069" * 300_000

    assert contained(begun + ends) == begun + "\u202c" * 300_000


@given(HOSTILE)
def test_a_message_that_is_shown_turns_nothing_beyond_its_lines(text: str) -> None:
    for line in re.split("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", shown(text)):
        assert depth_after(line) == []
        assert not set(OVERRIDES).intersection(line)


@given(st.text(st.sampled_from("ab א\n\t\x85")))
def test_lines_spaces_and_tabs_of_a_message_stay(text: str) -> None:
    assert shown(text) == text


@given(HOSTILE, st.sampled_from(["[rt.test #1]", "[[rt.test #2]]", "[ rt.test #3 ]"]))
def test_a_subject_has_no_tag_and_one_line(text: str, tag: str) -> None:
    subject = untagged(f"{text}{tag}{text}")
    assert "[" not in subject
    assert "]" not in subject
    assert len(subject.splitlines()) <= 1
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069").intersection(subject)

"""What text may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import MAX_MESSAGE_BYTES, EmptyText, TextTooLong, tidy


@given(st.text(alphabet=st.characters(), max_size=300))
def test_tidy_text_stays_tidy_and_can_be_stored(text: str) -> None:
    try:
        kept = tidy(text)
    except EmptyText:
        return
    assert tidy(kept) == kept
    assert kept.encode()
    assert not any(c < " " and c not in "\n\t" for c in kept)


def test_lines_tabs_and_emoji_survive() -> None:
    assert tidy("a\r\n\tb\rc 👩🏽‍💻\x00") == "a\n\tb\nc 👩🏽‍💻"
    assert tidy("press Print\vOut of paper\fhelp") == "press Print\nOut of paper\nhelp"


def test_white_space_is_nothing() -> None:
    with pytest.raises(EmptyText):
        tidy(" \n\t\x00 ")


def test_thirty_kilobytes_is_the_most() -> None:
    assert len(tidy("x" * MAX_MESSAGE_BYTES)) == MAX_MESSAGE_BYTES
    with pytest.raises(TextTooLong):
        tidy("x" * (MAX_MESSAGE_BYTES + 1))
    with pytest.raises(TextTooLong):
        tidy("🖨" * (MAX_MESSAGE_BYTES // 4 + 1))

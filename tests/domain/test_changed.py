"""A chat that is copied the quick way."""

from dataclasses import replace

import pytest

from bot.domain.chat import changed
from tests.people import NOW, talking


def test_a_changed_chat_is_what_replace_makes_of_it() -> None:
    chat = talking()
    assert changed(chat, head=7, closing=NOW) == replace(chat, head=7, closing=NOW)
    assert changed(chat) == chat
    with pytest.raises(KeyError):
        changed(chat, hed=7)

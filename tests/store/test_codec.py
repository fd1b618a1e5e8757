"""Chats as JSON: tolerant to other versions, and never another chat's or an older one."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.chat import Chat
from bot.store import codec
from tests.people import GRACE, NOW, invited, talking


def test_a_chat_of_a_later_version_is_read_and_of_an_earlier_one_filled_in() -> None:
    chat = replace(talking(1), id="versions")
    detail = json.loads(codec.chat_to_json(chat))
    later = json.dumps({**detail, "novelty": {"a": 1}})
    del detail["card"]
    assert codec.chat_from_json("versions", later) == chat
    assert codec.chat_from_json("versions", json.dumps(detail)) == chat


def test_a_chat_that_was_changed_elsewhere_is_read_anew() -> None:
    mine, theirs = talking(1), invited(1)
    changed = codec.chat_to_json(theirs)
    codec.chat_to_json(mine)  # what this process knows
    assert mine.id == theirs.id
    assert codec.chat_from_json(mine.id, changed) == theirs


def test_what_is_known_of_chats_has_an_end() -> None:
    for number in range(4000):
        codec.chat_to_json(replace(talking(1), id=f"chat-{number}"))
    assert len(codec._known) < 3000


def test_a_chat_is_written_as_a_whole_whatever_has_changed_of_it() -> None:
    chat = replace(talking(1), id="changing")
    at = NOW + timedelta(microseconds=1)
    several: tuple[dict[str, Any], ...] = (
        {"head": 5, "size": 7, "spoken": 2, "heard": at},
        {"closing": at},
        {"card": "17"},
        {"closing": None, "heard": None},
        {"operators": (GRACE, GRACE)},
        {"ended": at, "ended_by": GRACE},
        {"head": 6},
    )
    for changes in several:
        chat = replace(chat, **changes)
        assert codec.read_chat(codec.chat_to_json(chat)) == chat
        assert json.loads(codec.chat_to_json(chat)).keys() == json.loads(whole(chat)).keys()


def whole(chat: Chat) -> bytes:
    return codec._chat.dump_json(chat)

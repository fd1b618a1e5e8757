"""Chats as JSON: tolerant to other versions, and never another chat's or an older one."""

import json
from dataclasses import replace

from bot.store import codec
from tests.people import invited, talking


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

"""Chats as JSON: tolerant to other versions, and never another chat's or an older one."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.chat import Chat, State
from bot.store import codec
from tests.people import GRACE, NOW, invited, talking


def test_a_chat_of_a_later_version_is_read_and_of_an_earlier_one_filled_in() -> None:
    chat = replace(talking(1), id="versions")
    detail = json.loads(codec.chat_to_json(chat))
    later = json.dumps({**detail, "novelty": {"a": 1}})
    del detail["card"]
    assert codec.chat_from_json("versions", later) == chat
    assert codec.chat_from_json("versions", json.dumps(detail)) == chat


def test_what_a_later_version_keeps_of_a_chat_stays_when_this_one_writes_it() -> None:
    """The two run side by side while processes are upgraded one after the other."""
    chat = replace(talking(1), id="upgraded")
    novelty = {"novelty": {"a": ["Ü", 1.5, None]}, "flag": True}
    later = json.dumps({**json.loads(codec.chat_to_json(chat)), **novelty})
    for changes in ({"head": 9}, {"card": "17"}, {"head": 10}):
        chat = replace(codec.chat_from_json("upgraded", later), **changes)
        later = codec.chat_to_json(chat)
        assert codec.read_chat(later) == chat
        assert {name: json.loads(later).get(name) for name in novelty} == novelty
    again = json.dumps(json.loads(later) | {"flag": False})  # by the later version
    assert not json.loads(codec.chat_to_json(codec.chat_from_json("upgraded", again)))["flag"]


def test_nothing_of_it_stays_with_a_chat_that_is_over_or_with_another() -> None:
    chat = replace(talking(1), id="over")
    later = json.dumps({**json.loads(codec.chat_to_json(chat)), "novelty": "Ada"})
    chat = codec.chat_from_json("over", later)
    other = replace(chat, id="other")
    for state in (State.PURGED, State.CANCELLED, State.ERASED):
        assert "novelty" not in codec.chat_to_json(replace(chat, state=state))
    assert "novelty" not in codec.chat_to_json(other)
    assert "novelty" not in codec.chat_to_json(codec.chat_from_json("over", whole(chat).decode()))


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


def test_nor_is_what_a_later_version_keeps_of_them_known_for_ever() -> None:
    detail = json.loads(codec.chat_to_json(talking(1))) | {"novelty": 1}
    for number in range(4000):
        codec.chat_from_json(f"later-{number}", json.dumps(detail | {"id": f"later-{number}"}))
    assert codec._later.keys() <= codec._known.keys()


async def test_it_is_forgotten_with_the_chat_but_for_what_is_just_being_done_to_it() -> None:
    """What a unit of work has read already it may write a moment later."""
    await codec.forget()
    chat = replace(talking(1), id="forgotten")
    detail = json.loads(codec.chat_to_json(chat)) | {"novelty": "Ada"}
    chat = codec.chat_from_json(chat.id, json.dumps(detail))
    await codec.forget()
    assert json.loads(codec.chat_to_json(chat))["novelty"] == "Ada"
    await codec.forget()
    await codec.forget()
    assert chat.id not in codec._later


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

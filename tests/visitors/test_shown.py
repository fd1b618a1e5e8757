"""What a client is shown next, made out of a commit's news alone or left to the database."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.messages import Message
from bot.relay.delivery import News
from bot.visitors import wire
from bot.visitors.shown import Shown
from tests.people import INTAKE
from tests.visitors.browser import CHAT
from tests.visitors.fakes import GRACE, NOW, FakeVisiting


class Talk:
    """A chat in which things happen, and the news of each."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self.visiting = FakeVisiting(lambda committed: self.heard.extend(committed.news))

    @classmethod
    async def begun(cls) -> Talk:
        talk = cls()
        await talk.visiting.join(talk.visiting.invite(), "nonce", None)
        talk.heard.clear()
        return talk

    @property
    def chat(self) -> Chat:
        return self.visiting.chats[CHAT]

    @property
    def log(self) -> list[Message]:
        return self.visiting.logs[CHAT]

    def client(self) -> Shown:
        """Somebody who has been shown everything so far."""
        shown = Shown()
        shown.begin(self.chat.head)
        shown.look(self.chat, 0)
        return shown

    def news(self) -> News:
        """What the last commit brought."""
        return self.heard[-1]


def read(frames: list[bytes] | None) -> list[dict[str, Any]]:
    assert frames is not None, "only the database could tell"
    return [json.loads(frame) for frame in frames]


@pytest.fixture
async def talk() -> Talk:
    return await Talk.begun()


async def test_a_line_that_comes_next_is_shown_from_the_news_alone(talk: Talk) -> None:
    shown = talk.client()
    talk.visiting.answer(CHAT, "Hello Ada")
    (line,) = read(shown.hear(talk.news()))
    assert (line["t"], line["text"], shown.cursor) == ("line", "Hello Ada", 2)


async def test_what_was_shown_already_is_not_shown_again(talk: Talk) -> None:
    shown = talk.client()
    talk.visiting.answer(CHAT, "Hello Ada")
    assert len(read(shown.hear(talk.news()))) == 1
    assert read(shown.hear(talk.news())) == []


async def test_behind_a_gap_only_the_database_can_tell(talk: Talk) -> None:
    shown = talk.client()
    talk.visiting.answer(CHAT, "lost on the way")
    talk.visiting.answer(CHAT, "and then this")
    assert shown.hear(talk.news()) is None
    assert shown.hear(replace(talk.news(), chat=None)) is None
    assert shown.cursor == 1


async def test_news_older_than_what_was_shown_do_not_turn_the_view_back(talk: Talk) -> None:
    talk.visiting.happen(CHAT, e.Ended(NOW, GRACE))
    ended = talk.client()
    before = replace(talk.chat, state=State.OPEN, ended_by=None, head=talk.chat.head - 1)
    assert ended.hear(News(CHAT, before)) is None


async def test_how_far_it_is_relayed_takes_a_small_frame_and_never_goes_back(talk: Talk) -> None:
    shown = talk.client()
    assert read(shown.hear(News(CHAT, relayed=2))) == [{"t": "relayed", "seq": 2}]
    assert read(shown.hear(News(CHAT, relayed=2))) == []
    assert read(shown.hear(News(CHAT, relayed=1))) == []


async def test_a_view_carries_how_far_it_is_relayed_as_it_was_told_last(talk: Talk) -> None:
    shown = talk.client()
    shown.hear(News(CHAT, relayed=2))
    talk.visiting.happen(CHAT, e.Ended(NOW, GRACE))
    line, view = read(shown.hear(talk.news()))
    assert (line["text"], view["t"]) == ("ended_by_operator", "view")
    assert (view["view"]["state"], view["view"]["relayed"]) == ("ended", 2)


async def test_of_words_no_view_is_made_and_of_anything_else_there_is(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, made, view = talk.client(), [], wire.view

    def counted(chat: Chat, *more: Any) -> dict[str, Any] | None:
        made.append(chat)
        return view(chat, *more)

    talk.visiting.answer(CHAT, "the first one names whoever is there")
    shown.hear(talk.news())
    monkeypatch.setattr(wire, "view", counted)
    for number in range(3):
        talk.visiting.answer(CHAT, f"and {number}")
        assert [frame["t"] for frame in read(shown.hear(talk.news()))] == ["line"]
    assert made == []
    closing = replace(talk.chat, closing=NOW)
    assert shown.hear(News(CHAT, closing)) is None  # which came first?
    line = replace(talk.log[-1], seq=talk.chat.head + 1)
    later = News(CHAT, replace(closing, head=line.seq), lines=(line,))
    frames = read(shown.hear(later))
    assert [frame["t"] for frame in frames] == ["line", "view"]
    assert frames[1]["view"]["closing"]


async def test_after_another_hello_the_view_is_made_again(talk: Talk) -> None:
    shown = talk.client()
    shown.begin(talk.chat.head)
    assert shown.hear(News(CHAT, talk.chat)) is None
    assert [frame["t"] for frame in read(shown.look(talk.chat, 0))] == ["welcome"]


async def test_a_chat_its_visitor_may_not_see_is_left_to_the_database(talk: Talk) -> None:
    shown = talk.client()
    assert shown.hear(News(CHAT, replace(talk.chat, state=State.CANCELLED))) is None


async def test_before_the_welcome_only_the_database_can_tell(talk: Talk) -> None:
    shown = Shown()
    assert shown.hear(News(CHAT, relayed=1)) == []  # nobody has said hello
    shown.begin(0)
    assert shown.hear(News(CHAT, relayed=1)) is None
    (welcome,) = read(shown.look(talk.chat, 1))
    assert (welcome["t"], welcome["view"]["relayed"]) == ("welcome", 1)


async def test_how_many_wait_longer_is_asked_of_the_database_once_he_waits(talk: Talk) -> None:
    talk.visiting.chats[CHAT] = replace(talk.chat, intake=INTAKE)
    client = talk.client()
    talk.visiting.happen(CHAT, e.HandedBack(NOW, GRACE))
    assert client.hear(talk.news()) is None
    put_back = talk.chat
    client.cursor = put_back.head
    (frame,) = read(client.look(put_back, 0, 2))
    assert frame["view"]["waiting_longer"] == 2
    assert client.look(put_back, 0, 2) == []
    (frame,) = read(client.look(put_back, 0, 1))
    assert frame["view"]["waiting_longer"] == 1
    talk.visiting.happen(CHAT, e.Unanswered(NOW))  # what is known of the others stays
    assert [f["t"] for f in read(client.hear(talk.news()))] == ["line"]
    talk.visiting.answer(CHAT, "Toner?")
    *_, frame = read(client.hear(talk.news()))
    assert "waiting_longer" not in frame["view"]

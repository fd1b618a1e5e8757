"""A request's way through the adapter: invokes answered, failures told by status alone."""

from __future__ import annotations

import json
from typing import cast

import aiohttp
import pytest
import structlog
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from bot.domain.chat import Chat
from bot.relay.inbound import Pressing
from bot.relay.outcomes import NotDone
from bot.relay.ports import CardView, Listening
from bot.sandbox.teams import Post
from bot.teams import adapter, words
from tests.people import proposed, talking
from tests.teams.stage import Stage


async def card_post(stage: Stage, chat: Chat) -> Post:
    """The chat's card, standing in the channel."""
    thread = stage.thread()
    card = await stage.room.threads.show(thread, CardView(chat, Listening.THREAD), "")
    return next(post for post in stage.teams.posts("Live chat") if post.id == card)


async def test_a_press_is_answered_with_the_card_as_it_is_now(stage: Stage) -> None:
    post = await card_post(stage, proposed())
    stage.operating.answer = Pressing(CardView(talking(), Listening.THREAD))
    pressed = await stage.teams.people["grace"].press(post, "Invite Ada Lovelace")
    assert (pressed.kind, pressed.status) == ("card", 200)
    assert "Nobody has written" in json.dumps(pressed.card)
    told = stage.operating.pressed[0]
    assert (told.verb, told.chat_id) == ("invite", "chat-1")
    assert told.values == {"requestor": "0", "route": "copy", "nonce": "0.0"}
    assert told.operator.id == stage.teams.world.people["grace"].object_id


async def test_a_press_that_did_nothing_is_answered_with_a_sentence(stage: Stage) -> None:
    post = await card_post(stage, proposed())
    view = CardView(proposed(), Listening.THREAD)
    stage.operating.answer = Pressing(view, "The invitation is out already.")
    pressed = await stage.teams.people["grace"].press(post, "Invite Ada Lovelace")
    assert (pressed.kind, pressed.text) == ("message", "The invitation is out already.")


async def test_summary_and_status_come_with_the_press(stage: Stage) -> None:
    post = await card_post(stage, talking())
    typed = {"summary": "Line one\n**two**", "echo": "345"}
    await stage.teams.people["grace"].press(post, "file", typed)
    values = stage.operating.pressed[0].values
    assert values.items() >= {**typed, "status": "", "nonce": "1.0"}.items()


@pytest.mark.parametrize("who", ["mallory", "guy"])
async def test_a_press_of_somebody_else_is_refused_with_the_reason(stage: Stage, who: str) -> None:
    post = await card_post(stage, proposed())
    with structlog.testing.capture_logs() as logs:
        pressed = await stage.teams.people[who].press(post, "Invite Ada Lovelace")
    assert (pressed.kind, pressed.text) == ("message", words.PRESS_NOT_ALLOWED)
    assert stage.operating.calls == 0
    assert "press_refused" in [entry["event"] for entry in logs]


@pytest.mark.parametrize(
    "action",
    [
        {"type": "Action.Execute", "verb": "end"},
        {"type": "Action.Execute", "data": "text"},
        {"type": "Action.Execute", "data": {"chat": 7, "verb": ["end"]}},
        {"type": "Action.Execute", "data": {"verb": "end"}},
    ],
)
async def test_a_press_without_a_chat_is_answered_with_a_sentence(
    stage: Stage, action: dict[str, object]
) -> None:
    post = await card_post(stage, proposed())
    pressed = await stage.teams.people["grace"].act(post, action, action.get("data", {}))
    assert (pressed.kind, pressed.text) == ("message", words.PRESS_UNKNOWN)
    assert stage.operating.calls == 0


async def test_a_dialog_is_answered_in_the_shape_of_dialogs(stage: Stage) -> None:
    post = await card_post(stage, proposed())
    submit = {"type": "Action.Submit", "data": {"msteams": {"type": "task/fetch"}}}
    grace = stage.teams.people["grace"]
    opened = await grace.act(post, submit, submit["data"])
    assert (opened.kind, opened.status, opened.text) == ("message", 200, words.NO_DIALOG)
    assert grace.attempt is not None
    assert grace.attempt.activity["name"] == "task/fetch"
    sent = await grace.act(post, submit, {"x": 1}, in_dialog=True)
    assert (sent.kind, sent.status) == ("message", 200)


@pytest.mark.parametrize("name", ["message/submitAction", "composeExtension/query", None])
async def test_an_invoke_that_we_do_not_know_is_501(stage: Stage, name: str | None) -> None:
    grace = stage.teams.people["grace"]
    await grace.post("Live chat", "hello")
    assert grace.attempt is not None
    invoke = grace.attempt.activity | {"type": "invoke", "name": name, "value": {}, "id": "f:1"}
    attempt = await stage.teams.courier.redeliver(invoke)
    assert attempt.status == 501


async def test_a_failure_of_ours_is_500_without_a_trace_or_anybodys_words(stage: Stage) -> None:
    stage.operating.trouble = RuntimeError("INSERT 'a secret sentence'")
    grace = stage.teams.people["grace"]
    with structlog.testing.capture_logs() as logs:
        await grace.mention("Live chat", "a secret sentence")
    assert grace.attempt is not None
    assert grace.attempt.status == 500
    assert "secret" not in str(grace.attempt.body)
    assert "Traceback" not in str(grace.attempt.body)
    assert "secret" not in str(logs)
    assert "turn_failed" in [entry["event"] for entry in logs]


async def test_what_can_be_done_later_is_503_so_that_teams_comes_again(stage: Stage) -> None:
    stage.operating.trouble = NotDone("The database is busy.")
    grace = stage.teams.people["grace"]
    await grace.mention("Live chat", "hello")
    assert grace.attempt is not None
    assert grace.attempt.status == 503


async def test_a_turn_that_hangs_is_put_off_before_teams_gives_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = stage.teams.people["grace"]
    await grace.mention("Live chat", "hello")  # now the roster is known: what hangs is the use case
    monkeypatch.setattr("bot.teams.adapter.TURN_LIMIT", 0.1)
    stage.operating.hangs = True
    await grace.mention("Live chat", "hello?")
    assert grace.attempt is not None
    assert grace.attempt.status == 503


async def test_a_sender_who_goes_away_in_the_middle_is_no_fault_of_ours() -> None:
    body = aiohttp.StreamReader(cast("BaseProtocol", None), 1024)
    body.set_exception(ConnectionResetError("Connection lost"))
    kind = {"Content-Type": "application/json"}
    request = make_mocked_request("POST", "/api/messages", headers=kind, payload=body)
    with pytest.raises(adapter._Unreadable, match="broke"):
        await adapter._read(request)

"""Teams insists, and sometimes repeats itself."""

from __future__ import annotations

import pytest

from bot.sandbox.teams import TeamsStandIn
from bot.sandbox.teams.delivery import Patience, Repeats
from tests.sandbox.teams.bots import RecordingBot


@pytest.mark.parametrize(
    ("answers", "tries"),
    [([200], 1), ([401], 1), ([503, 200], 2), ([500, 500, 200], 2), ([1.0, 200], 2)],
)
async def test_an_activity_comes_again_after_silence_or_a_server_error(
    teams: TeamsStandIn, bot: RecordingBot, answers: list[int | float], tries: int
) -> None:
    silent = any(isinstance(answer, float) for answer in answers)
    teams.courier.patience = Patience(timeout=0.3 if silent else 20, again=1, pause=0)
    bot.answers = [*answers]
    await teams.people["grace"].tell("hello")
    assert len(bot.heard) == tries
    assert all(activity == bot.heard[0] for activity in bot.heard)


async def test_a_bot_that_is_not_there_is_noted(teams: TeamsStandIn) -> None:
    teams.bot_url = "http://127.0.0.1:1/api/messages"
    post = await teams.people["grace"].tell("hello")
    attempt = teams.people["grace"].attempt
    assert attempt
    assert attempt.status is None
    assert attempt.why
    assert "did not answer" in post.note


async def test_doubles_come_with_the_same_and_with_new_ids_as_planned(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    teams.courier.repeats = [Repeats(same_id=1, new_id=2, type="message")]
    first = await teams.people["grace"].tell("hello")
    await teams.people["grace"].tell("once")
    ids = [activity["id"] for activity in bot.heard]
    assert ids[:2] == [first.id, first.id]
    assert len(set(ids)) == len(ids) - 1 == 4
    assert {activity["text"].strip() for activity in bot.heard[:4]} == {"hello"}


async def test_the_last_activity_can_be_sent_again_by_hand(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    post = await teams.people["grace"].tell("hello")
    await teams.people["grace"].again()
    await teams.people["grace"].again(new_id=True)
    assert bot.heard[1]["id"] == post.id
    assert bot.heard[2]["id"] != post.id
    assert bot.heard[2]["text"] == bot.heard[0]["text"]


async def test_anything_at_all_can_be_thrown_at_the_bot(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    bot.answers = [401]
    headers = {"Content-Type": "application/json", "Authorization": "Bearer forged"}
    attempt = await teams.courier.send_raw(b"{}", headers)
    assert (attempt.status, bot.tokens) == (401, ["forged"])


async def test_an_anonymous_stand_in_neither_signs_nor_asks(bot: RecordingBot) -> None:
    async with TeamsStandIn(bot_url=bot.url, anonymous=True) as teams:
        await teams.people["grace"].tell("hello")
    assert bot.tokens == [""]

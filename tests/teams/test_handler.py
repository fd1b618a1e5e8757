"""What people do in Teams, as the use cases hear of it; and who is turned away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from bot.relay.ports import Listening, Scope
from bot.sandbox.teams import Fault, TeamsStandIn
from bot.teams import TeamConfig
from tests.teams.stage import Stage, served


async def settled(stage: Stage) -> None:
    """Let the refusals that are under way go out."""
    await asyncio.gather(*stage.room.handler._tasks)


async def test_a_mention_in_a_channel_is_heard_with_its_thread(stage: Stage) -> None:
    post = await stage.teams.people["grace"].mention("Live chat", "rt#12345")
    heard = stage.operating.heard[0]
    assert (heard.text, heard.mentioned, heard.key) == ("rt#12345", True, post.id)
    assert heard.thread.conversation_id == post.thread_id
    assert heard.thread.root_id == post.id
    assert heard.thread.listening is Listening.THREAD
    assert heard.operator.name == "Grace Hopper"


async def test_an_unmentioned_reply_is_told_as_such(stage: Stage) -> None:
    grace, alan = stage.teams.people["grace"], stage.teams.people["alan"]
    root = await grace.mention("Live chat", "12345")
    await alan.reply(root, "I know that printer")
    heard = stage.operating.heard[1]
    assert (heard.text, heard.mentioned) == ("I know that printer", False)
    assert heard.thread.conversation_id == root.thread_id


async def test_a_personal_chat_is_always_meant_for_the_bot(stage: Stage) -> None:
    await stage.teams.people["grace"].tell("12345")
    heard = stage.operating.heard[0]
    assert (heard.mentioned, heard.thread.scope) == (True, Scope.PERSONAL)


async def test_a_group_chat_listens_as_configured_for_groups(teams: TeamsStandIn) -> None:
    async with served(teams, in_groups=Listening.THREAD) as stage:
        await teams.people["grace"].mention("On duty today", "12345")
        thread = stage.operating.heard[0].thread
        assert (thread.scope, thread.listening) == (Scope.GROUP, Listening.THREAD)


async def test_formatting_comes_through_as_text(stage: Stage) -> None:
    typed = (
        "run `ls <dir>`\n\n```sh\nif true; then\n  ls > /tmp/x\nfi\n```\nsee https://x.test/a 🙂"
    )
    await stage.teams.people["grace"].mention("Live chat", typed)
    expected = "run ls <dir>\nif true; then\n  ls > /tmp/x\nfi\nsee https://x.test/a 🙂"
    assert stage.operating.heard[0].text == expected


async def test_an_edit_a_removal_and_its_undoing_are_told(stage: Stage) -> None:
    grace = stage.teams.people["grace"]
    post = await grace.mention("Live chat", "first")
    await grace.edit(post, "second", mention=True)
    await grace.delete(post)
    await grace.undelete(post)
    texts = [changed.text for changed in stage.operating.changed]
    assert texts == ["second", None, "second"]
    assert {changed.key for changed in stage.operating.changed} == {post.id}
    assert len({changed.activity_id for changed in stage.operating.changed}) == 3


async def test_reactions_installations_and_newcomers_are_no_words(stage: Stage) -> None:
    grace = stage.teams.people["grace"]
    post = await grace.mention("Live chat", "12345")
    await grace.react(post)
    await grace.install("Live chat")
    await grace.uninstall("Live chat")
    assert grace.attempt is not None
    assert grace.attempt.status == 200
    assert stage.operating.calls == 1


@pytest.mark.parametrize("who", ["mallory", "guy"])
async def test_others_are_turned_away_with_the_reason_and_logged(stage: Stage, who: str) -> None:
    with structlog.testing.capture_logs() as logs:
        await stage.teams.people[who].mention("Live chat", "12345")
        await settled(stage)
    assert stage.operating.calls == 0
    assert "Only members of the computing support team" in stage.teams.posts("Live chat")[-1].text
    assert "person_refused" in [entry["event"] for entry in logs]


async def test_another_tenants_person_gets_403(stage: Stage) -> None:
    eve = stage.teams.people["eve"]
    await eve.tell("12345")
    assert eve.attempt is not None
    assert (eve.attempt.status, stage.operating.calls) == (403, 0)


async def test_the_reason_is_not_given_time_and_again(stage: Stage) -> None:
    mallory = stage.teams.people["mallory"]
    for _ in range(3):
        await mallory.tell("hello?")
    await settled(stage)
    assert len([p for p in stage.teams.posts(mallory.chat.id) if p.author is None]) == 1


async def test_talk_of_others_that_does_not_mention_the_bot_is_left_alone(stage: Stage) -> None:
    await stage.teams.people["mallory"].post("Live chat", "lunch?")
    await settled(stage)
    assert stage.operating.calls == 0
    assert [post.author is None for post in stage.teams.posts("Live chat")] == [False]


async def test_a_guest_who_writes_where_a_visitor_listens_is_told_that_nobody_reads_it(
    stage: Stage,
) -> None:
    stage.operating.live = True
    root = await stage.teams.people["grace"].mention("Live chat", "12345")
    await stage.teams.people["guy"].reply(root, "Hello Ada")
    await settled(stage)
    assert [heard.text for heard in stage.operating.heard] == ["12345"]
    assert len(stage.teams.posts("Live chat", root.id)) == 3


async def test_a_team_that_is_not_configured_is_refused_even_to_members(stage: Stage) -> None:
    await stage.teams.people["grace"].mention("Questions", "12345")
    await settled(stage)
    assert stage.operating.calls == 0
    assert "not set up for the team" in stage.teams.posts("Questions")[-1].text


async def test_when_teams_does_not_tell_who_is_a_member_it_is_asked_to_come_again(
    stage: Stage,
) -> None:
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    grace = stage.teams.people["grace"]
    await grace.mention("Live chat", "12345")
    assert grace.attempt is not None
    assert (grace.attempt.status, stage.operating.calls) == (503, 0)


async def test_a_change_in_the_team_makes_us_ask_anew(stage: Stage) -> None:
    grace = stage.teams.people["grace"]
    await grace.mention("Live chat", "12345")
    await grace.install("Live chat")
    await grace.mention("Live chat", "12345")
    assert len(stage.teams.ledger.sent("paged_members")) == 2


async def test_a_refusal_that_cannot_be_sent_harms_nothing(stage: Stage) -> None:
    stage.teams.faults.add(Fault.writes_blocked(on="send"))
    mallory = stage.teams.people["mallory"]
    await mallory.tell("hello?")
    await settled(stage)
    assert mallory.attempt is not None
    assert mallory.attempt.status == 200


async def test_in_development_without_a_team_everybody_here_may_act() -> None:
    async with (
        TeamsStandIn(anonymous=True) as bare,
        served(
            bare,
            app_id="",
            credential=None,
            tenant_ids=[],
            teams=[],
            development=True,
            bound_to="127.0.0.1",
        ) as stage,
    ):
        await bare.people["mallory"].tell("12345")
        assert [heard.text for heard in stage.operating.heard] == ["12345"]


@pytest.mark.parametrize("missing", ["app_id", "credential", "tenant_ids", "teams"])
async def test_in_production_nothing_may_be_missing(teams: TeamsStandIn, missing: str) -> None:
    empty: dict[str, Any] = {"app_id": "", "credential": None, "tenant_ids": [], "teams": []}
    with pytest.raises(ValueError, match="needs an app id"):
        async with served(teams, **{missing: empty[missing]}):
            pass


def test_a_team_is_listened_to_by_mention_unless_it_says_otherwise() -> None:
    assert TeamConfig("19:x").listening is Listening.MENTION

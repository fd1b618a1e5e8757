"""Teams gets its answer in a few seconds, whatever hangs; and what that answer cost is not forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.commands import NOTE
from bot.relay.outcomes import NotDone, Refused
from bot.relay.ports import Listening
from bot.sandbox.teams import Fault, TeamsStandIn
from bot.teams import TeamConfig, handler, keys, membership
from tests.teams.stage import Stage, served


@pytest.fixture
def quick(stage: Stage) -> Stage:
    """The stage that tells at once what was refused."""
    stage.room.handler._misses._look = 0.01
    stage.room.handler._misses._wait = 0.0
    return stage


@pytest.fixture
def hasty(quick: Stage) -> Stage:
    """The same with little patience, for what hangs: on a busy machine all else may take as long."""
    quick.room.handler._limit = 0.2
    return quick


async def status(stage: Stage) -> int | None:
    attempt = stage.teams.people["grace"].attempt
    assert attempt is not None
    return attempt.status


async def told(stage: Stage) -> list[str]:
    """The keys that a thread was told of, once everything is told."""
    task = stage.room.handler._misses._task
    if task is not None:
        await task
    return [one.key for _, messages in stage.operating.missing for one in messages]


def test_the_limits_add_up_to_an_answer_well_within_teams_fifteen_seconds() -> None:
    assert membership.PATIENCE < handler.LIMIT < 5
    assert keys.PATIENCE + handler.LIMIT < 7  # both only if the keys come at the very last moment


async def test_a_database_that_hangs_is_a_503(hasty: Stage) -> None:
    await hasty.teams.people["grace"].mention("Live chat", "12345")
    hasty.operating.hangs = True
    await hasty.teams.people["grace"].mention("Live chat", "12345")
    assert await status(hasty) == 503


async def test_a_roster_that_hangs_is_a_503_and_not_a_refusal(hasty: Stage) -> None:
    hasty.teams.faults.add(Fault.slow(60, on="paged_members", times=None))
    await hasty.teams.people["grace"].mention("Live chat", "12345")
    assert (await status(hasty), hasty.operating.calls) == (503, 0)
    assert len(hasty.teams.posts("Live chat")) == 1


async def test_a_roster_that_hangs_holds_up_nobody_who_is_known(quick: Stage) -> None:
    grace = quick.teams.people["grace"]
    root = await grace.mention("Live chat", "12345")
    quick.teams.faults.add(Fault.slow(60, on="*", times=None))
    await grace.reply(root, "hello")
    assert await status(quick) == 200
    assert [heard.text for heard in quick.operating.heard] == ["12345", "hello"]


async def test_an_entra_that_hangs_is_a_503(hasty: Stage) -> None:
    hasty.teams.faults.add(Fault.slow(2, on="token", times=None))
    await hasty.teams.people["grace"].mention("Live chat", "12345")
    assert (await status(hasty), hasty.operating.calls) == (503, 0)


async def test_signing_keys_that_hang_are_a_503(hasty: Stage) -> None:
    hasty.teams.faults.add(Fault.slow(60, on="openid keys", times=None))
    hasty.room._keys._patience = 0.1
    await hasty.teams.people["grace"].mention("Live chat", "12345")
    assert (await status(hasty), hasty.operating.calls) == (503, 0)


@pytest.mark.parametrize("what", ["edit", "delete", "press"])
async def test_changes_and_buttons_are_answered_in_time_too(quick: Stage, what: str) -> None:
    grace = quick.teams.people["grace"]
    post = await grace.mention("Live chat", "12345")
    quick.operating.trouble = NotDone("The database does not answer.")
    match what:
        case "edit":
            await grace.edit(post, "12346")
        case "delete":
            await grace.delete(post)
        case _:
            data = {"chat": "chat-1", "verb": "end"}
            action = {"type": "Action.Execute", "verb": "end", "data": data}
            await grace.act(post, action, data)
    assert await status(quick) == 503


async def test_what_was_refused_and_not_brought_again_is_told_by_time_and_name(
    quick: Stage,
) -> None:
    grace = quick.teams.people["grace"]
    root = await grace.mention("Live chat", "12345")
    quick.operating.trouble = NotDone("The database does not answer.")
    post = await grace.reply(root, "Your password is on its way.")
    await grace.edit(post, "Your new password is on its way.")
    quick.operating.trouble = None
    assert await told(quick) == [post.id, post.id]
    ((where, (words, change)),) = quick.operating.missing
    assert where.conversation_id == root.thread_id
    assert (words.operator.name, words.when) == ("Grace Hopper", f"{post.at:%H:%M}")
    assert (words.change, bool(change.change)) == ("", True)
    assert "password" not in repr(quick.operating.missing)


async def test_a_fault_of_our_own_is_told_as_well(quick: Stage) -> None:
    quick.operating.trouble = ZeroDivisionError()
    post = await quick.teams.people["grace"].mention("Live chat", "12345")
    quick.operating.trouble = None
    assert await status(quick) == 500
    assert await told(quick) == [post.id]


async def test_notes_and_talk_of_others_are_not_told(quick: Stage) -> None:
    grace = quick.teams.people["grace"]
    root = await grace.mention("Live chat", "12345")
    quick.operating.trouble = NotDone("The database does not answer.")
    await grace.reply(root, f"{NOTE} careful")
    assert await status(quick) == 503
    assert await told(quick) == []


async def test_where_only_mentions_count_the_rest_is_not_told(teams: TeamsStandIn) -> None:
    support = teams.world.conversation("Live chat").team
    assert support is not None
    async with served(teams, teams=[TeamConfig(support.id, Listening.MENTION)]) as stage:
        grace = teams.people["grace"]
        root = await grace.mention("Live chat", "12345")
        stage.operating.trouble = NotDone("The database does not answer.")
        await grace.reply(root, "between us")
        assert stage.room.handler._misses._task is None
        await grace.reply(root, "for you", mention=True)
        assert stage.room.handler._misses._task is not None


async def test_strangers_words_are_not_spoken_of(quick: Stage) -> None:
    mallory = quick.teams.people["mallory"]
    fault = Fault.gateway(502, on="paged_members", times=1)
    quick.teams.faults.add(fault)
    await mallory.mention("Live chat", "12345")
    assert mallory.attempt is not None
    assert mallory.attempt.status == 503
    quick.room.membership._trouble.clear()  # type: ignore[attr-defined]
    assert await told(quick) == []


async def test_teams_time_goes_along(stage: Stage) -> None:
    post = await stage.teams.people["grace"].mention("Live chat", "12345")
    (at,) = stage.operating.at
    assert at is not None
    assert abs(at - post.at) < timedelta(seconds=60)


async def test_a_refused_press_is_not_a_lost_message(quick: Stage) -> None:
    post = await quick.teams.people["grace"].mention("Live chat", "12345")
    quick.operating.trouble = Refused("no")
    data = {"chat": "chat-1", "verb": "end"}
    action = {"type": "Action.Execute", "verb": "end", "data": data}
    await quick.teams.people["grace"].act(post, action, data)
    quick.operating.trouble = None
    assert await told(quick) == []

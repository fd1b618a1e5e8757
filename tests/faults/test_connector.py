"""T2: Teams answers with errors, late, or not at all; its login is down and its keys change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.sandbox.teams import Fault
from tests.faults.load import Pace
from tests.faults.scene import Plan, Scene, scene
from tests.faults.weather import hurried, storm


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_bad_day_of_teams_loses_nothing_and_labels_every_repeat(
    plan: Plan,
    figures: Callable[[str], None],
    request: pytest.FixtureRequest,
    database: str,
) -> None:
    if database == "postgresql":
        plan.urls = [request.getfixturevalue("postgres_url")] * 2
    async with scene(plan) as trial:
        raging = storm(trial.stage, plan.seed, 0.25)
        await trial.load.talk(6, Pace(2.0, 0.5))
        trial.stage.teams.faults.clear()
        await trial.drain()
        figures(f"{trial.figures()}; Teams' faults {dict(raging.hits)}")
        trial.check()
        assert not hurried(trial.stage)


@pytest.mark.soak
async def test_two_bad_hours_of_teams(plan: Plan, figures: Callable[[str], None]) -> None:
    plan.chats = 50
    async with scene(plan) as trial:
        raging = storm(trial.stage, plan.seed, 0.11, silence_done=1.0)
        await trial.load.talk(7200, Pace(0.2, 0.2))
        trial.stage.teams.faults.clear()
        await trial.drain()
        figures(f"{trial.figures()}; Teams' faults {dict(raging.hits)}")
        trial.check()
        assert not hurried(trial.stage)


async def test_a_post_that_hangs_is_repeated_with_a_label_and_others_do_not_wait(
    plan: Plan,
) -> None:
    async with scene(plan) as trial:
        victim, *others = trial.accounts
        place = victim.place.id
        hang = Fault.silence(on="send reply", conversation=place, accepted=True)
        trial.stage.teams.faults.add(hang)
        await asyncio.gather(*(guest.say() for guest in trial.load.guests))
        await until_posted(trial, len(others))
        assert not hang.times
        await trial.drain()
        trial.check()


async def test_teams_login_may_be_down_and_its_keys_may_change_in_the_middle(plan: Plan) -> None:
    async with scene(plan) as trial:
        teams = trial.stage.teams
        teams.login.lifetime = 2
        await trial.load.talk(1, Pace(2.0, 2.0))
        teams.login.down, teams.openid.down = True, True
        await trial.load.talk(3, Pace(2.0, 2.0))
        teams.login.down, teams.openid.down = False, False
        teams.openid.keys.rotate(keep_old=False)
        await trial.load.talk(1, Pace(2.0, 2.0))
        await trial.drain()
        trial.check()


async def test_a_place_that_is_gone_files_its_chat_and_leaves_the_others_alone(plan: Plan) -> None:
    async with scene(plan) as trial:
        await trial.load.talk(1, Pace(2.0, 0))
        await trial.drain()
        lost = trial.load.guests[0]
        gone = Fault.not_in_roster(on="*", conversation=lost.account.place.id, times=None)
        trial.stage.teams.faults.add(gone)
        lost.account.filing = True  # by itself: nobody is left who could press the button
        await trial.load.talk(2, Pace(2.0, 0))
        await trial.filed([lost.account])
        await trial.drain()
        trial.check_but(lost.account)


async def until_posted(trial: Scene, count: int) -> None:
    """Wait until so many chats have a message in Teams."""
    async with asyncio.timeout(8):
        while sum(_spoke(trial, n) for n in range(len(trial.accounts))) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _spoke(trial: Scene, n: int) -> bool:
    account = trial.accounts[n]
    return any(account.canary in post.text for post in account.place.posts)

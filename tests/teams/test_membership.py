"""Who may act: members of the configured teams, as Teams lists them."""

from __future__ import annotations

import asyncio

import pytest

from bot.relay.outcomes import NotDone, OutsideError
from bot.sandbox.teams import Fault
from bot.teams.activity import Person
from bot.teams.membership import Membership, read_members
from tests.teams.stage import Stage


def of(stage: Stage, key: str, **changes: object) -> Person:
    person = stage.teams.world.people[key]
    values: dict[str, object] = {
        "object_id": person.object_id,
        "name": person.name,
        "teams_id": person.id,
        "tenant_id": person.tenant_id,
        "guest": False,
    }
    return Person(**(values | changes))  # type: ignore[arg-type]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def membership(stage: Stage, clock: Clock, *names: str) -> Membership:
    teams = [stage.teams.world.conversation(name).team for name in names or ("Live chat",)]
    ids = [team.id for team in teams if team]
    return Membership(stage.room._wire, ids, [stage.teams.world.tenant_id], clock)


@pytest.mark.parametrize(
    ("who", "may"),
    [("grace", True), ("alan", True), ("mallory", False), ("guy", False), ("eve", False)],
)
async def test_members_may_act_and_strangers_and_guests_may_not(
    stage: Stage, who: str, may: bool
) -> None:
    ours = membership(stage, Clock())
    assert await ours.allows(of(stage, who), stage.teams.service_url) is may


async def test_a_name_is_not_enough(stage: Stage) -> None:
    forged = of(stage, "mallory", name="Grace Hopper")
    assert not await membership(stage, Clock()).allows(forged, stage.teams.service_url)


async def test_without_an_object_id_nobody_may(stage: Stage) -> None:
    nobody = of(stage, "grace", object_id="")
    assert not await membership(stage, Clock()).allows(nobody, stage.teams.service_url)


async def test_a_member_from_another_tenant_may_not(stage: Stage) -> None:
    away = of(stage, "grace", tenant_id="33333333-3333-4333-8333-333333333333")
    assert not await membership(stage, Clock()).allows(away, stage.teams.service_url)


async def test_the_roster_is_asked_once_in_five_minutes(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    for _ in range(4):
        await ours.allows(of(stage, "grace"), stage.teams.service_url)
        clock.now += 75
    assert len(stage.teams.ledger.sent("paged_members")) == 1
    clock.now += 75
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    assert len(stage.teams.ledger.sent("paged_members")) == 2


async def test_who_was_removed_may_not_act_after_five_minutes(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    team = stage.teams.world.conversation("Live chat").team
    assert team is not None
    team.members.remove(stage.teams.world.people["grace"])
    clock.now += 301
    assert not await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_who_was_just_added_need_not_wait_five_minutes(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    assert not await ours.allows(of(stage, "mallory"), stage.teams.service_url)
    team = stage.teams.world.conversation("Live chat").team
    assert team is not None
    team.members.append(stage.teams.world.people["mallory"])
    clock.now += 21
    assert await ours.allows(of(stage, "mallory"), stage.teams.service_url)


async def test_strangers_cannot_make_us_ask_time_and_again(stage: Stage) -> None:
    ours = membership(stage, Clock())
    for _ in range(5):
        await ours.allows(of(stage, "mallory"), stage.teams.service_url)
    assert len(stage.teams.ledger.sent("paged_members")) == 1


async def test_a_recent_roster_serves_members_while_teams_does_not_tell(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    clock.now += 200
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_nobody_is_turned_away_by_a_roster_that_may_be_out_of_date(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    clock.now += 200  # Mallory may have been added meanwhile
    with pytest.raises(OutsideError):
        await ours.allows(of(stage, "mallory"), stage.teams.service_url)


async def test_teams_hanging_does_not_hold_up_whoever_is_known(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.slow(60, on="paged_members", times=None))
    clock.now += 299
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    assert ours._asking  # which is asked about behind the scenes
    await ours.close()


@pytest.mark.parametrize(("who", "age"), [("grace", 0), ("mallory", 200), ("grace", 3601)])
async def test_while_teams_hangs_nobody_else_is_let_in_or_turned_away(
    stage: Stage, who: str, age: float
) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    if age:
        await ours.allows(of(stage, "grace"), stage.teams.service_url)
        clock.now += age
    stage.teams.faults.add(Fault.slow(60, on="paged_members", times=None))
    ours._patience = 0.05
    with pytest.raises(NotDone):
        await ours.allows(of(stage, who), stage.teams.service_url)
    await ours.close()


async def test_a_member_is_believed_for_an_hour_while_teams_hangs(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.slow(60, on="paged_members", times=None))
    ours._patience = 0.05
    clock.now += 3500
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    await ours.close()


async def test_an_answer_that_comes_too_late_for_one_serves_the_next(stage: Stage) -> None:
    ours = membership(stage, Clock())
    ours._patience = 0.0
    with pytest.raises(NotDone):
        await ours.allows(of(stage, "grace"), stage.teams.service_url)
    await asyncio.gather(*ours._tasks)
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    assert len(stage.teams.ledger.sent("paged_members")) == 1


async def test_many_at_once_ask_once(stage: Stage) -> None:
    ours, grace = membership(stage, Clock()), of(stage, "grace")
    asked = [ours.allows(grace, stage.teams.service_url) for _ in range(20)]
    assert all(await asyncio.gather(*asked))
    assert len(stage.teams.ledger.sent("paged_members")) == 1


async def test_a_teams_that_does_not_tell_is_not_asked_again_at_once(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    for _ in range(5):
        with pytest.raises(OutsideError):
            await ours.allows(of(stage, "mallory"), stage.teams.service_url)
    assert len(stage.teams.ledger.sent("paged_members")) == 1


async def test_who_is_told_to_have_left_is_not_believed_while_teams_does_not_tell(
    stage: Stage,
) -> None:
    ours, team = membership(stage, Clock()), stage.teams.world.conversation("Live chat").team
    assert team
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    ours.forget(team.id)  # somebody came, or the app was installed
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    ours.forget(team.id, left=True)
    with pytest.raises(OutsideError):
        await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_a_roster_asked_for_before_somebody_left_is_not_believed(stage: Stage) -> None:
    ours, team = membership(stage, Clock()), stage.teams.world.conversation("Live chat").team
    assert team
    ours._patience = 0.0
    with pytest.raises(NotDone):
        await ours.allows(of(stage, "grace"), stage.teams.service_url)
    ours.forget(team.id, left=True)
    await asyncio.gather(*ours._tasks)
    assert ours._rosters[team.id] is None


async def test_a_fault_of_ours_in_asking_is_not_the_end_of_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    with monkeypatch.context() as patch:
        patch.setattr("bot.teams.membership.read_members", None)
        with pytest.raises(NotDone):
            await ours.allows(of(stage, "grace"), stage.teams.service_url)
    clock.now += 3
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_an_old_roster_does_not(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    clock.now += 301  # worth asking again, and still believed while Teams does not tell
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    clock.now += 3600
    with pytest.raises(OutsideError):
        await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_trouble_with_one_team_does_not_lock_the_others_members_out(stage: Stage) -> None:
    support = stage.teams.world.conversation("Live chat").team
    assert support is not None
    fault = Fault.gateway(502, on="paged_members", times=None, conversation=support.id)
    stage.teams.faults.add(fault)
    ours = membership(stage, Clock(), "Live chat", "Questions")
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_a_team_that_the_bot_is_not_in_has_no_members_for_us(stage: Stage) -> None:
    stage.teams.faults.add(Fault.not_in_roster(on="paged_members", times=None))
    clock = Clock()
    ours = membership(stage, clock)
    with pytest.raises(NotDone):  # said once, it may be a mistake
        await ours.allows(of(stage, "grace"), stage.teams.service_url)
    for seconds in (3, 301):
        clock.now += seconds
        assert not await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_nobody_is_turned_away_because_teams_was_wrong_once(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    for _ in range(2):  # not even the second time: a good answer came in between
        stage.teams.faults.add(Fault.not_in_roster(on="paged_members"))
        with pytest.raises(NotDone):
            await ours.allows(of(stage, "mallory"), stage.teams.service_url)
        clock.now += 3
        assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
        clock.now += 301


async def test_an_answer_that_is_no_list_of_members_turns_nobody_away(stage: Stage) -> None:
    """A proxy's page, say."""
    stage.teams.faults.add(Fault.web_page(200, on="paged_members"))
    clock = Clock()
    ours = membership(stage, clock)
    with pytest.raises(NotDone):
        await ours.allows(of(stage, "grace"), stage.teams.service_url)
    clock.now += 3
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)


async def test_all_pages_are_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    home = stage.teams.world.tenant_id
    pages = {
        "": {"members": [_member("a", tenantId=home)], "continuationToken": "next/&"},
        "next/&": {"members": [_member("b", tenantId=home)]},
    }

    async def page(_self: object, _team: str, token: str) -> object:
        return pages[token]

    monkeypatch.setattr("bot.teams.connector.Conversations.paged_members", page)
    ours = membership(stage, Clock())
    assert await ours.allows(of(stage, "grace", object_id="b"), stage.teams.service_url)


def _member(object_id: str, **changes: object) -> dict[str, object]:
    return {"aadObjectId": object_id, "tenantId": "t", "userRole": "user"} | changes


@pytest.mark.parametrize(
    "member",
    [
        _member("a", userRole="guest"),
        _member("a", userRole="Guest"),
        _member("a", userRole="anonymous"),
        _member("a", tenantId="other"),
        _member("", name="Grace"),
        {"aadObjectId": 7},
        "a",
    ],
)
def test_a_guest_or_a_foreigner_on_the_list_is_no_member(member: object) -> None:
    assert read_members({"members": [member]}, frozenset({"t"})) == []


async def test_a_member_is_known_by_the_name_that_the_site_signs_him_in_with(stage: Stage) -> None:
    ours, grace = membership(stage, Clock()), stage.teams.world.people["grace"]
    for name in (grace.upn, grace.upn.upper(), grace.mail):
        found = await ours.known(name, stage.teams.service_url)
        assert found
        assert (found.id, found.name, found.mention_id) == (grace.object_id, grace.name, grace.id)
    for stranger in (stage.teams.world.people["mallory"].upn, "grace", ""):
        assert await ours.known(stranger, stage.teams.service_url) is None
    assert len(stage.teams.ledger.sent("paged_members")) == 1


async def test_a_members_teams_are_those_that_he_is_in_and_no_guess(stage: Stage) -> None:
    clock, world = Clock(), stage.teams.world
    ours = membership(stage, clock, "Live chat", "Questions")
    support, desk = (world.conversation(name).team for name in ("Live chat", "Questions"))
    assert support
    assert desk
    grace, url = world.people["grace"], stage.teams.service_url
    assert await ours.teams_of(grace.object_id, url) == {support.id, desk.id}
    assert len(stage.teams.ledger.sent("paged_members")) == 2
    desk.members.remove(grace)
    ours.forget(desk.id, left=True)
    assert await ours.teams_of(grace.object_id, url) == {support.id}
    ours.forget(desk.id, left=True)
    stage.teams.faults.add(Fault("paged_members", status=500, times=9))
    with pytest.raises(OutsideError):
        await ours.teams_of(grace.object_id, url)

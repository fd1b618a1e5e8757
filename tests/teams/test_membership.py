"""Who may act: members of the configured teams, as Teams lists them."""

from __future__ import annotations

import pytest

from bot.relay.ports import OutsideError
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


async def test_a_recent_roster_serves_while_teams_does_not_tell(stage: Stage) -> None:
    clock = Clock()
    ours = membership(stage, clock)
    await ours.allows(of(stage, "grace"), stage.teams.service_url)
    stage.teams.faults.add(Fault.gateway(502, on="paged_members", times=None))
    clock.now += 200
    assert await ours.allows(of(stage, "grace"), stage.teams.service_url)
    assert not await ours.allows(of(stage, "mallory"), stage.teams.service_url)


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
    ours = membership(stage, Clock())
    assert not await ours.allows(of(stage, "grace"), stage.teams.service_url)


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
    assert read_members({"members": [member]}, frozenset({"t"})) == set()

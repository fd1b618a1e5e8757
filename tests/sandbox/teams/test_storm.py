"""The same seed brings the same trouble to the same requests."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bot.sandbox.teams import Fault, Post, Storm, TeamsStandIn
from bot.sandbox.teams.storm import CALM, DOUBT, KINDS, LASTING
from tests.sandbox.teams.bots import ConnectorClient

ROOMS = [f"19:a@thread.tacv2;messageid={n}" for n in range(5)]
EVEN = dict.fromkeys([*CALM, *DOUBT], 1.0)


def met(storm: Storm, order: list[str]) -> dict[str, list[Fault | None]]:
    """What each conversation's requests meet, when they come in this order."""
    found: dict[str, list[Fault | None]] = {room: [] for room in ROOMS}
    for room in order:
        found[room].append(storm.take("send", room))
    return found


def test_trouble_does_not_depend_on_how_conversations_fall_between_each_other() -> None:
    one_by_one = [room for room in ROOMS for _ in range(100)]
    mixed = random.Random(1).sample(one_by_one, len(one_by_one))
    storm = [Storm(7, 0.3, EVEN), Storm(7, 0.3, EVEN), Storm(8, 0.3, EVEN)]
    first, second = met(storm[0], one_by_one), met(storm[1], mixed)
    assert first == second
    assert met(storm[2], mixed) != first
    assert 100 < sum(storm[0].hits.values()) < 200


def test_kinds_come_in_their_proportion_and_never_too_many_in_a_row() -> None:
    storm = Storm(1, 0.9, {"throttled": 3, "lost_answer": 1}, in_a_row=2, retry_after=7)
    faults = [storm.take("send", ROOMS[0]) for _ in range(1000)]
    assert all(None in faults[n : n + 3] for n in range(998))
    assert 2 < storm.hits["throttled"] / storm.hits["lost_answer"] < 4.5
    assert {fault.retry_after for fault in faults if fault} == {7, None}


def test_a_storm_has_a_beginning_an_end_and_its_operations() -> None:
    storm = Storm(1, 1.0, on="send", after=2, until=4, in_a_row=9)
    assert [storm.take("send", ROOMS[0]) is None for _ in range(6)] == [1, 1, 0, 0, 1, 1]
    assert storm.take("update", ROOMS[1]) is None


@pytest.mark.parametrize("kind", sorted(LASTING))
def test_a_thread_that_is_gone_stays_gone_for_everything(kind: str) -> None:
    storm = Storm(1, 1.0, {kind: 1}, until=1)
    lost = storm.take("send", ROOMS[0])
    assert lost is not None
    assert [storm.take(what, ROOMS[0]) for what in ("send", "update")] == [lost, lost]
    assert storm.take("update", ROOMS[1]) is None


async def test_a_storm_over_the_wire_is_survived_by_the_books(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    teams.limits.enforced = False
    thread: Post = await teams.people["grace"].mention("Live chat", "12345")
    teams.plan(
        {"storm": {"seed": 3, "share": 0.5, "kinds": {"throttled": 1, "bad_gateway_done": 1}}}
    )
    statuses = Counter([(await connector.send(thread.thread_id)).status for _ in range(60)])
    assert set(statuses) == {201, 429, 502}
    made = len(teams.posts("Live chat", thread.id)) - 1
    assert made == statuses[201] + statuses[502] == len(teams.ledger.sent("send", accepted=True))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"seed": 1, "kinds": {"hail": 1}}, "no hail; choose from: throttled"),
        ({"seed": 1, "share": 2}, "from 0 to 1"),
        ({"seed": 1, "on": "sned"}, "choose from: create"),
        ({"sead": 1}, "it has: after, in_a_row"),
    ],
)
def test_a_storm_that_cannot_be_says_why(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Storm.from_json(wrong)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_makes_trouble(kind: str) -> None:
    fault = Storm(1, 1.0, {kind: 1}).take("send", ROOMS[0])
    assert fault is not None
    assert fault.status or fault.drop or fault.hang or fault.delay

"""The published limits, on a clock of our own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.sandbox.teams import TeamsStandIn
from bot.sandbox.teams.limits import Limits
from tests.sandbox.teams.bots import ConnectorClient

CHANNEL = "19:a@thread.tacv2"


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def admitted(limits: Limits, clock: Clock, seconds: float, step: float, name: str = CHANNEL) -> int:
    """How many sends go through when one is tried every ``step`` seconds."""
    count = 0
    for _ in range(round(seconds / step)):
        count += limits.refused_for("send", name) == 0
        clock.now += step
    return count


@pytest.mark.parametrize(
    ("seconds", "step", "allowed"),
    [(1, 0.05, 7), (2, 0.1, 8), (30, 0.25, 60), (3600, 1.0, 1800)],
)
def test_a_conversation_takes_what_is_published_and_no_more(
    seconds: float, step: float, allowed: int
) -> None:
    clock = Clock()
    assert admitted(Limits(clock=clock), clock, seconds, step) == allowed


def test_the_hourly_windows_can_be_switched_off() -> None:
    clock = Clock()
    assert admitted(Limits(hourly=False, clock=clock), clock, 3600, 0.5) == 7200


def test_the_wait_that_is_named_is_enough() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    assert [limits.refused_for("send", CHANNEL) for _ in range(8)] == [0] * 7 + [1]
    clock.now += 1
    assert limits.refused_for("send", CHANNEL) == 0


def test_an_app_takes_50_a_second_over_all_conversations() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    refused = [limits.refused_for("send", f"19:{n}@thread.v2") for n in range(60)]
    assert refused.count(0) == 50


def test_reading_members_has_limits_of_its_own() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    assert [limits.refused_for("roster", CHANNEL) for _ in range(15)].count(0) == 14
    assert limits.refused_for("send", CHANNEL) == 0


async def test_all_threads_of_a_channel_share_its_limit_and_it_can_be_switched_off(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    grace = teams.people["grace"]
    threads = [await grace.mention("Live chat", str(n)) for n in range(2)]
    answers = [await connector.send(threads[n % 2].thread_id) for n in range(9)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert int(refused[0].headers["Retry-After"]) >= 1
    teams.limits.enforced = False
    answers = [await connector.send(threads[0].thread_id) for _ in range(20)]
    assert {answer.status for answer in answers} == {201}


async def test_new_threads_count_in_their_channel_and_new_chats_for_their_person(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    channel = teams.world.conversation("Live chat").id
    root = {"type": "message", "text": "new"}
    body = {"channelData": {"channel": {"id": channel}}, "activity": root}
    answers = [await connector.ask("POST", "conversations", body) for _ in range(8)]
    assert [answer.status for answer in answers] == [201] * 7 + [429]
    assert (await connector.send(channel)).status == 429
    chat = {
        "members": [{"id": teams.world.people["grace"].id}],
        "tenantId": teams.world.tenant_id,
    }
    answers = [await connector.ask("POST", "conversations", chat) for _ in range(8)]
    assert [answer.status for answer in answers] == [201] * 7 + [429]

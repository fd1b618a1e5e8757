"""Trouble comes as planned, and only there."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.sandbox.teams import Fault, Post, TeamsStandIn
from tests.sandbox.teams.bots import ConnectorClient


@pytest.fixture
async def thread(teams: TeamsStandIn) -> Post:
    return await teams.people["grace"].mention("Live chat", "12345")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.throttled(retry_after=3), 429, "TooManyRequests"),
        (Fault.gateway(412), 412, "ServiceError"),
        (Fault.gateway(504), 504, "ServiceError"),
        (Fault.not_in_roster(), 403, "BotNotInConversationRoster"),
        (Fault.writes_blocked(), 403, "MessageWritesBlocked"),
        (Fault.conversation_not_found(), 404, "ConversationNotFound"),
        (Fault.too_big(), 413, "MessageSizeTooBig"),
    ],
)
async def test_a_fault_hits_once_and_then_all_is_well(
    teams: TeamsStandIn,
    connector: ConnectorClient,
    thread: Post,
    fault: Fault,
    status: int,
    code: str,
) -> None:
    teams.faults.add(fault)
    wrong = await connector.send(thread.thread_id)
    assert (wrong.status, wrong.body["error"]["code"]) == (status, code)
    assert (await connector.send(thread.thread_id)).status == 201
    assert len(teams.posts("Live chat", thread.id)) == 2


async def test_throttling_says_how_long_to_wait(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    teams.faults.add(Fault.throttled(retry_after=3))
    assert (await connector.send(thread.thread_id)).headers["Retry-After"] == "3"


async def test_a_gateway_may_answer_with_a_web_page(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    teams.faults.add(Fault.web_page(502))
    answer = await connector.send(thread.thread_id)
    assert (answer.status, answer.body[:6]) == (502, b"<html>")


@pytest.mark.parametrize(
    ("fault", "accepted"), [(Fault.lost_request(), False), (Fault.lost_answer(), True)]
)
async def test_a_dropped_connection_leaves_it_open_whether_it_was_done(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post, fault: Fault, accepted: bool
) -> None:
    teams.faults.add(fault)
    with pytest.raises(aiohttp.ClientError):
        await connector.send(thread.thread_id)
    assert len(teams.posts("Live chat", thread.id)) == 1 + accepted
    entry = teams.ledger.sent("send")[0]
    assert (entry.status, entry.accepted) == (0, accepted)


async def test_an_error_may_be_told_although_it_was_done(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    teams.faults.add(Fault.gateway(504, accepted=True))
    assert (await connector.send(thread.thread_id)).status == 504
    assert len(teams.posts("Live chat", thread.id)) == 2


async def test_a_slow_answer_is_a_right_one(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    teams.faults.add(Fault.slow(0.2))
    assert (await connector.send(thread.thread_id)).status == 201
    assert teams.ledger.sent("send")[0].took >= 0.2


async def test_a_fault_keeps_to_its_operation_its_conversation_and_its_turn(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    elsewhere = await teams.people["grace"].mention("Questions", "12345")
    teams.faults.add(
        Fault.gateway(502, on="send update", conversation=thread.thread_id, skip=1, times=2)
    )
    assert (await connector.ask("GET", f"conversations/{thread.thread_id}/members")).status == 200
    assert (await connector.send(elsewhere.thread_id)).status == 201
    statuses = [(await connector.send(thread.thread_id)).status for _ in range(4)]
    assert statuses == [201, 502, 502, 201]


async def test_a_fault_may_keep_to_one_thread_of_a_channel(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    other = await teams.people["grace"].mention("Live chat", "54321")
    teams.faults.add(Fault.conversation_not_found(thread=thread.thread_id, times=None))
    statuses = [(await connector.send(t.thread_id)).status for t in (thread, other, thread)]
    assert statuses == [404, 201, 404]


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_silent_connector_holds_the_line_until_the_caller_gives_up(
    teams: TeamsStandIn,
    connector: ConnectorClient,
    session: aiohttp.ClientSession,
    thread: Post,
    *,
    accepted: bool,
) -> None:
    silence = Fault.silence(accepted=accepted)
    teams.faults.add(silence)
    waiting = asyncio.create_task(connector.send(thread.thread_id))
    async with asyncio.timeout(20):
        while silence.times or len(teams.posts("Live chat", thread.id)) <= accepted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    _, pending = await asyncio.wait([waiting], timeout=0.2)
    assert pending
    assert len(teams.posts("Live chat", thread.id)) == 1 + accepted
    waiting.cancel()
    await asyncio.wait([waiting])
    assert (await connector.send(thread.thread_id)).status == 201


def test_a_fault_of_unknown_words_says_which_there_are() -> None:
    with pytest.raises(ValueError, match="choose from: create, send"):
        Fault(on="sned")
    with pytest.raises(ValueError, match="A fault has no 'stauts'; it has: accepted"):
        Fault.from_json({"stauts": 429})

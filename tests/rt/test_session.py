"""Nothing is written once our claim on it is over, however long we were held up before."""

import asyncio
import time
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest
from urllib3.connection import HTTPConnection

from bot.domain.tickets import TicketRef
from bot.relay.life import Life
from bot.relay.ports import STILL, Dossier, NotDone
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.rt.session import Session
from bot.sandbox.rt import RtStandIn, seeds
from tests.people import filing


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture
async def gateway(rt: RtStandIn) -> AsyncIterator[RtGateway]:
    gateway = RtGateway(
        [RtInstance("rt", rt.url, Login.TOKEN, secret=rt.token)], ZoneInfo("Europe/London")
    )
    yield gateway
    gateway.close()


def comments(rt: RtStandIn) -> int:
    return sum(t.kind == "Comment" for t in rt.world.transactions)


DOSSIER = Dossier(TicketRef("rt", seeds.PRINTER), "[chat:chat-1]", filing(), ())


async def test_a_claim_that_is_over_writes_nothing_and_still_reads(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    STILL.set(lambda: False)
    assert (await gateway.read(DOSSIER.ref)).ref == DOSSIER.ref
    with pytest.raises(NotDone, match="too late"):
        await gateway.comment(DOSSIER)
    assert comments(rt) == 0
    STILL.set(lambda: True)
    await gateway.comment(DOSSIER)
    assert comments(rt) == 1


async def test_who_was_stopped_between_connecting_and_the_first_byte_writes_nothing(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(RtInstance("rt", rt.url, Login.TOKEN, secret=rt.token), cookies=False)
    connect = HTTPConnection.connect

    def stopped(connection: HTTPConnection) -> None:
        connect(connection)
        monkeypatch.setattr(time, "monotonic", lambda: 1e12)

    session.still = Life().claim(60)
    monkeypatch.setattr(HTTPConnection, "connect", stopped)
    path = f"/REST/2.0/ticket/{seeds.PRINTER}/comment"
    body = {"Content": "x", "ContentType": "text/plain"}
    with pytest.raises(NotDone, match="too late"):
        await asyncio.to_thread(session.send, "POST", path, wrote=True, json=body)
    monkeypatch.undo()
    assert comments(rt) == 0

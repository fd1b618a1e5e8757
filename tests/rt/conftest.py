"""A stand-in for RT, and the service's way into it by each of its APIs."""

from collections.abc import AsyncIterator

import pytest

from bot.rt.gateway import RtGateway
from bot.rt.instance import Api, Login, RtInstance
from bot.sandbox.rt import RtStandIn
from tests.contract.rts import LONDON


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture(params=[Api.REST2, Api.REST1])
async def gateway(request: pytest.FixtureRequest, rt: RtStandIn) -> AsyncIterator[RtGateway]:
    instance = RtInstance("rt", rt.url, Login.BASIC, request.param, rt.account, secret=rt.password)
    gateway = RtGateway([instance], LONDON)
    yield gateway
    gateway.close()

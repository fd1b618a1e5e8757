"""A back-up of our database was restored: RT has the record of a chat that is open here again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.tickets import NewTicket
from tests.contract.rts import WAYS, Place, entered

NEW = NewTicket("rt", "Support", "Printing again", "ada@help.test")


@pytest.fixture(params=WAYS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with entered(request.param, request) as found:
        yield found


@pytest.mark.parametrize("new", [False, True])
async def test_what_was_said_since_a_back_up_was_restored_is_not_taken_for_filed(
    place: Place, *, new: bool
) -> None:
    before = place.dossier("printer", new=NEW if new else None)
    receipt = await place.gateway.comment(before)
    more = replace(before.log[-1], seq=3, text="It beeps again.", at=datetime.now(UTC))
    later = replace(before, log=(*before.log, more))
    assert await place.gateway.find(before) == receipt
    assert await place.gateway.find(later) is None
    whole = await place.gateway.comment(later)
    assert whole.sha256 != receipt.sha256
    if not (new and place.way.endswith("rest1")):  # which finds the older one of two tickets
        assert await place.gateway.find(later) == whole

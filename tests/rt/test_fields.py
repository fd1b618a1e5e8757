"""Whether the field for the visitor's answer is there, before somebody answers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.rt.doctor import Finding
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.sandbox.rt import RtStandIn
from bot.sandbox.rt.world import CustomField


async def found(rt: RtStandIn, field: str, *queues: str) -> list[Finding]:
    instance = RtInstance(
        "rt", rt.url, Login.TOKEN, secret=rt.token, queues=queues, rating_field=field
    )
    gateway = RtGateway([instance], ZoneInfo("Europe/London"))
    seen = [f for f in await gateway.check() if f.name == "rt rt: rating field"]
    gateway.close()
    return seen


async def test_a_field_is_looked_for_in_every_queue_of_the_settings() -> None:
    async with RtStandIn() as rt:
        rt.world.fields = (CustomField("Chat rating", frozenset({"Teaching"})),)
        support, teaching = await found(rt, "chat rating", "Support", "Teaching")
    assert (support.ok, support.unwise) == (True, True)
    assert "no field “chat rating” in the queue Support" in support.sentence
    assert "ModifyCustomField" in support.sentence
    assert (teaching.ok, teaching.unwise) == (True, False)


async def test_without_queues_a_ticket_is_looked_at() -> None:
    async with RtStandIn() as rt:
        (there,) = await found(rt, "Chat rating")
        (missing,) = await found(rt, "Rating of chats")
    assert (there.unwise, missing.unwise) == (False, True)
    assert "on ticket #" in missing.sentence


@pytest.mark.parametrize(("field", "queues"), [("", ("Support",)), ("Chat rating", ("Nowhere",))])
async def test_what_nobody_asked_for_or_cannot_be_seen_is_not_told_of(
    field: str, queues: tuple[str, ...]
) -> None:
    async with RtStandIn() as rt:
        assert await found(rt, field, *queues) == []

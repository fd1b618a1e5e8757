"""A visitor who left is mailed what he was not shown, once, in every way into every RT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bot.domain.chat import State
from bot.relay.outcomes import Unclear
from bot.rt import operations
from bot.rt.by_rest1 import ByRest1
from bot.sandbox.teams.presses import find, gather
from tests.contract.desk import Desk, desk
from tests.contract.rts import NUMBERS, WAYS, Place, entered


@pytest.fixture(params=WAYS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with entered(request.param, request) as found:
        yield found


def lost(write: Callable[..., Any]) -> Callable[..., Any]:
    """RT takes a correspondence, and its first answer does not arrive."""
    taken: list[object] = []

    def writes(*told: Any, **more: Any) -> Any:
        answer = write(*told, **more)
        if "correspond" in told:
            taken.append(answer)
            if len(taken) == 1:
                raise Unclear("RT broke off.")
        return answer

    return writes


async def presses(grace: Desk) -> None:
    """Grace presses twice, as somebody does who saw nothing happen."""
    post, card = await grace.card(lambda text: '"verb": "mail"' in text)
    action = find(card, "mail")
    data = gather(card, action, {"mail_echo": str(grace.story.ticket)[-3:]})
    for _ in range(2):
        await grace.story.grace.act(post, action, data)


async def test_it_is_mailed_once_though_rts_answer_was_lost_and_the_record_tells_of_it(
    place: Place, tmp_path: Path
) -> None:
    number = place.numbers["printer"]
    words = f"Toner {next(NUMBERS)} {datetime.now(UTC).timestamp():.0f}."
    with (
        mock.patch.object(operations, "_write", lost(operations._write)),
        mock.patch.object(ByRest1, "_write", lost(ByRest1._write)),
    ):
        async with desk(place, tmp_path, number, None) as grace:
            await grace.asks()
            await grace.talks()  # in a window that is behind others
            await grace.story.grace.reply(grace.story.root, words)
            await presses(grace)
            await grace.card(lambda text: "**Mailed** by RT" in text)
            await grace.story.ada.until(
                lambda: "mailed" in [x["text"] for x in grace.story.ada.lines]
            )
            (letter,) = [mail for mail in await asyncio.to_thread(place.mails) if words in mail]
            assert "Grace Hopper" in letter
            assert "It beeps." not in letter
            draft = await grace.draft(lambda _: True)
            await grace.presses(draft, echo=str(number)[-3:])
            await grace.card(lambda text: "read back from RT" in text)
            assert (await grace.chat()).state in (State.FILED, State.PURGED)
            assert sum(words in mail for mail in await asyncio.to_thread(place.mails)) == 1

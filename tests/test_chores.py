"""What is done every few seconds, and what the log tells of it."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from bot import chores
from bot.chores import every, patiently
from bot.relay.outcomes import NotDone


async def log_of(*rounds: type[Exception] | None) -> list[str]:
    """What is logged of a chore whose rounds end like that."""
    left = list(rounds)

    async def tidy() -> None:
        if not left:
            raise asyncio.CancelledError
        if trouble := left.pop(0):
            raise trouble

    with capture_logs() as lines, contextlib.suppress(asyncio.CancelledError):
        await every(0, tidy)
    return [f"{line['event']} {line.get('reason', '').partition(' ')[0]}".strip() for line in lines]


async def test_a_standing_cause_is_told_once_and_so_is_its_end() -> None:
    told = await log_of(OSError, OSError, OSError, None, None)
    assert told == ["chore_failed OSError", "chore_well_again"]


async def test_another_cause_is_told_and_so_is_the_same_one_when_it_comes_back() -> None:
    told = await log_of(OSError, KeyError, KeyError, None, KeyError)
    assert told[:2] == ["chore_failed OSError", "chore_failed KeyError"]
    assert told[2:] == ["chore_well_again", "chore_failed KeyError"]


async def test_what_a_start_waits_for_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "_PAUSE", 0)
    left = [NotDone("The database does not answer.")] * 3

    async def beat() -> None:
        if left:
            raise left.pop()

    with capture_logs() as lines:
        await patiently(beat)
    assert [line["event"] for line in lines] == ["start_waits"]

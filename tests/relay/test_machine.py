"""Whatever happens to a chat, in any order: nothing is lost, doubled, or shown to somebody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bot.domain.messages import Kind
from tests.leaping import leaping
from tests.relay.machine import ChatMachine
from tests.relay.machine_base import TIMED
from tests.relay.machine_ground import Ground, files, server
from tests.relay.machine_outside import Died, Fault

STEPS = 50


@contextmanager
def own_clocks() -> Iterator[None]:
    """Give the modules that a machine's clock was put into their own one back."""
    with ExitStack() as stack:
        for timed in TIMED:
            stack.enter_context(mock.patch.object(timed, "time", time))
        yield


def play(ground: Ground, examples: int, *, same: bool) -> None:
    """Try so many histories: the same ones each time, or ever new ones, which are shrunk."""
    unforeseen: list[dict[str, Any]] = []
    with leaping() as runner, own_clocks():
        runner.get_loop().set_exception_handler(lambda _loop, what: unforeseen.append(what))
        machine = type("Machine", (ChatMachine,), {"ground": ground, "loop": runner.get_loop()})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                derandomize=same,
                phases=(Phase.generate,) if same else tuple(Phase),
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    assert [what for what in unforeseen if not isinstance(what.get("exception"), Died)] == []


def test_random_histories_on_sqlite() -> None:
    with files() as ground:
        play(ground, 500, same=True)


@pytest.mark.soak
@pytest.mark.parametrize("batch", range(20))
def test_a_thousand_random_histories_on_sqlite(batch: int) -> None:
    """Twenty thousand at once take gigabytes: every one that was tried is remembered."""
    with files() as ground:
        play(ground, 1_000, same=False)


@pytest.mark.soak
def test_random_histories_on_postgresql(postgres_url: str) -> None:
    """With the server's timing two tries of one history may differ, so they are never the same."""
    with server(postgres_url) as ground:
        play(ground, 1_000, same=False)


@contextmanager
def by_hand() -> Iterator[ChatMachine]:
    """A machine of which each step is told."""
    with files() as ground, leaping() as runner, own_clocks():
        machine = type("Machine", (ChatMachine,), {"ground": ground, "loop": runner.get_loop()})()
        try:
            yield machine
        finally:
            machine.teardown()


def test_the_model_knows_that_what_teams_says_twice_is_believed() -> None:
    """Though both times it was wrong. The notice that waits keeps the chat from being purged unseen."""
    once = [Fault.GONE_ONCE]
    with by_hand() as machine:
        machine.begins(first=3, second=3)
        machine.says_into_trouble(relay=once, seconds=5, tab=0, times=1, which=0)
        machine.turn(notice=[Fault.NOT_DONE], relay=once, rt=[])
        assert len(machine.teams.gone) == 1


def test_the_model_knows_that_what_became_a_note_is_taken_back_already() -> None:
    """Whoever deletes it then takes nothing more from the visitor."""
    with by_hand() as machine:
        machine.begins(first=3, second=3)
        machine.replies(late=0, mention=False, note=False, side=0, who="grace")
        for how in ("note", "delete"):
            machine.changes(how=how, swapped=False, which=0)
        kinds = [line.kind for talk in machine.talks() for line in talk.log]
        assert kinds.count(Kind.REMOVED) == 1


def test_the_model_knows_that_a_chat_may_end_before_a_message_that_is_awaited() -> None:
    """Its change was there first, and then Teams said for the second time that the place is gone."""
    with by_hand() as machine:
        machine.begins(first=3, second=3)
        machine.says(tab=0, times=1, which=1)
        machine.turn(notice=[], relay=[Fault.GONE], rt=[Fault.NONE])
        machine.time_passes(seconds=31)
        machine.a_change_comes_first(how="edit", mention=False, side=0, turn=True, who="grace")
        assert len(machine.teams.gone) == 1

"""Teams' times as our clock would have them, also while ours is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.teams.clocks import Clocks
from tests.people import NOW


def brought(clocks: Clocks, second: float, *, wrong: float = 0, late: float = 0.3) -> float | None:
    """Bring something that was written ``late`` seconds before; by our clock, whose error is ``wrong``.

    Returns how many seconds ago it was written, as we see it.
    """
    now = NOW + timedelta(seconds=second + wrong)
    at = now - timedelta(seconds=wrong + late)
    ours = clocks.ours(at, now)
    return None if ours is None else round((now - ours).total_seconds(), 3)


def test_what_comes_late_is_seen_as_late_from_the_first_moment() -> None:
    assert brought(Clocks(), 0, late=25) == 25


@pytest.mark.parametrize("wrong", [-90, -2, 0, 5, 90, 7200])
def test_what_comes_late_is_seen_as_late_whatever_our_clock_says(wrong: float) -> None:
    clocks = Clocks()
    for second in range(0, 180, 20):
        brought(clocks, second, wrong=wrong)
    assert brought(clocks, 181, wrong=wrong, late=25.3) == 25
    assert brought(clocks, 182, wrong=wrong) == 0


def test_a_clock_that_is_hours_wrong_tells_nothing_before_that_is_known() -> None:
    assert brought(Clocks(), 0, wrong=7200) is None
    assert brought(Clocks(), 0, wrong=-7200) is None


def test_one_that_was_late_is_no_measure_for_the_next() -> None:
    clocks = Clocks()
    for second in range(0, 180, 20):
        brought(clocks, second)
    for second in range(180, 240, 5):
        assert brought(clocks, second, late=30.3) == 30


def test_a_clock_that_is_put_right_is_soon_believed() -> None:
    clocks = Clocks()
    for second in range(0, 180, 20):
        brought(clocks, second, wrong=7200)
    assert brought(clocks, 200, late=25) == 25


def test_without_a_time_nothing_is_said() -> None:
    assert Clocks().ours(None, NOW) is None


def test_little_is_remembered() -> None:
    clocks = Clocks()
    for second in range(5000):
        brought(clocks, second, late=second / 10)
    assert len(clocks._freshest) <= 601

"""Token buckets."""

from __future__ import annotations

import pytest

from bot.visitors.allowance import Bucket, Buckets, Rate

SIXTY = Rate(per_minute=60, burst=3)


def test_a_burst_is_allowed_and_then_one_per_refill() -> None:
    bucket = Bucket(SIXTY, now=100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(100.0) == pytest.approx(1.0)
    assert bucket.take(100.5) == pytest.approx(0.5)
    assert bucket.take(101.0) == 0.0
    assert bucket.take(101.0) > 0


def test_a_long_silence_saves_up_no_more_than_a_burst() -> None:
    bucket = Bucket(SIXTY, now=0.0)
    assert [bucket.take(9999.0) > 0 for _ in range(4)] == [False, False, False, True]


def test_what_came_to_nothing_is_given_back_up_to_a_burst() -> None:
    buckets = Buckets(SIXTY)
    buckets.give_back("ada", 9)
    for _ in range(3):
        buckets.take("ada", 0.0)
    buckets.give_back("ada", 2)
    assert [buckets.take("ada", 0.0) > 0 for _ in range(3)] == [False, False, True]
    buckets.give_back("ada", 9)
    assert [buckets.take("ada", 0.0) > 0 for _ in range(4)] == [False, False, False, True]


def test_one_keys_excess_is_not_anothers() -> None:
    buckets = Buckets(SIXTY)
    while not buckets.take("ada", 0.0):
        pass
    assert buckets.take("grace", 0.0) == 0.0


def test_memory_is_bounded_and_the_busiest_are_remembered() -> None:
    buckets = Buckets(Rate(per_minute=60, burst=1), most=2)
    buckets.take("busy", 0.0)
    for n in range(100):
        buckets.take(f"passing {n}", 0.0)
        assert buckets.take("busy", 0.0) > 0
    assert len(buckets._buckets) == 2

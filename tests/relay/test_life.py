"""A claim is ours for as long as it was made for, and while the others believe that we live."""

import time

import pytest

from bot.relay.life import Life


class Steady:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    clock = Steady()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_a_claim_is_over_after_its_seconds(steady: Steady) -> None:
    still = Life().claim(120)
    steady.now += 119
    assert still()
    steady.now += 1
    assert not still()


def test_a_slow_delivery_keeps_its_claim_while_we_go_on_telling_that_we_live(
    steady: Steady,
) -> None:
    life = Life(20)
    still = life.claim(120)
    for _ in range(10):
        steady.now += 10
        assert still()
        life.beaten(steady.now)


def test_who_was_stopped_has_lost_its_claims_before_and_after_it_beats_again(
    steady: Steady,
) -> None:
    life = Life(20)
    still = life.claim(120)
    steady.now += 21
    assert not still()
    life.beaten(steady.now)
    assert not still()
    assert life.claim(120)()


def test_a_heartbeat_that_was_begun_before_the_stop_proves_nothing(steady: Steady) -> None:
    life = Life(20)
    still, began = life.claim(120), steady.now
    steady.now += 60
    life.beaten(began)
    assert not still()


def test_nothing_is_begun_that_might_last_until_the_others_take_us_for_dead(
    steady: Steady,
) -> None:
    life = Life(20)
    steady.now += 10
    assert life.sure()
    steady.now += 1
    assert not life.sure()
    life.beaten(steady.now)
    assert life.sure()
    assert Life().sure()


def test_how_long_it_was_not_heard_of_counts_from_its_last_heartbeat(steady: Steady) -> None:
    life = Life()
    steady.now += 20
    life.beaten(steady.now - 1)
    assert life.silent() == 1

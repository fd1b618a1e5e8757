"""Teams' published limits: never over them, and no slower than need be."""

import random
from itertools import pairwise

import pytest

from bot.relay.budget import HOURLY, PER_APP, PER_CONVERSATION, Budget
from bot.sandbox.teams.limits import APP, SEND, Limits

CHANNEL = "19:channel@thread.tacv2"


def play(budget: Budget, seconds: float, rng: random.Random, *, late: float = 0.0) -> list[float]:
    """When posts of somebody who always has one more go out; each is ``late`` by up to so much."""
    now, posts = 0.0, []
    while now < seconds:
        wait = budget.wait(CHANNEL, now)
        if wait > 0:
            now += wait
            continue
        budget.spend(CHANNEL, now)
        posts.append(now + rng.uniform(0, late))
        now += rng.uniform(0, 0.02)
    return posts


@pytest.mark.parametrize(("hourly", "seconds"), [(False, 300), (True, 4000)])
def test_whoever_always_has_one_more_is_never_refused(hourly: bool, seconds: float) -> None:
    arrivals = sorted(play(Budget(hourly=hourly), seconds, random.Random(1), late=0.1))
    clock = iter(arrivals)
    windows = Limits(clock=lambda: next(clock))
    assert not any(windows.refused_for("send", CHANNEL) for _ in arrivals)


def test_an_hour_of_too_much_is_slowed_down_instead_of_ending_in_silence() -> None:
    posts = play(Budget(hourly=True), 7200, random.Random(4))
    assert max(after - before for before, after in pairwise(posts)) < 10
    assert sum(post < 300 for post in posts) > 550  # a busy moment is not slowed down
    assert 2900 < len(posts) <= 3600


def test_where_the_hours_window_holds_is_learned_from_a_pause_that_only_it_explains() -> None:
    budget, now, pauses = Budget(), 0.0, list[float]()
    teams = Limits(clock=lambda: now)
    while now < 3 * 3600:
        if (wait := budget.wait(CHANNEL, now)) > 0:
            now += wait
            continue
        budget.spend(CHANNEL, now)
        if seconds := teams.refused_for("send", CHANNEL):
            budget.refused(CHANNEL, seconds, now)
            pauses.append(now)
        now += 0.01
    assert pauses
    assert max(pauses) < 3600  # in the first hour; from then on it is kept to
    assert budget.wait("19:other@thread.tacv2", now) == 0


def test_the_windows_are_used_to_the_full() -> None:
    posts = play(Budget(), 120, random.Random(2))
    assert len(posts) >= 0.9 * 2 * 120  # 60 posts in 30 seconds


def test_the_published_limits_are_ours() -> None:
    assert (*PER_CONVERSATION, HOURLY) == SEND
    assert PER_APP == APP


def test_several_processes_share_what_there_is() -> None:
    half = Budget()
    half.share(2)
    assert 0.4 * 240 < len(play(half, 120, random.Random(3))) <= 0.5 * 250


def test_one_conversation_does_not_hold_up_another() -> None:
    budget = Budget()
    for _ in range(7):
        budget.spend(CHANNEL, 0.0)
    assert budget.wait(CHANNEL, 0.1) > 0
    assert budget.wait("19:other@thread.tacv2", 0.1) == 0


def test_the_app_as_a_whole_has_a_limit_too() -> None:
    budget = Budget()
    for number in range(50):
        budget.spend(f"19:{number}@thread.tacv2", 0.0)
    assert budget.wait("19:next@thread.tacv2", 0.5) > 0


def test_a_refusal_closes_the_conversation_and_makes_us_careful_for_a_while() -> None:
    budget = Budget()
    budget.refused(CHANNEL, 12.0, 0.0)
    assert budget.wait(CHANNEL, 0.0) == 12.0
    assert budget.wait("19:other@thread.tacv2", 0.0) == 0.0
    careful = 0
    while budget.wait(CHANNEL, 13.0) <= 0:
        budget.spend(CHANNEL, 13.0)
        careful += 1
    assert careful == 5
    later = 0
    while budget.wait(CHANNEL, 100.0) <= 0:
        budget.spend(CHANNEL, 100.0)
        later += 1
    assert later == 7


def test_without_limits_only_a_refusal_makes_us_wait() -> None:
    budget = Budget(limited=False)
    for _ in range(500):
        budget.spend(CHANNEL, 0.0)
    assert budget.wait(CHANNEL, 0.0) == 0
    budget.refused(CHANNEL, 3.0, 0.0)
    assert budget.wait(CHANNEL, 1.0) == 2.0


def test_idle_conversations_are_forgotten() -> None:
    budget = Budget()
    for number in range(5000):
        budget.spend(f"19:{number}@thread.tacv2", float(number))
    assert len(budget._places) < 3000


def test_cards_leave_room_for_words() -> None:
    budget, now = Budget(), 0.0
    while now < 30:
        if (wait := budget.wait(CHANNEL, now, card=True)) > 0:
            now += wait
            continue
        budget.spend(CHANNEL, now, card=True)
    assert 15 <= len(budget._places[CHANNEL].posts) <= 26
    assert budget.wait(CHANNEL, now) == 0


def test_a_card_goes_now_and_then_even_where_words_take_all_there_is() -> None:
    budget, now, cards = Budget(), 0.0, 0
    while now < 120:
        if budget.wait(CHANNEL, now, card=True) <= 0:
            budget.spend(CHANNEL, now, card=True)
            cards += 1
        elif budget.wait(CHANNEL, now) <= 0:
            budget.spend(CHANNEL, now)
        now += 0.1
    assert 15 <= cards <= 26

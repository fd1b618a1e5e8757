"""Whose turn it is when Teams takes less than there is to post."""

from datetime import timedelta

from bot.relay.ports import LATER, ORDINARY, URGENT, Head, Lane
from bot.relay.turns import Turns, choose
from tests.people import NOW


def head(number: int, rank: int = ORDINARY, *, thread: int = 1, wait: float = 0.0) -> Head:
    created = NOW + timedelta(seconds=number)
    return Head(Lane.TEAMS, f"chat:{number}", "relay", number, wait, created, thread, rank)


def turns(*heads: Head, posts: int = 9, free: int = 9, cards: bool = True, **more: object) -> Turns:
    left = {"1": posts, "2": 9}

    def spend(place: str, card: bool) -> float:
        if card and not cards:
            return 2.0
        left[place] -= 1
        return 0.0 if left[place] >= 0 else 3.0

    how: dict[str, object] = {
        "last": lambda _: 0.0,
        "place": lambda h: str(h.thread),
        "longest": 5.0,
    }
    return choose(heads, free, spend=spend, **(how | more))  # type: ignore[arg-type]


def numbers(chosen: Turns) -> list[int]:
    return [h.id for h in chosen.chosen]


def test_notices_and_first_messages_go_first_and_cards_last() -> None:
    assert numbers(turns(head(1, LATER), head(2), head(3, URGENT), posts=2)) == [3, 2]


def test_among_equals_the_chat_that_spoke_longest_ago_is_next() -> None:
    last = {"chat:1": 50.0, "chat:2": 40.0}
    assert numbers(turns(head(1), head(2), posts=1, last=lambda s: last[s])) == [2]


def test_a_card_that_must_wait_holds_up_no_words_and_crowds_nobody() -> None:
    chosen = turns(head(1, LATER), head(2), cards=False)
    assert numbers(chosen) == [2]
    assert (chosen.crowded, chosen.pause) == (frozenset(), 2.0)


def test_whoever_must_wait_holds_up_nobody_elsewhere() -> None:
    chosen = turns(head(1), head(2), head(3, thread=2), posts=1)
    assert numbers(chosen) == [1, 3]
    assert chosen.crowded == {"1"}
    assert chosen.pause == 3.0


def test_no_more_are_chosen_than_there_are_slots() -> None:
    assert numbers(turns(*map(head, range(1, 9)), free=3)) == [1, 2, 3]


def test_what_is_not_due_yet_says_when_to_look_again() -> None:
    chosen = turns(head(1, wait=0.7), head(2, wait=2.0))
    assert (numbers(chosen), chosen.pause) == ([], 0.7)

"""Whose turn it is when Teams takes less than there is to post."""

from bot.relay.budget import Budget
from bot.relay.delivery import LATER, ORDINARY, URGENT, Head, Lane
from bot.relay.slots import Slots
from bot.relay.turns import Turns, choose


def head(
    number: int, rank: int = ORDINARY, *, thread: int = 1, wait: float = 0.0, age: float = 1000.0
) -> Head:
    return Head(Lane.TEAMS, f"chat:{number}", "relay", number, wait, age, thread, rank)


def turns(*heads: Head, posts: int = 9, free: int = 9, cards: bool = True, **more: object) -> Turns:
    left = {"1": posts, "2": 9}

    def spend(place: str, card: bool) -> float:
        if card and not cards:
            return 2.0
        left[place] -= 1
        return 0.0 if left[place] >= 0 else 3.0

    how: dict[str, object] = {
        "now": 100.0,
        "last": lambda _: 0.0,
        "place": lambda h: str(h.thread),
        "longest": 5.0,
    }
    return choose(heads, free, spend=spend, **(how | more))  # type: ignore[arg-type]


def numbers(chosen: Turns) -> list[int]:
    return [h.id for h in chosen.chosen]


def test_notices_and_first_messages_go_first_and_cards_last() -> None:
    just_now = head(1, LATER, age=1.0)
    assert numbers(turns(just_now, head(2), head(3, URGENT), posts=2)) == [3, 2]


def test_among_equals_the_chat_that_spoke_longest_ago_is_next() -> None:
    last = {"chat:1": 50.0, "chat:2": 40.0}
    assert numbers(turns(head(1), head(2), posts=1, last=lambda s: last[s])) == [2]


def test_whose_turn_was_long_ago_and_who_has_only_just_spoken_waits_for_those_who_wait() -> None:
    last = {"chat:1": 10.0, "chat:2": 70.0}
    heads = head(1, age=5.0), head(2, age=25.0)
    assert numbers(turns(*heads, posts=1, last=lambda s: last[s])) == [2]


def test_who_has_much_to_post_does_not_have_every_turn() -> None:
    last = {"chat:1": 90.0, "chat:2": 60.0}
    heads = head(1, age=80.0), head(2, age=20.0)
    assert numbers(turns(*heads, posts=1, last=lambda s: last[s])) == [2]


def test_a_clock_that_was_set_back_makes_nobody_wait_for_it() -> None:
    heads = head(1, age=-3600.0), head(2, age=0.0)
    assert numbers(turns(*heads, posts=1)) == [1]


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


def test_where_words_take_all_there_is_a_card_goes_every_few_seconds() -> None:
    slots, now = Slots(Budget(), {Lane.TEAMS: 48}), 0.0
    slots.learn(1, "channel")
    waits, words, cards = dict.fromkeys(range(60), 0.0), 0, list[float]()
    while now < 120:
        heads = [head(n, age=now - since) for n, since in waits.items() if since <= now]
        asked = cards[-1] + 0.5 if cards else 0.0
        heads.append(head(99, LATER, age=now - asked))
        chosen = choose(
            heads,
            48,
            now=now,
            last=slots.last_turn,
            place=lambda h: slots.place(h.thread),
            spend=lambda place, card: slots.spend(place, now, card=card),  # noqa: B023 - at once
            longest=5.0,
        )
        for one in chosen.chosen:
            slots.turn(one.stream, now)
            if one.rank == LATER:
                cards.append(now)
            else:
                words, waits[one.id] = words + 1, now + 2
        now += max(chosen.pause, 0.02)
    assert 10 <= len(cards) <= 26
    assert words > 200  # of about 240

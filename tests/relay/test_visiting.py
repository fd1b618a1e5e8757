"""What visitors do."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import Chat, State
from bot.domain.messages import MAX_MESSAGE_BYTES
from bot.domain.presence import Presence
from bot.domain.rating import Rating
from bot.relay.joining import CannotJoin
from bot.relay.outcomes import NotDone
from bot.relay.ports import Seat
from bot.relay.visiting import CannotRate, CannotSay
from tests.relay.house import OTHER, RULES, THREAD, House


async def test_looking_at_a_link_any_number_of_times_does_not_use_it_up(house: House) -> None:
    chat = await house.invited()
    peeks = [await house.joining.peek(house.token(chat)) for _ in range(5)]
    peek = peeks[-1]
    assert (peek.fate, peek.ticket, peek.operators) == ("pending", "12345", ("Grace Hopper",))
    assert (await house.joining.join(house.token(chat), "n", None)).chat.state is State.OPEN


@pytest.mark.parametrize("token", ["", "guessed", "x" * 10_000])
async def test_a_guessed_link_is_unknown(house: House, token: str) -> None:
    await house.invited()
    assert (await house.joining.peek(token)).fate == "unknown"
    with pytest.raises(CannotJoin, match="unknown"):
        await house.joining.join(token, "n", None)


async def test_a_new_secret_key_takes_the_links_that_are_out_back_and_lets_nobody_in_by_them(
    house: House,
) -> None:
    there, seat = await house.talking()
    invited = await house.invited(thread=OTHER)
    house.relay.rules = replace(RULES, secret=b"another key of thirty-two bytes!")
    assert (await house.joining.peek(house.token(invited))).fate == "revoked"
    with pytest.raises(CannotJoin, match="revoked"):
        await house.joining.join(house.token(invited), "n", None)
    assert (await house.joining.join(house.token(there), "nonce", None)).chat.id == seat.chat_id


async def test_a_second_person_is_kept_out_and_the_co_is_told_once(house: House) -> None:
    chat, _ = await house.talking()
    for _ in range(3):
        with pytest.raises(CannotJoin, match="used"):
            await house.joining.join(house.token(chat), "somebody else's nonce", None)
    await house.deliver()
    assert house.threads.words.count("knocked_again") == 1


async def test_a_lost_answer_to_joining_locks_nobody_out(house: House) -> None:
    chat = await house.invited()
    first = await house.joining.join(house.token(chat), "my nonce", None)
    again = await house.joining.join(house.token(chat), "my nonce", None)
    assert again.seat.chat_id == first.seat.chat_id
    assert again.secret != first.secret


async def test_opening_ones_own_link_again_is_no_second_person(house: House) -> None:
    chat = await house.invited()
    first = await house.joining.join(house.token(chat), "n", None)
    again = await house.joining.join(house.token(chat), "another", first.secret)
    assert again.seat == first.seat
    await house.deliver()
    assert "knocked_again" not in house.threads.words


async def test_of_two_who_open_the_link_at_once_one_gets_in(house: House) -> None:
    chat = await house.invited()
    results = await asyncio.gather(
        *(house.joining.join(house.token(chat), f"n{i}", None) for i in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(r, CannotJoin) for r in results) == 4


async def test_an_expired_link_says_so_and_the_co_may_invite_again(house: House) -> None:
    chat = await house.invited()
    house.clock.pass_(hours=73)
    assert (await house.joining.peek(house.token(chat))).fate == "expired"
    await house.housekeeping.tidy()
    await house.deliver()
    assert (await house.joining.peek(house.token(chat))).fate == "expired"
    assert "invitation_expired" in house.threads.words
    assert (await house.chat(chat.id)).state is State.PROPOSED


async def test_a_message_is_durable_before_it_is_acknowledged_and_then_relayed(
    house: House,
) -> None:
    chat, seat = await house.talking()
    line = await house.visiting.say(seat, "k1", "hello")
    assert (line.seq, line.text) == (2, "hello")
    assert await house.texts(chat.id) == ["visitor_joined", "hello"]
    await house.deliver()
    assert house.threads.relayed == [(THREAD.conversation_id, "hello", False)]
    looked = await house.visiting.look(seat)
    assert looked
    assert looked[1] == 2


async def test_a_repeated_key_is_one_message(house: House) -> None:
    _, seat = await house.talking()
    lines = await asyncio.gather(*(house.visiting.say(seat, "k1", "hello") for _ in range(5)))
    assert {line.seq for line in lines} == {2}
    await house.deliver()
    assert len(house.threads.relayed) == 1


async def test_messages_arrive_in_the_order_in_which_they_were_accepted(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before.append(NotDone("Teams is busy.", 0.0))
    for number in range(20):
        await house.visiting.say(seat, f"k{number}", str(number))
    for _ in range(3):
        await house.deliver()
        house.clock.pass_(seconds=5)
    assert [text for _, text, _ in house.threads.relayed] == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    ("text", "code"), [(" \n", "empty"), ("x" * (MAX_MESSAGE_BYTES + 1), "too_long")]
)
async def test_what_cannot_be_kept_is_refused(house: House, text: str, code: str) -> None:
    _, seat = await house.talking()
    with pytest.raises(CannotSay, match=code):
        await house.visiting.say(seat, "k", text)


async def test_a_full_chat_says_so(house: House) -> None:
    chat, seat = await house.talking()
    big = "x" * MAX_MESSAGE_BYTES
    says = (house.visiting.say(seat, f"k{number}", big) for number in range(70))
    answers = await asyncio.gather(*says, return_exceptions=True)
    assert {str(answer) for answer in answers if isinstance(answer, CannotSay)} == {"chat_full"}
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_an_ended_chat_takes_nothing_more(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.end(seat)
    await house.visiting.end(seat)
    with pytest.raises(CannotSay, match="ended"):
        await house.visiting.say(seat, "k", "too late")


async def test_a_message_acknowledged_before_the_end_is_acknowledged_after_it(
    house: House,
) -> None:
    _, seat = await house.talking()
    first = await house.visiting.say(seat, "k", "in time")
    await house.visiting.end(seat)
    assert await house.visiting.say(seat, "k", "in time") == first


async def test_presence_stands_on_the_card(house: House) -> None:
    chat, _ = await house.talking()
    await house.visiting.presence(chat.id, Presence.GONE)
    await house.deliver()
    assert house.threads.card.chat.presence is Presence.GONE


async def test_a_seat_is_only_ever_good_for_its_own_chat(house: House) -> None:
    _, seat = await house.talking()
    await house.writes("12345", thread=OTHER)
    await house.deliver()
    other = next(v.chat for v in house.threads.cards.values() if v.chat.id != seat.chat_id)
    await house.presses("invite", other, thread=OTHER)
    theirs = await house.joining.join(house.token(other), "n2", None)
    await house.visiting.say(seat, "k", "mine")
    await house.visiting.say(theirs.seat, "k", "theirs")
    assert "theirs" not in await house.texts(seat.chat_id)
    assert "mine" not in await house.texts(other.id)
    await house.deliver()
    assert sorted(house.threads.relayed) == [
        (THREAD.conversation_id, "mine", False),
        (OTHER.conversation_id, "theirs", False),
    ]


async def test_leaving_gives_the_seat_up(house: House) -> None:
    chat = await house.invited()
    joined = await house.joining.join(house.token(chat), "n", None)
    assert await house.joining.seat(joined.secret)
    await house.visiting.leave(joined.seat)
    assert await house.joining.seat(joined.secret) is None


async def test_the_cookie_ends_with_its_time(house: House) -> None:
    chat = await house.invited()
    joined = await house.joining.join(house.token(chat), "n", None)
    house.clock.pass_(hours=25)
    assert await house.joining.seat(joined.secret) is None


async def rateable(house: House) -> tuple[Chat, Seat]:
    house.relay.rules = replace(house.relay.rules, rating=True)
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    return chat, seat


async def test_an_answer_at_the_end_is_kept_once_and_repeats_are_harmless(house: House) -> None:
    chat, seat = await rateable(house)
    for _ in range(2):
        await house.visiting.rate(seat, Rating.YES)
    with pytest.raises(CannotRate, match="rated"):
        await house.visiting.rate(seat, Rating.NO)
    assert (await house.chat(chat.id)).rating is Rating.YES


async def test_an_answer_goes_into_the_record_and_comes_too_late_behind_it(house: House) -> None:
    chat, seat = await rateable(house)
    await house.visiting.rate(seat, Rating.PARTLY)
    await house.presses("file", chat, summary="Toner.", echo="345")
    house.clock.pass_(minutes=2)
    await house.deliver()
    assert house.tickets.comments[-1].chat.rating is Rating.PARTLY
    assert (await house.chat(chat.id)).rating is None


async def test_who_answers_when_the_record_has_left_is_told_so(house: House) -> None:
    chat, seat = await rateable(house)
    await house.presses("file", chat, summary="Toner.", echo="345")
    house.clock.pass_(minutes=2)
    await house.deliver()
    with pytest.raises(CannotRate, match="late"):
        await house.visiting.rate(seat, Rating.YES)


async def test_where_visitors_are_not_asked_no_answer_is_kept(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    with pytest.raises(CannotRate, match="late"):
        await house.visiting.rate(seat, Rating.YES)
    assert (await house.chat(chat.id)).rating is None

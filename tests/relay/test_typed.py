"""What COs type instead of pressing a button."""

from bot.domain.chat import State
from bot.relay.outcomes import Refused
from tests.relay.house import House


async def test_every_button_has_a_typed_twin(house: House) -> None:
    chat = await house.proposed()
    await house.writes("invite")
    assert (await house.chat(chat.id)).state is State.INVITED
    await house.writes("revoke link")
    assert (await house.chat(chat.id)).state is State.PROPOSED
    await house.writes("invite")
    await house.joining.join(house.token(chat, 2), "nonce", None)
    await house.writes("send to RT 345: Toner was empty.")
    filing = (await house.chat(chat.id)).filing
    assert filing
    assert filing.summary == "Toner was empty."


async def test_the_card_can_be_had_again_at_the_end_of_the_thread(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("show card")
    await house.deliver()
    assert list(house.threads.cards) == ["card-1", "card-2"]
    assert (await house.chat(chat.id)).card == "card-2"
    assert house.threads.retired == ["card-1"]


async def test_a_card_is_not_called_an_old_one_before_there_is_a_new_one(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("show card")
    house.threads.faults.before.append(Refused("Teams takes no card now."))
    await house.deliver()
    assert (await house.chat(chat.id)).card == ""
    assert house.threads.retired == []
    for _ in range(3):
        house.clock.pass_(minutes=15)
        await house.deliver()
    assert (await house.chat(chat.id)).card == "card-2"
    assert house.threads.retired == ["card-1"]


async def test_a_card_does_not_wait_until_an_older_one_says_that_it_is_old(house: House) -> None:
    """After going back to an earlier version that would be for ever: it does not know of such."""
    _, seat = await house.talking()
    await house.writes("show card")
    await house.deliver("card")
    await house.visiting.end(seat)
    await house.deliver("card")
    assert house.threads.retired == []
    assert house.threads.cards["card-2"].chat.state is State.ENDED

"""Whoever signed in has one open chat: with another device he is led into that one, and nobody else is."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.domain.admission import Policy, SignIn
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import digest
from bot.domain.messages import Notice
from bot.domain.reception import Admits
from bot.relay.beginning import CannotBegin
from bot.relay.joining import Joined
from bot.relay.ports import Seat
from tests.people import ADAS, LATER, SIGNED_IN, STRANGER
from tests.relay.doorway import ADAS_QUESTION, CHANNEL, DOOR, KEY, asks, thread_of
from tests.relay.house import RULES, House, opened

PHONE = "p" * 43
EVE = Identity(Proof.SSO, "eve", "Eve", "eve@help.test")


async def signed_in(house: House, who: Identity = SIGNED_IN, name: str = "phone") -> SignIn:
    sign_in = SignIn(f"signed in at the {name}", who, LATER)
    await house.store.write(lambda unit: unit.sign_in(sign_in))
    return sign_in


async def goes_on(
    house: House, chat: Chat, who: Identity = SIGNED_IN, present: str | None = None
) -> Joined:
    """Whoever signed in at the phone presses "Go on there"."""
    return await house.beginning.go_on(chat.id, present, await signed_in(house, who))


async def answered(house: House) -> tuple[Chat, Seat]:
    """Ada, who signed in, has asked, and Grace has answered."""
    joined = await asks(house, who=SIGNED_IN)
    await house.deliver()
    await house.writes("Toner?", thread=await thread_of(house, joined.chat))
    return await house.chat(joined.chat.id), joined.seat


async def invited(house: House, who: Identity | None) -> Chat:
    """Ada was sent a link by a CO, and joined by it; as ``who``, if she signed in."""
    house.relay.rules = replace(house.relay.rules, admission=Policy(offered=bool(who)))
    chat = await house.invited()
    sign_in = await signed_in(house, who, "desk") if who else None
    return (await house.joining.join(house.token(chat), "nonce", None, sign_in)).chat


async def test_who_is_being_answered_begins_no_other_chat_and_is_led_into_that_one(
    door: House,
) -> None:
    chat, desk = await answered(door)
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, PHONE, who=SIGNED_IN)
    assert await door.beginning.running(SIGNED_IN) == chat
    phone = await goes_on(door, chat)
    assert phone.chat.id == chat.id
    assert [line.text for line in await door.visiting.log(phone.seat, 0)] == [
        ADAS_QUESTION.text,
        Notice.OPERATOR_JOINED,
        "Toner?",
    ]
    await door.visiting.say(phone.seat, "1", "Yes.")
    await door.visiting.say(desk, "2", "At this device, too.")
    assert (await door.texts(chat.id))[3:] == ["Yes.", "At this device, too."]
    assert [one.id for one in await door.store.in_states(State.OPEN)] == [chat.id]


async def test_so_is_who_waits_and_the_co_is_told_nothing_new(door: House) -> None:
    joined = await asks(door, who=SIGNED_IN)
    await door.deliver()
    door.threads.told.clear()
    assert (await goes_on(door, joined.chat)).chat.waits
    await door.deliver()
    assert door.threads.told == []
    assert await door.texts(joined.chat.id) == [ADAS_QUESTION.text]


async def test_of_devices_that_ask_at_once_at_two_processes_one_begins_a_chat(
    either_url: str,
) -> None:
    async with opened(either_url) as one, opened(either_url) as other:
        for house in (one, other):
            house.relay.rules = replace(RULES, door=replace(DOOR, most_waiting=50))
        await one.writes("open", thread=CHANNEL)
        began: list[str] = []

        async def presses(house: House, key: str) -> None:
            with suppress(CannotBegin):
                began.append((await asks(house, key, who=SIGNED_IN)).chat.id)

        keys = [f"{n}" * 43 for n in range(8)]
        houses = (one, other) if either_url.startswith("postgresql") else (one, one)
        await asyncio.gather(*(presses(houses[n % 2], key) for n, key in enumerate(keys)))
        assert len(began) == 1
        assert [chat.id for chat in await one.store.in_states(State.OPEN)] == began


async def test_a_form_that_is_sent_again_still_finds_the_chat_that_it_began(door: House) -> None:
    chat, _ = await answered(door)
    assert (await asks(door, KEY, who=SIGNED_IN)).chat.id == chat.id


async def test_where_no_more_may_wait_or_it_is_closed_he_is_still_led_there(door: House) -> None:
    chat, _ = await answered(door)
    door.relay.rules = replace(RULES, door=replace(DOOR, most_waiting=0))
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, PHONE, who=SIGNED_IN)
    await door.writes("close", thread=CHANNEL)
    assert await door.beginning.running(SIGNED_IN) == chat
    assert (await goes_on(door, chat)).chat.id == chat.id


# --- whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    [
        EVE,
        Identity(Proof.SSO, "s1234567@elsewhere.example", "Ada Lovelace", "ada@help.test"),
        Identity(Proof.ASSERTED, "ada", "Ada Lovelace", "ada@help.test"),
    ],
)
async def test_nobody_else_is_led_there_or_kept_from_a_chat_of_his_own(
    door: House, who: Identity
) -> None:
    chat, _ = await answered(door)
    assert await door.beginning.running(who) is None
    sign_in = await signed_in(door, who)
    with pytest.raises(CannotBegin, match="not_yours"):
        await door.beginning.go_on(chat.id, None, sign_in)
    assert await door.store.find_sign_in(sign_in.id)  # it is good for a chat of his own
    assert (await asks(door, PHONE, who=who)).chat.id != chat.id


async def test_a_login_is_the_same_however_it_is_written(door: House) -> None:
    chat, _ = await answered(door)
    written = Identity(Proof.SSO, "S1234567", "Ada", "ada.lovelace@help.test")
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, PHONE, who=written)
    assert await door.beginning.running(written) == chat
    assert (await goes_on(door, chat, written)).chat.id == chat.id


async def test_who_is_vouched_for_in_another_way_is_not_led_there(door: House) -> None:
    """Her signing out would not be heard of there, or taken to have been done at once."""
    chat, _ = await answered(door)
    vouched = replace(SIGNED_IN, proof=Proof.ASSERTED)
    assert await door.beginning.running(vouched) is None
    with pytest.raises(CannotBegin, match="not_yours"):
        await goes_on(door, chat, vouched)


async def test_what_a_stranger_typed_makes_it_nobodys(door: House) -> None:
    chat = (await asks(door)).chat
    ada = Identity(Proof.SSO, "ada", STRANGER.name, STRANGER.address)
    assert await door.beginning.running(ada) is None
    with pytest.raises(CannotBegin, match="not_yours"):
        await goes_on(door, chat, ada)


async def test_a_chat_to_which_she_was_invited_is_hers_if_she_signed_in_for_it(
    door: House,
) -> None:
    chat = await invited(door, SIGNED_IN)
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, PHONE, who=SIGNED_IN)
    assert (await goes_on(door, chat)).chat.id == chat.id


async def test_of_a_link_nobody_knows_who_held_it(door: House) -> None:
    chat = await invited(door, None)
    assert chat.identity.login == ADAS.login == SIGNED_IN.login
    assert await door.beginning.running(SIGNED_IN) is None
    with pytest.raises(CannotBegin, match="not_yours"):
        await goes_on(door, chat)
    assert (await asks(door, PHONE, who=SIGNED_IN)).chat.state is State.OPEN


async def test_of_several_it_is_the_newest(door: House) -> None:
    """She has begun one, and a CO has invited her to another: his link is good all the same."""
    began, _ = await answered(door)
    door.clock.pass_(minutes=1)
    joined = await invited(door, SIGNED_IN)
    assert joined.id != began.id
    assert await door.beginning.running(SIGNED_IN) == joined


# --- when ------------------------------------------------------------------------------------------


async def test_a_chat_that_is_over_bars_nobody_though_its_record_is_not_filed(door: House) -> None:
    chat, seat = await answered(door)
    await door.visiting.end(seat)
    assert (await door.chat(chat.id)).state is State.ENDED
    assert await door.beginning.running(SIGNED_IN) is None
    sign_in = await signed_in(door)
    with pytest.raises(CannotBegin, match="ended"):  # it was offered a moment ago
        await door.beginning.go_on(chat.id, None, sign_in)
    assert await door.store.find_sign_in(sign_in.id)
    assert (await asks(door, PHONE, who=SIGNED_IN)).chat.id != chat.id


async def test_a_sign_in_leads_into_one_chat_once(door: House) -> None:
    chat, _ = await answered(door)
    sign_in = await signed_in(door)
    await door.beginning.go_on(chat.id, None, sign_in)
    with pytest.raises(CannotBegin, match="sign_in"):
        await door.beginning.go_on(chat.id, None, sign_in)


async def test_where_strangers_may_not_begin_it_is_the_same(door: House) -> None:
    door.relay.rules = replace(RULES, door=replace(DOOR, admits=Admits.SIGNED_IN))
    chat, _ = await answered(door)
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, PHONE, who=SIGNED_IN)
    assert (await goes_on(door, chat)).chat.id == chat.id


async def test_who_is_kept_out_is_led_nowhere_and_his_other_chat_goes_on(door: House) -> None:
    joined = await invited(door, SIGNED_IN)
    door.relay.rules = replace(door.relay.rules, door=DOOR)
    await door.visiting.end((await goes_on(door, joined)).seat)
    chat, _ = await answered(door)
    words = "block 2h because he swears at everybody"
    await door.writes(words, thread=await door.store.thread(joined.thread))
    assert (await door.chat(chat.id)).state is State.OPEN
    assert await door.beginning.running(SIGNED_IN) is None
    with pytest.raises(CannotBegin, match="blocked") as refused:
        await goes_on(door, chat)
    assert refused.value.until
    door.clock.pass_(hours=2)
    assert await door.beginning.running(SIGNED_IN)


async def test_the_browser_leaves_the_chat_that_it_had(door: House) -> None:
    chat, _ = await answered(door)
    other = await asks(door, PHONE, who=EVE)
    here = await goes_on(door, chat, present=other.secret)
    assert here.left == other.seat
    again = await door.beginning.go_on(
        chat.id, here.secret, await signed_in(door, name="phone again")
    )
    assert again.left is None
    assert digest(again.secret) == again.seat.id != here.seat.id

"""Joining as somebody who signed in: who is let in, what the CO hears, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.admission import Admission, Demand, Policy, SignIn
from bot.domain.chat import State
from bot.domain.effects import Word
from bot.domain.identity import Identity, Proof
from bot.domain.matching import Match, match
from bot.relay.joining import CannotJoin
from bot.relay.signing_in import SigningIn, UsedBefore
from tests.relay.house import THREAD, House

ADA, EVE = Identity(Proof.SSO, "s1234567"), Identity(Proof.SSO, "eve")


@pytest.fixture
def desk(house: House) -> SigningIn:
    """A site where whoever has an account must sign in."""
    house.relay.rules = replace(house.relay.rules, admission=Policy(offered=True))
    return SigningIn(house.relay)


async def signed_in(desk: SigningIn, who: Identity) -> SignIn:
    secret, _ = await desk.sign_in(who)
    found = await desk.known(secret)
    assert found
    return found


async def test_the_link_alone_is_not_enough_and_is_not_used_up(
    house: House, desk: SigningIn
) -> None:
    chat = await house.invited()

    assert (await house.joining.peek(house.token(chat))).admission is Admission.SIGN_IN
    with pytest.raises(CannotJoin) as refused:
        await house.joining.join(house.token(chat), "n", None)

    assert refused.value.fate == "sign_in"
    ada = await signed_in(desk, ADA)
    joined = await house.joining.join(house.token(chat), "n", None, ada)
    assert joined.chat.state is State.OPEN


async def test_whoever_signed_in_is_verified_and_his_sign_in_is_used_up(
    house: House, desk: SigningIn
) -> None:
    chat, secret = await house.invited(), (await desk.sign_in(ADA))[0]
    joined = await house.joining.join(house.token(chat), "n", None, await desk.known(secret))

    assert joined.chat.identity == ADA
    assert match(joined.chat.identity, joined.chat.ticket) is Match.GREEN
    assert joined.chat.visitor
    assert joined.chat.visitor.name == "Ada Lovelace"
    assert await desk.known(secret) is None
    assert "sign_ins" in house.dump()
    assert 'INSERT INTO "sign_ins"' not in house.dump()


async def test_somebody_else_is_turned_away_learns_nothing_and_the_co_is_told_once(
    house: House, desk: SigningIn
) -> None:
    chat, eve = await house.invited(), await signed_in(desk, EVE)

    seen = await house.joining.peek(house.token(chat), eve)
    for _ in range(3):
        with pytest.raises(CannotJoin, match="not_yours"):
            await house.joining.join(house.token(chat), "n", None, eve)

    assert (seen.admission, seen.who, seen.ticket, seen.operators) == (
        Admission.NOT_YOURS,
        "eve",
        "",
        (),
    )
    await house.deliver()
    told = [tell for _, tell in house.threads.told if tell.word is Word.TURNED_AWAY]
    assert [tell.detail for tell in told] == ["eve"]
    assert (await house.chat(chat.id)).state is State.INVITED  # the link is still Ada's
    ada = await signed_in(desk, ADA)
    assert (await house.joining.join(house.token(chat), "a", None, ada)).chat.identity == ADA


async def test_a_lost_answer_to_joining_needs_no_second_sign_in(
    house: House, desk: SigningIn
) -> None:
    chat, ada = await house.invited(), await signed_in(desk, ADA)
    first = await house.joining.join(house.token(chat), "my nonce", None, ada)
    again = await house.joining.join(house.token(chat), "my nonce", None)
    assert again.seat.chat_id == first.seat.chat_id


async def test_a_link_left_in_the_tab_gives_nobody_a_seat_who_signs_in_and_is_not_on_the_ticket(
    house: House, desk: SigningIn
) -> None:
    """She needed no sign-in, the answer to her joining was lost, and the tab tries again."""
    policy = Policy(offered=True, demand=Demand.NEVER)
    house.relay.rules = replace(house.relay.rules, admission=policy)
    chat = await house.invited()
    first = await house.joining.join(house.token(chat), "left", None)
    with pytest.raises(CannotJoin, match="not_yours"):
        await house.joining.join(house.token(chat), "left", None, await signed_in(desk, EVE))
    for who in (await signed_in(desk, ADA), None):
        again = await house.joining.join(house.token(chat), "left", None, who)
        assert again.seat.chat_id == first.seat.chat_id


async def test_who_is_not_on_the_ticket_never_gets_the_name_the_link_was_for(
    house: House, desk: SigningIn
) -> None:
    house.relay.rules = replace(house.relay.rules, admission=Policy(offered=False))
    chat, eve = await house.invited(), await signed_in(desk, EVE)
    joined = await house.joining.join(house.token(chat), "n", None, eve)
    assert joined.chat.visitor
    assert joined.chat.visitor.name == "eve"
    assert match(joined.chat.identity, joined.chat.ticket) is Match.RED


async def test_each_sign_in_is_a_new_secret_and_ends_the_one_before(
    house: House, desk: SigningIn
) -> None:
    first, _ = await desk.sign_in(ADA)
    second, _ = await desk.sign_in(EVE, before=first)
    assert await desk.known(first) is None
    found = await desk.known(second)
    assert found
    assert found.who == EVE
    assert second not in house.dump()  # only its digest is kept

    await desk.sign_out(second)
    assert await desk.known(second) is None


async def test_a_sign_in_lives_for_minutes(house: House, desk: SigningIn) -> None:
    secret, until = await desk.sign_in(ADA)
    assert until - house.clock() == timedelta(minutes=10)
    house.clock.pass_(seconds=601)
    assert await desk.known(secret) is None
    await house.store.sweep(timedelta(days=1))
    assert "s1234567" not in house.dump()


async def test_a_signed_token_signs_in_once(desk: SigningIn) -> None:
    await desk.sign_in(ADA, once="site 1")
    with pytest.raises(UsedBefore):
        await desk.sign_in(ADA, once="site 1")
    await desk.sign_in(ADA, once="site 2")


async def test_one_sign_in_lets_nobody_into_two_chats(house: House, desk: SigningIn) -> None:
    chat, ada = await house.invited(), await signed_in(desk, ADA)
    await house.joining.join(house.token(chat), "n", None, ada)
    await house.presses("end", await house.chat(chat.id))
    other = await house.invited(thread=replace(THREAD, id=0, conversation_id="19:y;messageid=9"))
    with pytest.raises(CannotJoin, match="sign_in"):  # as if both had looked before either joined
        await house.joining.join(house.token(other), "m", None, ada)
    assert (await house.chat(other.id)).state is State.INVITED


async def test_the_co_hears_of_somebody_else_who_only_looks_at_the_link(
    house: House, desk: SigningIn
) -> None:
    """The pop-up offers him nothing to press."""
    chat, eve = await house.invited(), await signed_in(desk, EVE)
    for _ in range(2):
        await house.joining.peek(house.token(chat), eve)
    await house.joining.peek(house.token(chat), await signed_in(desk, ADA))
    await house.deliver()
    told = [tell for _, tell in house.threads.told if tell.word is Word.TURNED_AWAY]
    assert [tell.detail for tell in told] == ["eve"]

"""Keeping a visitor out for a while."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.admission import Policy, SignIn
from bot.domain.blocking import Block, block_id
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity, Proof
from bot.domain.messages import Role
from bot.relay.answering import Answer
from bot.relay.blocking import everybody
from bot.relay.joining import CannotJoin
from bot.relay.storage import Unit
from bot.relay.visiting import CannotSay
from bot.teams.posts import LIMIT, weight
from tests.people import GRACE, TICKET
from tests.relay.house import OTHER, THREAD, House

WHY = "because he swears at everybody"


async def said(house: House, text: str, **more: object) -> list[tuple[str, str]]:
    """What the bot answers."""
    house.threads.told.clear()
    await house.writes(text, **more)  # type: ignore[arg-type]
    await house.deliver()
    return [(notice.word.value, notice.detail) for _, notice in house.threads.told]


async def blocked(house: House) -> tuple[Chat, str]:
    """Ada was blocked for two hours; her chat, and the name of the block."""
    chat, _ = await house.talking()
    ((word, _),) = await said(house, f"block 2h {WHY}")
    assert word == Answer.BLOCKED
    return await house.chat(chat.id), block_id(chat.id)


async def test_a_block_ends_the_chat_and_its_record_is_filed_all_the_same(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "You are all useless.")
    ((word, detail),) = await said(house, f"block 2h {WHY}")
    assert (word, detail.endswith(f"({block_id(chat.id)})")) == (Answer.BLOCKED, True)
    now = await house.chat(chat.id)
    assert (now.state, now.ended_by and now.ended_by.role) == (State.ENDED, Role.OPERATOR)
    assert now.blocked == house.clock.now + timedelta(hours=2)
    with pytest.raises(CannotSay, match="ended"):
        await house.visiting.say(seat, "k2", "Hello?")
    await house.presses("file", now)
    await house.deliver()
    (dossier,) = house.tickets.comments
    assert "You are all useless." in [line.text for line in dossier.log]
    assert "swears" not in str(dossier)


async def test_who_plainly_meant_a_block_is_told_its_form_and_the_visitor_nothing(
    house: House,
) -> None:
    chat, _ = await house.talking()
    for text in ("block 30 spamming", "block because he swears at us", "block 2h: he swears"):
        ((word, detail),) = await said(house, text)
        assert word == Answer.BLOCK_NOT
        assert "“block 2h because REASON”" in detail
        assert "nothing of it was sent to the visitor" in detail
        assert "write it again in other words" in detail
    assert (await house.chat(chat.id)).spoken == 0
    assert "block" not in str(await house.texts(chat.id))
    assert await house.store.blocks() == []


async def test_what_ends_a_chat_needs_a_reason_and_nothing_of_it_reaches_the_visitor(
    house: House,
) -> None:
    chat, _ = await house.talking()
    for text in ("block 2h", "block 2h because rude", f"block 2 weeks {WHY}", f"block 1m {WHY}"):
        ((word, _),) = await said(house, text)
        assert word == Answer.BLOCK_NOT
    now = await house.chat(chat.id)
    assert now.state is State.OPEN
    assert now.spoken == 0
    assert "block" not in str(await house.texts(chat.id))
    assert await house.store.blocks() == []


async def test_her_next_link_lets_nobody_in_and_says_until_when(house: House) -> None:
    other = await house.invited(thread=OTHER)
    chat, _ = await blocked(house)
    peek = await house.joining.peek(house.token(other))
    assert (peek.fate, peek.expires, peek.ticket) == ("blocked", chat.blocked, "")
    with pytest.raises(CannotJoin, match="blocked"):
        await house.joining.join(house.token(other), "n", None)
    assert (await house.chat(other.id)).state is State.INVITED


async def test_when_it_is_over_the_same_link_opens_and_nothing_is_kept_of_it(house: House) -> None:
    other = await house.invited(thread=OTHER)
    await blocked(house)
    house.clock.pass_(hours=2)
    assert (await house.joining.peek(house.token(other))).fate == "pending"
    joined = await house.joining.join(house.token(other), "n", None)
    assert joined.chat.state is State.OPEN
    await house.housekeeping.tidy()
    assert await house.store.blocks() == []


async def test_a_link_is_not_sent_to_somebody_whom_it_would_not_let_in(house: House) -> None:
    _, name = await blocked(house)
    chat = await house.proposed(OTHER)
    pressing = await house.presses("invite", chat, thread=OTHER)
    assert f"unblock {name}" in pressing.sentence
    assert (await house.chat(chat.id)).state is State.PROPOSED
    await said(house, f"unblock {name}", thread=OTHER)
    await house.presses("invite", chat, thread=OTHER)
    assert (await house.chat(chat.id)).state is State.INVITED


async def test_a_name_that_writes_backwards_turns_nothing_of_what_the_co_is_told(
    house: House,
) -> None:
    ada = replace(TICKET.requestors[0], name="Ada \u202eecalevoL")
    house.tickets.ticket = replace(TICKET, requestors=(ada,))
    await blocked(house)
    pressing = await house.presses("invite", await house.proposed(OTHER), thread=OTHER)
    assert pressing.sentence.startswith("Ada ecalevoL is blocked until")


async def test_everybody_of_the_team_sees_who_is_kept_out_and_may_let_him_in(house: House) -> None:
    chat, name = await blocked(house)
    ((word, listed),) = await said(house, "blocks", who="alan", thread=OTHER)
    assert word == Answer.BLOCKS
    assert listed.startswith(f"{name}: Ada Lovelace (")
    assert listed.endswith("by Grace Hopper: he swears at everybody")
    assert await said(house, f"unblock {name}", who="alan", thread=OTHER) == [
        (Answer.UNBLOCKED, "Ada Lovelace")
    ]
    assert (await house.chat(chat.id)).blocked is None
    ((word, _),) = await said(house, f"unblock {name}")
    assert word == Answer.BLOCK_NOT
    assert await said(house, "blocks") == [(Answer.BLOCKS, "Nobody is kept out.")]


async def test_it_is_noted_without_names_and_reasons(house: House) -> None:
    chat, name = await blocked(house)
    await said(house, f"unblock {name}")
    assert [(a["word"], a["chat"], a["operator"]) for a in house.audit] == [
        ("block", chat.id, GRACE.id),
        ("unblock", chat.id, GRACE.id),
    ]
    assert "swears" not in str(house.audit)
    assert "Ada" not in str(house.audit)


async def test_a_second_block_takes_the_place_of_the_first(house: House) -> None:
    chat, _ = await blocked(house)
    await said(house, f"block 3 days {WHY}")
    (found,) = await everybody(house.store, house.clock.now)
    assert found.until == house.clock.now + timedelta(days=3)
    assert (await house.chat(chat.id)).blocked == found.until


async def test_her_other_chat_goes_on_until_its_co_ends_it(house: House) -> None:
    other, seat = await house.talking(OTHER)
    await blocked(house)
    assert (await house.visiting.say(seat, "k", "Still here")).text == "Still here"
    assert (await house.chat(other.id)).state is State.OPEN


async def test_where_nobody_has_joined_there_is_nobody_to_block(house: House) -> None:
    await house.invited()
    ((word, detail),) = await said(house, f"block 2h {WHY}")
    assert word == Answer.BLOCK_NOT
    assert "revoke link" in detail


async def test_at_a_shared_computer_somebody_else_who_signs_in_is_let_in(house: House) -> None:
    chat = await house.invited()
    joined = await house.joining.join(house.token(chat), "n", None)
    await house.deliver()
    await said(house, f"block 2h {WHY}")
    house.relay.rules = replace(house.relay.rules, admission=Policy(offered=True))
    other = await house.invited(thread=OTHER)
    bob = SignIn("bob", Identity(Proof.SSO, "s1234567"), house.clock.now + timedelta(minutes=5))
    await house.store.write(lambda unit: unit.sign_in(bob))
    assert (await house.joining.peek(house.token(other), bob, joined.secret)).fate == "pending"
    again = await house.joining.join(house.token(other), "n2", joined.secret, bob)
    assert again.chat.state is State.OPEN


async def test_who_signed_in_and_was_blocked_stays_out_on_another_device(house: House) -> None:
    house.relay.rules = replace(house.relay.rules, admission=Policy(offered=True))
    ada = Identity(Proof.SSO, "s1234567")
    first = SignIn("one", ada, house.clock.now + timedelta(minutes=5))
    second = replace(first, id="two")
    await house.store.write(lambda unit: unit.sign_in(first))
    await house.store.write(lambda unit: unit.sign_in(second))
    other, chat = await house.invited(thread=OTHER), await house.invited()
    await house.joining.join(house.token(chat), "n", None, first)
    await house.deliver()
    await said(house, f"block 2h {WHY}")
    assert (await house.joining.peek(house.token(other), second)).fate == "blocked"
    with pytest.raises(CannotJoin, match="blocked"):
        await house.joining.join(house.token(other), "n", None, second)
    assert await house.store.find_sign_in("two")  # and it is not used up


async def test_a_browser_is_known_by_its_place_in_the_chat(house: House) -> None:
    chat = await house.invited()
    joined = await house.joining.join(house.token(chat), "n", None)
    await house.deliver()
    await said(house, f"block 2h {WHY}", thread=THREAD)
    (found,) = await house.store.blocks()
    assert found.seats == (joined.seat.id,)


async def test_a_long_list_of_blocks_fits_into_a_post(house: House) -> None:
    now, later = house.clock(), house.clock() + timedelta(hours=2)
    nobody = Identity(Proof.ANONYMOUS, "", "Mallory" * 9, "mallory@help.test")
    made = [
        Block(
            f"{n:03x}", nobody, nobody.name, (), GRACE, "x" * 300, now + timedelta(seconds=n), later
        )
        for n in range(200)
    ]

    async def block(unit: Unit) -> None:
        for one in made:
            await unit.block(one)

    await house.store.write(block)
    ((_, told),) = await said(house, "blocks")
    assert weight(told) < LIMIT
    assert made[-1].id in told
    assert told.startswith("170 earlier ones are not shown")

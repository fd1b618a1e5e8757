"""A chat is taken to another ticket: shown first, done when a CO confirms it."""

from dataclasses import replace

import pytest

from bot.domain.chat import Chat, State
from bot.domain.matching import fingerprint
from bot.domain.tickets import TicketRef
from bot.relay.answering import Answer
from bot.relay.nonces import nonce
from bot.relay.outcomes import Refused
from tests.people import TICKET
from tests.relay.house import House
from tests.relay.test_sending import CHARLES, REASON

OTHERS = replace(
    TICKET, ref=TicketRef("rt", 777), asked=TicketRef("rt", 777), requestors=(CHARLES,)
)


async def moving(house: House) -> Chat:
    chat, _ = await house.talking()
    house.tickets.ticket = OTHERS
    await house.writes("move to ticket 777")
    await house.deliver()
    return await house.chat(chat.id)


async def test_another_ticket_is_shown_beside_this_one_and_taken_by_a_confirmation(
    house: House,
) -> None:
    chat = await moving(house)
    assert chat.move
    assert (chat.ticket, chat.move.ticket) == (TICKET, OTHERS)
    wrong = await house.presses("rebind", chat, move="1", ticket=fingerprint(OTHERS), echo="777")
    assert "a reason" in wrong.sentence  # the link was for Ada
    await house.presses(
        "rebind", chat, move="1", ticket=fingerprint(OTHERS), echo="Babbage", reason=REASON
    )
    moved = await house.chat(chat.id)
    assert (moved.ticket, moved.move) == (OTHERS, None)
    assert [line["word"] for line in house.audit] == []
    await house.deliver()
    assert [(line["word"], line["match"]) for line in house.audit] == [("move", "red")]
    again = await house.presses("rebind", chat, move="1", ticket=fingerprint(OTHERS))
    assert not again.sentence


async def test_by_command_too(house: House) -> None:
    chat = await moving(house)
    await house.writes("confirm move 777")
    assert (await house.chat(chat.id)).ticket == TICKET
    await house.writes(f"confirm move Babbage because {REASON}")
    assert (await house.chat(chat.id)).ticket == OTHERS


async def test_who_asks_for_a_move_is_told_that_it_is_to_be_confirmed(house: House) -> None:
    await moving(house)
    told = next(n for _, n in house.threads.told if n.word is Answer.MOVE_ASKED)
    assert told.detail == "Ticket rt#777"
    assert Answer.DONE not in house.threads.words
    await house.writes("keep ticket")
    await house.deliver()
    assert house.threads.words[-1] == Answer.STAYS


@pytest.mark.parametrize("how", ["button", "command"])
async def test_a_chat_may_be_left_where_it_is(house: House, how: str) -> None:
    chat = await moving(house)
    if how == "button":
        await house.presses("stay", chat, move="1")
    else:
        await house.writes("keep ticket")
    left = await house.chat(chat.id)
    assert (left.ticket, left.move) == (TICKET, None)


@pytest.mark.parametrize("number", ["12345", "", "room", "1 2"])
async def test_what_names_no_other_ticket_is_said_to(house: House, number: str) -> None:
    chat, _ = await house.talking()
    pressing = await house.presses("move", chat, number=number, moves="0")
    assert pressing.sentence
    assert pressing.view
    assert pressing.view.typed["number"] == number


async def test_a_ticket_that_cannot_be_had_leaves_the_chat_where_it_is(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.reading.before.append(Refused("There is no ticket rt#777 in RT."))
    await house.writes("move to rt#777")
    await house.deliver()
    assert (await house.chat(chat.id)).move is None
    assert Answer.TICKET_PROBLEM in house.threads.words


async def test_the_card_drawn_before_a_move_does_not_file_into_the_old_ticket(
    house: House,
) -> None:
    chat = await moving(house)
    await house.writes(f"confirm move Babbage because {REASON}")
    pressing = await house.presses(
        "file", chat, summary="Toner.", ticket=fingerprint(TICKET), nonce=nonce(chat)
    )
    assert "rt#777" in pressing.sentence
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_what_was_typed_for_a_ticket_that_ends_alike_confirms_neither(house: House) -> None:
    """Alan takes the chat to another ticket while Grace types for the one it had."""
    alike = replace(TICKET, ref=TicketRef("rt", 22345), asked=TicketRef("rt", 22345))
    chat, _ = await house.talking()
    house.tickets.ticket = alike
    await house.writes("move to ticket 22345")
    await house.deliver()
    await house.writes("confirm move 345")
    assert (await house.chat(chat.id)).ticket == TICKET
    await house.writes("confirm move 22345")
    assert (await house.chat(chat.id)).ticket == alike

    await house.writes("send to rt 345: Toner.")
    assert (await house.chat(chat.id)).state is State.OPEN
    await house.writes("send to rt 22345: Toner.")
    await house.deliver()
    (comment,) = house.tickets.comments
    assert comment.ref == alike.ref

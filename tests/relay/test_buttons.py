"""Presses that Teams sends again: with a new id, half a minute later, when the chat has gone on."""

import pytest

from bot.domain.chat import Chat, State
from bot.domain.invitations import Fate, Route
from bot.relay.nonces import nonce
from bot.relay.ports import Refused
from tests.relay.house import House


async def failed(house: House) -> Chat:
    """A chat whose filing RT has refused; Grace's words were "Toner."."""
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    house.tickets.faults.before.append(Refused("You may not comment there."))
    await house.presses("file", chat, summary="Toner.", nonce=nonce(chat))
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.ENDED
    return chat


async def test_an_invite_that_comes_again_after_revoke_invites_nobody(house: House) -> None:
    chat = await house.proposed()
    drawn = nonce(chat)
    await house.presses("invite", chat, route="mail", nonce=drawn)
    await house.presses("revoke", chat, nonce="1.0")
    again = await house.presses("invite", chat, route="mail", nonce=drawn)
    await house.deliver()
    assert again.view
    assert again.view.chat.state is State.PROPOSED
    assert not again.sentence
    assert not house.mailer.sent


async def test_a_revoke_that_comes_again_leaves_the_new_link_alone(house: House) -> None:
    chat = await house.invited()
    drawn = nonce(chat)
    await house.presses("revoke", chat, nonce=drawn)
    await house.presses("invite", chat, nonce=drawn)
    await house.presses("revoke", chat, nonce=drawn)
    assert (await house.chat(chat.id)).state is State.INVITED
    assert (await house.visiting.peek(house.token(chat, 2))).fate == Fate.PENDING


async def test_a_cancel_of_a_proposal_does_not_cancel_an_invitation(house: House) -> None:
    chat = await house.proposed()
    await house.presses("invite", chat, nonce=nonce(chat))
    await house.presses("cancel", chat, nonce=nonce(chat))
    assert (await house.chat(chat.id)).state is State.INVITED


async def test_a_filing_that_failed_is_not_begun_again_by_its_own_press(house: House) -> None:
    chat = await failed(house)
    again = await house.presses("file", chat, summary="Toner.\r\n", nonce=nonce(chat))
    await house.deliver()
    assert again.view
    assert again.view.chat.state is State.ENDED
    assert house.tickets.comments == []


async def test_a_summary_typed_into_a_card_that_is_behind_is_not_lost(house: House) -> None:
    chat = await failed(house)
    await house.presses("file", chat, who="alan", summary="Toner, floor 5.", nonce=nonce(chat))
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    assert (filing.by.name, filing.summary) == ("Alan Turing", "Toner, floor 5.")


async def test_the_press_before_the_last_does_not_file_its_old_words(house: House) -> None:
    chat = await failed(house)
    house.tickets.faults.before.append(Refused("Still not."))
    await house.presses("file", chat, summary="Toner was empty.", nonce="1.1")
    await house.deliver()
    await house.presses("file", chat, summary="Toner.", nonce="1.0")
    assert (await house.chat(chat.id)).state is State.ENDED


async def test_the_redrawn_card_files_even_the_same_words(house: House) -> None:
    chat = await failed(house)
    now = await house.chat(chat.id)
    await house.presses("file", chat, summary="Toner.", nonce=nonce(now))
    await house.deliver()
    assert len(house.tickets.comments) == 1


@pytest.mark.parametrize("verb", ["end", "look", "file"])
async def test_what_does_not_concern_the_link_works_on_a_card_of_an_older_link(
    house: House, verb: str
) -> None:
    chat = await house.invited()
    await house.presses("revoke", chat)
    await house.presses("invite", chat)
    await house.visiting.join(house.token(chat, 2), "nonce", None)
    pressing = await house.presses(verb, chat, nonce="1.0")
    assert not pressing.sentence
    moved = {"end": State.ENDED, "look": State.OPEN, "file": State.FILING}
    assert (await house.chat(chat.id)).state is moved[verb]


@pytest.mark.parametrize("verb", ["invite", "revoke", "cancel", "end", "file"])
async def test_a_press_sent_again_is_answered_like_the_first_with_the_card(
    house: House, verb: str
) -> None:
    match verb:
        case "revoke":
            chat = await house.invited()
        case "end" | "file":
            chat, _ = await house.talking()
        case _:
            chat = await house.proposed()
    first = await house.presses(verb, chat, nonce=nonce(chat))
    again = await house.presses(verb, chat, nonce=nonce(chat))
    assert first.view
    assert again.view
    assert (again.sentence, again.view.chat) == ("", first.view.chat)


async def test_who_presses_too_late_is_told_why_nothing_happened(house: House) -> None:
    chat, _ = await house.talking()
    pressing = await house.presses("revoke", chat, nonce=nonce(chat))
    assert "The visitor is in the chat" in pressing.sentence


async def test_a_card_of_the_version_before_works_by_the_state_alone(house: House) -> None:
    chat = await failed(house)
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    assert len(house.tickets.comments) == 1


async def test_typed_commands_work_whatever_was_drawn(house: House) -> None:
    chat = await house.invited(Route.COPY)
    for command in ("revoke link", "invite", "revoke link", "invite"):
        await house.writes(command)
    invitation = (await house.chat(chat.id)).invitation
    assert invitation
    assert (invitation.number, invitation.fate) == (3, Fate.PENDING)


async def test_a_nonce_that_is_none_of_ours_does_nothing(house: House) -> None:
    chat = await house.proposed()
    for strange in ("", "x", "1", "1.1.1", "-1.0"):
        pressing = await house.presses("invite", chat, nonce=strange)
        assert pressing.view
    assert (await house.chat(chat.id)).state is State.PROPOSED

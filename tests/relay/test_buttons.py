"""Presses that Teams sends again: with a new id, half a minute later, when the chat has gone on.

And what a press on Invite may not do.
"""

import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from bot.domain.chat import Chat, State
from bot.domain.invitations import Fate, Route
from bot.domain.tickets import Requestor
from bot.relay.nonces import nonce
from bot.relay.outcomes import Refused
from bot.teams.cards import card
from tests.people import TICKET
from tests.relay.house import RULES, House


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


async def test_whoever_chose_somebody_else_than_a_colleague_just_invited_is_told(
    house: House,
) -> None:
    both = (*TICKET.requestors, Requestor("s7654321", "Alan Turing", "alan@help.test"))
    house.tickets.ticket = replace(TICKET, requestors=both)
    chat = await house.proposed()
    drawn = nonce(chat)
    first = await house.presses("invite", chat, requestor="0", nonce=drawn)
    again = await house.presses("invite", chat, requestor="0", nonce=drawn, who="alan")
    other = await house.presses("invite", chat, requestor="1", nonce=drawn, who="alan")
    nobody = await house.presses("invite", chat, nonce=drawn, who="alan")
    assert (first.sentence, again.sentence, nobody.sentence) == ("", "", "")
    assert "Ada Lovelace is invited already" in other.sentence
    link = (await house.chat(chat.id)).invitation
    assert link
    assert link.name == "Ada Lovelace"


async def test_a_revoke_that_comes_again_leaves_the_new_link_alone(house: House) -> None:
    chat = await house.invited()
    drawn = nonce(chat)
    await house.presses("revoke", chat, nonce=drawn)
    await house.presses("invite", chat, nonce=drawn)
    await house.presses("revoke", chat, nonce=drawn)
    assert (await house.chat(chat.id)).state is State.INVITED
    assert (await house.joining.peek(house.token(chat, 2))).fate == Fate.PENDING


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


async def test_another_queue_chosen_on_a_card_that_is_behind_is_heard(house: House) -> None:
    house.relay.rules = replace(RULES, queues={"rt": ("Support", "Teaching")})
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("No ticket can be made in Support."))
    sent: dict[str, Any] = {"summary": "Toner.", "nonce": nonce(chat)}
    await house.presses("new", chat, queue="Support", **sent)
    await house.deliver()
    await house.presses("new", chat, queue="Support", **sent)  # Teams sends it again
    await house.deliver()
    assert house.tickets.comments == []
    await house.presses("new", chat, queue="Teaching", **sent)
    await house.deliver()
    (filed,) = house.tickets.comments
    assert filed.chat.filing
    assert filed.chat.filing.new_ticket
    assert filed.chat.filing.new_ticket.queue == "Teaching"


async def test_the_press_before_the_last_does_not_file_its_old_words(house: House) -> None:
    chat = await failed(house)
    house.tickets.faults.before.append(Refused("Still not."))
    await house.presses("file", chat, summary="Toner was empty.", nonce="1.1")
    await house.deliver()
    await house.presses("file", chat, summary="Toner.", nonce="1.0")
    assert (await house.chat(chat.id)).state is State.ENDED


async def test_a_summary_typed_into_a_card_of_long_ago_is_shown_again_and_not_swallowed(
    house: House,
) -> None:
    chat = await failed(house)
    house.tickets.faults.before.append(Refused("Still not."))
    await house.presses("file", chat, summary="Toner was empty.", nonce="1.1")
    await house.deliver()
    late = await house.presses("file", chat, who="alan", summary="Drum.", nonce="1.0")
    assert "Nothing was sent" in late.sentence
    assert late.view
    assert late.view.typed["summary"] == "Drum."
    again = await house.presses("file", chat, summary="Toner was empty.", nonce="1.0")
    assert not again.sentence
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.ENDED


async def test_the_redrawn_card_files_even_the_same_words(house: House) -> None:
    chat = await failed(house)
    now = await house.chat(chat.id)
    await house.presses("file", chat, summary="Toner.", nonce=nonce(now))
    await house.deliver()
    assert len(house.tickets.comments) == 1


@pytest.mark.parametrize("who", ["grace", "alan"])
@pytest.mark.parametrize("undo", [60, 0])
@pytest.mark.parametrize("first", ["Toner.", ""])
async def test_who_sends_other_words_when_it_has_been_sent_is_shown_that_they_do_not_go(
    house: House, who: str, undo: int, first: str
) -> None:
    house.relay.rules = replace(RULES, undo=timedelta(seconds=undo))
    chat, _ = await house.talking()
    await house.presses("file", chat, summary=first, nonce=nonce(chat))
    again = await house.presses("file", chat, summary=first, nonce=nonce(chat))
    assert not again.sentence
    late = await house.presses("file", chat, who=who, summary="Drum.", nonce=nonce(chat))
    assert late.view
    shown = json.dumps(card(late.view, UTC)) if late.view.wrong else late.sentence
    assert "sent this chat to RT already" in shown


@pytest.mark.parametrize("verb", ["end", "look", "file"])
async def test_what_does_not_concern_the_link_works_on_a_card_of_an_older_link(
    house: House, verb: str
) -> None:
    chat = await house.invited()
    await house.presses("revoke", chat)
    await house.presses("invite", chat)
    await house.joining.join(house.token(chat, 2), "nonce", None)
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


@pytest.mark.parametrize("verb", ["file", "new", "triage"])
async def test_a_note_within_the_summary_on_a_card_comes_back_and_does_not_go_to_rt(
    house: House, verb: str
) -> None:
    chat, _ = await house.talking()
    typed = "Toner.\n- // he broke it himself"
    pressing = await house.presses(verb, chat, summary=typed, queue="general")
    assert pressing.view
    assert pressing.view.typed["summary"] == typed
    assert "notes" in pressing.sentence
    assert (await house.chat(chat.id)).state is State.OPEN


@pytest.mark.parametrize("press", [True, False])
async def test_a_link_for_somebody_without_an_address_is_mailed_to_nobody_else(
    house: House, monkeypatch: pytest.MonkeyPatch, press: bool
) -> None:
    monkeypatch.setattr(house.relay, "rules", replace(RULES, routes=(Route.CORRESPOND,)))
    cc = Requestor("bob", "Bob", "bob@help.test")
    house.tickets.ticket = replace(TICKET, requestors=(), ccs=(cc,))
    chat = await house.proposed()
    if press:
        await house.presses("invite", chat, route="correspond")
    else:
        await house.writes("invite")
    await house.deliver()
    assert (invitation := (await house.chat(chat.id)).invitation)
    assert invitation.route is Route.COPY
    assert not house.tickets.letters


async def test_a_requestors_name_in_rt_writes_no_lines_of_its_own_into_an_invitation(
    house: House,
) -> None:
    name = "Ada\n\nYour mailbox is full: https://evil.test\u202e"
    house.tickets.ticket = replace(TICKET, requestors=(Requestor("ada", name, "ada@help.test"),))
    await house.invited(Route.CORRESPOND)
    first, second, *_ = house.tickets.letters[0].split("\n")
    assert (first, second) == ("Dear Ada Your mailbox is full: https://evil.test,", "")

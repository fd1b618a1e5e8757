"""Having RT mail a visitor who left what he was not shown: to the right person, once, and told."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity, Proof
from bot.domain.matching import fingerprint
from bot.domain.messages import Author, Kind, Notice, Role
from bot.domain.presence import Presence
from bot.domain.tickets import Requestor, TicketRef
from bot.relay.answering import Answer
from bot.relay.mailing import obstacle
from bot.relay.outcomes import Refused
from bot.relay.ports import Seat
from bot.relay.storage import Unit
from tests.people import ADAS, GRACE, SIGNED_IN, STRANGER, TICKET, filing, talking
from tests.relay.doorway import asks, thread_of
from tests.relay.house import RULES, House

CHARLES = Requestor("cbabbage", "Charles Babbage", "charles@help.test")


async def left(house: House, *answers: str, seen: int = 1) -> tuple[Chat, Seat]:
    """Ada has left, having seen so much, and Grace has answered since."""
    chat, seat = await house.talking()
    await house.visiting.say(seat, "1", "It beeps.")
    await house.visiting.presence(chat.id, Presence.GONE, seen)
    for answer in answers or ("Is the toner empty?",):
        await house.writes(answer)
    await house.deliver()
    return await house.chat(chat.id), seat


async def mailed(house: House, chat: Chat, mail_echo: str = "345", **values: Any) -> str:
    """Grace presses; what she is told at once."""
    pressing = await house.presses("mail", chat, mail_echo=mail_echo, **values)
    await house.deliver()
    return pressing.sentence


async def notices(house: House, chat: Chat) -> list[str]:
    log = await house.store.log(chat.id, 0, 100)
    return [line.text for line in log if line.kind is Kind.NOTICE]


def told(house: House) -> str:
    """What the thread was told last of a mail that did not go."""
    return next(n.detail for _, n in reversed(house.threads.told) if n.word == "not_mailed")


# --- what goes ---------------------------------------------------------------------------------------


async def test_one_press_mails_what_he_was_not_shown_and_everybody_is_told(house: House) -> None:
    chat, _ = await left(house, "Is the toner empty?", "Then take the spare one.")
    assert await mailed(house, chat) == ""
    (letter,) = house.tickets.letters
    assert letter.index("Is the toner empty?") < letter.index("Then take the spare one.")
    assert "Grace Hopper" in letter
    assert "It beeps." not in letter
    assert (await notices(house, chat))[-1] == Notice.MAILED
    notice = next(n for _, n in house.threads.told if n.word == "mailed")
    assert notice.detail == "2 messages, as Grace Hopper asked."
    assert house.threads.card.chat.mailings[0].seqs
    assert [dict(line)["word"] for line in house.audit] == ["mail"]


async def test_typed_it_does_the_same(house: House) -> None:
    chat, _ = await left(house)
    await house.writes("mail answers 345")
    await house.deliver()
    assert len(house.tickets.letters) == 1
    assert house.threads.words.count(Answer.MAIL_ASKED) == 1
    assert "mail answers" not in " ".join(await house.texts(chat.id))


async def test_what_he_saw_what_was_taken_back_and_notes_stay_out(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("Good morning.")
    seen = (await house.chat(chat.id)).head
    await house.visiting.presence(chat.id, Presence.GONE, seen)
    await house.writes("// he is slow today")
    await house.writes("Look at the toner.\n// it is always the toner")
    gone = await house.writes("That was for somebody else.")
    await house.changes(gone, None)
    edited = await house.writes("Then press teh button.")
    await house.changes(edited, "Then press the button.")
    await house.deliver()
    await mailed(house, await house.chat(chat.id))
    (letter,) = house.tickets.letters
    for there in ("Look at the toner.", "Then press the button."):
        assert there in letter
    for kept in ("Good morning.", "slow", "always", "somebody else", "teh"):
        assert kept not in letter


async def test_a_correction_of_what_he_saw_goes(house: House) -> None:
    chat, _ = await house.talking()
    key = await house.writes("Press the red button.")
    await house.visiting.presence(chat.id, Presence.GONE, (await house.chat(chat.id)).head)
    await house.changes(key, "Press the green button.")
    await house.deliver()
    await mailed(house, await house.chat(chat.id))
    assert "green" in house.tickets.letters[0]


async def test_a_quote_of_the_visitors_words_and_a_picture_stay_out(house: House) -> None:
    """Others read it, too."""
    chat, _ = await left(house)
    house.pictures.there["https://smba.test/1"] = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    await house.writes("As you say.", quote=("Ada Lovelace", "It beeps."))
    await house.writes("", pictures=("https://smba.test/1",))
    await house.writes("", links=(("plan.pdf", "https://share.test/plan.pdf"),))
    await house.deliver()
    await mailed(house, await house.chat(chat.id))
    (letter,) = house.tickets.letters
    assert "It beeps." not in letter
    assert "(a picture, which will be on your request" in letter
    assert "https://share.test/plan.pdf" in letter


async def test_no_picture_is_promised_that_did_not_come_from_teams(house: House) -> None:
    chat, _ = await left(house)
    await house.writes("", pictures=("https://smba.test/gone",))
    await house.deliver()
    await mailed(house, chat)
    (letter,) = house.tickets.letters
    assert "which will be on your request" not in letter
    assert "(a picture that did not come through)" in letter


async def test_while_the_chat_is_open_and_his_seat_is_good_it_says_how_to_go_on(
    house: House,
) -> None:
    chat, _ = await left(house)
    await mailed(house, chat)
    assert RULES.link_base in house.tickets.letters[0]
    assert "Or reply to this e-mail" in house.tickets.letters[0]


@pytest.mark.parametrize("why", ["ended", "seat over"])
async def test_else_it_says_that_an_answer_to_it_reaches_the_ticket(house: House, why: str) -> None:
    chat, _ = await left(house)
    if why == "ended":
        await house.presses("end", chat)
    else:
        house.clock.pass_(hours=25)
    await mailed(house, chat)
    assert RULES.link_base not in house.tickets.letters[0]
    assert "reply to this e-mail" in house.tickets.letters[0]
    assert "#12345" in house.tickets.letters[0]


# --- to whom -----------------------------------------------------------------------------------------


async def signed_in(house: House, who: Requestor) -> Chat:
    """Somebody who signed in has left, and Grace has answered since."""
    chat = await house.invited()
    known = Identity(Proof.SSO, who.login, who.name, who.address)
    visitor = Author(Role.VISITOR, f"{chat.id}:1", who.name)
    joined = e.VisitorJoined(house.clock(), visitor, known)
    await house.store.write(lambda unit: house.relay.happen(unit, chat, joined))
    await house.visiting.presence(chat.id, Presence.GONE, 1)
    await house.writes("Toner.")
    await house.deliver()
    return await house.chat(chat.id)


async def test_who_is_vouched_for_and_on_the_ticket_needs_no_confirmation(house: House) -> None:
    chat = await signed_in(house, ADAS)
    assert await mailed(house, chat, mail_echo="") == ""
    assert len(house.tickets.letters) == 1
    assert house.audit == []


@pytest.mark.parametrize("echo", ["", "346", "Babbage"])
async def test_who_held_the_link_needs_the_tickets_digits_or_a_surname(
    house: House, echo: str
) -> None:
    chat, _ = await left(house)
    pressing = await house.presses("mail", chat, mail_echo=echo)
    await house.deliver()
    assert "Type its last digits, 345" in pressing.sentence
    assert pressing.view
    assert pressing.view.typed["mail_echo"] == echo
    assert house.tickets.letters == []


async def test_somebody_who_is_not_on_the_ticket_is_mailed_nothing_whatever_is_typed(
    house: House,
) -> None:
    chat = await signed_in(house, CHARLES)
    said = await mailed(house, chat, "Lovelace", reason="he is her supervisor")
    assert "What RT mails would reach others" in said
    assert house.tickets.letters == []


@pytest.mark.parametrize("who", [None, SIGNED_IN])
async def test_in_a_chat_without_a_ticket_nobody_is_mailed_anything(
    door: House, who: Identity | None
) -> None:
    joined = await asks(door, who=who)
    await door.deliver()
    place = await thread_of(door, joined.chat)
    await door.writes("Toner.", thread=place)
    await door.visiting.presence(joined.chat.id, Presence.GONE, 1)
    await door.deliver()
    pressing = await door.presses("mail", joined.chat, thread=place, mail_echo="345")
    await door.deliver()
    assert "has no ticket of its own" in pressing.sentence
    assert door.tickets.letters == []


def test_a_stranger_is_mailed_nothing_whatever_ticket_he_gives() -> None:
    assert "nobody vouches" in obstacle(replace(talking(), identity=STRANGER))


def test_of_a_ticket_that_is_found_to_be_another_the_record_is_decided_first() -> None:
    chat = filing()
    assert chat.filing
    merged = replace(TICKET, ref=TicketRef("rt", 777))
    stopped = replace(chat, state=State.ENDED, filing=replace(chat.filing, found=merged))
    assert "not any more what was confirmed" in obstacle(stopped)


async def test_a_card_of_a_ticket_that_was_another_sends_nothing(house: House) -> None:
    chat, _ = await left(house)
    drawn = fingerprint(replace(TICKET, ref=TicketRef("rt", 777)))
    assert "about another ticket" in await mailed(house, chat, ticket=drawn)
    assert house.tickets.letters == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"ref": TicketRef("rt", 777)}, "merged into another"),
        ({"requestors": (CHARLES,)}, "its requestors are others, and the visitor is nobody on it"),
        ({"requestors": (ADAS, CHARLES)}, "its requestors are others"),
        ({"queue": "Teaching"}, "in another queue"),
        ({"ccs": (CHARLES,)}, "Other people are in Cc"),
    ],
)
async def test_a_ticket_that_changed_stops_it_and_the_co_is_told(
    house: House, changes: dict[str, object], what: str
) -> None:
    chat, _ = await left(house)
    house.tickets.ticket = replace(TICKET, **changes)  # type: ignore[arg-type]
    await mailed(house, chat)
    assert house.tickets.letters == []
    assert what in told(house)
    assert Notice.MAILED not in await notices(house, chat)


async def test_with_others_in_cc_the_next_press_has_been_shown_them(house: House) -> None:
    chat, _ = await left(house)
    house.tickets.ticket = replace(TICKET, ccs=(CHARLES,))
    await mailed(house, chat)
    assert house.threads.card.chat.ticket.ccs == (CHARLES,)
    await mailed(house, chat)
    assert len(house.tickets.letters) == 1


async def test_a_deleted_ticket_stops_it(house: House) -> None:
    chat, _ = await left(house)
    house.tickets.reading.before.append(Refused("Ticket rt#12345 is deleted."))
    await mailed(house, chat)
    assert house.tickets.letters == []
    assert told(house) == "Ticket rt#12345 is deleted."


async def moved(house: House, chat: Chat) -> None:
    """The chat is taken to another ticket."""
    other = replace(TICKET, ref=TicketRef("rt", 777), asked=TicketRef("rt", 777))

    async def move(unit: Unit) -> None:
        now = await house.chat(chat.id)
        now = await house.relay.happen(unit, now, e.MoveProposed(house.clock(), GRACE, other))
        await house.relay.happen(unit, now, e.Moved(house.clock(), GRACE, 1))

    await house.store.write(move)


async def test_a_chat_that_is_taken_to_another_ticket_meanwhile_stops_it(house: House) -> None:
    chat, _ = await left(house)
    await house.presses("mail", chat, mail_echo="345")
    await moved(house, chat)
    await house.deliver()
    assert house.tickets.letters == []
    assert "taken to another ticket" in told(house)

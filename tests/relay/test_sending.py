"""Into the ticket that a CO has looked at: what has to be typed, undoing, and what changed meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity, Proof
from bot.domain.matching import Change, Match, fingerprint
from bot.domain.messages import Author, Role
from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay.answering import Answer
from bot.relay.nonces import nonce
from bot.relay.relay import Relay
from bot.relay.sending import plain_subject
from bot.store import SqlStore
from tests.people import ADAS, GRACE, TICKET
from tests.relay.house import RULES, House

CHARLES = Requestor("cbabbage", "Charles Babbage", "charles@help.test")
REASON = "Charles is his supervisor and asked"
UNDO = timedelta(seconds=60)


def ruled(house: House, **changes: object) -> None:
    house.relay.rules = replace(RULES, **changes)  # type: ignore[arg-type]


async def signed_in(house: House, who: Requestor) -> Chat:
    """A chat in which somebody sits who has signed in."""
    chat = await house.invited()
    known = Identity(Proof.SSO, who.login, who.name, who.address)
    visitor = Author(Role.VISITOR, f"{chat.id}:1", who.name)
    joined = e.VisitorJoined(house.clock(), visitor, known)
    await house.store.write(lambda unit: house.relay.happen(unit, chat, joined))
    await house.deliver()
    return await house.chat(chat.id)


# --- confirming --------------------------------------------------------------------------------------


@pytest.mark.parametrize("echo", ["345", "12345", "lovelace"])
async def test_who_held_the_link_needs_one_word_of_the_co(house: House, echo: str) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="Toner.", echo=echo)
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert [dict(line) for line in house.audit] == [
        {
            "chat": chat.id,
            "word": "file",
            "ticket": "rt#12345",
            "match": "amber",
            "operator": GRACE.id,
        }
    ]


@pytest.mark.parametrize("echo", ["", "346", "Babbage", "45"])
async def test_without_it_nothing_is_sent_and_what_was_typed_is_kept(
    house: House, echo: str
) -> None:
    chat, _ = await house.talking()
    pressing = await house.presses("file", chat, summary="Toner.", echo=echo, status="resolved")
    await house.deliver()
    assert "Type its last digits, 345" in pressing.sentence
    assert pressing.view
    assert pressing.view.wrong == pressing.sentence
    typed = {"verb": "file", "summary": "Toner.", "echo": echo, "status": "resolved"}
    assert pressing.view.typed == typed
    assert (await house.chat(chat.id)).state is State.OPEN
    assert (house.tickets.comments, house.audit) == ([], [])


async def test_who_signed_in_and_is_on_the_ticket_needs_none(house: House) -> None:
    chat = await signed_in(house, ADAS)
    await house.presses("file", chat, summary="Toner.", echo="")
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert house.audit == []


@pytest.mark.parametrize(
    ("echo", "reason"), [("345", REASON), ("lovelace", ""), ("lovelace", "short"), ("", REASON)]
)
async def test_somebody_else_needs_the_requestors_surname_and_a_reason(
    house: House, echo: str, reason: str
) -> None:
    chat = await signed_in(house, CHARLES)
    pressing = await house.presses("file", chat, summary="Toner.", echo=echo, reason=reason)
    await house.deliver()
    assert "requestor's surname and a reason" in pressing.sentence
    assert house.tickets.comments == []


async def test_with_both_it_is_sent_noted_and_the_reason_goes_along(house: House) -> None:
    chat = await signed_in(house, CHARLES)
    await house.presses("file", chat, summary="Toner.", echo="Lovelace", reason=REASON)
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    assert (filing.match, filing.reason) == (Match.RED, REASON)
    assert [line["match"] for line in house.audit] == ["red"]


async def test_typed_commands_have_the_same_gates(house: House) -> None:
    chat = await signed_in(house, CHARLES)
    await house.writes("send to rt: Toner.")
    await house.writes("send to rt 345: Toner.")
    await house.deliver()
    assert house.tickets.comments == []
    assert house.threads.words.count(Answer.NOTHING_HERE) == 2
    await house.writes(f"send to rt Lovelace because {REASON}: Toner: was empty.")
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    assert (filing.summary, filing.reason) == ("Toner: was empty.", REASON)
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_card_that_named_another_ticket_sends_nothing(house: House) -> None:
    chat, _ = await house.talking()
    drawn = fingerprint(replace(TICKET, queue="Teaching"))
    pressing = await house.presses("file", chat, ticket=drawn)
    assert "about another ticket" in pressing.sentence
    assert (await house.chat(chat.id)).state is State.OPEN


# --- undoing -----------------------------------------------------------------------------------------


async def held(house: House) -> Chat:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="Toner.", nonce=nonce(chat))
    await house.deliver()
    found = await house.chat(chat.id)
    assert found.state is State.HELD
    return found


async def test_nothing_leaves_before_the_time_is_over_and_then_it_does(house: House) -> None:
    chat = await held(house)
    house.clock.pass_(seconds=59)
    await house.deliver()
    assert house.tickets.comments == []
    house.clock.pass_(seconds=2)
    await house.deliver()
    assert len(house.tickets.comments) == 1
    late = await house.presses("undo", chat, nonce=nonce(chat))
    assert "Too late" in late.sentence


@pytest.mark.parametrize("how", ["button", "command"])
async def test_what_was_undone_is_never_posted_and_the_summary_is_kept(
    house: House, how: str
) -> None:
    chat = await held(house)
    if how == "button":
        pressing = await house.presses("undo", chat, who="alan", nonce=nonce(chat))
        assert not pressing.sentence
    else:
        await house.writes("undo", who="alan")
    house.clock.pass_(minutes=10)
    await house.deliver()
    after = await house.chat(chat.id)
    assert after.state is State.ENDED
    assert after.filing
    assert after.filing.undone_by
    assert (after.filing.undone_by.name, after.filing.summary) == ("Alan Turing", "Toner.")
    assert house.tickets.comments == []


async def test_the_time_of_a_filing_that_was_undone_does_not_end_the_next_ones(
    house: House,
) -> None:
    chat = await held(house)
    await house.presses("undo", chat, nonce=nonce(chat))
    house.clock.pass_(seconds=30)
    await house.presses("file", await house.chat(chat.id), summary="Toner, floor 5.")
    house.clock.pass_(seconds=40)
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.HELD
    house.clock.pass_(seconds=30)
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    assert filing.summary == "Toner, floor 5."


async def test_an_undo_that_teams_brings_again_leaves_the_next_filing_alone(house: House) -> None:
    chat = await held(house)
    await house.presses("undo", chat, nonce=nonce(chat))
    await house.presses("file", await house.chat(chat.id), summary="Again.")
    again = await house.presses("undo", chat, nonce=nonce(chat))
    assert not again.sentence
    assert (await house.chat(chat.id)).state is State.HELD


async def test_a_file_that_teams_brings_again_does_not_undo_the_undo(house: House) -> None:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    drawn = nonce(chat)
    await house.presses("file", chat, summary="Toner.", nonce=drawn)
    await house.presses("undo", await house.chat(chat.id), nonce="1.1")
    await house.presses("file", chat, summary="Toner.", nonce=drawn)
    assert (await house.chat(chat.id)).state is State.ENDED


@pytest.mark.parametrize("first", ["undo", "release"])
async def test_two_processes_agree_whether_it_was_undone_or_sent(house: House, first: str) -> None:
    chat = await held(house)
    store = SqlStore.at(f"sqlite:///{house.file}", house.clock)
    there = House(store, house.clock, "another process")
    there.relay = Relay(store, house.clock, [], house.relay.rules, "another process")
    there.tickets = house.tickets
    there.start_outbox()
    house.clock.pass_(seconds=61)
    try:
        if first == "release":
            await there.deliver("release")
        pressing = await house.presses("undo", chat, nonce=nonce(chat))
        await there.deliver()
        undone = not pressing.sentence
        assert undone == (first == "undo")
        assert len(house.tickets.comments) == (0 if undone else 1)
    finally:
        await store.close()


async def test_five_presses_of_two_people_hold_one_filing(house: House) -> None:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    pressings = [
        await house.presses("file", chat, who=who, summary=f"by {who}", nonce=nonce(chat))
        for who in ("grace", "alan", "grace", "alan", "grace")
    ]
    house.clock.pass_(seconds=61)
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert len(house.tickets.comments) == 1
    assert filing
    assert (filing.by.name, filing.summary) == ("Grace Hopper", "by grace")
    assert ["Grace Hopper has sent" in pressing.sentence for pressing in pressings[1::2]] == [
        True,
        True,
    ]


# --- what changed ------------------------------------------------------------------------------------

MERGED = replace(TICKET, ref=TicketRef("rt", 777))


async def stopped(house: House, now: Ticket) -> Chat:
    """A chat whose ticket was ``now`` when its record was to go into it."""
    chat, _ = await house.talking()
    house.tickets.ticket = now
    await house.presses("file", chat, summary="Toner.", nonce=nonce(chat))
    await house.deliver()
    found = await house.chat(chat.id)
    assert found.state is State.ENDED
    assert house.tickets.comments == []
    assert "filing_stopped" in house.threads.words
    return found


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (MERGED, (Change.MERGED,)),
        (replace(TICKET, queue="Teaching"), (Change.QUEUE,)),
        (replace(TICKET, requestors=(CHARLES,)), (Change.REQUESTORS, Change.MATCH)),
        (replace(TICKET, requestors=(ADAS, CHARLES)), (Change.REQUESTORS,)),
        (replace(TICKET, requestors=()), (Change.REQUESTORS,)),
    ],
)
async def test_a_ticket_that_has_changed_stops_the_filing(
    house: House, now: Ticket, changes: tuple[Change, ...]
) -> None:
    chat = await stopped(house, now)
    assert chat.filing
    assert (chat.filing.changes, chat.filing.found) == (changes, now)
    assert chat.ticket == TICKET


async def test_it_goes_on_only_when_the_ticket_is_confirmed_as_it_is_now(house: House) -> None:
    chat = await stopped(house, MERGED)
    old = await house.presses("file", chat, summary="Toner.", ticket=fingerprint(TICKET))
    assert "about another ticket" in old.sentence
    wrong = await house.presses("file", chat, summary="Toner.", ticket=fingerprint(MERGED))
    assert "777" in wrong.sentence  # 345 were the old one's digits
    await house.presses(
        "file",
        chat,
        summary="Toner.",
        ticket=fingerprint(MERGED),
        echo="777",
        nonce=nonce(chat),
    )
    await house.deliver()
    assert [comment.ref for comment in house.tickets.comments] == [MERGED.ref]


async def test_new_requestors_make_the_visitor_somebody_else(house: House) -> None:
    now = replace(TICKET, requestors=(CHARLES,))
    chat = await stopped(house, now)
    pressing = await house.presses("file", chat, ticket=fingerprint(now), echo="345")
    assert "a reason" in pressing.sentence
    await house.presses("file", chat, ticket=fingerprint(now), echo="Babbage", reason=REASON)
    await house.deliver()
    assert len(house.tickets.comments) == 1


async def test_a_ticket_that_has_nobody_any_more_stops_it_for_whoever_was_on_it(
    house: House,
) -> None:
    house.tickets.ticket = replace(TICKET, requestors=(), ccs=(ADAS,))
    chat = await signed_in(house, ADAS)
    house.tickets.ticket = now = replace(TICKET, requestors=(), ccs=())
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    assert house.tickets.comments == []
    chat = await house.chat(chat.id)
    assert chat.filing
    assert (chat.state, chat.filing.changes) == (State.ENDED, (Change.MATCH,))
    await house.presses("file", chat, summary="Toner.", ticket=fingerprint(now), echo="345")
    await house.deliver()
    assert len(house.tickets.comments) == 1


async def test_a_comment_that_is_there_already_is_not_asked_about(house: House) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat)
    (row,) = await house.store.take("the dead one", 120, [f"file:{chat.id}"])
    await house.handlers["file"].deliver(row)
    await house.store.take_over(RULES.quarantine)
    house.tickets.ticket = MERGED
    house.clock.pass_(minutes=4)
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


def test_a_subject_full_of_tags_beginnings_is_read_once() -> None:
    """Tried from each number to the next bracket this would outlast the service."""
    begun = "[" + "#1" * 100_000

    assert plain_subject(begun) == begun[:200]
    assert plain_subject(f"{begun}] beeps [# ]") == "beeps [# ]"

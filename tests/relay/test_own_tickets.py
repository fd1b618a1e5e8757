"""The open tickets of who signed in and begins a chat: looked for beside it, listed on its card."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import Chat
from bot.domain.identity import Identity, Proof
from bot.domain.tickets import Listed, OwnTickets, TicketRef
from bot.relay.delivery import Lane
from bot.relay.outcomes import NotDone, Refused
from bot.relay.people import erase
from bot.relay.ports import Thread
from bot.store import find_traces
from tests.people import SIGNED_IN, STRANGER, TICKET
from tests.relay.doorway import ADAS_QUESTION, DOOR, asks, thread_of
from tests.relay.house import RULES, House

HERS = [
    Listed(TicketRef("rt", number), f"Matter {number}", "Support", "open")
    for number in range(12345, 12352)
]
#: A word that stands nowhere but in a subject.
SECRET = "hysterectomy"


async def begun(door: House, who: Identity | None = SIGNED_IN) -> tuple[Chat, Thread]:
    """Ada has asked, and everything is delivered that is due."""
    joined = await asks(door, who=who)
    await door.deliver()
    return await door.chat(joined.chat.id), await thread_of(door, joined.chat)


async def waits_for_rt(door: House) -> int:
    return len(await door.store.heads(Lane.LOOKUP))


async def test_the_newest_five_are_listed_and_the_others_counted(door: House) -> None:
    door.tickets.owned = HERS
    chat, _ = await begun(door)
    assert chat.own == OwnTickets(tuple(HERS[:5]), 2)
    assert door.threads.card.chat.own == chat.own
    assert door.tickets.looked_for == [("rt", SIGNED_IN)]


async def test_what_comes_before_the_thread_stands_on_the_card_that_opens_it(door: House) -> None:
    door.tickets.owned = HERS
    joined = await asks(door, who=SIGNED_IN)
    await door.deliver("own")
    assert door.places.opened == []
    await door.deliver()
    ((_, view),) = door.places.opened
    assert view.chat.own == OwnTickets(tuple(HERS[:5]), 2)
    assert door.threads.cards == {}  # nothing has changed since
    assert (await door.chat(joined.chat.id)).own == view.chat.own


async def test_a_press_on_one_of_them_asks_for_the_move_and_the_usual_confirmation_follows(
    door: House,
) -> None:
    door.tickets.owned = HERS
    chat, thread = await begun(door)
    pressing = await door.presses("move", chat, thread=thread, number="rt#12345", moves="0")
    assert not pressing.sentence
    assert (await door.chat(chat.id)).ticket.ref.number == 0
    await door.deliver()
    chat = await door.chat(chat.id)
    assert (chat.move and chat.move.ticket, chat.ticket.ref.number) == (TICKET, 0)
    again = await door.presses("move", chat, thread=thread, number="rt#12346", moves="0")
    assert again.view  # an old card's: it changes nothing
    assert await waits_for_rt(door) == 0
    await door.presses("rebind", chat, thread=thread, move="1", echo="345")
    chat = await door.chat(chat.id)
    assert (chat.ticket, chat.intake, chat.own) == (TICKET, None, None)
    await door.presses("file", chat, thread=thread, summary="Toner.")
    await door.deliver()
    (record,) = door.tickets.comments
    assert (record.ref, record.chat.filing and record.chat.filing.new_ticket) == (TICKET.ref, None)


# --- whose, and where --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [None, replace(STRANGER, proof=Proof.ANONYMOUS)])
async def test_of_who_did_not_sign_in_nothing_is_looked_for(
    door: House, who: Identity | None
) -> None:
    door.tickets.owned = HERS
    chat, _ = await begun(door, who)
    assert not chat.identity.verified
    assert (chat.own, door.tickets.looked_for) == (None, [])


async def test_nothing_is_looked_for_where_the_site_does_not_want_it(door: House) -> None:
    door.tickets.owned = HERS
    door.relay.rules = replace(RULES, door=replace(DOOR, own_tickets=False))
    chat, _ = await begun(door)
    assert (chat.own, door.tickets.looked_for) == (None, [])


async def test_an_rt_that_cannot_be_asked_at_all_is_not_spoken_of(door: House) -> None:
    door.tickets.owned = None
    chat, _ = await begun(door)
    assert chat.own is None
    assert await waits_for_rt(door) == 0


async def test_whoever_has_no_open_ticket_has_an_empty_list(door: House) -> None:
    chat, _ = await begun(door)
    assert chat.own == OwnTickets()


# --- it holds nothing up, and ends -------------------------------------------------------------------


async def test_while_rt_is_away_the_chat_goes_on_and_after_minutes_the_card_says_so(
    door: House,
) -> None:
    door.tickets.own_faults.before = [NotDone("RT is away.") for _ in range(99)]
    chat, thread = await begun(door)
    assert door.threads.relayed == [(thread.conversation_id, ADAS_QUESTION.text, False)]
    assert chat.own is None
    for _ in range(8):
        door.clock.pass_(seconds=30)
        await door.deliver()
    assert (await door.chat(chat.id)).own == OwnTickets(asked=False)
    assert await waits_for_rt(door) == 0
    asked = len(door.tickets.looked_for)
    door.clock.pass_(hours=1)
    await door.deliver()
    assert len(door.tickets.looked_for) == asked
    assert len(door.threads.words) == 1  # that she asked


async def test_an_rt_that_is_back_soon_is_asked_again(door: House) -> None:
    door.tickets.owned = HERS[:1]
    door.tickets.own_faults.before = [NotDone("RT is away.")]
    chat, _ = await begun(door)
    door.clock.pass_(seconds=10)
    await door.deliver()
    assert (await door.chat(chat.id)).own == OwnTickets(tuple(HERS[:1]))


async def test_those_who_come_while_rt_is_away_do_not_wait_for_one_another(door: House) -> None:
    """One is searched for at a time: nobody waits for two minutes behind each of the others."""
    door.tickets.own_faults.before = [NotDone("RT is away.") for _ in range(99)]
    mary = Identity(Proof.SSO, "msomerv", "Mary Somerville")
    first, second = await asks(door, "1" * 43, who=SIGNED_IN), await asks(door, "2" * 43, who=mary)
    for _ in range(10):
        await door.deliver()
        door.clock.pass_(seconds=20)
    for joined in (first, second):
        assert (await door.chat(joined.chat.id)).own == OwnTickets(asked=False)


async def test_what_rt_refuses_is_not_asked_again(door: House) -> None:
    door.tickets.own_faults.before = [Refused("RT refused to search.")]
    chat, _ = await begun(door)
    assert chat.own == OwnTickets(asked=False)
    assert (len(door.tickets.looked_for), await waits_for_rt(door)) == (1, 0)


@pytest.mark.parametrize("what", ["ended", "moved", "filed"])
async def test_what_comes_late_changes_only_a_chat_that_has_no_ticket_yet(
    door: House, what: str
) -> None:
    door.tickets.owned = HERS
    door.tickets.own_faults.before = [NotDone("RT is away.")]
    chat, thread = await begun(door)
    if what == "ended":
        await door.presses("end", chat, thread=thread)
    elif what == "moved":
        await door.presses("move", chat, thread=thread, number="12345")
        await door.deliver("move")
        await door.presses("rebind", chat, thread=thread, move="1", echo="345")
    else:
        await door.presses("new", chat, thread=thread, summary="Toner.", queue="Live chat")
    door.clock.pass_(seconds=10)
    await door.deliver()
    own = (await door.chat(chat.id)).own
    assert (own is not None) == (what == "ended")


# --- what is kept ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["moved", "filed", "erased"])
async def test_nothing_of_the_list_is_kept_longer_than_it_is_of_use(door: House, how: str) -> None:
    door.tickets.owned = [replace(HERS[0], subject=SECRET)]
    chat, thread = await begun(door)
    assert SECRET in door.dump()
    if how == "moved":
        await door.presses("move", chat, thread=thread, number="12345")
        await door.deliver()
        await door.presses("rebind", chat, thread=thread, move="1", echo="345")
    elif how == "filed":
        await door.presses("new", chat, thread=thread, summary="Toner.", queue="Live chat")
    else:
        found = await asyncio.to_thread(find_traces, f"sqlite:///{door.file}", "s1234567")
        assert [trace.chat for trace in found.chats] == [chat.id]
        await erase(door.relay, found, also_unfiled=True)
    await door.deliver()
    assert SECRET not in door.dump()

"""Finding a person, on both databases."""

from dataclasses import replace

from bot.domain.admission import SignIn
from bot.domain.chat import State
from bot.domain.events import TranscriptFiled
from bot.domain.identity import Identity, Proof
from bot.domain.reception import Reception
from bot.domain.tickets import TicketRef
from bot.relay.people import erase
from bot.relay.ports import Delivery, Lane
from bot.relay.relay import Relay, Rules
from bot.store import SqlStore, find_traces
from tests.people import ADAS, ALAN, GRACE, LATER, NOW, RECEIPT, after, filing, invited
from tests.store.making import add_chat, line, schedule


async def test_a_person_is_found_by_login_address_or_name_wherever_it_stands(
    store: SqlStore, url: str
) -> None:
    thread = await add_chat(store, "chat-1", state=State.ENDED)
    await add_chat(store, "chat-2", ticket=replace(invited().ticket, requestors=()))
    await store.write(lambda unit: unit.record("chat-1", line(1, "k")))
    await schedule(store, Delivery(Lane.LOOKUP, "lookup:1", "lookup", {"by": {"name": GRACE.name}}))
    assert thread
    for name in (ADAS.login, ADAS.address.upper(), f" {ADAS.name} "):
        (trace,) = find_traces(url, name).chats
        assert (trace.chat, trace.state, trace.unfiled) == ("chat-1", State.ENDED, True)
        assert trace.ticket == TicketRef("rt", 12345)
        assert trace.thread == "19:x;messageid=1"
        others = dict.fromkeys(("files", "invitations", "seats", "outbox"), 0)
        assert trace.rows == {"chats": 1, "messages": 1} | others
    found = find_traces(url, GRACE.name)
    assert [trace.chat for trace in found.chats] == ["chat-1", "chat-2"]
    assert len(found.loose) == 1


async def test_nobody_else_is_found(store: SqlStore, url: str) -> None:
    await add_chat(store)
    assert not find_traces(url, "Lovelace")  # a part of a name is other people's, too
    assert not find_traces(url, "rt")


async def test_who_only_speaks_in_a_chat_is_found_there(store: SqlStore, url: str) -> None:
    await add_chat(store, ticket=replace(invited().ticket, requestors=()))
    said = replace(line(1, "k"), author=replace(GRACE, name="Alan Turing", id="a"))
    await store.write(lambda unit: unit.record("chat-1", said))
    assert [trace.chat for trace in find_traces(url, "alan turing").chats] == ["chat-1"]


async def test_who_has_just_signed_in_is_found_and_erased(store: SqlStore, url: str) -> None:
    eve = Identity(Proof.SSO, "eve", "Eve Adams", "eve@help.test")
    await store.write(lambda unit: unit.sign_in(SignIn("digest", eve, NOW)))
    for name in ("EVE", "eve adams", "eve@help.test"):
        assert find_traces(url, name).sign_ins == ("digest",)
    assert not find_traces(url, "adams")

    relay = Relay(store, lambda: NOW, [], Rules(b"s" * 32, "https://help.test/"))
    await erase(relay, find_traces(url, "eve"), also_unfiled=False)
    assert not find_traces(url, "eve")


async def test_whoever_opened_the_door_is_found_and_forgotten_with_it(
    store: SqlStore, url: str
) -> None:
    thread = await add_chat(store, ticket=replace(invited().ticket, requestors=()))
    hers = Reception(ALAN, "29:alan", thread, NOW, LATER)
    await store.write(lambda unit: unit.receive(hers))
    for name in (ALAN.id, ALAN.name.upper(), "29:alan"):
        assert find_traces(url, name).opened == ALAN.id
    assert find_traces(url, GRACE.name).opened == ""
    relay = Relay(store, lambda: NOW, [], Rules(b"s" * 32, "https://help.test/"))
    his = find_traces(url, ALAN.name)
    await erase(relay, his, also_unfiled=False)
    assert await store.reception() is None
    assert not find_traces(url, ALAN.name)  # and what tells the thread of it calls nobody
    (told,) = await store.heads(Lane.TEAMS)
    assert told.stream == f"thread:{thread}"
    # What somebody else has opened since we looked stays open.
    await store.write(lambda unit: unit.receive(replace(hers, by=GRACE, mention="29:grace")))
    await erase(relay, his, also_unfiled=False)
    assert await store.reception() is not None


async def test_the_ticket_that_is_named_is_the_one_that_has_the_record(
    store: SqlStore, url: str
) -> None:
    """RT merged the confirmed one into another while the record was on its way."""
    merged = TranscriptFiled(NOW, replace(RECEIPT, ticket=777))
    await add_chat(store, state=State.FILED, filing=after(filing(), merged).filing)
    (trace,) = find_traces(url, ADAS.login).chats
    assert trace.ticket == TicketRef("rt", 777)

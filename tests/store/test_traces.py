"""Finding a person, on both databases."""

from dataclasses import replace

from bot.domain.admission import SignIn
from bot.domain.chat import State
from bot.domain.events import Purged, TranscriptFiled
from bot.domain.identity import Identity, Proof
from bot.domain.reception import Reception
from bot.domain.tickets import TicketRef
from bot.relay import rows
from bot.relay.delivery import Delivery, Lane
from bot.relay.inbound import Operator
from bot.relay.people import erase
from bot.relay.relay import Relay, Rules
from bot.store import SqlStore, find_traces
from bot.store.tables import metadata
from tests.people import ADAS, ALAN, GRACE, LATER, NOW, RECEIPT, after, filing, invited
from tests.store.making import add_chat, line, schedule
from tests.store.test_blocks import BLOCK


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
        others = dict.fromkeys(set(trace.rows) - {"chats", "messages"}, 0)
        assert trace.rows == {"chats": 1, "messages": 1} | others
    found = find_traces(url, GRACE.name)
    assert [trace.chat for trace in found.chats] == ["chat-1", "chat-2"]
    assert len(found.loose) == 1


async def test_whom_an_answer_on_its_way_calls_is_found_and_it_is_dropped(
    store: SqlStore, url: str
) -> None:
    """Also one in a chat's thread, of somebody who is not in that chat."""
    await add_chat(store)
    called = {"word": "help", "detail": "", "thread": 1, "mention": ["29:alan", ALAN.name]}
    lost = {"word": "ended_by_visitor", "detail": "", "by": [ALAN.id, ALAN.name]}
    await schedule(
        store,
        Delivery(Lane.TEAMS, "thread:1", "tell", called),
        Delivery(Lane.TEAMS, "chat:chat-1", "tell", called, "chat-1"),
        Delivery(Lane.TEAMS, "lost:1", "lost", lost, "chat-1"),
        Delivery(Lane.TEAMS, "thread:2", "tell", called | {"mention": ["29:grace", GRACE.name]}),
    )
    found = find_traces(url, ALAN.name.upper())
    assert (found.chats, len(found.loose)) == ((), 3)
    assert len(find_traces(url, "29:alan").loose) == 2
    relay = Relay(store, lambda: NOW, [], Rules(b"s" * 32, "https://help.test/"))
    await erase(relay, found, also_unfiled=True)
    assert not find_traces(url, ALAN.name)
    assert len(find_traces(url, "29:grace").loose) == 1
    assert [trace.chat for trace in find_traces(url, ADAS.login).chats] == ["chat-1"]


async def test_whoever_has_asked_for_the_list_of_chats_is_found_by_any_of_his_names(
    store: SqlStore, url: str
) -> None:
    await schedule(store, rows.listing(1, Operator(ALAN.id, ALAN.name, "29:alan")))
    for name in (ALAN.id, ALAN.name, "29:alan"):
        assert len(find_traces(url, name).loose) == 1


async def test_a_notice_that_calls_whoever_sent_the_record_is_dropped_with_his_name(
    store: SqlStore, url: str
) -> None:
    """Teams refuses it, and it is tried on; the chat is purged meanwhile, and has forgotten him."""
    sent = replace(filing().filing, by=ALAN)  # type: ignore[type-var]
    gone = after(replace(filing(), filing=sent), TranscriptFiled(NOW, RECEIPT), Purged(NOW))
    await add_chat(store, state=State.PURGED, started_by=gone.started_by, filing=gone.filing)
    called = {"word": "status_problem", "detail": "", "mention": [ALAN.id, ALAN.name]}
    await schedule(store, Delivery(Lane.TEAMS, "late:1", "tell", called, "chat-1"))
    found = find_traces(url, ALAN.name)
    assert [trace.chat for trace in found.chats] == ["chat-1"]
    relay = Relay(store, lambda: NOW, [], Rules(b"s" * 32, "https://help.test/"))
    await erase(relay, found, also_unfiled=False)
    assert not find_traces(url, ALAN.name)


async def test_whose_ticket_it_is_in_rt_is_found(store: SqlStore, url: str) -> None:
    await add_chat(store, ticket=replace(invited().ticket, owner="turing"))
    assert [trace.chat for trace in find_traces(url, "Turing").chats] == ["chat-1"]


async def test_a_name_is_found_however_its_accents_are_written(store: SqlStore, url: str) -> None:
    """As one letter each, or, as some keyboards write them, as a letter and an accent."""
    eve = Identity(Proof.SSO, "eve", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "")
    await store.write(lambda unit: unit.sign_in(SignIn("digest", eve, NOW)))
    assert find_traces(url, "Zoe\N{COMBINING DIAERESIS}").sign_ins == ("digest",)


async def test_every_table_that_holds_something_of_a_chat_is_told_of(
    store: SqlStore, url: str
) -> None:
    await add_chat(store)
    (trace,) = find_traces(url, ADAS.login).chats
    of_chats = {table.name for table in metadata.sorted_tables if "chat_id" in table.c}
    assert set(trace.rows) == of_chats | {"chats"}


async def test_nobody_else_is_found(store: SqlStore, url: str) -> None:
    await add_chat(store)
    assert not find_traces(url, "Lovelace")  # a part of a name is other people's, too
    assert not find_traces(url, "rt")


async def test_who_is_called_nothing_is_nobody(store: SqlStore, url: str) -> None:
    """A script whose variable is empty must erase no chat of people of whom less is known."""
    await add_chat(store)
    await store.write(lambda unit: unit.block(BLOCK))
    for nobody in ("", " ", "\t"):
        assert not find_traces(url, nobody)


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

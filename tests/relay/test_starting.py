"""Starting a chat from RT's ticket page."""

from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.domain.tickets import TicketRef
from bot.relay.inbound import Operator
from bot.relay.outcomes import NotDone, Refused
from bot.relay.pool import Channel
from bot.relay.ports import Listening, Scope, Thread
from bot.relay.starting import Starting
from tests.people import GRACE, TICKET
from tests.relay.house import OTHER, THREAD, House

TEAM = "19:team@thread.tacv2"
HERE = replace(THREAD, team_id=TEAM, channel_id="19:chat@thread.tacv2", aad_group_id="group")
DESK = Channel("19:desk@thread.tacv2", TEAM)
BY = Operator(GRACE.id, GRACE.name, "29:grace")
REF = TicketRef("rt", 12345)


class Staff:
    """Grace, and where she was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def known(self, address: str, service_url: str) -> Operator | None:
        self.asked.append((address, service_url))
        return BY if address == "grace@inf.test" else None


def starting(house: House, *channels: Channel) -> Starting:
    return Starting(house.relay, house.tickets, house.places, Staff(), channels or (DESK,))


@pytest.fixture
async def desk(house: House) -> Starting:
    """The page, where somebody has written to the bot before."""
    await house.writes("help", thread=HERE)
    await house.deliver()
    house.threads.told.clear()
    return starting(house)


async def test_a_thread_is_opened_in_the_channel_with_the_tickets_card(
    house: House, desk: Starting
) -> None:
    chat_id = await desk.start(REF, BY, "key")
    assert await desk.started(chat_id) is None
    await house.deliver()
    chat = await house.chat(chat_id)
    assert (chat.state, chat.ticket, chat.started_by) == (State.PROPOSED, TICKET, GRACE)
    thread = await house.store.thread(chat.thread)
    assert (thread.channel_id, thread.root_id, chat.card) == (DESK.id, "1", "1")
    started = await desk.started(chat_id)
    assert started
    assert started.link == f"https://teams.test/{DESK.id};messageid=1"
    assert house.threads.told == []  # the page leads there; nobody in Teams need be told


async def test_a_form_that_is_sent_twice_starts_one_chat(house: House, desk: Starting) -> None:
    first = await desk.start(REF, BY, "key")
    assert await desk.start(REF, BY, "key") == first
    await house.deliver()
    assert await desk.start(REF, BY, "key") == first
    await house.deliver()
    assert len(await desk.running(REF)) == 1
    assert await desk.start(REF, BY, "another") != first


async def test_chats_about_the_ticket_that_go_on_are_shown(house: House, desk: Starting) -> None:
    assert await desk.running(REF) == []
    await desk.start(REF, BY, "key")
    await house.deliver()
    (one,) = await desk.running(REF)
    assert (one.state, one.started_by) == (State.PROPOSED, "Grace Hopper")
    assert one.link.startswith("https://teams.test/")
    assert await desk.running(TicketRef("rt", 1)) == []


async def test_where_teams_opens_no_thread_the_chat_is_in_the_personal_chat(
    house: House, desk: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_what: object) -> None:
        raise Refused("The bot is not in that channel.")

    async def home(near: object, operator_id: str) -> object:
        assert operator_id == GRACE.id
        return replace(THREAD, conversation_id="a:1grace", scope=Scope.PERSONAL, channel_id="")

    monkeypatch.setattr(house.places, "open", refuses)
    monkeypatch.setattr(house.places, "home", home)
    monkeypatch.setattr(house.places, "link", lambda thread: "")
    chat_id = await desk.start(REF, BY, "key")
    await house.deliver()
    thread = await house.store.thread((await house.chat(chat_id)).thread)
    assert thread.scope is Scope.PERSONAL
    assert house.threads.card.chat.id == chat_id
    started = await desk.started(chat_id)
    assert started
    assert started.link == ""


async def test_who_can_be_given_no_thread_at_all_keeps_nobody_from_his(
    house: House, desk: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_what: object) -> None:
        raise Refused("The bot is not in that channel.")

    with monkeypatch.context() as patched:
        patched.setattr(house.places, "open", refuses)
        patched.setattr(house.places, "home", refuses)
        chat_id = await desk.start(REF, BY, "key")
        await house.deliver()
        await house.writes("12345", who="alan", thread=OTHER)
        await house.deliver()
    first = house.threads.card.chat
    assert (first.started_by.name, first.state) == ("Alan Turing", State.PROPOSED)
    assert await desk.started(chat_id) is None
    house.clock.pass_(minutes=1)
    await house.deliver()
    started = await desk.started(chat_id)
    assert started
    assert started.link == house.places.link(await house.store.thread(first.thread))


async def test_a_ticket_that_takes_no_chat_starts_none(house: House, desk: Starting) -> None:
    house.tickets.reading.before.append(Refused("Ticket rt#12345 is deleted."))
    with pytest.raises(Refused, match="deleted"):
        await desk.start(REF, BY, "key")
    await house.deliver()
    assert await desk.running(REF) == []


async def test_chats_go_where_the_fewest_are(house: House, desk: Starting) -> None:
    two = starting(house, DESK, Channel("19:second@thread.tacv2", "19:other@thread.tacv2"))
    places: list[Thread] = []
    chat_id = ""
    for key in ("a", "b"):
        chat_id = await two.start(REF, BY, key, (chat_id,))
        await house.deliver()
        places.append(await house.store.thread((await house.chat(chat_id)).thread))
    assert [place.channel_id for place in places] == [DESK.id, "19:second@thread.tacv2"]
    assert [place.aad_group_id for place in places] == ["group", ""]


async def test_the_card_says_how_the_bot_listens_in_the_channels_own_team(
    house: House, desk: Starting
) -> None:
    """It was heard last in a team where it reads every reply; in this one it cannot."""
    other = Channel("19:second@thread.tacv2", "19:other@thread.tacv2", Listening.MENTION)
    chat_id = await starting(house, other).start(REF, BY, "key")
    await house.deliver()
    assert house.places.opened[-1][1].listening is Listening.MENTION
    thread = await house.store.thread((await house.chat(chat_id)).thread)
    assert thread.listening is Listening.MENTION


async def test_a_bot_to_which_nobody_has_written_says_what_to_do(house: House) -> None:
    with pytest.raises(NotDone, match="Mention it once"):
        await starting(house).operator("grace@inf.test")


async def test_who_signed_in_is_looked_up_among_the_members(house: House, desk: Starting) -> None:
    assert await desk.operator("grace@inf.test") == BY
    assert await desk.operator("mallory@inf.test") is None

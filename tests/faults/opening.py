"""Chats that are open before the load begins: written straight into the database and into Teams.

Opening fifty chats by hand would take a minute of Teams' budget, and is not what is tried here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from string import ascii_lowercase

from bot.domain import effects as f
from bot.domain.advance import advance
from bot.domain.chat import Chat
from bot.domain.events import Event, Invited, VisitorJoined
from bot.domain.invitations import Route, digest
from bot.domain.messages import Author, Message, Role
from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay.ports import Listening, Scope, Seat, Thread
from bot.relay.storage import Unit
from bot.sandbox.rt.world import Ticket as RtTicket
from bot.sandbox.stage import Stage
from bot.sandbox.teams.world import Conversation, Post
from bot.store import SqlStore
from tests.faults.books import Account

TEAM = "Live chat"  # a channel of the team whose every word the bot hears
_FIRST_TICKET = 30_001
_FIRST_POST = 4_000_000_000_000
_CARD = {"type": "AdaptiveCard", "version": "1.5", "body": []}


def channels(stage: Stage, count: int) -> list[Conversation]:
    """Channels of their own, of the team that has consented to the bot's reading."""
    team = stage.teams.world.conversation(TEAM).team
    assert team
    return [stage.teams.world.add_channel(team, f"Queue {n}") for n in range(1, count + 1)]


async def open_chats(
    stage: Stage,
    url: str,
    places: Sequence[Conversation],
    count: int,
    seed: int,
    tickets: Sequence[int] = (),
) -> list[Account]:
    """Open ``count`` chats, spread over ``places``; their visitors hold seats and have no socket.

    They are about ``tickets``, or about new ones in the stand-in for RT.
    """
    draw = random.Random(f"opening {seed}")
    stage.teams.world._ids._last = _FIRST_POST  # not the time: a storm goes by the threads' ids
    numbers = tickets or range(_FIRST_TICKET, _FIRST_TICKET + count)
    accounts = [
        _account(stage, places[n % len(places)], n, number, draw)
        for n, number in zip(range(count), numbers, strict=True)
    ]
    store = SqlStore.at(url)

    async def work(unit: Unit) -> None:
        for account in accounts:
            await _keep(stage, unit, account)

    try:
        await store.write(work)
    finally:
        await store.close()
    return accounts


def _account(
    stage: Stage, place: Conversation, n: int, number: int, draw: random.Random
) -> Account:
    world = stage.teams.world
    stage.rt.world.add_ticket(RtTicket(number, f"Trouble {n}", requestors=["s1234567"]))
    root = world.add_post(place, "", world.people["grace"])
    root.text = str(number)
    canary = "".join(draw.choices(ascii_lowercase, k=9))
    return Account(f"chat-{n}-{canary}", canary, number, f"{canary:0<43}", root)


async def _keep(stage: Stage, unit: Unit, account: Account) -> None:
    now = datetime.now(UTC)
    thread = await unit.thread(_thread(stage, account.root))
    grace = stage.teams.world.people["grace"]
    by = Author(Role.OPERATOR, grace.object_id, grace.name)
    ada = Requestor("s1234567", f"Ada of {account.canary}", "ada@help.test")
    ticket = Ticket(
        ref=TicketRef("rt", account.ticket),
        asked=TicketRef("rt", account.ticket),
        subject="Trouble",
        queue="Support",
        status="open",
        requestors=(ada,),
        created=now,
        url="",
    )
    card = stage.teams.world.add_post(account.place, account.root.root_id, None)
    card.attachments = [
        {"contentType": "application/vnd.microsoft.card.adaptive", "content": _CARD}
    ]
    fresh = Chat(account.chat, thread.id, ticket, by, now, card=card.id)
    visitor = Author(Role.VISITOR, f"{account.chat}:1", ada.name)
    later = now + timedelta(hours=24)
    chat, log = _after(fresh, Invited(now, by, ada, Route.COPY, later), VisitorJoined(now, visitor))
    await unit.add(chat)
    for line in log:
        await unit.record(chat.id, line)
    await unit.seat(Seat(digest(account.secret), chat.id, later))


def _after(chat: Chat, *events: Event) -> tuple[Chat, list[Message]]:
    log: list[Message] = []
    for event in events:
        chat, effects = advance(chat, event)
        log += [effect.message for effect in effects if isinstance(effect, f.Record)]
    return chat, log


def _thread(stage: Stage, root: Post) -> Thread:
    place, teams = root.conversation, stage.teams
    assert place.team
    return Thread(
        conversation_id=root.thread_id,
        tenant_id=place.tenant_id,
        service_url=teams.service_url,
        scope=Scope.CHANNEL,
        bot_id=teams.world.bot.id,
        team_id=place.team.id,
        aad_group_id=place.team.group_id,
        channel_id=place.id,
        root_id=root.root_id,
        listening=Listening.THREAD,
    )

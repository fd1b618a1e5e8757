"""Who takes part in a bench: many visitors, each in a chat and a thread of his own; and one CO.

Their names follow from a number, so that the load, the seeds and the floor need not tell each other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.domain.advance import advance
from bot.domain.chat import Chat
from bot.domain.effects import Record
from bot.domain.events import Event, Invited, PresenceChanged, VisitorJoined
from bot.domain.invitations import Route, digest
from bot.domain.messages import Author, Role
from bot.domain.presence import Presence
from bot.relay.ports import Listening, Scope, Seat, Thread
from bot.relay.storage import Unit
from bot.sandbox.teams import activities
from bot.sandbox.teams.defaults import populate
from bot.sandbox.teams.ids import guid
from bot.sandbox.teams.world import Bot, Post, World
from bot.sandbox.teams.writing import write
from bot.store import SqlStore
from tests.people import ADAS, TICKET

_FIRST_POST = 1_700_000_000_000
_SEEDED_AT_ONCE = 100
WORDS = "The printer in room 5.05 says that its tray is empty, but I have just filled it."


def chat_id(number: int) -> str:
    return f"bench-{number}"


def secret(number: int) -> str:
    """What the visitor's cookie holds."""
    return f"{number:032d}"


def root(number: int) -> str:
    return str(_FIRST_POST + number)


def number_of(conversation_id: str) -> int:
    """Which chat's thread that is."""
    return int(conversation_id.rpartition("=")[2]) - _FIRST_POST


class Cast:
    """The stand-in's world of Teams, without its servers."""

    def __init__(self, service_url: str = "") -> None:
        self.service_url = service_url
        self.app_id, self.tenant_id = guid("bench/app"), guid("bench/tenant")
        self.world = World(Bot(self.app_id, "Live Chat"), self.tenant_id)
        populate(self.world)
        self.grace = self.world.people["grace"]
        self.channel = self.world.conversation("Live chat")
        assert self.channel.team
        self.team = self.channel.team

    @property
    def members(self) -> bytes:
        """A page of the team's roster."""
        one = {
            "id": self.grace.id,
            "name": self.grace.name,
            "aadObjectId": self.grace.object_id,
            "tenantId": self.tenant_id,
            "userRole": "user",
        }
        return json.dumps({"members": [one]}).encode()

    def thread(self, number: int) -> Thread:
        return Thread(
            conversation_id=f"{self.channel.id};messageid={root(number)}",
            tenant_id=self.tenant_id,
            service_url=self.service_url,
            scope=Scope.CHANNEL,
            bot_id=self.world.bot.id,
            team_id=self.team.id,
            aad_group_id=self.team.group_id,
            channel_id=self.channel.id,
            root_id=root(number),
            listening=Listening.THREAD,
        )

    def activity(self, words: str, number: int, key: str) -> bytes:
        """What Teams sends when Grace writes in a chat's thread."""
        written = write(words, [])
        post = Post(key, self.channel, root(number), self.grace, datetime.now(UTC))
        post.text, post.attachments = written.text, written.attachments
        stage = activities.Stage(self.world.bot, self.service_url)
        return json.dumps(activities.message(stage, post)).encode()

    def history(self, number: int, now: datetime) -> list[Event]:
        """What has happened in a chat: the visitor joined, and has closed the window for now."""
        by = Author(Role.OPERATOR, self.grace.object_id.lower(), self.grace.name)
        ada = Author(Role.VISITOR, f"{chat_id(number)}:1", "Ada Lovelace")
        invited = Invited(now, by, ADAS, Route.COPY, now + timedelta(days=1))
        return [invited, VisitorJoined(now, ada), PresenceChanged(now, Presence.GONE)]


async def _open(unit: Unit, cast: Cast, number: int) -> None:
    now = datetime.now(UTC)
    history = cast.history(number, now)
    thread = await unit.thread(cast.thread(number))
    by = Author(Role.OPERATOR, cast.grace.object_id.lower(), cast.grace.name)
    chat = Chat(chat_id(number), thread.id, TICKET, by, now, card=root(number))
    records: list[Record] = []
    for event in history:
        chat, effects = advance(chat, event)
        records += [effect for effect in effects if isinstance(effect, Record)]
    await unit.add(chat)
    for record in records:
        await unit.record(chat.id, record.message)
    await unit.seat(Seat(digest(secret(number)), chat.id, now + timedelta(hours=12)))


async def seed(url: str, cast: Cast, chats: int) -> None:
    """Put ``chats`` open chats into the database, with their seats, by the service's own store."""
    store = SqlStore.at(url)

    async def some(unit: Unit, first: int) -> None:
        for number in range(first, min(first + _SEEDED_AT_ONCE, chats)):
            await _open(unit, cast, number)

    try:
        for first in range(0, chats, _SEEDED_AT_ONCE):
            await store.write(partial(some, first=first))
    finally:
        await store.close()

"""A CO's desk: the whole service between a stand-in for Teams and an RT that is entered in some way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from bot import parts
from bot.app import Service
from bot.config import Settings
from bot.domain.chat import Chat
from bot.domain.identity import Identity, Proof
from bot.domain.tickets import Requestor
from bot.relay import joining
from bot.sandbox.stage import Stage
from bot.sandbox.teams import Post
from bot.sandbox.teams.people import Pressed
from bot.sandbox.teams.presses import find, gather
from tests.contract.rts import Place, gateway_of
from tests.migrated import lay_out
from tests.processes import free_port
from tests.story import Story


def read(card: dict[str, Any] | list[dict[str, Any]]) -> str:
    """What a card says, without the marks that keep people's words from being markup."""
    plain: str = json.loads(json.dumps(json.dumps(card, ensure_ascii=False)))
    return re.sub(r"\\\\(.)", r"\1", plain.replace("\u200b", ""))


def facts(card: dict[str, Any]) -> dict[str, str]:
    """The first table on a card."""
    table = next(part for part in card["body"] if part["type"] == "FactSet")
    return {fact["title"]: read(fact["value"])[1:-1] for fact in table["facts"]}


@dataclass
class Desk:
    """Grace asks for ``number``, Ada talks, and Grace presses."""

    place: Place
    service: Service
    story: Story

    async def asks(self) -> None:
        """Grace mentions the bot with the ticket's number."""
        self.story.root = await self.story.grace.mention("Live chat", str(self.story.ticket))

    async def card(self, wanted: Callable[[str], bool]) -> tuple[Post, dict[str, Any]]:
        """The card in the thread, once it says what is wanted."""
        post = await self.story.card(lambda _: any(wanted(read(p.cards)) for p in self._cards()))
        return post, self._newest(post)

    def _cards(self) -> list[Post]:
        return [post for post in self.story.posts() if post.cards]

    def _newest(self, post: Post) -> dict[str, Any]:
        card: dict[str, Any] = post.cards[0]
        return card

    async def talks(self) -> None:
        """Grace invites the requestor, the first one of several; whoever comes says something."""
        post, card = await self.card(lambda text: '"verb": "invite"' in text)
        several = "Whom do you want to invite?" in read(card)
        pressed = await self.story.grace.press(
            post, "invite", {"requestor": "0"} if several else {}
        )
        assert pressed.kind == "card", pressed
        ada = self.story.ada
        await ada.join(await self.story.token())
        key = await ada.say("It beeps.")
        await ada.until(lambda: key in ada.acknowledged)
        await self.story.in_thread("It beeps.")

    async def chat(self) -> Chat:
        """The chat as the service has it."""
        found = await self.service.store.look(self.story.ada.chat)
        assert found
        return found[0]

    async def presses(self, drawn: Draft, **typed: str) -> Pressed:
        """Grace presses Send to RT, on a card as it was drawn."""
        data = gather(drawn.card, drawn.action, {"summary": "Toner.", **typed})
        return await self.story.grace.act(drawn.post, drawn.action, data)

    async def draft(self, wanted: Callable[[str], bool]) -> Draft:
        """The card that offers to send, once it says what is wanted."""
        post, card = await self.card(lambda text: '"verb": "file"' in text and wanted(text))
        return Draft(post, card, find(card, "file"))

    async def written(self, *but: str) -> dict[str, int]:
        """How many comments every ticket has in RT, and how many tickets there are.

        Merged tickets, and those named in ``but``, have the history of another one.
        """
        names = set(self.place.numbers) - {"missing", "merged", *but}

        def count() -> dict[str, int]:
            found = {name: self.place.comments(self.place.numbers[name]) for name in names}
            return {**found, "the newest ticket": self.place.newest()}

        return await asyncio.to_thread(count)


@dataclass(frozen=True)
class Draft:
    """A card with the button that sends the record, as it was drawn at some time."""

    post: Post
    card: dict[str, Any]
    action: dict[str, Any]


def signed_in(visitor: Requestor) -> AbstractContextManager[object]:
    """Let whoever opens a link be somebody whom the help site's sign-in vouches for."""
    known = Identity(Proof.SSO, visitor.login, visitor.name, visitor.address)
    return mock.patch.object(joining, "bearer", return_value=known)


@asynccontextmanager
async def desk(
    place: Place, folder: Path, number: int, visitor: Requestor | None, **more: dict[str, Any]
) -> AsyncIterator[Desk]:
    """A service that reaches the place's RT; whoever opens a link has signed in as ``visitor``.

    ``more`` are sections of the settings.
    """
    url = f"sqlite:///{folder / 'livechat.db'}"
    gateway = gateway_of(replace(place.instance, keytab=place.keytab))
    async with Stage(free_port(), enforce_limits=False) as stage:
        await asyncio.to_thread(lay_out, url)
        quick = {"quarantine_seconds": 1}
        sections = {"retention": quick, "relay": {"pacing": False}, **more}
        settings = Settings(**{**stage.settings(url), **sections})
        with mock.patch.object(parts, "rt_gateway", return_value=gateway):
            service = Service(settings)
        rules = replace(service.relay.rules, card_delay=timedelta())
        service.relay.rules = rules
        await service.start()
        story = Story(stage, ticket=number)
        try:
            with signed_in(visitor) if visitor else nullcontext():
                yield Desk(place, service, story)
        finally:
            await story.ada.close()
            await service.stop()

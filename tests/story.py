"""The main job, told by people who press and type, on a service that is a process of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from urllib.parse import parse_qs, urlsplit

from bot.sandbox.stage import PREFIX, Stage
from bot.sandbox.teams import Post
from bot.sandbox.teams.world import Conversation
from tests.processes import ServiceProcess, Visitor

STEPS = ("asked", "shown", "invited", "joined", "visitor spoke", "operator spoke", "pressed")


class Story:
    """The main job, step by step, on a service that may die after any of them."""

    @property
    def sends(self) -> dict[str, str]:
        """What a CO types who has looked at the ticket."""
        return {"summary": "Toner.", "echo": str(self.ticket)[-3:]}

    def __init__(
        self,
        stage: Stage,
        service: ServiceProcess | None = None,
        die_after: Collection[str] = (),
        ticket: int = 12345,
        where: Conversation | str = "Live chat",
    ) -> None:
        self.stage, self.service, self._die_after = stage, service, die_after
        self.ticket, self.where = ticket, where
        self.grace = stage.teams.people["grace"]
        self.ada = Visitor(f"http://127.0.0.1:{stage.service_port}{PREFIX}", stage.site.url)
        self.root: Post

    async def _maybe_die(self, step: str) -> None:
        if step in self._die_after:
            assert self.service
            await self.service.restart()

    async def open(self) -> None:
        """Grace asks, invites, and Ada joins."""
        await self.ada.join(await self.invite())
        await self._maybe_die("joined")

    async def invite(self) -> str:
        """Grace asks and invites; return the secret in the link."""
        alone = self.where is self.grace.chat  # there the bot is mentioned by being there
        self.root = await self.grace.post(self.where, str(self.ticket), mention=not alone)
        await self._maybe_die("asked")
        card = await self.card(lambda text: "Invite" in text)
        await self._maybe_die("shown")
        pressed = await self.grace.press(card, "invite")
        assert pressed.kind == "card", pressed
        await self._maybe_die("invited")
        return await self.token()

    async def tell(self) -> None:
        """All of it."""
        await self.open()
        first = await self.ada.say("It beeps.")
        await self.ada.until(lambda: first in self.ada.acknowledged)
        await self._maybe_die("visitor spoke")
        await self.in_thread("It beeps.")
        await self.grace.reply(self.root, "Which one?")
        await self._maybe_die("operator spoke")
        await self.ada.until(lambda: "Which one?" in self.ada.texts())
        await self.press_file()
        await self._maybe_die("pressed")
        await self.ada.until(lambda: self.ada.view.get("state") == "filed", 60)
        await self.card(lambda text: "ransaction" in text, 60)

    async def press_file(self) -> None:
        """Five presses at once, as from impatient people."""
        card = await self.card(lambda text: "Send to RT" in text)
        presses = (self.grace.press(card, "file", self.sends) for _ in range(5))
        await asyncio.gather(*presses)

    async def card(self, wanted: Callable[[str], bool], seconds: float = 60) -> Post:
        """The bot's card in the thread, once it shows what is wanted."""
        async with asyncio.timeout(seconds):
            while True:
                for post in self.posts():
                    if wanted(json.dumps(post.cards)):
                        return post
                await asyncio.sleep(0.05)

    async def token(self) -> str:
        """The secret in the card's link."""
        card = await self.card(lambda text: "#livechat=" in text)
        text = json.dumps(card.cards)
        link = text[text.index("http", text.index("#livechat=") - 60) :].split('"')[0]
        return parse_qs(urlsplit(link).fragment)["livechat"][0]

    async def in_thread(self, text: str) -> None:
        """Wait until a post of the bot says it."""
        async with asyncio.timeout(60):
            while not self.relayed(text):  # noqa: ASYNC110 - Teams has no event for it
                await asyncio.sleep(0.05)

    def relayed(self, text: str) -> list[Post]:
        """The bot's posts in the thread that say it."""
        return [post for post in self.posts() if text in post.text]

    def posts(self) -> list[Post]:
        """What the bot posted where the chat is mirrored."""
        place = self.root.conversation
        return [
            post
            for post in place.posts
            if post.author is None and post.root_id == self.root.root_id
        ]

    def check(self) -> None:
        """Nothing is lost and nothing is doubled; a repeat in Teams is labelled."""
        assert self.ada.texts() == ["It beeps.", "Which one?"]
        posts = self.relayed("It beeps.")
        unlabelled = [post for post in posts if "(resent)" not in post.text]
        assert len(posts) >= 1
        assert len(unlabelled) <= 1

    def check_stand_in(self) -> None:
        """The stand-in for RT has one comment, in the right ticket, with everything once."""
        comments = [t for t in self.stage.rt.world.transactions if t.kind == "Comment"]
        assert [c.ticket for c in comments] == [self.ticket]
        record = comments[0].attachments[0].content.decode()
        assert record.count("It beeps.") == 1
        assert record.count("Which one?") == 1

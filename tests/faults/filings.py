"""Many chats that go to RT at the same time: people who press, and what came of it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Collection
from contextlib import suppress

import pytest
import sqlalchemy as sa

from bot.domain.chat import Chat, State
from bot.domain.events import Receipt
from bot.sandbox.teams import Post
from bot.sandbox.teams.delivery import Repeats
from bot.sandbox.teams.people import Player
from bot.store.codec import read_chat
from tests.faults.books import Account, canaries, tokens
from tests.faults.load import Pace
from tests.faults.scene import Scene

#: Looks, half a second apart, after which people press again.
_PRESS_AGAIN = 16
_EVER = 1_000_000


class Filings:
    """Every chat of a trial goes to RT; those in ``anew`` into tickets that are made for them.

    The visitors of those in ``kept_out`` are blocked while people press.
    """

    def __init__(
        self, trial: Scene, anew: Collection[str] = (), kept_out: Collection[str] = ()
    ) -> None:
        self.trial, self.anew, self.kept_out = trial, anew, kept_out
        self.draw = random.Random(f"presses {trial.plan.seed}")
        self.pressed = self.typed = 0
        # As seen in the field: every press comes again under its own id, and under a new one.
        again = Repeats(same_id=1, new_id=1, type="invoke", times=_EVER)
        trial.stage.teams.courier.repeats = [again]

    async def talk(self) -> None:
        """Something to file; and cards on which it can be sent."""
        await asyncio.gather(*(guest.say() for guest in self.trial.load.guests))
        await self.trial.load.talk(1.0, Pace(3.0, 2.0))
        await self.trial.drain()
        async with asyncio.timeout(60):
            while not all(map(self._card, self.trial.accounts)):  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.2)

    async def press_all(self) -> None:
        """Everybody presses at once."""
        await asyncio.gather(*(self.press(account) for account in self.trial.accounts))

    async def press(self, account: Account) -> None:
        """Five times from two people, as impatient as they are, on the card or by a command."""
        account.filing = True
        names = ["grace", "grace", "grace", "alan", "alan"]
        self.draw.shuffle(names)
        what = [self._one(account, name) for name in names]
        if account.chat in self.kept_out:
            what.append(self._block(account))
        await asyncio.gather(*what)

    async def _block(self, account: Account) -> None:
        await asyncio.sleep(self.draw.uniform(0, 0.4))
        with suppress(ConnectionError, LookupError):
            what = "block 2h because people press meanwhile"
            await self._player("alan").reply(account.root, what, mention=True)

    async def _one(self, account: Account, name: str) -> None:
        await asyncio.sleep(self.draw.uniform(0, 0.4))
        card = self._card(account) if self.draw.random() < 0.6 else None
        with suppress(ConnectionError, LookupError):
            if card is None:
                await self._type(account, name)
            elif account.chat in self.anew:
                whose = {"requestor": "nobody", "queue": "Support"}
                await self._player(name).press(card, "new", {"summary": f"By {name}.", **whose})
                self.pressed += 1
            else:
                typed = {"summary": f"By {name}.", "echo": str(account.ticket)[-3:]}
                await self._player(name).press(card, "file", typed)
                self.pressed += 1

    async def _type(self, account: Account, name: str) -> None:
        what = f"send to rt {account.ticket}: By {name}."
        if account.chat in self.anew:
            what = f"new ticket in Support: By {name}."
        self.typed += 1
        await self._player(name).reply(account.root, what, mention=True)

    def _player(self, name: str) -> Player:
        return self.trial.stage.teams.people[name]

    @staticmethod
    def _card(account: Account) -> Post | None:
        thread = account.root.root_id
        for post in account.place.posts:
            if post.author is None and post.root_id == thread and "Send to" in str(post.cards):
                return post
        return None

    async def all_filed(self, seconds: float) -> dict[str, Receipt]:
        """Wait until every chat has its receipt; who sees nothing happen presses again."""
        ends = time.monotonic() + seconds
        while True:
            known, done = await self._look(_PRESS_AGAIN)
            if len(done) == len(self.trial.accounts):
                return done
            left = {i: known[i].state for i in known.keys() - done.keys()}
            if time.monotonic() > ends:
                pytest.fail(f"seed {self.trial.plan.seed}: not filed: {left}")
            idle = {i for i, state in left.items() if state in (State.OPEN, State.ENDED)}
            waiting = [account for account in self.trial.accounts if account.chat in idle]
            await asyncio.gather(*map(self.press, waiting))

    async def _look(self, times: int) -> tuple[dict[str, Chat], dict[str, Receipt]]:
        """All chats, and the receipts of those that are filed, once all are or after so many looks."""
        while True:
            known = await asyncio.to_thread(chats, self.trial.url)
            kept = {i: c.filing.receipt for i, c in known.items() if c.filing}
            done = {i: receipt for i, receipt in kept.items() if receipt}
            times -= 1
            if len(done) == len(self.trial.accounts) or not times:
                return known, done
            await asyncio.sleep(0.5)


def chats(url: str) -> dict[str, Chat]:
    """What the service knows of each chat. Blocking."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT id, detail FROM chats")).all()
    finally:
        engine.dispose()
    return {row[0]: read_chat(row[1]) for row in rows}


def blocked(url: str) -> set[str]:
    """The chats whose visitors are kept out. Blocking."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT detail FROM blocks")).all()
    finally:
        engine.dispose()
    return {json.loads(detail)["chat"] for (detail,) in rows}


def is_whole(account: Account, transcript: bytes) -> None:
    """The transcript has every word that was said in this chat, and nobody else's."""
    text = json.dumps(json.loads(transcript), ensure_ascii=False)
    said = {account.said[key] for key in account.acknowledged} | set(account.accepted)
    assert said
    assert account.chat in text
    assert canaries(text) == {account.canary}
    assert set(tokens(text)) == said

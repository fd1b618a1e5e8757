"""One trial: stand-ins, replicas, open chats and people who talk; and the accounting at its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.sandbox.stage import Stage
from bot.sandbox.teams.world import Conversation
from tests.faults import ledger, opening
from tests.faults.books import Account, Books, read
from tests.faults.fleet import Fleet
from tests.faults.load import Load
from tests.faults.manners import Comeback
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import free_port

_LOOK_EVERY = 0.2


@dataclass
class Plan:
    """What a trial begins with. ``urls`` are the database's, one per replica; the first is also ours."""

    folder: Path
    hatchery: Hatchery
    urls: Sequence[str]
    seed: int = 1
    chats: int = 5
    places: int = 0  # channels of their own; 0: one for each chat
    limits: bool = True  # whether the stand-in keeps to Teams' limits
    bug: str = ""
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    tickets: Sequence[int] = ()  # one for each chat, where RT is not the stand-in
    ours: str = ""  # our own way to the database, if not the first replica's


class Scene:
    """The running trial."""

    def __init__(self, plan: Plan, stage: Stage, fleet: Fleet, load: Load) -> None:
        self.plan, self.stage, self.fleet, self.load = plan, stage, fleet, load
        self.drained_in = 0.0
        self.books: Books | None = None

    @property
    def accounts(self) -> Sequence[Account]:
        """The chats."""
        return self.load.accounts

    @property
    def url(self) -> str:
        """The database, as we reach it."""
        return self.plan.ours or self.plan.urls[0]

    async def drain(self, seconds: float = 60) -> None:
        """Wait until all that was accepted is where it belongs, or until the time is over."""
        began = time.monotonic()
        while (left := await self._left()) and time.monotonic() - began < seconds:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY)
        self.drained_in = time.monotonic() - began
        self.books = await asyncio.to_thread(read, self.stage, self.url, list(self.accounts))
        assert not left, f"seed {self.plan.seed}: not drained after {seconds:.0f} s: {left}\n" + (
            "\n".join(self.findings()[:20])
        )

    async def _left(self) -> str:
        """Say what is still on its way; nothing if all has arrived."""
        if unsent := self.load.unsent():
            return f"{unsent} messages are not acknowledged"
        waiting, heads = await asyncio.to_thread(_state, self.url)
        if waiting:
            return f"{waiting} rows wait in the outbox"
        if behind := self.load.behind(heads):
            return f"{behind} lines have not reached the widgets"
        return ""

    async def file(self, accounts: Sequence[Account], seconds: float = 60) -> None:
        """Let the operator send these chats to RT, and see that each is there once and whole."""
        grace = self.stage.teams.people["grace"]
        for account in accounts:
            account.filing = True
            await grace.reply(account.root, f"send to rt {account.ticket}: Done.", mention=True)
        await self.filed(accounts, seconds)

    async def filed(self, accounts: Sequence[Account], seconds: float = 60) -> None:
        """Wait until these chats are in RT, and look there."""
        async with asyncio.timeout(seconds):
            while not all(map(self._is_filed, accounts)):  # noqa: ASYNC110 - RT rings no bell
                await asyncio.sleep(_LOOK_EVERY)
        self.books = await asyncio.to_thread(read, self.stage, self.url, list(self.accounts))
        self._judge(ledger.audit(self.accounts, self.books, ("A6", "A8")))

    def _is_filed(self, account: Account) -> bool:
        guest = next(guest for guest in self.load.guests if guest.account is account)
        return bool(guest.view.get("state") == "filed")

    def findings(self) -> list[str]:
        """What the accounting finds (after ``drain``)."""
        assert self.books
        return ledger.audit(self.accounts, self.books)

    def check(self, *, database_was_there: bool = True) -> None:
        """Fail with every finding and the books behind the first."""
        logged = self.fleet.unforeseen(database_was_there=database_was_there)
        self._judge(self.findings() + [f"A7 {line}" for line in logged])

    def check_but(self, *ended: Account) -> None:
        """The same, leaving out chats whose text is in RT and not here any more."""
        assert self.books
        rest = [account for account in self.accounts if account not in ended]
        self._judge(ledger.audit(rest, self.books))

    def _judge(self, found: list[str]) -> None:
        assert self.books
        first = next((a for a in self.accounts if found and a.chat in found[0]), None)
        shown = ledger.evidence(first, self.books) if first else ""
        assert not found, "\n".join([f"seed {self.plan.seed}", *found[:20], shown])

    def reconnects(self) -> list[float]:
        """Seconds from the loss of a socket to the next welcome, sorted."""
        return sorted(back.seconds for back in self.comebacks())

    def comebacks(self) -> list[Comeback]:
        """Every way back, with its steps."""
        return [back for guest in self.load.guests for back in guest.comebacks]

    def figures(self) -> str:
        """What went through, in one line."""
        assert self.books
        said = sum(len(account.acknowledged) for account in self.accounts)
        written = sum(len(account.accepted) for account in self.accounts)
        back = self.reconnects()
        acks = sorted(
            at - account.said_at[token]
            for account in self.accounts
            for token, at in account.acknowledged_at.items()
        )
        return (
            f"seed {self.plan.seed}: {said} visitor + {written} operator messages, "
            f"{self.fleet.kills} kills, {ledger.repeats(self.books)} labelled repeats; "
            f"ack p99 {share(acks, 0.99):.2f} s, {len(back)} reconnects p99 "
            f"{share(back, 0.99):.1f} s, starts {share(sorted(self.fleet.starts), 0.5):.1f} s, "
            f"drained in {self.drained_in:.1f} s"
        )


def share(ordered: Sequence[float], part: float) -> float:
    """The value below which that part of an ordered list lies; 0 for an empty one."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


@asynccontextmanager
async def scene(plan: Plan) -> AsyncIterator[Scene]:
    """Set the stage, open the chats, start the replicas, and let the visitors in."""
    ours = plan.ours or plan.urls[0]
    await asyncio.to_thread(lay_out, ours)
    async with Stage(free_port(), enforce_limits=plan.limits) as stage:
        places: Sequence[Conversation] = opening.channels(stage, plan.places or plan.chats)
        accounts = await opening.open_chats(
            stage, ours, places, plan.chats, plan.seed, plan.tickets
        )
        fleet = Fleet(
            stage,
            plan.folder,
            plan.urls,
            plan.hatchery,
            seed=plan.seed,
            bug=plan.bug,
            sections=plan.sections,
        )
        async with fleet, Load(stage, accounts, fleet.bases, plan.seed) as load:
            yield Scene(plan, stage, fleet, load)


def _state(url: str) -> tuple[int, dict[str, int]]:
    """Rows of the outbox that carry words, and the last seq of every chat. Blocking."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            rows = connection.scalar(
                sa.text("SELECT count(*) FROM outbox WHERE kind NOT IN ('purge', 'card')")
            )
            heads = connection.execute(
                sa.text("SELECT chat_id, max(seq) FROM messages GROUP BY chat_id")
            )
            return int(rows or 0), {row[0]: row[1] for row in heads}
    finally:
        engine.dispose()

"""T9: filings under every kind of trouble come to one comment each, in their own ticket and whole."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress

import pytest
import sqlalchemy as sa
from aiohttp import web

from bot.domain.chat import Chat, State
from bot.domain.events import Receipt
from bot.store.codec import read_chat
from tests.faults.books import Account
from tests.faults.scene import Plan, Scene, scene
from tests.faults.trouble import STEPS, Handler, Trouble

#: Looks, half a second apart, after which people press again.
_PRESS_AGAIN = 16


class Killer:
    """Kills the only replica, and starts it again at once."""

    def __init__(self, trial: Scene) -> None:
        self._trial = trial
        self._starting: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        (replica,) = self._trial.fleet.replicas
        if self._starting is None or self._starting.done():
            replica.kill()
            self._trial.fleet.kills += 1
            self._starting = asyncio.create_task(replica.start())

    async def rest(self) -> None:
        if self._starting:
            await self._starting


async def press(trial: Scene, account: Account, draw: random.Random) -> None:
    """Five presses from two people, as impatient as they are; Teams re-sends what got no answer."""
    account.filing = True
    people = [
        trial.stage.teams.people[name] for name in ("grace", "grace", "grace", "alan", "alan")
    ]
    draw.shuffle(people)

    async def one(wait: float, number: int) -> None:
        await asyncio.sleep(wait)
        with suppress(ConnectionError, LookupError):
            text = f"send to rt {account.ticket}: Done, says {number}."
            await people[number].reply(account.root, text, mention=True)

    await asyncio.gather(*(one(draw.uniform(0, 0.4), number) for number in range(5)))


def chats(url: str) -> dict[str, Chat]:
    """What the service knows of each chat. Blocking."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT id, detail FROM chats")).all()
    finally:
        engine.dispose()
    return {row[0]: read_chat(row[1]) for row in rows}


async def all_filed(trial: Scene, seconds: float) -> dict[str, Receipt]:
    """Wait until every chat has its receipt; who sees nothing happen presses again."""
    draw = random.Random(f"again {trial.plan.seed}")
    ends = asyncio.get_running_loop().time() + seconds
    kept: dict[str, Receipt] = {}
    known: dict[str, Chat] = {}
    while True:
        for _ in range(_PRESS_AGAIN):
            known = await asyncio.to_thread(chats, trial.url)
            kept = {i: c.filing.receipt for i, c in known.items() if c.filing and c.filing.receipt}
            if len(kept) == len(trial.accounts):
                return kept
            await asyncio.sleep(0.5)
        left = {i: known[i].state for i in known.keys() - kept}
        if asyncio.get_running_loop().time() > ends:
            pytest.fail(f"seed {trial.plan.seed}: not filed: {left}")
        idle = {i for i, state in left.items() if state in (State.OPEN, State.ENDED)}
        await asyncio.gather(*(press(trial, a, draw) for a in trial.accounts if a.chat in idle))


def check(trial: Scene, kept: dict[str, Receipt]) -> None:
    """One comment for each chat, in its ticket, with the transcript that the receipt names."""
    comments = [t for t in trial.stage.rt.world.transactions if t.kind == "Comment"]
    tickets = sorted(account.ticket for account in trial.accounts)
    assert sorted(comment.ticket for comment in comments) == tickets
    by_ticket = {comment.ticket: comment for comment in comments}
    for account in trial.accounts:
        receipt, comment = kept[account.chat], by_ticket[account.ticket]
        assert (receipt.ticket, receipt.transaction) == (account.ticket, comment.id)
        (whole,) = (a.content for a in comment.attachments if a.name == "transcript.json")
        assert receipt.sha256 == hashlib.sha256(whole).hexdigest()
        assert account.chat in json.dumps(json.loads(whole))


async def round_of_filings(plan: Plan, figures: Callable[[str], None], lasts: float) -> None:
    draw = random.Random(f"presses {plan.seed}")
    async with scene(plan) as trial:
        killer = Killer(trial)
        trouble = Trouble(trial.stage, plan.seed, 0.2, lasts, killer)
        await asyncio.gather(*(press(trial, account, draw) for account in trial.accounts))
        kept = await all_filed(trial, 60 + 2 * lasts)
        await killer.rest()
        check(trial, kept)
        figures(f"{plan.chats} filings, {dict(trouble.met)}, kills left {len(trouble.kills)}")
        assert not trouble.kills


async def test_filings_are_one_comment_each_whatever_breaks_and_whenever_we_die(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    plan.chats, plan.limits = 20, False
    await round_of_filings(plan, figures, 6)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 11))
async def test_a_hundred_filings_are_one_comment_each(
    plan: Plan, figures: Callable[[str], None], seed: int
) -> None:
    plan.chats, plan.limits, plan.seed = 100, False, seed
    await round_of_filings(plan, figures, 20)


async def test_who_was_stopped_before_writing_writes_nothing_once_another_has(
    plan: Plan, postgres_url: str
) -> None:
    """The others take it for dead meanwhile, and file the chat, long before its claim runs out."""
    plan.urls, plan.chats, plan.limits = [postgres_url] * 2, 1, False
    async with scene(plan) as trial:
        stopped, other = trial.fleet.replicas
        other.kill()
        honest, held = trial.stage.rt.faults.carry_out, asyncio.Event()

        async def stop_first(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = await honest(request, handler)
            if re.search(STEPS["reading the ticket"][1], request.path) and not held.is_set():
                stopped.pause()  # with the answer in its hands, and the writing to come
                held.set()
            return answer

        trial.stage.rt.faults.carry_out = stop_first  # type: ignore[method-assign]
        await trial.stage.teams.people["grace"].reply(
            trial.accounts[0].root,
            f"send to rt {trial.accounts[0].ticket}: Done.",
            mention=True,
        )
        await asyncio.wait_for(held.wait(), 30)
        await other.start()
        kept = await all_filed(trial, 240)
        stopped.wake()
        await asyncio.sleep(5)
        check(trial, kept)
        assert "came too late" in stopped.log.read_text()

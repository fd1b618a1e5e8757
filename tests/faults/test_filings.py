"""T9: filings under every kind of trouble come to one comment each, in their own ticket and whole."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable

import pytest
from aiohttp import web

from bot.domain.events import Receipt
from bot.sandbox.rt.world import Transaction
from tests.faults import dying
from tests.faults.filings import Filings, blocked, is_whole
from tests.faults.scene import Plan, Scene, scene
from tests.faults.trouble import Handler, Trouble

_SHARE = 0.2  # of RT's answers that go wrong
_READING = r"/ticket/\d+$"
#: Where the service must have died in a round; the rest depends on what it met.
_STEPS = dying.KEEPING | {
    f"{when} {what}"
    for when in ("before", "after")
    for what in (
        "GET /REST/2.0/ticket/N/history",
        "GET /REST/2.0/ticket/N",
        "POST /REST/2.0/ticket/N/comment",
        "POST /REST/2.0/ticket",
        "GET /REST/2.0/transaction/N",
        "GET /REST/2.0/transaction/N/attachments",
        "GET /REST/2.0/attachment/N",
    )
}


def check(trial: Scene, kept: dict[str, Receipt], anew: set[str], before: int) -> None:
    """One record for each chat, in its ticket, whole; and in RT nothing else has happened."""
    written = trial.stage.rt.world.transactions[before:]
    by_number = {line.id: line for line in written}
    assert sorted(by_number) == sorted(receipt.transaction for receipt in kept.values())
    for account in trial.accounts:
        receipt = kept[account.chat]
        line = by_number[receipt.transaction]
        assert line.ticket == receipt.ticket
        if account.chat in anew:
            assert (line.kind, line.ticket in {a.ticket for a in trial.accounts}) == (
                "Create",
                False,
            )
        else:
            assert (line.kind, line.ticket) == ("Comment", account.ticket)
        whole = transcript(line)
        assert receipt.sha256 == hashlib.sha256(whole).hexdigest()
        is_whole(account, whole)


def transcript(line: Transaction) -> bytes:
    (whole,) = (a.content for a in line.attachments if a.kind == "application/json")
    return whole


async def round_of_filings(
    plan: Plan, figures: Callable[[str], None], only: str = "", api: str = "rest2"
) -> set[str]:
    """File everything; every fourth chat into a ticket of its own, and of others every fourth
    visitor is blocked meanwhile. Returns where it has died.
    """
    deaths = plan.folder / "deaths"
    plan.bug = dying.order(deaths, only or dying.NOT_SCRUBBING)
    plan.limits = False
    plan.sections = {"rt": {"rt": {"queues": ["Support"], "api": api}}}
    async with scene(plan) as trial, dying.kept_alive(trial.fleet.replicas[0]):
        anew = {account.chat for account in trial.accounts[::4]}
        kept_out = {account.chat for account in trial.accounts[1::4]}
        filings = Filings(trial, anew, kept_out)
        await filings.talk()
        before = len(trial.stage.rt.world.transactions)
        deaths.mkdir()
        trouble = Trouble(trial.stage, plan.seed, _SHARE, 8 * plan.chats)
        await filings.press_all()
        kept = await filings.all_filed(600)
        check(trial, kept, anew, before)
        out = await asyncio.to_thread(blocked, trial.url)
        assert out
        assert out <= kept_out
        died = dying.steps(deaths)
        figures(
            f"{plan.chats} filings ({len(anew)} into new tickets, {len(out)} of people who were blocked "
            f"meanwhile), killed at {len(died)} steps, "
            f"{filings.pressed} presses (each three times), {filings.typed} commands, "
            f"{dict(trouble.met)}"
        )
        return died


async def test_filings_are_one_comment_each_whatever_breaks_and_whenever_we_die(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    plan.chats = 20
    died = await round_of_filings(plan, figures, "after POST|settling file|claimed purge")
    assert died >= {"after POST /REST/2.0/ticket/N/comment", "settling file", "claimed purge"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 11))
async def test_a_hundred_filings_are_one_comment_each(
    plan: Plan, figures: Callable[[str], None], seed: int
) -> None:
    plan.chats, plan.seed = 100, seed
    died = await round_of_filings(plan, figures)
    assert died >= _STEPS


async def test_who_was_stopped_before_writing_writes_nothing_once_another_has(
    plan: Plan, postgres_url: str
) -> None:
    """The others take it for dead meanwhile, and file the chat, long before its claim runs out."""
    plan.urls, plan.chats, plan.limits = [postgres_url] * 2, 1, False
    async with scene(plan) as trial:
        stopped, other = trial.fleet.replicas
        other.kill()
        chat = trial.accounts[0].chat
        honest, held = trial.stage.rt.faults.carry_out, asyncio.Event()

        async def stop_first(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = await honest(request, handler)
            if re.search(_READING, request.path) and not held.is_set():
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
        kept = await Filings(trial).all_filed(240)
        stopped.wake()
        async with asyncio.timeout(60):
            while "came too late" not in stopped.log.read_text():  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.1)
        (record,) = (t for t in trial.stage.rt.world.transactions if t.kind == "Comment")
        assert (record.ticket, record.id) == (trial.accounts[0].ticket, kept[chat].transaction)

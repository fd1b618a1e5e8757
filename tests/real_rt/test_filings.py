"""Filings into a real RT over a wire that is cut, by a service that is killed at every step."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.domain.events import Receipt
from bot.domain.tickets import NewTicket
from bot.rt.gateway import RtGateway
from bot.rt.instance import RtInstance
from tests.contract.rts import LONDON, entered
from tests.faults import dying
from tests.faults.faultproxy import FaultProxy
from tests.faults.filings import Filings, is_whole
from tests.faults.scene import Plan, scene
from tests.hatchery import Hatchery
from tests.rigs.rt.rig import Rig


async def tickets(rig: Rig, count: int, request: pytest.FixtureRequest) -> list[int]:
    """New tickets, each for one chat."""
    async with entered("rt5 rest2 cookie", request) as place:
        gateway = RtGateway([RtInstance("rt", rig.url, ca=rig.ca)], LONDON)
        new = NewTicket("rt", "Support", "Trouble", "ada@help.test")
        made = await asyncio.gather(
            *(gateway.comment(place.dossier("printer", new=new)) for _ in range(count))
        )
        gateway.close()
        return [receipt.ticket for receipt in made]


@asynccontextmanager
async def cut_off_now_and_then(
    proxy: FaultProxy, draw: random.Random, seconds: float
) -> AsyncIterator[Counter[str]]:
    """Cut the wire to RT: before, within and after what we send; now and then from one side only."""
    done: Counter[str] = Counter()

    async def cut() -> None:
        async with asyncio.timeout(seconds):
            while True:
                await asyncio.sleep(draw.uniform(0.05, 0.4))
                kind = draw.choice(("both", "ours", "within"))
                done[kind] += len(proxy._pairs)
                if kind == "both":
                    proxy.cut()
                elif kind == "ours":
                    proxy.hang_up()
                else:
                    proxy.reset_after = draw.randrange(200, 20_000)
                    await asyncio.sleep(0.2)
                    proxy.reset_after = None

    cutting = asyncio.create_task(cut())
    try:
        yield done
    finally:
        cutting.cancel()
        await asyncio.gather(cutting, return_exceptions=True)


def check(
    rig: Rig, filings: Filings, kept: dict[str, Receipt], before: dict[int, list[str]]
) -> None:
    """One record for each chat, in its ticket, whole; and in RT nothing else has happened."""
    accounts, after = filings.trial.accounts, rig.happened()
    new = {
        n: [x.partition(": ")[2] for x in lines[len(before.get(n, [])) :]]
        for n, lines in after.items()
    }
    tickets = {account.chat: account.ticket for account in accounts}
    made = {chat: kept[chat].ticket for chat in filings.anew}
    written = [number for number, lines in new.items() if lines]
    assert sorted(written) == sorted((tickets | made).values())
    assert not set(made.values()) & set(before)
    for account in accounts:
        receipt = kept[account.chat]
        word = "Ticket created" if account.chat in made else "Comments added"
        assert new[receipt.ticket] == [f"{word} by svc-livechat"]
        (one,) = rig.transcripts(receipt.ticket)[-1:]
        assert hashlib.sha256(one).hexdigest() == receipt.sha256
        is_whole(account, one)


#: Where the service must have died, in many filings; the rest depends on what it met. In a few the
#: wire may have been cut whenever an answer was on its way.
_STEPS = {
    "rest2": {"after POST /REST/2.0/ticket/N/comment", "after POST /REST/2.0/ticket"},
    "rest1": {"after POST /REST/1.0/ticket/N/comment", "after POST /REST/1.0/ticket/new"},
}


@pytest.mark.parametrize(
    ("api", "count", "only"),
    [
        ("rest2", 6, "after POST|settling file"),
        pytest.param("rest2", 100, dying.NOT_SCRUBBING, marks=pytest.mark.soak),
        pytest.param("rest1", 100, dying.NOT_SCRUBBING, marks=pytest.mark.soak),
    ],
)
async def test_filings_into_a_real_rt_are_one_comment_each(
    real_rt: Rig,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    figures: Callable[[str], None],
    api: str,
    count: int,
    only: str,
) -> None:
    """Every third chat goes into a ticket that is made for it."""
    deaths = tmp_path / "deaths"
    before = await asyncio.to_thread(real_rt.happened)
    numbers = await tickets(real_rt, count, request)
    port = int(urlsplit(real_rt.url).port or 0)
    rt = {"auth": "kerberos", "keytab": real_rt.facts["keytabs"]["svc-livechat"], "api": api}
    rt |= {"ca_file": real_rt.ca, "queues": ["Support"]}
    async with FaultProxy(port) as proxy:
        rt["url"] = f"https://localhost:{proxy.port}"
        with Hatchery() as hatchery:
            plan = Plan(tmp_path, hatchery, [f"sqlite:///{tmp_path / 'livechat.db'}"])
            plan = replace(plan, chats=count, limits=False, tickets=numbers)
            plan.seed = len(before)  # one RT for all: no two runs may have chats of the same names
            plan.sections = {"rt": {"rt": rt}, "retention": {"quarantine_seconds": 5}}
            plan.bug = dying.order(deaths, only)
            async with scene(plan) as trial, dying.kept_alive(trial.fleet.replicas[0]):
                filings = Filings(trial, {account.chat for account in trial.accounts[::3]})
                await filings.talk()
                before = await asyncio.to_thread(real_rt.happened)
                deaths.mkdir()
                async with cut_off_now_and_then(proxy, filings.draw, 3 + count / 5) as cuts:
                    await filings.press_all()
                    kept = await filings.all_filed(900)
                await asyncio.to_thread(check, real_rt, filings, kept, before)
    died = dying.steps(deaths)
    figures(
        f"{count} filings by {api} ({len(filings.anew)} into new tickets), killed at {len(died)} "
        f"steps, connections cut {dict(cuts)}, {filings.pressed} presses (each three times), "
        f"{filings.typed} commands"
    )
    assert "settling file" in died
    assert died & _STEPS[api] if count < 50 else died >= _STEPS[api]

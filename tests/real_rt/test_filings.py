"""Filings into a real RT over a wire that is cut, by a service that is killed: one comment each."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.domain.tickets import NewTicket
from bot.rt.gateway import RtGateway
from bot.rt.instance import RtInstance
from tests.contract.rts import LONDON, entered
from tests.faults.faultproxy import FaultProxy
from tests.faults.scene import Plan, Scene, scene
from tests.faults.test_filings import Killer, all_filed, press
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
) -> AsyncIterator[None]:
    """Cut the wire to RT: before, within and after what we send; now and then from one side only."""

    async def cut() -> None:
        async with asyncio.timeout(seconds):
            while True:
                await asyncio.sleep(draw.uniform(0.05, 0.4))
                kind = draw.choice(("both", "ours", "within"))
                if kind == "both":
                    proxy.cut()
                elif kind == "ours":
                    proxy.hang_up()
                else:
                    proxy.reset_after = draw.randrange(200, 20_000)
                    await asyncio.sleep(0.2)
                    proxy.reset_after = None

    cutting = asyncio.create_task(cut())
    yield
    cutting.cancel()
    await asyncio.gather(cutting, return_exceptions=True)


async def kill_now_and_then(killer: Killer, draw: random.Random, times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(draw.uniform(0.3, 1.2))
        killer()
        await killer.rest()


async def file_all(trial: Scene, proxy: FaultProxy, kills: int) -> None:
    """Press, kill and cut; then look what RT has."""
    draw, killer = random.Random(f"real {trial.plan.seed}"), Killer(trial)
    async with cut_off_now_and_then(proxy, draw, 3 + kills):
        await asyncio.gather(
            kill_now_and_then(killer, draw, kills),
            *(press(trial, account, draw) for account in trial.accounts),
        )
        kept = await all_filed(trial, 240)
    for account in trial.accounts:
        receipt = kept[account.chat]
        assert receipt.ticket == account.ticket


def check(rig: Rig, trial: Scene, digests: dict[str, str]) -> None:
    for account in trial.accounts:
        assert rig.comments(account.ticket) == 1
        (one,) = (t for t in rig.transcripts(account.ticket) if account.chat.encode() in t)
        assert hashlib.sha256(one).hexdigest() == digests[account.chat]


@pytest.mark.parametrize(
    ("count", "kills"), [(6, 2), pytest.param(100, 12, marks=pytest.mark.soak)]
)
async def test_filings_into_a_real_rt_are_one_comment_each(
    real_rt: Rig, tmp_path: Path, request: pytest.FixtureRequest, count: int, kills: int
) -> None:
    numbers = await tickets(real_rt, count, request)
    port = int(urlsplit(real_rt.url).port or 0)
    keytab = real_rt.facts["keytabs"]["svc-livechat"]
    async with FaultProxy(port) as proxy:
        url = f"https://localhost:{proxy.port}"
        rt = {"url": url, "auth": "kerberos", "keytab": keytab, "ca_file": real_rt.ca}
        with Hatchery() as hatchery:
            plan = Plan(tmp_path, hatchery, [f"sqlite:///{tmp_path / 'livechat.db'}"])
            plan = replace(plan, chats=count, limits=False, tickets=numbers)
            plan.sections = {"rt": {"rt": rt}, "retention": {"quarantine_seconds": 5}}
            async with scene(plan) as trial:
                await file_all(trial, proxy, kills)
                kept = await all_filed(trial, 5)
                digests = {chat: receipt.sha256 for chat, receipt in kept.items()}
                await asyncio.to_thread(check, real_rt, trial, digests)

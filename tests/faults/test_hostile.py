"""Fuzzed frames and requests: no 5xx, nothing unforeseen in the log, and the neighbours go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.app import Service
from bot.config import load
from bot.visitors import wire
from tests.faults.attacks import Attacker, Told
from tests.faults.guests import Guest
from tests.faults.hostile_json import GOOD
from tests.faults.load import Pace
from tests.faults.scene import Plan, Scene, scene
from tests.visitors.test_assertions import jwk, key_set

_NEIGHBOURS, _VICTIMS = 4, 8
_PACE = Pace(0.7, 0.7)  # of the neighbours


async def attack(plan: Plan, frames: int, requests: int) -> tuple[str, Told]:
    """Let hostile clients loose on some chats, while others go on beside them."""
    plan.chats, plan.limits = _NEIGHBOURS + _VICTIMS, False
    keys = key_set(plan.folder, jwk("EdDSA"))
    plan.sections = {
        "relay": {"pacing": False},
        "proxy": {"header": "X-Remote-User", "secret": "s" * 40},
        "sign_in": {"by_proxy": True, "keys_file": str(keys), "issuer": "https://i.test"},
        "start": {"enabled": True, "channel": "19:abc@thread.tacv2"},
    }
    told = Told()
    async with scene(plan) as trial:
        load_, victims = trial.load, trial.load.accounts[_NEIGHBOURS:]
        load_.accounts, guests = load_.accounts[:_NEIGHBOURS], load_.guests[_NEIGHBOURS:]
        load_.guests = load_.guests[:_NEIGHBOURS]
        process = trial.fleet.replicas[0].pid
        base, origin = trial.fleet.bases[0], trial.stage.site.url
        attackers = [
            Attacker(base, origin, victim, load_.accounts, f"{plan.seed} {n}")
            for n, victim in enumerate(victims)
        ]
        routes = await routes_of(trial)
        some, more = iter(range(frames)), iter(range(requests))
        assault = asyncio.gather(
            *(one.frames(some, told) for one in attackers),
            *(one.requests(more, told, routes) for one in attackers),
        )
        await load_.talk_while(_whole(assault), _PACE)
        # And after it a normal chat goes on, also where it was attacked.
        await asyncio.gather(*map(go_on, guests))
        await trial.drain()
        trial.check()
        assert trial.fleet.replicas[0].alive
        assert trial.fleet.replicas[0].pid == process
        return trial.figures(), told


async def go_on(guest: Guest) -> None:
    """Say something where it was attacked, and see that it is taken."""
    token = await guest.say("It still beeps.")
    try:
        async with asyncio.timeout(30):
            while token not in guest.account.acknowledged_at:  # noqa: ASYNC110 - it rings no bell
                await asyncio.sleep(0.05)
    except TimeoutError:
        state = guest.view, guest.codes, guest.account.refused, guest.account.lines[-3:]
        raise AssertionError(f"not acknowledged: {state}") from None


async def _whole(assault: asyncio.Future[list[None]]) -> None:
    await assault


async def routes_of(trial: Scene) -> list[tuple[str, str]]:
    """Every route that the service under attack has, as it registers them itself."""
    service = Service(load(trial.fleet.replicas[0]._config))
    try:
        return [(route.method, route.path) for route in service.routes()]
    finally:
        await service.store.close()


def judge(told: Told, frames: int, requests: int) -> None:
    assert told.wrong == []
    assert told.frames.total() >= frames
    assert told.requests.total() >= requests
    assert set(told.handshakes) == {101}
    assert told.statuses[0] < requests / 4  # most were answered
    assert not set(told.ends) & {1011}


def test_every_kind_of_frame_has_a_good_one_to_be_spoilt() -> None:
    assert GOOD.keys() == wire._READERS.keys()
    assert all(wire.read_frame(wire.write(good).decode()) for good in GOOD.values())


async def test_a_few_hundred_hostile_frames_and_requests_harm_nobody(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    about, told = await attack(plan, 400, 300)
    judge(told, 400, 300)
    figures(f"{told}; meanwhile {about}")


@pytest.mark.soak
async def test_ten_thousand_hostile_frames_and_requests_harm_nobody(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    plan.seed = 2
    about, told = await attack(plan, 10_000, 10_000)
    judge(told, 10_000, 10_000)
    figures(f"{told}; meanwhile {about}")

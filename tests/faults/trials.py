"""The cheapest trial that shows each seeded bug (bugs.py): what it is given, and what it finds.

Without the bug the same trial must find nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.sandbox.rt.faults import Fault as RtFault
from bot.sandbox.teams import Fault, activities
from bot.sandbox.teams.delivery import Repeats
from tests.faults import bugs
from tests.faults.books import Account
from tests.faults.elsewhere import Elsewhere
from tests.faults.faultproxy import FaultProxy
from tests.faults.load import Pace
from tests.faults.scene import Plan, Scene, scene

Trial = Callable[[Plan], Awaitable[list[str]]]
_ROUNDS, _EXCHANGES = 3, 12


async def found(trial: Scene, seconds: float = 8) -> list[str]:
    """What the accounting says; not being done in time is a finding too.

    Without a bug that is nobody's fault but the machine's, which has much to do.
    """
    try:
        await trial.drain(seconds if trial.plan.bug else 120)
    except AssertionError as error:
        return str(error).splitlines()[:1]
    return trial.findings()


async def killed_after_an_acknowledgement(plan: Plan) -> list[str]:
    """Everybody speaks; as soon as that is acknowledged, the process is killed."""
    async with scene(plan) as trial:
        for _ in range(2):
            await asyncio.gather(*(guest.say() for guest in trial.load.guests))
            async with asyncio.timeout(60):
                while trial.load.unsent():  # noqa: ASYNC110 - the widgets ring no bell
                    await asyncio.sleep(0.005)
            await trial.fleet.kill_one()
        return await found(trial)


async def repeated_by_teams(plan: Plan) -> list[str]:
    """Teams brings what was answered well once more, with the same id."""
    async with scene(plan) as trial:
        trial.stage.teams.courier.repeats = [Repeats(same_id=1, type="message", times=5)]
        await asyncio.gather(*(trial.load.reply(account) for account in trial.accounts))
        return await found(trial)


async def brought_twice_at_once(plan: Plan) -> list[str]:
    """Teams brings the same activity twice at the same time."""
    async with scene(plan) as trial:
        await asyncio.gather(*(_twice(trial, account) for account in trial.accounts))
        return await found(trial)


async def _twice(trial: Scene, account: Account) -> None:
    grace, token = trial.stage.teams.people["grace"], account.token("o")
    post = trial.stage.teams.world.add_post(account.place, account.root.root_id, grace.person)
    grace._write(post, token, mention=False, images=(), quote=None)
    activity = activities.message(grace._stage, post)
    courier = trial.stage.teams.courier
    await asyncio.gather(courier.deliver(activity), courier.deliver(activity))
    account.written.append((token, post))


async def answers_lost_by_teams(plan: Plan) -> list[str]:
    """Teams carries a post out, and the connection breaks before it says so."""
    async with scene(plan) as trial:
        trial.stage.teams.faults.add(Fault.lost_answer(on="send reply", times=3))
        await asyncio.gather(*(guest.say() for guest in trial.load.guests))
        return await found(trial, 15)


async def reading_fails_while_they_come_back(plan: Plan) -> list[str]:
    """The database goes away at the moment in which windows are told what they missed."""
    port = int(plan.ours.rpartition(":")[2].partition("/")[0])
    async with FaultProxy(port) as wire:
        plan.urls = [plan.ours.replace(f":{port}/", f":{wire.port}/")]
        async with scene(plan) as trial:
            for _ in range(_ROUNDS):
                wire.delay = 0.05
                async with asyncio.timeout(60):
                    while not any(guest.arriving for guest in trial.load.guests):
                        for guest in trial.load.guests:
                            guest.stumble()
                        await asyncio.sleep(0.01)
                wire.refusing = True
                wire.cut()
                await asyncio.sleep(0.3)
                wire.delay, wire.refusing = 0.0, False
            await asyncio.gather(*(guest.say() for guest in trial.load.guests))
            return await found(trial, 15)


async def both_speak_at_once(plan: Plan) -> list[str]:
    """Visitor and operator speak at the same moment; one replica is a little behind the other."""
    port = int(plan.ours.rpartition(":")[2].partition("/")[0])
    async with FaultProxy(port) as wire:
        plan.urls = [plan.ours.replace(f":{port}/", f":{wire.port}/"), plan.ours]
        async with scene(plan) as trial:
            wire.delay = 0.02
            for _ in range(_EXCHANGES):
                await asyncio.gather(
                    *(guest.say() for guest in trial.load.guests),
                    *(trial.load.reply(account) for account in trial.accounts),
                )
            return await found(trial)


async def cut_off_from_rt(plan: Plan) -> list[str]:
    """The connection breaks while RT is still busy with the comment, which it will write."""
    async with FaultProxy() as wire:
        plan.sections = {"rt": {"rt": {"url": f"http://127.0.0.1:{wire.port}"}}}
        plan.chats = 1
        async with scene(plan) as trial:
            rt = trial.stage.rt
            wire.targets = [int(rt.url.rpartition(":")[2])]
            await trial.load.talk(0.5, Pace(4.0, 0))
            await trial.drain()
            rt.fault(RtFault(method="POST", path="comment", delay=1.5))
            filing = asyncio.create_task(trial.file(trial.accounts))
            async with asyncio.timeout(60):
                while rt.faults._plan:  # noqa: ASYNC110 - until the comment is under way
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)  # all of it
            wire.hang_up()
            await asyncio.sleep(2)  # by then RT has written it
            return await _outcome(trial, filing)


async def _outcome(trial: Scene, filing: asyncio.Task[None]) -> list[str]:
    try:
        await filing
        await trial.filed(trial.accounts)  # as it is now
    except AssertionError as error:
        return [line for line in str(error).splitlines() if line.startswith("A")]
    return []


async def redirected_by_rt(plan: Plan) -> list[str]:
    """What answers for RT sends everybody elsewhere; nobody of ours must go there."""
    async with Elsewhere() as elsewhere:
        plan.sections = {"rt": {"rt": {"url": elsewhere.gate}}}
        plan.chats = 1
        async with scene(plan) as trial:
            [account] = trial.accounts
            grace = trial.stage.teams.people["grace"]
            await grace.reply(account.root, f"send to rt {account.ticket}: Done.", mention=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await elsewhere.asked.wait()
                    await asyncio.sleep(0.5)
            assert elsewhere.asked.is_set(), "the service did not speak to RT at all"
            return [f"A8 a stranger was sent {line}" for line in elsewhere.taken]


TRIALS: dict[Callable[[], None], Trial] = {
    bugs.acknowledge_before_the_commit: killed_after_an_acknowledgement,
    bugs.forget_what_teams_repeats: repeated_by_teams,
    bugs.check_before_the_insert: brought_twice_at_once,
    bugs.resend_without_a_label: answers_lost_by_teams,
    bugs.let_the_push_task_die: reading_fails_while_they_come_back,
    bugs.believe_the_highest_number: both_speak_at_once,
    bugs.look_in_rt_at_once: cut_off_from_rt,
    bugs.follow_redirects: redirected_by_rt,
}
ON_POSTGRES = (reading_fails_while_they_come_back, both_speak_at_once)

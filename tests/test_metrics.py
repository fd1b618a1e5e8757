"""What Prometheus is told: numbers of the service, and nobody's words."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families as parsed

from bot.domain.chat import State
from bot.metrics import Metrics, Process
from bot.relay.counts import count
from bot.relay.delivery import Lane
from bot.relay.outcomes import NotDone
from tests.migrated import sqlite_at
from tests.people import ADAS
from tests.processes import free_port
from tests.relay.house import OTHER, RULES, House, opened
from tests.relay.test_sending import CHARLES, REASON, signed_in

DOCS = Path(__file__).parents[1] / "docs" / "operations.md"
ANSWERED = {("POST", 201): 5, ("POST", 429): 1, ("PUT", 0): 2}


@pytest.fixture
async def house(either_url: str) -> AsyncIterator[House]:
    async with opened(either_url) as a_house:
        yield a_house


def of(house: House) -> Metrics:
    return Metrics(
        house.store,
        house.clock,
        lambda: 7,
        lambda: {"rt": "ok", "physics": "unreachable"},
        lambda: ANSWERED,
    )


async def told(metrics: Metrics) -> dict[str, float]:
    """Every sample: its name with its labels, as Prometheus writes it."""
    text = (await metrics.text()).decode()
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in parsed(text)
        for sample in family.samples
    }


async def test_chats_are_counted_by_state_and_every_state_is_told(house: House) -> None:
    await house.talking()
    await house.invited(thread=OTHER)
    samples = await told(of(house))
    assert {state: samples[f"livechat_chats/{state}"] for state in State} == {
        **dict.fromkeys(State, 0),
        State.OPEN: 1,
        State.INVITED: 1,
    }
    assert samples["livechat_database_up"] == 1
    assert samples["livechat_sockets"] == 7
    assert samples["livechat_commits_total"] == house.store.commits > 4


async def test_what_waits_for_rt_is_told_with_its_age(house: House) -> None:
    house.tickets.faults.before += [NotDone("RT is down.", 3600)]
    chat, _ = await house.talking()
    await house.presses("file", chat)
    await house.deliver()
    house.clock.pass_(minutes=30)
    samples = await told(of(house))
    assert samples["livechat_filings_waiting"] == 1
    assert samples["livechat_filings_oldest_seconds"] == 1800
    assert samples["livechat_outbox_waiting/rt"] == 1  # although it is not due: it was tried
    assert samples["livechat_outbox_waiting/teams"] == 0
    if house.file:  # PostgreSQL tells the time itself
        assert samples["livechat_outbox_oldest_seconds/rt"] == 1800


async def test_a_file_that_was_replaced_under_the_service_is_told_as_a_database_that_is_away(
    tmp_path: Path,
) -> None:
    """It is still read, and nothing is taken in any more."""
    async with opened(sqlite_at(tmp_path / "chats.db")) as house:
        await house.talking()
        metrics = of(house)
        assert (await told(metrics))["livechat_database_up"] == 1
        (tmp_path / "chats.db").rename(tmp_path / "away.db")
        assert (await told(metrics))["livechat_database_up"] == 0


async def test_what_is_only_put_off_on_purpose_does_not_count_as_waiting(house: House) -> None:
    house.relay.rules = replace(RULES, undo=timedelta(seconds=60))
    chat, _ = await house.talking()
    await house.presses("file", chat)
    await house.deliver()
    samples = await told(of(house))
    assert samples[f"livechat_chats/{State.HELD}"] == 1
    assert [samples[f"livechat_outbox_waiting/{lane}"] for lane in Lane] == [0] * len(Lane)


@pytest.mark.parametrize("colour", ["green", "amber", "red"])
async def test_confirmations_are_counted_by_how_visitor_and_ticket_fit(
    house: House, colour: str
) -> None:
    who = {"green": ADAS, "red": CHARLES}.get(colour)
    chat = await signed_in(house, who) if who else (await house.talking())[0]
    echo, reason = ("Lovelace", REASON) if who is CHARLES else ("345", "")
    for _ in range(5):  # five presses are one confirmation
        await house.presses("file", chat, echo=echo, reason=reason)
    samples = await told(of(house))
    counted = {
        m: samples[f"livechat_confirmations_last_day/{m}"] for m in ("green", "amber", "red")
    }
    assert counted == {"green": 0, "amber": 0, "red": 0} | {colour: 1}
    await house.deliver()
    samples = await told(of(house))
    assert samples["livechat_filed_last_day"] == samples["livechat_purged_last_day"] == 1
    house.clock.pass_(hours=25)
    samples = await told(of(house))
    assert samples[f"livechat_confirmations_last_day/{colour}"] == 0


async def test_how_teams_and_each_rt_are_is_told_and_what_met_with_trouble(house: House) -> None:
    metrics = of(house)
    metrics.troubles[Lane.TEAMS, "delayed"] += 3
    samples = await told(metrics)
    assert samples["livechat_rt_up/rt"] == 1
    assert samples["livechat_rt_up/physics"] == 0
    assert samples["livechat_teams_requests_total/POST/201"] == 5
    assert samples["livechat_teams_requests_total/POST/429"] == 1
    assert samples["livechat_teams_requests_total/PUT/0"] == 2
    assert samples["livechat_delivery_troubles_total/teams/delayed"] == 3


@pytest.mark.parametrize(("hours", "fault"), [(2, 0), (0, 1)])
async def test_a_text_that_is_to_stay_for_hours_is_no_fault_and_on_the_disk_all_the_same(
    house: House, hours: int, fault: int
) -> None:
    house.relay.rules = replace(RULES, purge_grace=timedelta(hours=hours))
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "it beeps")
    await house.presses("file", chat)
    await house.deliver("file")
    assert (await told(of(house)))["livechat_leftovers"] == fault
    assert (await count(house.store, house.clock())).leftovers == 1
    if house.file:  # PostgreSQL tells the time itself
        house.clock.pass_(hours=hours, seconds=1)
        assert (await told(of(house)))["livechat_leftovers"] == 1


async def test_without_a_database_the_rest_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> dict[str, int]:
        raise NotDone("The database does not answer.")

    monkeypatch.setattr(house.store, "counts", away)
    samples = await told(of(house))
    assert samples["livechat_database_up"] == 0
    assert samples["livechat_sockets"] == 7
    assert not any(name.startswith("livechat_chats") for name in samples)


async def test_they_are_given_out_on_this_machine_and_to_no_proxy(house: House) -> None:
    port = free_port()
    metrics = of(house)
    await metrics.serve(port)
    assert metrics.runner
    url = f"http://127.0.0.1:{port}"
    assert {address[0] for address in metrics.runner.addresses} == {"127.0.0.1"}
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            assert "livechat_sockets 7.0" in await answer.text()
        passed_on = {"X-Forwarded-For": "192.0.2.7"}
        async with session.get(f"{url}/metrics", headers=passed_on) as answer:
            assert answer.status == 404
        async with session.get(f"{url}/") as answer:
            assert answer.status == 404
    await metrics.close()


def test_memory_and_files_are_told_also_where_a_process_sees_nothing_but_processes(
    tmp_path: Path,
) -> None:
    """As under the systemd unit: ProcSubset=pid."""
    (tmp_path / "self").symlink_to("/proc/self")
    registry = CollectorRegistry()
    registry.register(Process(proc=str(tmp_path), registry=None))
    told = {sample.name: sample.value for family in registry.collect() for sample in family.samples}
    assert told["process_resident_memory_bytes"] > 0
    assert 0 < told["process_open_fds"] < told["process_max_fds"]
    assert 0 <= time.time() - told["process_start_time_seconds"] < 24 * 3600


async def test_how_long_answers_and_talks_took_is_a_histogram_by_who_began(house: House) -> None:
    metrics = of(house)
    house.bells.append(metrics)
    chat, _ = await house.talking()
    house.clock.pass_(seconds=120)
    await house.writes("Toner?")
    house.clock.pass_(seconds=-600)  # the clock is set back
    await house.presses("file", chat)
    samples = await told(metrics)
    answers = "livechat_first_answer_seconds"
    assert samples[f"{answers}_bucket/operator/60.0"] == 0
    assert samples[f"{answers}_bucket/operator/120.0"] == 1
    assert samples[f"{answers}_bucket/operator/+Inf"] == 1
    assert samples[f"{answers}_sum/operator"] == 120
    assert samples[f"{answers}_count/operator"] == 1
    assert samples[f"{answers}_count/visitor"] == 0
    assert samples["livechat_talk_seconds_sum/operator"] == 0
    assert samples["livechat_talk_seconds_bucket/operator/60.0"] == 1


async def test_every_figure_is_explained_and_no_other_is(house: House) -> None:
    metrics = of(house)
    metrics.troubles[Lane.TEAMS, "delayed"] += 1
    families = {family.name for family in parsed((await metrics.text()).decode())}
    ours = {name for name in families if name.startswith("livechat_")}
    documented = set(re.findall(r"^\| `(livechat_\w+)", DOCS.read_text(), re.MULTILINE))
    assert {name.removesuffix("_total") for name in documented} == ours

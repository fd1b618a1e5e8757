"""Other processes drive the stand-in over HTTP; other web pages cannot."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.teams import TeamsStandIn
from tests.sandbox.teams.bots import ConnectorClient, RecordingBot, card

FILE = {"type": "Action.Execute", "title": "Send to RT", "verb": "file"}


class Remote:
    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = base

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        async with self._session.request(method, self._base + path, json=body) as response:
            answer = await response.json()
            return answer if response.status == 200 else (response.status, answer["error"])


@pytest.fixture
def remote(session: aiohttp.ClientSession, teams: TeamsStandIn) -> Remote:
    return Remote(session, teams.addresses()["control"])


async def test_a_whole_talk_goes_over_the_wire(
    teams: TeamsStandIn, bot: RecordingBot, remote: Remote, connector: ConnectorClient
) -> None:
    act = {"person": "grace", "do": "post", "where": "Live chat", "text": "12345", "mention": True}
    posted = await remote("POST", "act", act)
    assert posted["delivered"] == 200
    thread = posted["post"]["thread"]
    card_id = await connector.send_card(thread, card(FILE))
    press = {"person": "alan", "do": "press", "post": card_id, "button": "Send to RT"}
    assert (await remote("POST", "act", press))["pressed"]["kind"] == "done"
    reply = {"person": "alan", "do": "reply", "post": posted["post"]["id"], "text": "hm"}
    await remote("POST", "act", reply)
    posts = (await remote("GET", f"posts?where={thread}&root={posted['post']['id']}"))["posts"]
    assert [post["author"] for post in posts] == ["grace", "", "alan"]
    log = await remote("GET", "log?after=0")
    assert [a["activity"]["type"] for a in log["deliveries"]] == ["message", "invoke", "message"]
    assert [r["operation"] for r in log["requests"]] == ["send"]
    assert (await remote("GET", f"log?after={log['deliveries'][-1]['number']}"))["requests"] == []


async def test_people_teams_and_channels_can_be_added(
    teams: TeamsStandIn, bot: RecordingBot, remote: Remote
) -> None:
    await remote("POST", "people", {"key": "ada", "name": "Ada Lovelace"})
    team = await remote("POST", "teams", {"name": "Maths", "members": ["ada"], "consent": False})
    channel = await remote("POST", "channels", {"team": team["id"], "name": "Sums"})
    post = {"person": "ada", "do": "post", "where": channel["id"], "text": "hi"}
    assert (await remote("POST", "act", post))["delivered"] is None
    await remote("PUT", "consent", {"team": team["id"], "on": True})
    assert (await remote("POST", "act", post))["delivered"] == 200


async def test_faults_limits_and_the_services_have_switches(
    teams: TeamsStandIn, remote: Remote
) -> None:
    await remote("POST", "faults", {"on": "send", "status": 502, "times": 4})
    assert teams.faults.faults[0].times == 4
    assert (await remote("DELETE", "faults"))["faults"] == []
    await remote("PUT", "limits", {"enforced": False})
    await remote("PUT", "login", {"down": True, "delay": 0.15})
    await remote("PUT", "repeats", {"new_id": 1})
    await remote("PUT", "patience", {"timeout": 2})
    await remote("PUT", "storm", {"seed": 1, "share": 0.5})
    assert (await remote("GET", "faults"))["storm"]["share"] == 0.5
    kid = teams.openid.keys.kid
    await remote("POST", "keys", {})
    assert (teams.limits.enforced, teams.login.down, teams.login.delay) == (False, True, 0.15)
    assert (teams.courier.repeats[0].new_id, teams.courier.patience.timeout) == (1, 2)
    assert teams.openid.keys.kid != kid


@pytest.mark.parametrize(
    ("act", "status", "sentence"),
    [
        ({"person": "nobody", "do": "post"}, 404, "There is nobody called 'nobody'; there are: grace"),
        ({"person": "grace", "do": "dance"}, 400, "Nobody can 'dance'; choose from: post, tell"),
        ({"person": "grace", "do": "post", "text": "x"}, 400, "post needs 'where'."),
        ({"person": "grace", "do": "post", "where": "Nowhere", "text": "x"}, 404, "there are: General"),
        ({"person": "grace", "do": "delete", "post": "1"}, 404, "There is no post '1'."),
        ([], 400, "Send one JSON object."),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_said_in_a_sentence(
    remote: Remote, act: Any, status: int, sentence: str
) -> None:
    answer = await remote("POST", "act", act)
    assert answer[0] == status
    assert sentence in answer[1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 200),
    ],
)
async def test_other_web_pages_in_the_same_browser_are_kept_out(
    teams: TeamsStandIn, session: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    url = teams.addresses()["control"] + "limits"
    send = {"Content-Type": "application/json"} | headers
    async with session.put(url, data=b'{"enforced": true}', headers=send) as response:
        assert response.status == status


async def test_a_plan_sets_several_switches_at_once(teams: TeamsStandIn, remote: Remote) -> None:
    plan = {"limits": {"hourly": False}, "faults": [{"status": 502}], "login": {"delay": 0.1}}
    await remote("POST", "plan", plan)
    assert (teams.limits.enforced, teams.limits.hourly) == (True, False)
    assert (teams.faults.faults[0].status, teams.login.delay) == (502, 0.1)
    assert await remote("POST", "plan", {"weather": {}}) == (
        400,
        "A plan has no 'weather'; it has: limits, storm, repeats, patience, login, openid, faults",
    )


async def test_it_runs_as_a_process_of_its_own_and_says_where(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"storm": {"seed": 5}}))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.sandbox.teams", "--no-limits", "--no-hourly-limit", "--plan", str(plan)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    addresses = json.loads(await process.stdout.readline())
    state = await Remote(session, addresses["control"])("GET", "state")
    assert state["limits"] == {"enforced": False, "hourly": False}
    assert (await Remote(session, addresses["control"])("GET", "faults"))["storm"]["seed"] == 5
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0

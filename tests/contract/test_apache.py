"""The service behind a real Apache with the virtual host of infra/apache."""

from __future__ import annotations

import asyncio
import io
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.front import upgraded
from bot.visitors.allowance import Rate
from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from bot.visitors.wire import Close
from tests.contract.apache import WORKERS, Apache, available
from tests.visitors.browser import CHAT, HEADERS, ORIGIN, Browser, Poller, Server, texts
from tests.visitors.fakes import FakeAttaching, FakeVisiting


@dataclass
class Site:
    visiting: FakeVisiting
    server: Server
    apache: Apache
    ada: Browser


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    if not available():
        reason = "Apache missing: run make contract as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    hub = Hub()
    visiting = FakeVisiting(hub.ring)
    room = VisitorsRoom(
        visiting,
        visiting,
        hub,
        origins=[ORIGIN],
        support_url="mailto:support@example.org",
        allowances=Allowances(by_address=Rate(per_minute=1, burst=5)),
        now=lambda: visiting.now,
        attaching=FakeAttaching(visiting),
    )
    async with Server(room) as server:
        backend = server.base.removeprefix("http://")
        async with Apache(tmp_path, backend) as apache, Browser(apache) as ada:
            await ada.http.close()
            ada.http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=False), cookie_jar=aiohttp.DummyCookieJar()
            )
            yield Site(visiting, server, apache, ada)


async def test_a_chat_goes_through_and_its_end_comes_through(site: Site) -> None:
    await site.ada.join(site.visiting.invite())
    tab = await site.ada.talk(CHAT)
    await tab.send(t="say", key="k", text="é" * 15_000)
    assert (await tab.next("ack"))["seq"] == 2
    site.visiting.answer(CHAT, "I see")
    assert texts(await tab.lines(3))[-1] == "I see"
    code, _ = await asyncio.gather(tab.closed(), site.server.close())
    assert code == Close.RESTART


async def test_another_sites_page_gets_no_socket_through_apache_either(site: Site) -> None:
    await site.ada.join(site.visiting.invite())
    assert await site.ada.refusal({"Origin": "https://evil.example"}) == 403
    assert await site.ada.refusal({}) == 403


async def test_what_a_client_says_of_its_own_address_is_not_believed(site: Site) -> None:
    statuses = []
    for n in range(6):
        claims = {"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"}
        answer = await site.ada.post("api/peek", {"token": "A" * 43}, HEADERS | claims)
        statuses.append(answer.status)
    assert statuses == [200] * 5 + [429]


async def test_the_bundle_arrives_as_it_was_built_and_secrets_uncompressed(site: Site) -> None:
    bundle = await site.ada.get("widget.js", **{"Accept-Encoding": "gzip"})
    assert bundle.headers["Content-Encoding"] == "gzip"
    assert bundle.headers["Cache-Control"] == "public, max-age=300"
    view = await site.ada.post("api/peek", {"token": site.visiting.invite()})
    assert "Content-Encoding" not in view.headers
    assert (view.headers["Cache-Control"], view.status) == ("no-store", 200)
    page = await site.ada.get("chat")
    assert "Content-Encoding" not in page.headers
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Strict-Transport-Security" in page.headers


async def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    answer = await site.ada.post("api/peek", {"token": "A" * 10_000})
    assert answer.status == 413


async def test_no_token_is_in_apaches_log(site: Site) -> None:
    token = site.visiting.invite()
    await site.ada.join(token)
    await site.ada.talk(CHAT)
    logged = (site.apache.folder / "access.log").read_text()
    assert "/livechat/api/join" in logged
    assert token not in logged
    assert site.ada.cookie not in logged


async def test_polling_goes_through_with_the_longest_message(site: Site) -> None:
    await site.ada.join(site.visiting.invite())
    window = Poller(site.ada, CHAT)
    await window.frames()
    frames = await window.frames({"t": "say", "key": "k", "text": "é" * 15_000})
    assert frames[0]["t"] == "ack"
    asked = asyncio.create_task(window.frames())
    site.visiting.answer(CHAT, "I see")
    assert (await asked)[0]["text"] == "I see"
    huge = await window.ask({"t": "say", "key": "k2", "text": "x" * 200_000})
    assert huge.status == 413


async def test_a_file_as_large_as_files_may_be_goes_through_apache_and_back(site: Site) -> None:
    ada = site.ada
    await ada.join(site.visiting.invite())
    picture = b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024 - 8)
    told = {"X-Livechat-Key": "k", "X-Livechat-Name": "CANARY.png", "X-Livechat-About": "CANARY"}
    told["X-Livechat-Chat"] = CHAT
    sent = ada._headers(HEADERS | told)
    answer = await ada.http.post(ada.url("api/file"), data=io.BytesIO(picture), headers=sent)
    assert (answer.status, (await answer.json())["seq"]) == (200, 2)
    back = await ada.get("api/file/v-k")
    assert await back.read() == picture
    assert back.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Encoding" not in back.headers
    more = io.BytesIO(picture + b"x")
    assert (await ada.http.post(ada.url("api/file"), data=more, headers=sent)).status == 413
    logged = (site.apache.folder / "access.log").read_text()
    assert "/livechat/api/file" in logged
    assert "CANARY" not in logged


async def test_the_doctor_sees_whether_websockets_come_through(site: Site) -> None:
    url = site.ada.base.rstrip("/")
    assert await upgraded(url, ORIGIN, verify=False) == 401
    conf = site.apache.folder / "httpd.conf"
    conf.write_text(conf.read_text().replace(" upgrade=websocket", ""), encoding="utf-8")
    await site.apache.restart()
    assert await upgraded(url, ORIGIN, verify=False) == 426


async def test_the_workers_we_ship_are_taken_by_apache(site: Site) -> None:
    conf = site.apache.folder / "httpd.conf"
    shipped = WORKERS.read_text(encoding="utf-8")
    conf.write_text(f"{conf.read_text()}\n{shipped}", encoding="utf-8")
    await site.apache.restart()
    log = site.apache.folder / "error.log"
    async with asyncio.timeout(20):  # it listens before it says so
        while "configured" not in (said := log.read_text()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert not any(name in said for name in ("MaxRequestWorkers", "ServerLimit", "ThreadsPerChild"))
    assert (await site.ada.get("healthz")).status == 200


async def test_the_site_goes_on_although_processes_of_before_a_reload_hold_pop_ups(
    site: Site,
) -> None:
    conf, log = site.apache.folder / "httpd.conf", site.apache.folder / "error.log"
    shipped = WORKERS.read_text(encoding="utf-8")
    for name in ("ServerLimit", "MaxRequestWorkers"):  # an eighth of it, for few pop-ups
        shipped = re.sub(rf"{name} (\d+)", lambda n: f"{n[0].split()[0]} {int(n[1]) // 8}", shipped)
    told = f"{conf.read_text()}\n{shipped}\nLogLevel mpm_event:debug\n"
    conf.write_text(told, encoding="utf-8")
    await site.apache.restart()
    await site.ada.join(site.visiting.invite())
    tabs = []
    for _ in range(3):
        tabs.append(await site.ada.talk(CHAT))
        begun = log.read_text().count("start_threads")
        site.apache.reload()
        async with asyncio.timeout(20):  # until a new process takes what comes
            while log.read_text().count("start_threads") == begun:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert (await site.ada.get("healthz")).status == 200
    assert "scoreboard is full" not in log.read_text()
    assert not any(tab.ws.closed for tab in tabs)

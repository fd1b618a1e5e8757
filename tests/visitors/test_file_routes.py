"""Files by HTTP: on a real relay and database, who may send and see what."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from structlog.testing import capture_logs

from bot.relay.outcomes import NotDone
from bot.visitors import pages
from bot.visitors.around import around
from bot.visitors.file_routes import FileRoutes
from tests.migrated import sqlite_at
from tests.relay.house import OTHER, THREAD, House, opened
from tests.visitors.browser import COOKIE, HEADERS, ORIGIN

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@dataclass
class Desk:
    """The routes on a port, and two visitors' cookies."""

    house: House
    routes: FileRoutes
    base: str
    http: aiohttp.ClientSession
    ada: str
    eve: str
    chats: dict[str, str]  # by cookie

    async def send(
        self,
        cookie: str,
        content: bytes = PNG,
        *,
        key: str = "k-1",
        name: str = "jam.png",
        about: str = "",
        chat: str = "",
        **headers: str,
    ) -> tuple[int, dict[str, object]]:
        told = {"X-Livechat-Key": key, "X-Livechat-Name": quote(name)}
        told["X-Livechat-Chat"] = chat or self.chats.get(cookie, "-")
        told |= {"X-Livechat-About": quote(about), "Cookie": f"{COOKIE}={cookie}"}
        sent = {**HEADERS, **told, **{n.replace("_", "-"): v for n, v in headers.items()}}
        async with self.http.post(
            f"{self.base}/api/file", data=io.BytesIO(content), headers=sent
        ) as answer:
            return answer.status, await answer.json()

    async def get(self, cookie: str, file: str, **headers: str) -> aiohttp.ClientResponse:
        sent = {"Cookie": f"{COOKIE}={cookie}"} | {
            n.replace("_", "-"): v for n, v in headers.items()
        }
        answer = await self.http.get(f"{self.base}/api/file/{file}", headers=sent)
        await answer.read()
        return answer


def within(handler: Handler) -> Handler:
    """With what the room puts around every handler."""

    async def answered(request: web.Request) -> web.StreamResponse:
        return await around(request, handler)

    return answered


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(sqlite_at(tmp_path / "chats.db")) as house:
        secrets, chats = [], []
        for thread in (THREAD, OTHER):
            chat = await house.invited(thread=thread)
            joined = await house.joining.join(house.token(chat), "n", None)
            secrets.append(joined.secret)
            chats.append(joined.chat.id)
        routes = FileRoutes(house.joining, house.attaching, frozenset({ORIGIN}), patience=1.0)
        app = web.Application()
        for route in routes.table():
            web.route(route.method, route.path, within(route.handler)).register(app.router)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = "http://{}:{}".format(*runner.addresses[0][:2])
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            known = dict(zip(secrets, chats, strict=True))
            yield Desk(house, routes, base, http, secrets[0], secrets[1], known)
        await runner.cleanup()


async def test_a_file_is_answered_once_it_is_kept_and_a_repeat_gets_the_same(desk: Desk) -> None:
    first = await desk.send(desk.ada, name="Größe jam.png", about="The tray — öffnen")
    assert first[0] == 200
    assert await desk.send(desk.ada) == first
    answer = await desk.get(desk.ada, "v-k-1")
    assert await answer.read() == PNG


async def test_what_is_taken_is_told_beforehand(desk: Desk) -> None:
    async with desk.http.get(f"{desk.base}/api/file") as answer:
        assert await answer.json() == {"bytes": 5 * 1024 * 1024, "most": 20}


async def test_what_is_given_out_cannot_act(desk: Desk) -> None:
    await desk.send(desk.ada, name='Größe".png')
    headers = (await desk.get(desk.ada, "v-k-1")).headers
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"Gr__e_.png\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%22.png"
    )
    await desk.send(desk.ada, b"Jan 3 lpd: jam", key="k-2", name="a.log")
    log = await desk.get(desk.ada, "v-k-2")
    assert log.headers["Content-Type"] == "application/octet-stream"


async def test_only_the_chats_own_people_see_it(desk: Desk) -> None:
    await desk.send(desk.ada)
    assert (await desk.get(desk.eve, "v-k-1")).status == 404
    assert (await desk.get("x" * 43, "v-k-1")).status == 401
    assert (await desk.send("x" * 43))[0] == 401
    seen = {
        site: (await desk.get(desk.ada, "v-k-1", Sec_Fetch_Site=site)).status
        for site in ("same-origin", "none", "same-site", "cross-site")
    }
    assert seen == {"same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_Livechat": ""},
    ],
)
async def test_no_other_page_can_send_one(desk: Desk, headers: dict[str, str]) -> None:
    assert (await desk.send(desk.ada, PNG, **headers))[0] == 403
    assert await desk.house.store.files(await _chat(desk)) == []


async def test_a_file_that_waited_goes_into_no_chat_that_came_later_in_this_browser(
    desk: Desk,
) -> None:
    """Ada's window is offline; meanwhile Eve opens her own chat at this computer."""
    waited = await desk.send(desk.eve, chat=await _chat(desk))
    assert waited == (409, {"error": "other_chat"})
    assert (await desk.send(desk.eve, chat="-"))[0] == 409
    seat = await desk.house.joining.seat(desk.eve)
    assert seat
    assert await desk.house.store.files(seat.chat_id) == []


async def _chat(desk: Desk) -> str:
    seat = await desk.house.joining.seat(desk.ada)
    assert seat
    return seat.chat_id


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"<svg/>", "a.svg", 415, "file_type"),
        (b"<svg/>", "a.png", 415, "file_type"),
        (b"", "a.png", 422, "empty"),
        (b"\0" * (5 * 1024 * 1024 + 1), "a.png", 413, "file_size"),
    ],
)
async def test_what_is_not_taken_is_said_so(
    desk: Desk, content: bytes, name: str, status: int, code: str
) -> None:
    assert await desk.send(desk.ada, content, name=name) == (status, {"error": code})


@pytest.mark.parametrize("key", ["", "a/b", "x" * 65])
async def test_a_key_that_is_none_is_broken(desk: Desk, key: str) -> None:
    assert (await desk.send(desk.ada, key=key))[0] == 400


async def test_after_the_end_nothing_is_taken(desk: Desk) -> None:
    seat = await desk.house.joining.seat(desk.ada)
    assert seat
    await desk.house.visiting.end(seat)
    assert await desk.send(desk.ada) == (410, {"error": "ended"})


async def test_too_many_at_once_are_told_to_come_again(desk: Desk) -> None:
    answers = [(await desk.send(desk.ada, b"x", name="a.exe"))[0] for _ in range(25)]
    assert set(answers) == {415, 429}


async def test_a_body_that_never_comes_holds_nothing_for_long(desk: Desk) -> None:
    room = desk.routes._room

    async def never() -> AsyncIterator[bytes]:
        yield PNG[:10]
        await asyncio.Event().wait()

    told = {"X-Livechat-Key": "k", "X-Livechat-Name": "a.png", "Content-Length": "2000"}
    told["X-Livechat-Chat"] = desk.chats[desk.ada]
    sent = {**HEADERS, **told, "Cookie": f"{COOKIE}={desk.ada}"}
    url = f"{desk.base}/api/file"
    async with desk.http.post(url, data=never(), headers=sent) as answer:
        assert answer.status == 408
    assert desk.routes._room == room


async def test_only_so_much_is_in_memory_at_a_time(desk: Desk) -> None:
    desk.routes._room = len(PNG) - 1
    assert await desk.send(desk.ada) == (503, {"error": "busy"})


class Slow:
    """A scanner that takes its time over the first three."""

    def __init__(self) -> None:
        self.asked = 0
        self.three, self.done = asyncio.Event(), asyncio.Event()

    async def is_clean(self, content: bytes) -> bool:
        self.asked += 1
        if self.asked == 3:
            self.three.set()
        return self.asked > 3 or await self.done.wait()


async def test_a_file_counts_until_it_is_kept_and_a_chat_sends_two_at_a_time(desk: Desk) -> None:
    room = desk.routes._room
    scanner = desk.house.attaching._scanner = Slow()
    sent = [(desk.ada, "a"), (desk.ada, "b"), (desk.eve, "c")]
    async with asyncio.TaskGroup() as group:
        three = [group.create_task(desk.send(who, key=key)) for who, key in sent]
        await scanner.three.wait()
        left = desk.routes._room
        fourth = await desk.send(desk.ada, key="d")
        scanner.done.set()
    assert left == room - 3 * len(PNG)
    assert fourth == (429, {"error": "slow_down"})
    assert [one.result()[0] for one in three] == [200, 200, 200]
    assert desk.routes._room == room
    assert not desk.routes._sending
    assert (await desk.send(desk.ada, key="d"))[0] == 200


async def _asked(desk: Desk) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Ask for Ada's file by a connection that takes little, and read no more than the head."""
    address = urlsplit(desk.base)
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    taker.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(taker, (address.hostname, address.port))
    reader, writer = await asyncio.open_connection(sock=taker)
    told = f"Host: x\r\nCookie: {COOKIE}={desk.ada}\r\nConnection: close\r\n\r\n"
    writer.write(f"GET /api/file/v-big HTTP/1.1\r\n{told}".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    return reader, writer


async def _rest(reader: asyncio.StreamReader) -> int:
    taken = 0
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            taken += len(piece)
    return taken


async def test_who_does_not_read_is_cut_and_keeps_nobody_waiting(desk: Desk) -> None:
    big = PNG + bytes(5 * 1024 * 1024 - len(PNG))
    assert (await desk.send(desk.ada, big, key="big"))[0] == 200
    desk.routes._giving._patience = 0.5
    idle = [await _asked(desk) for _ in range(4)]
    answer = await desk.get(desk.ada, "v-big")
    assert await answer.read() == big
    taken = [await _rest(reader) for reader, _ in idle]
    for _, writer in idle:
        writer.close()
    assert max(taken) < len(big)


async def test_a_fifth_at_once_is_told_to_come_again(desk: Desk) -> None:
    big = PNG + bytes(5 * 1024 * 1024 - len(PNG))
    await desk.send(desk.ada, big, key="big")
    desk.routes._giving._wait = 0.0
    idle = [await _asked(desk) for _ in range(4)]
    statuses = [(await desk.get(who, "v-big")).status for who in (desk.ada, desk.eve)]
    for _, writer in idle:
        writer.transport.abort()
    assert statuses == [429, 404]


async def test_a_file_comes_with_what_every_answer_carries(desk: Desk) -> None:
    await desk.send(desk.ada)
    headers = (await desk.get(desk.ada, "v-k-1")).headers
    assert headers["Content-Length"] == str(len(PNG))
    assert len(headers["X-Request-Id"]) == 16
    assert pages.HEADERS.keys() <= headers.keys()
    url, sent = f"{desk.base}/api/file/v-k-1", {"Cookie": f"{COOKIE}={desk.ada}"}
    async with desk.http.head(url, headers=sent) as answer:
        assert answer.headers["Content-Length"] == str(len(PNG))
    assert await (await desk.get(desk.ada, "v-k-1")).read() == PNG


async def test_when_nobody_can_tell_it_may_be_tried_again(desk: Desk) -> None:
    class Away:
        async def is_clean(self, content: bytes) -> bool:
            raise NotDone("The scanner does not answer.")

    desk.house.attaching._scanner = Away()
    with capture_logs() as logs:
        assert await desk.send(desk.ada) == (503, {"error": "busy"})
    assert "The scanner does not answer." in [line.get("why") for line in logs]


async def _another_seat(desk: Desk) -> str:
    """Ada's link, opened once more by the window that opened it, whose answer was lost."""
    chat = await desk.house.chat(desk.chats[desk.ada])
    joined = await desk.house.joining.join(desk.house.token(chat), "n", None)
    desk.chats[joined.secret] = joined.chat.id
    return joined.secret


async def test_who_takes_seat_after_seat_in_a_chat_sends_no_more_files_at_a_time(
    desk: Desk,
) -> None:
    scanner = desk.house.attaching._scanner = Slow()
    again = await _another_seat(desk)
    sent = [(desk.ada, "a"), (desk.ada, "b"), (desk.eve, "c")]
    async with asyncio.TaskGroup() as group:
        three = [group.create_task(desk.send(who, key=key)) for who, key in sent]
        await scanner.three.wait()
        fourth = await desk.send(again, key="d")
        scanner.done.set()
    assert fourth == (429, {"error": "slow_down"})
    assert [one.result()[0] for one in three] == [200, 200, 200]


async def test_who_takes_seat_after_seat_in_a_chat_is_given_no_more_files_at_a_time(
    desk: Desk,
) -> None:
    big = PNG + bytes(5 * 1024 * 1024 - len(PNG))
    await desk.send(desk.ada, big, key="big")
    desk.routes._giving._wait = 0.0
    again = await _another_seat(desk)
    idle = [await _asked(desk) for _ in range(4)]
    status = (await desk.get(again, "v-big")).status
    for _, writer in idle:
        writer.transport.abort()
    assert status == 429

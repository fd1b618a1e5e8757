"""Promise two, route by route and frame by frame: nobody reads or writes another's chat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.stage import PREFIX
from bot.visitors import wire
from tests.contract.two_people import FILE, WORDS, People, Try, invited, talk, two_people
from tests.story import Story

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HELLO = '{"t":"hello","chat":"{chat}","after":0}'
_NONCE = "n" * 43
_FORGED = {"X-Remote-User": "s1234567", "X-Livechat-Proxy": "guess"}
#: For everybody, and the same for everybody.
_ANYBODY = [Try({200, 404}), Try({200, 404}, path="?chat={chat}")]
_AS_CO = [Try({401, 403, 404}), Try({401, 403, 404}, path="?ticket=12345", headers=_FORGED)]

#: What Eve tries, by method and path. A route that is not here fails the first test.
ROUTES: dict[tuple[str, str], list[Try]] = {
    ("GET", "/healthz"): _ANYBODY,
    ("GET", "/widget.js"): _ANYBODY,
    ("GET", "/widget.css"): _ANYBODY,
    ("GET", "/widget.js.map"): _ANYBODY,
    ("GET", "/poll.js"): _ANYBODY,
    ("GET", "/frame.js"): _ANYBODY,
    ("GET", "/chat.css"): _ANYBODY,
    ("GET", "/words/{language:[a-z]+}.{edition:[0-9a-f]+}.json"): [
        Try({200}, path=f"{PREFIX}/words/de.0.json?{{chat}}")
    ],
    ("GET", "/more.{edition:[0-9a-f]+}.js"): [Try({404}, path=f"{PREFIX}/more.0.js?{{chat}}")],
    ("GET", "/chat"): [*_ANYBODY, Try({404}, path="/{chat}")],
    ("POST", "/api/peek"): [Try({200}, '{"token":"{token}"}'), Try({200}, '{"token":"{chat}"}')],
    ("POST", "/api/join"): [
        Try({410}, f'{{"token":"{{token}}","nonce":"{_NONCE}"}}'),
        Try({404}, f'{{"token":"{{chat}}","nonce":"{_NONCE}"}}'),
        Try({400}, f'{{"token":"{{token}}","nonce":"{_NONCE}","chat":"{{chat}}"}}'),
    ],
    ("GET", "/api/session"): [Try({200, 204}, path="?chat={chat}")],
    ("POST", "/api/leave"): [
        Try({204, 409}, '{"chat":"{chat}"}'),
        Try({400}, '{"chat":"{chat}","all":"yes"}'),
    ],
    ("GET", "/ws"): [Try({426}, path="?chat={chat}")],  # and FRAMES
    ("GET", "/sign-in"): [Try({401}), Try({401, 403}, headers=_FORGED)],
    ("POST", "/api/sign-in"): [Try({403}, '{"assertion":"a.b.c"}')],
    ("POST", "/api/poll"): [
        Try({401, 409}, f'{{"window":"w","seen":"","frames":[{_HELLO}]}}'),
        Try({401, 409}, f'{{"window":"w","seen":"","frames":[{_HELLO},{{"t":"end"}}]}}'),
        Try(
            {401, 409},
            f'{{"window":"w","frames":[{_HELLO},{{"t":"say","key":"k","text":"I am Ada"}}]}}',
        ),
    ],
    ("POST", "/api/rate"): [
        Try({401, 409}, '{"chat":"{chat}","answer":"no"}'),
        Try({400, 401}, '{"answer":"no"}'),
    ],
    ("GET", "/api/file"): _ANYBODY,
    ("POST", "/api/file"): [
        Try(
            {401, 409},
            "no picture",
            headers={
                "X-Livechat-Chat": "{chat}",
                "X-Livechat-Key": "{key}",
                "X-Livechat-Name": "a.txt",
            },
        )
    ],
    ("GET", "/api/file/{id:[A-Za-z0-9_-]{1,80}}"): [
        Try({401, 404}, path=f"{PREFIX}/api/file/{{file}}"),
        Try({401, 404}, path=f"{PREFIX}/api/file/{{chat}}"),
        Try({403}, path=f"{PREFIX}/api/file/{{file}}", headers={"Sec-Fetch-Site": "same-site"}),
    ],
    ("GET", "/api/begin"): [Try({200, 204, 404}), Try({200, 204, 404}, path="?chat={chat}")],
    ("POST", "/api/begin"): [Try({400, 401, 403, 404, 410}, '{"chat":"{chat}","ticket":"12345"}')],
    ("POST", "/api/go-on"): [Try({401}, '{"chat":"{chat}"}')],
    ("GET", "/start"): _AS_CO,
    ("POST", "/start"): [Try({401, 403, 415}, "ticket=12345&key=x", headers=_FORGED)],
    ("GET", "/start.css"): _ANYBODY,
    ("GET", "/start/running"): _AS_CO,
    ("GET", "/start/{chat}"): [
        Try({401, 403, 404}, path=f"{PREFIX}/start/{{chat}}"),
        Try({401, 403, 404}, path=f"{PREFIX}/start/{{chat}}", headers=_FORGED),
    ],
    ("POST", "/api/messages"): [Try({401}, '{"type":"message","text":"end chat"}')],
}

#: What Eve says on her own socket, by the kind of frame; and the code with which it ends, if it does.
_OWN = {"t": "hello", "chat": "EVE", "after": 0}
FRAMES: dict[str, list[tuple[list[dict[str, Any]], int | None]]] = {
    "hello": [
        ([{"t": "hello", "chat": "{chat}", "after": 0}], 4409),
        ([_OWN, {"t": "hello", "chat": "{chat}", "after": 0}], 4400),
    ],
    "say": [
        ([{"t": "say", "key": "{key}", "text": "I am Ada"}], 4400),
        (
            [{"t": "hello", "chat": "{chat}", "after": 0}, {"t": "say", "key": "k", "text": "x"}],
            4409,
        ),
        ([_OWN, {"t": "say", "key": "{key}", "text": "Eve's again"}], None),
        ([_OWN, {"t": "say", "key": "k", "text": "x", "chat": "{chat}"}], 4400),
    ],
    "presence": [
        ([{"t": "presence", "state": "open"}], 4400),
        ([_OWN, {"t": "presence", "state": "open", "chat": "{chat}"}], 4400),
    ],
    "here": [([{"t": "here"}], 4400), ([_OWN, {"t": "here", "chat": "{chat}"}], 4400)],
    "end": [([{"t": "end"}], 4400), ([_OWN, {"t": "end", "chat": "{chat}"}], 4400)],
    "ping": [([{"t": "ping"}], 4400), ([_OWN, {"t": "ping", "chat": "{chat}"}], 4400)],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    async with two_people(tmp_path_factory.mktemp("two")) as them:
        yield them


async def test_every_route_and_every_frame_is_tried(people: People) -> None:
    assert people.routes() == ROUTES.keys()
    assert wire._READERS.keys() == FRAMES.keys()


def check(told: str | bytes) -> None:
    """Nothing of Ada's is in it."""
    seen = told if isinstance(told, str) else told.decode("utf-8", "replace")
    for hers in (WORDS, "Ada Lovelace", '"12345"', FILE[-20:].decode()):
        assert hers not in seen


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_no_route_reads_or_writes_anothers_chat(
    people: People, route: tuple[str, str]
) -> None:
    method, path = route
    before = await asyncio.to_thread(people.hers)
    below = path if path == "/api/messages" else PREFIX + path
    for what in ROUTES[route]:
        for cookie in (people.eve.ada._cookie, "", f"__Host-livechat={people.names['chat']}"):
            status, told = await people.ask(method, below, what, cookie)
            assert status in what.status, (what, told[:300])
            check(told)
    assert await asyncio.to_thread(people.hers) == before


@pytest.mark.parametrize("kind", FRAMES)
async def test_no_frame_reads_or_writes_anothers_chat(people: People, kind: str) -> None:
    before = await asyncio.to_thread(people.hers)
    for frames, code in FRAMES[kind]:
        mine = [json.loads(json.dumps(f).replace("EVE", people.eve.ada.chat)) for f in frames]
        told, ended = await talk(people, mine)
        assert ended == (code or 1000), (frames, told)
        for one in told:
            check(one)
    assert await asyncio.to_thread(people.hers) == before


async def test_a_key_of_anothers_message_is_no_way_to_it(people: People) -> None:
    """The same key in Eve's chat is another message: hers."""
    told, _ = await talk(
        people,
        [
            {"t": "hello", "chat": people.eve.ada.chat, "after": 0},
            {"t": "say", "key": people.names["key"], "text": "Eve's again"},
        ],
    )
    lines = [json.loads(one) for one in told]
    assert [
        line["text"] for line in lines if line.get("key") == people.names["key"] and "text" in line
    ] in (
        [],
        ["Eve's again"],
    )
    check(str(told))


async def test_a_seat_that_was_planted_before_joining_is_no_seat_afterwards(people: People) -> None:
    """Eve leaves her own good cookie in a browser in which somebody else then joins."""
    planted, eve = people.eve.ada._cookie, people.eve.ada.chat
    other = Story(people.stage, ticket=12356)
    try:
        body = json.dumps({"token": await invited(other), "nonce": _NONCE})
        join = Try({200}, body)
        status, told = await people.ask("POST", f"{PREFIX}/api/join", join, planted)
        assert status == 200
        joined = json.loads(told)["chat"]
        assert joined != eve
        # A browser that joins another chat leaves its own: nobody is let in by that cookie any more.
        session = Try({204})
        status, _ = await people.ask("GET", f"{PREFIX}/api/session", session, planted)
        assert status == 204
        for chat in (eve, joined):
            hello = _HELLO.replace("{chat}", chat)
            poll = Try({401}, f'{{"window":"w","seen":"","frames":[{hello}]}}')
            status, _ = await people.ask("POST", f"{PREFIX}/api/poll", poll, planted)
            assert status == 401
    finally:
        await other.ada.close()

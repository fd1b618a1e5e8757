"""The widget's HTTP side, over real connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog
from aiohttp import ClientResponse

from bot.domain import events as e
from bot.domain.chat import State
from bot.domain.identity import Identity, Proof
from bot.domain.presence import Presence
from bot.relay.delivery import Committed, News
from bot.relay.outcomes import NotDone
from bot.visitors import wire
from bot.visitors.allowance import Rate
from bot.visitors.pace import Pace
from bot.visitors.routes import Allowances
from bot.visitors.wire import Close
from tests.visitors.browser import COOKIE, HEADERS, Browser, nonce, until
from tests.visitors.conftest import Site, StartSite
from tests.visitors.fakes import GRACE, NOW

VIEW = {
    "chat": "chat-12345",
    "state": "open",
    "ticket": "12345",
    "you": "Ada Lovelace",
    "person": wire.person(Identity(Proof.LINK, "ada")),
    "operators": ["Grace Hopper"],
    "head": 1,
    "relayed": 0,
    "ended_by": None,
    "closing": None,
    "blocked": None,
    "rating": None,
    "stranger": False,
}


async def error(answer: ClientResponse) -> tuple[int, str]:
    """Return an answer's status and error code."""
    body = await answer.json()
    assert list(body) == ["error"]
    return answer.status, body["error"]


# --- links -----------------------------------------------------------------------------------------


async def test_a_link_is_exchanged_for_the_view_and_the_cookie(site: Site, ada: Browser) -> None:
    token = site.visiting.invite()
    answer = await ada.post("api/join", {"token": token, "nonce": nonce()})
    assert (answer.status, await answer.json()) == (200, VIEW)
    assert await (await ada.get("api/session")).json() == VIEW


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_hosts(
    site: Site, ada: Browser
) -> None:
    answer = await ada.post("api/join", {"token": site.visiting.invite(), "nonce": nonce()})
    (header,) = answer.headers.getall("Set-Cookie")
    value, *flags = header.split("; ")
    assert value.startswith(f"{COOKIE}=")
    assert len(value.split("=", 1)[1]) >= 43
    assert set(flags) == {"HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=43200"}


async def test_looking_at_a_link_does_not_use_it_up(site: Site, ada: Browser) -> None:
    token = site.visiting.invite()
    for _ in range(2):  # a mail scanner fetches what it can, and even presses peek
        assert (await ada.get("chat")).status == 200
        answer = await ada.post("api/peek", {"token": token})
        assert await answer.json() == {
            "fate": "pending",
            "ticket": "12345",
            "operators": ["Grace Hopper"],
            "expires": "2026-11-24T10:42:07.123Z",
        }
        assert not answer.cookies
    assert (await ada.join(token))["state"] == "open"


async def test_the_second_opener_gets_nothing_and_the_co_is_told(site: Site, ada: Browser) -> None:
    token = site.visiting.invite()
    await ada.join(token)
    eve = await site.browser()
    answer = await eve.post("api/join", {"token": token, "nonce": nonce()})
    assert await error(answer) == (410, "used")
    assert (eve.cookie, (await eve.get("api/session")).status) == ("", 204)
    assert site.visiting.knocks == ["chat-12345"]
    assert await (await eve.post("api/peek", {"token": token})).json() == {"fate": "used"}


async def test_a_lost_answer_locks_nobody_out(site: Site, ada: Browser) -> None:
    token, key = site.visiting.invite(), nonce()
    await ada.join(token, key)
    ada.cookie = ""  # the answer, and the cookie with it, never arrived
    assert (await ada.join(token, key))["chat"] == "chat-12345"
    assert site.visiting.knocks == []


async def test_opening_the_own_link_again_gets_in_again(site: Site, ada: Browser) -> None:
    token = site.visiting.invite()
    await ada.join(token)
    assert (await ada.join(token, nonce()))["chat"] == "chat-12345"
    assert site.visiting.knocks == []


async def test_a_link_of_no_use_says_why(site: Site, ada: Browser) -> None:
    late, back = site.visiting.invite(1), site.visiting.invite(2)
    site.visiting.revoke("chat-2")
    site.visiting.now = NOW + timedelta(hours=73)
    assert await error(await ada.post("api/join", {"token": late, "nonce": nonce()})) == (
        410,
        "expired",
    )
    assert await error(await ada.post("api/join", {"token": back, "nonce": nonce()})) == (
        410,
        "revoked",
    )
    assert await (await ada.post("api/peek", {"token": late})).json() == {"fate": "expired"}


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 4000, "%2e%2e/" * 6, "é" * 43])
async def test_a_guessed_link_is_unknown(ada: Browser, token: str) -> None:
    assert await (await ada.post("api/peek", {"token": token})).json() == {"fate": "unknown"}
    assert await error(await ada.post("api/join", {"token": token, "nonce": nonce()})) == (
        404,
        "unknown",
    )


async def test_a_cookie_that_was_planted_is_not_taken_over(site: Site, ada: Browser) -> None:
    ada.cookie = planted = "p" * 43
    await ada.join(site.visiting.invite())
    assert ada.cookie != planted


# --- sessions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 4000])
async def test_without_a_good_cookie_there_is_no_session(ada: Browser, cookie: str) -> None:
    ada.cookie = cookie
    answer = await ada.get("api/session")
    assert (answer.status, await answer.text()) == (204, "")


async def test_a_session_ends_when_its_time_is_up(site: Site, ada: Browser) -> None:
    await ada.join(site.visiting.invite())
    site.visiting.now = NOW + timedelta(hours=13)
    assert (await ada.get("api/session")).status == 204


async def test_leaving_forgets_the_cookie_here_and_there(site: Site, ada: Browser) -> None:
    await ada.join(site.visiting.invite())
    kept = ada.cookie
    answer = await ada.post("api/leave", {})
    assert answer.status == 204
    (header,) = answer.headers.getall("Set-Cookie")
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(header.split("; "))
    ada.cookie = kept
    assert (await ada.get("api/session")).status == 204


async def test_leaving_closes_the_tabs_of_this_browser(site: Site, ada: Browser) -> None:
    await ada.join(site.visiting.invite())
    tab = await ada.talk("chat-12345")
    await ada.post("api/leave", {})
    assert await tab.closed() == Close.NO_SESSION


async def test_a_window_of_an_earlier_chat_closes_no_later_one(site: Site, ada: Browser) -> None:
    await ada.join(site.visiting.invite(1))
    await ada.join(site.visiting.invite(2))
    tab = await ada.talk("chat-2")
    assert await error(await ada.post("api/leave", {"chat": "chat-1"})) == (409, "other_chat")
    assert (await (await ada.get("api/session")).json())["chat"] == "chat-2"
    assert (await ada.post("api/leave", {"chat": "chat-2"})).status == 204
    assert await tab.closed() == Close.NO_SESSION


async def test_leaving_without_a_session_is_harmless(ada: Browser) -> None:
    assert (await ada.post("api/leave", {})).status == 204


async def test_a_second_chat_takes_the_browser_over_and_the_first_ones_tab_is_told(
    site: Site, ada: Browser
) -> None:
    await ada.join(site.visiting.invite(1))
    tab = await ada.talk("chat-1")
    await ada.join(site.visiting.invite(2))
    assert await tab.closed() == Close.OTHER_CHAT
    assert (await (await ada.get("api/session")).json())["chat"] == "chat-2"


async def test_a_chat_that_was_left_for_a_second_one_is_over_in_windows_at_other_processes_too(
    site: Site, ada: Browser
) -> None:
    await ada.join(site.visiting.invite(1))
    elsewhere = ada.cookie
    told: list[Committed] = []
    site.visiting.ring = told.append
    await ada.join(site.visiting.invite(2))
    ada.cookie = elsewhere
    assert (await ada.get("api/session")).status == 204
    assert Committed((News("chat-1"),)) in told  # with which their sockets look for their seat


async def test_a_filed_chat_can_still_be_seen(site: Site, ada: Browser) -> None:
    await ada.join(site.visiting.invite())
    site.visiting.happen("chat-12345", e.Ended(NOW, GRACE))
    site.visiting.state("chat-12345", State.PURGED)
    view = await (await ada.get("api/session")).json()
    assert (view["state"], view["ended_by"]) == ("filed", "operator")


# --- refusals --------------------------------------------------------------------------------------

POSTS = ["api/peek", "api/join", "api/leave"]
FOREIGN = {
    "another site": {"Origin": "https://evil.example"},
    "a sibling host": {"Origin": "https://evil.help.example.org"},
    "a host that begins like ours": {"Origin": "https://help.example.org.evil.example"},
    "another port": {"Origin": "https://help.example.org:8443"},
    "without TLS": {"Origin": "http://help.example.org"},
    "in capitals": {"Origin": "https://HELP.example.org"},
    "with a path": {"Origin": "https://help.example.org/"},
    "null": {"Origin": "null"},
    "empty": {"Origin": ""},
    "two": {"Origin": "https://help.example.org, https://evil.example"},
    "another site, says the browser": {"Sec-Fetch-Site": "cross-site"},
    "a sibling host, says the browser": {"Sec-Fetch-Site": "same-site"},
    "typed by the user, says the browser": {"Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
async def test_a_request_from_elsewhere_is_refused(
    site: Site, ada: Browser, path: str, headers: dict[str, str]
) -> None:
    await ada.join(site.visiting.invite())
    body = {"token": site.visiting.invite(2), "nonce": nonce()}
    assert await error(await ada.post(path, body, HEADERS | headers)) == (403, "origin")
    assert (await ada.get("api/session")).status == 200
    assert site.visiting.chats["chat-2"].state is State.INVITED


@pytest.mark.parametrize("path", POSTS)
async def test_a_request_without_an_origin_is_refused(ada: Browser, path: str) -> None:
    headers = {"X-Livechat": "1"}
    assert await error(await ada.post(path, {}, headers)) == (403, "origin")


async def test_a_browser_without_fetch_metadata_is_served(ada: Browser) -> None:
    headers = {"Origin": HEADERS["Origin"], "X-Livechat": "1"}
    assert (await ada.post("api/leave", {}, headers)).status == 204


async def test_what_a_form_could_send_is_refused(ada: Browser) -> None:
    headers = HEADERS | {"Content-Type": "text/plain"}
    assert await error(await ada.post("api/leave", {}, headers)) == (415, "json")
    headers = {name: value for name, value in HEADERS.items() if name != "X-Livechat"}
    assert await error(await ada.post("api/leave", {}, headers)) == (403, "header")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("api/peek", {}),
        ("api/peek", []),
        ("api/peek", {"token": None}),
        ("api/peek", {"token": {"$ne": ""}}),
        ("api/peek", {"token": "A" * 43, "chat": "other"}),
        ("api/join", {"token": "A" * 43}),
        ("api/join", {"token": "A" * 43, "nonce": "short"}),
        ("api/join", {"token": "A" * 43, "nonce": "n" * 44}),
        ("api/leave", {"all": "yes"}),
        ("api/leave", {"chat": 1}),
    ],
)
async def test_a_broken_body_is_refused(ada: Browser, path: str, body: object) -> None:
    assert await error(await ada.post(path, body)) == (400, "broken")


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"token":"a","token":"b"}', b"[" * 4000])
async def test_a_body_that_is_no_json_is_refused(ada: Browser, raw: bytes) -> None:
    headers = HEADERS | {"Content-Type": "application/json"}
    async with ada.http.post(ada.url("api/peek"), data=raw, headers=headers) as answer:
        assert await error(answer) == (400, "broken")


async def test_a_body_that_is_too_large_is_refused_with_and_without_a_length(ada: Browser) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    headers = HEADERS | {"Content-Type": "application/json"}
    for data in (b"x" * 5000, chunks()):
        async with ada.http.post(ada.url("api/peek"), data=data, headers=headers) as answer:
            assert await error(answer) == (413, "too_long")


async def test_guessing_is_slowed_down_for_a_network_but_not_for_others(
    start_site: StartSite,
) -> None:
    site = await start_site(allowances=Allowances(by_address=Rate(per_minute=1, burst=3)))
    browser = await site.browser()

    async def peek(address: str) -> tuple[int, str]:
        headers = HEADERS | {"X-Forwarded-For": f"203.0.113.99, {address}"}
        answer = await browser.post("api/peek", {"token": "A" * 43}, headers)
        return answer.status, answer.headers.get("Retry-After", "")

    mallory = [await peek("192.0.2.1") for _ in range(4)]
    assert mallory == [(200, ""), (200, ""), (200, ""), (429, "60")]
    assert await peek("192.0.2.2") == (200, "")
    sixes = [await peek(f"2001:db8:1:2::{n}") for n in range(4)]
    assert sixes[-1][0] == 429, "an IPv6 network counts as one"


async def test_one_link_is_tried_only_so_often_from_wherever(start_site: StartSite) -> None:
    site = await start_site(allowances=Allowances(by_token=Rate(per_minute=1, burst=2)))
    token, browser = site.visiting.invite(), await site.browser()
    statuses = [(await browser.post("api/peek", {"token": token})).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert await error(await browser.post("api/join", {"token": token, "nonce": nonce()})) == (
        429,
        "slow_down",
    )


async def test_trouble_inside_is_told_to_the_log_without_anybodys_words(
    site: Site, ada: Browser
) -> None:
    token = site.visiting.invite()
    await ada.join(token)
    site.visiting.broken = OSError(f"INSERT ... ({token}, 'my password is hunter2')")
    with structlog.testing.capture_logs() as events:
        answer = await ada.get("api/session")
    assert await error(answer) == (500, "internal")
    (failed,) = [event for event in events if event["event"] == "request_failed"]
    assert failed["error"].startswith("OSError in _alive (fakes.py:")
    assert "hunter2" not in str(events)


async def test_while_the_database_is_away_everybody_is_asked_to_come_again(
    site: Site, ada: Browser
) -> None:
    token = site.visiting.invite()
    await ada.join(token)
    site.visiting.broken = NotDone("The database does not answer.")
    with structlog.testing.capture_logs() as events:
        answers = [await ada.get("api/session"), await ada.post("api/peek", {"token": token})]
    for answer in answers:
        assert await error(answer) == (503, "busy")
        assert answer.headers["Retry-After"]
    told = {(one["event"], one["log_level"]) for one in events if one["log_level"] != "debug"}
    assert told == {("request_put_off", "warning")}


async def test_no_secret_and_no_address_is_ever_logged(site: Site, ada: Browser) -> None:
    token, key = site.visiting.invite(), nonce()
    with structlog.testing.capture_logs() as events:
        await ada.join(token, key)
        await (await ada.talk("chat-12345")).send(t="say", key="k", text="hunter2")
        await ada.post("api/join", {"token": "A" * 43, "nonce": key})
        await ada.post("api/peek", {"token": token}, HEADERS | {"Origin": "https://evil.example"})
        await site.room.close()
    assert len(events) >= 4
    logged = str(events)
    secrets = [token, key, ada.cookie, "hunter2", "127.0.0.1", "evil.example", "Ada"]
    assert [secret for secret in secrets if secret in logged] == []


async def test_who_is_blocked_hears_until_when_and_nothing_of_the_ticket(
    site: Site, ada: Browser
) -> None:
    token = site.visiting.invite()
    site.visiting.blocked = site.visiting.now + timedelta(hours=2)
    answer = await ada.post("api/peek", {"token": token})
    assert await answer.json() == {"fate": "blocked", "until": "2026-11-21T12:42:07.123Z"}
    joined = await ada.post("api/join", {"token": token, "nonce": nonce()})
    assert (joined.status, await joined.json()) == (403, {"error": "blocked"})


async def test_who_joins_and_opens_no_window_is_gone(start_site: StartSite) -> None:
    site = await start_site(pace=Pace(grace=0.05))
    joined = await (await site.browser()).join(site.visiting.invite())
    await until(lambda: (joined["chat"], Presence.GONE) in site.visiting.reports)

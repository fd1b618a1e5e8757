"""Long polling: the same frames where no WebSocket gets through."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse

from bot.domain.presence import Presence
from bot.visitors.hub import Hub
from bot.visitors.pace import Pace
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from bot.visitors.wire import MAX_FRAME_BYTES
from tests.visitors.browser import CHAT, HEADERS, ORIGIN, Browser, Poller, Server, until
from tests.visitors.conftest import Site, StartSite

PATIENT = 5.0  # seconds; a test that waits for longer than that has failed


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["t"] for frame in frames]


@pytest.fixture
async def window(joined: Browser) -> Poller:
    """Ada's window, welcomed."""
    window = Poller(joined, CHAT)
    assert kinds(await window.frames()) == ["welcome", "line"]
    return window


async def waiting(site: Site, window: Poller) -> asyncio.Task[ClientResponse]:
    """Ask when there is nothing new; return when the service waits."""
    asked = site.visiting.asked["look"]
    task = asyncio.create_task(window.ask())
    await until(lambda: site.visiting.asked["look"] > asked)
    return task


async def told(task: asyncio.Task[ClientResponse]) -> tuple[int, dict[str, Any]]:
    async with asyncio.timeout(PATIENT):
        answer = await task
    body: dict[str, Any] = await answer.json()
    return answer.status, body


async def test_a_message_is_acknowledged_with_its_line_and_shown_once(
    site: Site, window: Poller
) -> None:
    frames = await window.frames({"t": "say", "key": "k", "text": "Hello"})
    assert kinds(frames) == ["ack", "line"]
    assert (frames[0]["seq"], frames[1]["key"]) == (2, "k")
    again = await window.frames({"t": "say", "key": "k", "text": "Hello"})
    assert (kinds(again), again[0]["seq"]) == (["ack"], 2)
    assert len(site.visiting.logs[CHAT]) == 2


async def test_an_answer_that_was_lost_is_given_again(window: Poller) -> None:
    stood = window.after
    await window.frames({"t": "say", "key": "k", "text": "Hello"})
    window.after = stood
    assert kinds(await window.frames({"t": "ping"})) == ["pong", "line"]


async def test_an_operators_words_end_the_wait(site: Site, window: Poller) -> None:
    task = await waiting(site, window)
    site.visiting.answer(CHAT, "Have you tried…")
    status, body = await told(task)
    assert (status, body["frames"][0]["text"]) == (200, "Have you tried…")


async def test_a_change_without_a_line_ends_the_wait(site: Site, window: Poller) -> None:
    await window.frames({"t": "say", "key": "k", "text": "Hello"})
    task = await waiting(site, window)
    site.visiting.relay(CHAT, 2)
    _, body = await told(task)
    assert [f["view"]["relayed"] for f in body["frames"]] == [2]


async def test_a_wait_has_an_end(start_site: StartSite) -> None:
    site = await start_site(pace=Pace(poll=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    window = Poller(ada, CHAT)
    await window.frames()
    assert await window.frames() == []


async def test_a_window_that_asks_again_frees_its_older_request(site: Site, window: Poller) -> None:
    older = await waiting(site, window)
    newer = await waiting(site, window)
    assert (await told(older))[0] == 200  # at once: each holds a worker of the web server
    assert not newer.done()
    site.visiting.relay(CHAT, 1)
    assert (await told(newer))[0] == 200


async def test_a_long_log_comes_in_pages_and_whole(start_site: StartSite) -> None:
    site = await start_site(pace=Pace(page=10))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    for number in range(35):
        site.visiting.answer(CHAT, f"line {number}")
    window = Poller(ada, CHAT)
    for _ in range(4):
        await window.frames()
    assert window.after == 36


async def test_big_lines_come_a_few_at_a_time(site: Site, window: Poller) -> None:
    for _ in range(20):
        site.visiting.answer(CHAT, "x" * 28_000)
    frames = await window.frames()
    assert 0 < len(frames) < 20
    while window.after < 21:
        await window.frames()


async def test_a_window_ahead_of_the_log_starts_over(window: Poller) -> None:
    window.after = 99
    assert kinds(await window.frames()) == ["over"]


async def test_pings_ends_and_signs_of_life_go_through(site: Site, window: Poller) -> None:
    assert kinds(await window.frames({"t": "ping"}, {"t": "here"})) == ["pong"]
    frames = await window.frames({"t": "end"})
    assert frames[-1]["view"]["state"] == "ended"
    refused = await window.frames({"t": "say", "key": "late", "text": "one more"})
    assert refused == [{"t": "refused", "key": "late", "error": "ended"}]


async def test_where_the_window_is_is_told_and_its_silence_means_gone(
    start_site: StartSite,
) -> None:
    site = await start_site(pace=Pace(linger=1.5, sweep=0.02, grace=0.05))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    window = Poller(ada, CHAT)
    await window.frames({"t": "presence", "state": "open"})
    await until(lambda: (CHAT, Presence.OPEN) in site.visiting.reports)
    site.visiting.answer(CHAT, "Look at the toner.")
    await window.frames()  # says that it has line 1, and is given 2
    await until(lambda: (CHAT, Presence.GONE) in site.visiting.reports)
    assert (site.hub.count(), site.visiting.seen[-1]) == (0, 1)


async def test_leaving_ends_the_wait_and_the_seat(site: Site, window: Poller) -> None:
    task = await waiting(site, window)
    await window.browser.post("api/leave", {})
    assert await told(task) == (401, {"error": "no_session"})
    assert (await window.ask()).status == 401


async def test_a_seat_that_ended_elsewhere_is_noticed(site: Site, window: Poller) -> None:
    task = await waiting(site, window)
    site.visiting.seats.clear()
    site.hub.wake(CHAT, doubt=True)
    assert await told(task) == (401, {"error": "no_session"})


async def test_a_seat_that_is_given_up_while_a_window_begins_to_ask_shows_it_nothing_new(
    site: Site, window: Poller
) -> None:
    site.visiting.give_up = True  # and rings: this window is not known yet
    window.name = "window-2"
    task = await waiting(site, window)
    site.visiting.answer(CHAT, "not for whoever sits there now")
    assert await told(task) == (401, {"error": "no_session"})


async def test_a_seat_that_runs_out_is_good_no_longer(site: Site, window: Poller) -> None:
    site.visiting.now += timedelta(days=2)
    assert (await window.ask()).status == 401


async def test_a_chat_that_is_forgotten_ends_the_wait(site: Site, window: Poller) -> None:
    task = await waiting(site, window)
    site.visiting.drop(CHAT)
    assert await told(task) == (410, {"error": "gone"})


async def test_nobody_reads_or_writes_another_chat(site: Site, window: Poller) -> None:
    await (await site.browser()).join(site.visiting.invite(999))
    window.chat = "chat-999"
    answer = await window.ask({"t": "say", "key": "k", "text": "whose is this?"})
    assert (answer.status, await answer.json()) == (409, {"error": "other_chat"})
    assert len(site.visiting.logs["chat-999"]) == 1


async def test_two_windows_of_the_same_name_but_of_two_people_are_two(
    site: Site, window: Poller
) -> None:
    alan = await site.browser()
    await alan.join(site.visiting.invite(999))
    theirs = Poller(alan, "chat-999", window.name)
    await theirs.frames()
    task = await waiting(site, theirs)
    site.visiting.answer(CHAT, "for Ada only")
    site.visiting.answer("chat-999", "for Alan only")
    _, body = await told(task)
    assert [frame["text"] for frame in body["frames"]] == ["for Alan only"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example.org"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Livechat": ""}, 403),
    ],
)
async def test_other_pages_get_nothing(
    window: Poller, headers: dict[str, str], status: int
) -> None:
    body = {"window": "w", "seen": "", "frames": [{"t": "hello", "chat": CHAT, "after": 0}]}
    answer = await window.browser.post("api/poll", body, HEADERS | headers)
    assert answer.status == status


HELLO = {"t": "hello", "chat": CHAT, "after": 0}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"window": "w", "seen": "", "frames": []},
        {"window": "w", "seen": "", "frames": [{"t": "ping"}]},
        {"window": "w", "seen": "", "frames": [HELLO, HELLO]},
        {"window": "w", "seen": "", "frames": [HELLO, {"t": "shout"}]},
        {"window": "w", "seen": "", "frames": [HELLO, "ping"]},
        {"window": "w", "seen": "", "frames": [HELLO, *[{"t": "ping"}] * 32]},
        {"window": "", "seen": "", "frames": [HELLO]},
        {"window": "w", "seen": "no mark", "frames": [HELLO]},
        {"window": ["w"], "seen": "", "frames": [HELLO]},
        {"window": "w", "seen": "", "frames": [HELLO], "more": 1},
    ],
)
async def test_what_the_protocol_does_not_know_is_refused(
    joined: Browser, body: dict[str, Any]
) -> None:
    answer = await joined.post("api/poll", body)
    assert (answer.status, await answer.json()) == (400, {"error": "broken"})


async def test_the_longest_message_goes_through_and_what_is_longer_does_not(
    window: Poller,
) -> None:
    longest = "é" * (15 * 1024)
    assert (await window.frames({"t": "say", "key": "k", "text": longest}))[0]["t"] == "ack"
    huge = await window.ask({"t": "say", "key": "k2", "text": "x" * 2 * MAX_FRAME_BYTES})
    assert (huge.status, await huge.json()) == (413, {"error": "too_long"})


async def test_a_flood_is_told_to_slow_down_and_nothing_of_it_is_lost_without_a_word(
    site: Site, window: Poller
) -> None:
    statuses = {(await window.ask({"t": "ping"})).status for _ in range(80)}
    assert statuses == {200, 429}


async def test_windows_of_one_seat_are_counted(start_site: StartSite) -> None:
    site = await start_site(allowances=Allowances(sockets_of_chat=2))
    ada = await site.browser()
    await ada.join(site.visiting.invite())
    answers = [await Poller(ada, CHAT, f"w{n}").ask() for n in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 503]


async def test_a_service_that_stops_answers_whoever_waits(site: Site, window: Poller) -> None:
    task = await waiting(site, window)
    await site.server.close()
    assert (await told(task))[0] == 503


async def test_any_process_answers_any_request_and_they_agree(site: Site, window: Poller) -> None:
    hub = Hub()
    room = VisitorsRoom(
        site.visiting,
        site.visiting,
        hub,
        origins=[ORIGIN],
        support_url="mailto:support@example.org",
        now=lambda: site.visiting.now,
    )
    async with Server(room) as other, Browser(other) as there:
        there.cookie = window.browser.cookie
        here, window.browser = window.browser, there
        await window.frames({"t": "say", "key": "k", "text": "over there"})
        window.browser = here
        assert kinds(await window.frames({"t": "ping"})) == ["pong"]
        assert window.after == 2

"""The stand-in of tests/visitors and the real use cases on SQLite look alike to a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import events as e
from bot.domain.messages import MAX_MESSAGE_BYTES
from bot.domain.presence import Presence
from bot.relay.joining import Joining
from bot.relay.visiting import Visiting
from bot.visitors.hub import Hub
from bot.visitors.pace import Pace
from bot.visitors.room import VisitorsRoom
from bot.visitors.wire import Close
from tests.migrated import lay_out
from tests.relay.house import opened
from tests.visitors.browser import ORIGIN, Browser, Server, nonce, texts
from tests.visitors.fakes import GRACE, FakeVisiting


@dataclass
class World:
    """One implementation, and what is done to it from the operators' side."""

    joining: Joining
    visiting: Visiting
    invite: Callable[[], Awaitable[str]]  # returns the link's token
    answer: Callable[[str], Awaitable[None]]  # Grace says something
    relay: Callable[[], Awaitable[None]]  # the visitor's lines reach the thread
    end: Callable[[], Awaitable[None]]  # Grace ends the chat
    revoke: Callable[[], Awaitable[None]]  # Grace takes the link back
    wait: Callable[[timedelta], None]  # time goes by
    presence: Callable[[], Awaitable[Presence]]  # as the card shows it
    now: Callable[[], datetime]


@asynccontextmanager
async def stand_in(hub: Hub, _folder: Path) -> AsyncIterator[World]:
    fake = FakeVisiting(hub.ring)
    chat = "chat-12345"

    async def invite() -> str:
        return fake.invite()

    async def answer(text: str) -> None:
        fake.answer(chat, text)

    async def relay() -> None:
        fake.relay(chat, fake.chats[chat].head)

    async def end() -> None:
        fake.happen(chat, e.Ended(fake.now, GRACE))

    async def revoke() -> None:
        fake.revoke(chat)

    def wait(time: timedelta) -> None:
        fake.now += time

    async def presence() -> Presence:
        return fake.reports[-1][1] if fake.reports else Presence.OPEN

    yield World(fake, fake, invite, answer, relay, end, revoke, wait, presence, lambda: fake.now)


@asynccontextmanager
async def on_sqlite(hub: Hub, folder: Path) -> AsyncIterator[World]:
    url = f"sqlite:///{folder / 'chats.db'}"
    lay_out(url)
    async with opened(url) as house:
        house.relay._bells = (hub,)

        async def invite() -> str:
            return house.token(await house.invited())

        async def answer(text: str) -> None:
            await house.writes(text)

        async def end() -> None:
            await house.presses("end", house.threads.card.chat)

        async def revoke() -> None:
            await house.presses("revoke", house.threads.card.chat)

        def wait(time: timedelta) -> None:
            house.clock.now += time

        async def presence() -> Presence:
            return (await house.chat(house.threads.card.chat.id)).presence

        deliver, now = house.deliver, house.clock
        uses = house.joining, house.visiting
        yield World(*uses, invite, answer, deliver, end, revoke, wait, presence, now)


@pytest.fixture(params=[stand_in, on_sqlite], ids=["stand-in", "sqlite"])
async def world(request: pytest.FixtureRequest, hub: Hub, tmp_path: Path) -> AsyncIterator[World]:
    async with request.param(hub, tmp_path) as world:
        yield world


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def ada(world: World, hub: Hub) -> AsyncIterator[Browser]:
    room = VisitorsRoom(
        world.joining,
        world.visiting,
        hub,
        origins=[ORIGIN],
        support_url="mailto:support@example.org",
        pace=Pace(page=7),
        now=world.now,
    )
    async with Server(room) as server, Browser(server) as browser:
        yield browser


async def refused(browser: Browser, token: str, key: str = "") -> tuple[int, str]:
    answer = await browser.post("api/join", {"token": token, "nonce": key or nonce()})
    return answer.status, (await answer.json())["error"]


async def test_the_story_of_one_chat(world: World, ada: Browser) -> None:
    token = await world.invite()
    peek = await (await ada.post("api/peek", {"token": token})).json()
    assert (peek["fate"], peek["ticket"]) == ("pending", "12345")
    assert peek["operators"] == ["Grace Hopper"]

    view = await ada.join(token)
    assert (view["state"], view["you"], view["head"], view["relayed"]) == (
        "open", "Ada Lovelace", 1, 0
    )  # fmt: skip
    tab = await ada.talk(view["chat"])
    await tab.send(t="say", key="k", text="The printer\nis on fire")
    assert (await tab.next("ack"))["seq"] == 2
    await world.relay()
    assert (await tab.next("relayed"))["seq"] >= 2
    await world.answer("Leave the room")
    second = await ada.talk(view["chat"], after=1)
    lines = await second.lines(3)
    assert texts(lines) == ["The printer\nis on fire", "Leave the room"]
    assert [line.get("key") for line in lines] == ["k", None]

    await world.end()
    assert (await second.next("view"))["view"]["state"] == "ended"
    await second.send(t="say", key="late", text="wait")
    assert (await second.next("refused"))["error"] == "ended"
    await second.send(t="say", key="k", text="The printer\nis on fire")
    assert (await second.next("ack", "refused"))["seq"] == 2, "acknowledged once, always"


async def test_a_link_is_good_for_one_browser(world: World, ada: Browser) -> None:
    token, key = await world.invite(), nonce()
    await ada.join(token, key)
    await ada.join(token)  # by its cookie
    ada.cookie = ""
    assert await refused(ada, token) == (410, "used")
    await ada.join(token, key)  # by the nonce that won
    assert await (await ada.post("api/peek", {"token": token})).json() == {"fate": "used"}


async def test_a_link_that_was_taken_back_or_is_too_old(world: World, ada: Browser) -> None:
    token = await world.invite()
    await world.revoke()
    assert await refused(ada, token) == (410, "revoked")
    assert await refused(ada, "A" * 43) == (404, "unknown")


async def test_a_link_expires(world: World, ada: Browser) -> None:
    token = await world.invite()
    world.wait(timedelta(hours=73))
    assert await refused(ada, token) == (410, "expired")


async def test_a_session_ends_by_leaving_and_by_time(world: World, ada: Browser) -> None:
    token, key = await world.invite(), nonce()
    view = await ada.join(token, key)
    kept = ada.cookie
    tab = await ada.talk(view["chat"])
    await ada.post("api/leave", {})
    assert await tab.closed() == Close.NO_SESSION
    ada.cookie = kept
    assert (await ada.get("api/session")).status == 204
    ada.cookie = ""
    await ada.join(token, key)
    world.wait(timedelta(days=2))
    assert (await ada.get("api/session")).status == 204


@pytest.mark.parametrize(
    ("text", "error"), [(" \n\t", "empty"), ("x" * (MAX_MESSAGE_BYTES + 1), "too_long")]
)
async def test_what_cannot_be_kept_is_refused(
    world: World, ada: Browser, text: str, error: str
) -> None:
    view = await ada.join(await world.invite())
    tab = await ada.talk(view["chat"])
    await tab.send(t="say", key="k", text=text)
    assert (await tab.next("refused", "ack")).get("error") == error


async def test_repeating_a_key_adds_nothing(world: World, ada: Browser) -> None:
    view = await ada.join(await world.invite())
    tab = await ada.talk(view["chat"])
    acks = []
    for _ in range(3):
        await tab.send(t="say", key="k", text="once")
        acks.append(await tab.next("ack"))
    assert acks[0] == acks[1] == acks[2]
    assert (await (await ada.get("api/session")).json())["head"] == 2


async def test_many_lines_come_in_order_and_without_gaps(world: World, ada: Browser) -> None:
    view = await ada.join(await world.invite())
    for n in range(20):
        await world.answer(f"and {n} more")
    lines = await (await ada.talk(view["chat"])).lines(21)
    assert [line["seq"] for line in lines] == list(range(1, 22))
    assert texts(lines)[1:] == [f"and {n} more" for n in range(20)]


async def test_ending_twice_is_harmless(world: World, ada: Browser) -> None:
    view = await ada.join(await world.invite())
    tab = await ada.talk(view["chat"])
    await tab.send(t="end")
    shown = (await tab.next("view"))["view"]
    assert (shown["state"], shown["ended_by"]) == ("ended", "visitor")
    await tab.send(t="end")
    await tab.send(t="ping")
    assert (await tab.next("pong", "view"))["t"] == "pong"


async def test_a_hidden_window_stands_on_the_card(world: World, ada: Browser) -> None:
    view = await ada.join(await world.invite())
    assert await world.presence() is Presence.OPEN
    tab = await ada.talk(view["chat"])
    await tab.send(t="presence", state="hidden")
    await tab.send(t="ping")
    await tab.next("pong")
    async with asyncio.timeout(20):
        while await world.presence() is not Presence.HIDDEN:  # noqa: ASYNC110 - it is in a database
            await asyncio.sleep(0.02)

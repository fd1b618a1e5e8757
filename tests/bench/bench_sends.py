"""What a proactive send costs: stock CloudAdapter, ours, and a bare aiohttp POST, in one run.

``python -m tests.bench.bench_sends`` prints a table. Teams and Entra are the stand-in in a process
of its own, on loopback. Everything but "50 at once" runs without token work, which favours stock.
"""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC
from multiprocessing.connection import Connection
from typing import Any, cast
from urllib.parse import quote

import aiohttp
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ConversationAccount, ConversationReference
from botframework.connector.auth import (
    BotFrameworkAuthenticationFactory,
    MicrosoftAppCredentials,
    PasswordServiceClientCredentialFactory,
    microsoft_app_credentials,
)

from bot.domain.messages import Kind, Message
from bot.relay.operating import Operating
from bot.relay.ports import Scope, Thread
from bot.sandbox.teams import TeamsStandIn
from bot.teams import Secret, TeamConfig, TeamsRoom
from tests.people import ADA, NOW, talking

SENDS = 100  # per round
ROUNDS = 3
AT_ONCE = 50
LOGIN_DELAY = 0.15  # seconds

Send = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class Place:
    """Where the stand-in listens, and what it knows the bot by."""

    app_id: str
    password: str
    tenant: str
    service_url: str
    authority: str
    ca_file: str
    conversation: str


@dataclass
class Figures:
    """CPU seconds per send; the longest stall of the loop (seconds), token requests, and time."""

    cpu: float
    stall: float = 0.0
    tokens: int = 0
    took: float = 0.0


@dataclass
class Outside:
    """The stand-in in its own process."""

    place: Place
    line: Connection

    def slow_login(self, delay: float) -> None:
        self.line.send(("delay", delay))
        self.line.recv()

    def token_requests(self) -> int:
        """How many since the last question."""
        self.line.send(("tokens", 0))
        return int(self.line.recv())


def _serve(line: Connection) -> None:
    asyncio.run(_stand_in(line))


async def _stand_in(line: Connection) -> None:
    async with TeamsStandIn(enforce_limits=False) as teams:
        line.send(
            Place(
                teams.world.bot.app_id,
                teams.login.app_password,
                teams.world.tenant_id,
                teams.service_url,
                teams.authority,
                str(teams.ca_file),
                teams.world.conversation("Live chat").id,
            )
        )
        while True:
            word, value = await asyncio.to_thread(line.recv)
            if word == "stop":
                return
            if word == "delay":
                teams.login.delay = value
            line.send(teams.login.token_requests)
            teams.login.token_requests = 0


@contextmanager
def outside() -> Iterator[Outside]:
    """Start the stand-in."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        place = ours.recv()
        os.environ["REQUESTS_CA_BUNDLE"] = place.ca_file  # the stock SDK has no other way
        yield Outside(place, ours)
    finally:
        ours.send(("stop", 0))
        process.join(10)


@asynccontextmanager
async def bare(place: Place, token: str) -> AsyncIterator[Send]:
    """One POST on one session: the least that a send can cost."""
    path = f"v3/conversations/{quote(place.conversation, safe='')}/activities"
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send(number: int) -> None:
            body = {"type": "message", "text": f"hello {number}", "textFormat": "plain"}
            async with session.post(place.service_url + path, json=body) as answer:
                answer.raise_for_status()
                await answer.json()

        yield send


@asynccontextmanager
async def ours(place: Place) -> AsyncIterator[Send]:
    """A visitor's message through the room, as the outbox sends it."""
    room = TeamsRoom(
        app_id=place.app_id,
        credential=Secret(place.password),
        tenant_ids=[place.tenant],
        teams=[TeamConfig("19:x")],
        operating=cast("Operating", None),
        authority=place.authority,
        ca_file=place.ca_file,
        loopback=True,
    )
    thread = Thread(place.conversation, place.tenant, place.service_url, Scope.CHANNEL, "28:bot")
    chat = talking()
    await room.start()

    async def send(number: int) -> str:
        message = Message(number + 1, ADA, Kind.SAID, f"hello {number}", NOW.astimezone(UTC))
        (post,) = await room.threads.relay(thread, chat, [message], resent=False)
        return post

    yield send
    await room.close()


class _Ready(MicrosoftAppCredentials):  # type: ignore[misc]
    """A token at no cost."""

    token = ""

    def get_access_token(self, force_refresh: bool = False) -> str:
        return self.token


class _Factory(PasswordServiceClientCredentialFactory):  # type: ignore[misc]
    """The SDK's own, pointed at the stand-in's login; with ``token`` it need not ask."""

    def __init__(self, place: Place, token: str) -> None:
        super().__init__(place.app_id, place.password, place.tenant)
        self._place = place
        self._token = token

    async def create_credentials(self, *_args: Any, **_more: Any) -> MicrosoftAppCredentials:
        kind = _Ready if self._token else MicrosoftAppCredentials
        scope = "https://api.botframework.com"
        made = kind(self._place.app_id, self._place.password, self._place.tenant, scope)
        made.token, made.oauth_endpoint = self._token, self._place.authority
        return made


@asynccontextmanager
async def stock(place: Place, token: str = "") -> AsyncIterator[Send]:
    """The SDK as it comes. Its msal need not vouch for the stand-in's login."""
    application = microsoft_app_credentials.ConfidentialClientApplication
    lenient = functools.partial(application, instance_discovery=False)
    microsoft_app_credentials.ConfidentialClientApplication = lenient
    factory = _Factory(place, token)
    adapter = CloudAdapter(BotFrameworkAuthenticationFactory.create(credential_factory=factory))
    conversation = ConversationAccount(id=place.conversation)
    reference = ConversationReference(
        channel_id="msteams", service_url=place.service_url, conversation=conversation
    )

    async def send(number: int) -> None:
        async def logic(context: TurnContext) -> None:
            await context.send_activity(
                Activity(type="message", text=f"hello {number}", text_format="plain")
            )

        await adapter.continue_conversation(reference, logic, place.app_id)

    yield send
    microsoft_app_credentials.ConfidentialClientApplication = application


async def cpu_per_send(send: Send) -> float:
    """Median of some rounds, in seconds of this process, threads and all."""
    await asyncio.gather(*(send(number) for number in range(10)))
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for start in range(0, SENDS, 10):
            await asyncio.gather(*(send(number) for number in range(start, start + 10)))
        rounds.append((time.process_time() - began) / SENDS)
    return statistics.median(rounds)


async def longest_stall(work: Callable[[], Awaitable[object]]) -> float:
    """The longest time for which the loop did nothing else while ``work`` ran, in seconds."""
    longest, done = 0.0, False

    async def watch() -> None:
        nonlocal longest
        last = time.perf_counter()
        while not done:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last - 0.001), now

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0.05)
    longest = 0.0
    await work()
    done = True
    await watcher
    return longest


Opened = Callable[[], AbstractAsyncContextManager[Send]]


async def at_once(opened: Opened, teams: Outside, tries: int = 3) -> Figures:
    """Fifty sends, a login that takes 150 ms, and no token in hand; the try with the least stall.

    Other programs on the machine can only make a stall longer, never shorter.
    """
    teams.slow_login(LOGIN_DELAY)
    found = []
    for _ in range(tries):
        async with opened() as send:
            began = time.perf_counter()
            stall = await longest_stall(lambda: asyncio.gather(*map(send, range(AT_ONCE))))
            took = time.perf_counter() - began
        found.append(Figures(0, stall, teams.token_requests(), took))
    teams.slow_login(0)
    return min(found, key=lambda figures: figures.stall)


async def measured(opened: Opened, cheap: Opened, teams: Outside, tries: int = 3) -> Figures:
    """Both figures; ``cheap`` is the same without token work."""
    figures = await at_once(opened, teams, tries)
    async with cheap() as send:
        return replace(figures, cpu=await cpu_per_send(send))


async def measure(teams: Outside, token: str) -> dict[str, Figures]:
    """All three, one after the other."""
    place = teams.place
    floor: Opened = functools.partial(bare, place, token)
    mine: Opened = functools.partial(ours, place)
    theirs: Opened = functools.partial(stock, place)
    return {
        "bare": await measured(floor, floor, teams),
        "ours": await measured(mine, mine, teams),
        "stock": await measured(theirs, functools.partial(stock, place, token), teams, tries=1),
    }


async def a_token(place: Place) -> str:
    """A token for those that do not ask themselves."""
    from bot.teams.credentials import AppTokens

    secret = Secret(place.password)
    return await AppTokens(place.app_id, secret, place.authority, ca_file=place.ca_file).token()


def run() -> dict[str, Figures]:
    """Measure, and print the table."""
    with outside() as teams:
        token = asyncio.run(a_token(teams.place))
        found = asyncio.run(measure(teams, token))
    floor, mine = found["bare"].cpu, found["ours"].cpu
    print(f"\n{'':6}{'CPU/send':>10}{'× bare':>8}{'× ours':>8} | {AT_ONCE} at once, login 150 ms:")
    for name, f in found.items():
        line = f"{name:6}{f.cpu * 1000:8.2f}ms{f.cpu / floor:8.1f}{f.cpu / mine:8.1f} | "
        print(f"{line}stall {f.stall * 1000:6.0f} ms, {f.tokens:3} tokens, {f.took:5.2f} s")
    return found


if __name__ == "__main__":
    run()

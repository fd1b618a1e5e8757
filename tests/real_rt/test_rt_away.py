"""An hour without RT, with an outdated keytab, and with a clock that is wrong: on the real thing.

Chats go on, filings wait visibly, and each arrives once when it is over. The hour passes on the
clocks of the service, the KDC and the web server, not on ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from bot.sandbox.stage import PREFIX, Stage
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port
from tests.rigs.rt.daemons import SettableClock, Web
from tests.rigs.rt.fixture import ready
from tests.rigs.rt.kdc import Kdc
from tests.rigs.rt.rig import Rig, running
from tests.story import Story

HOUR = 3700  # seconds, and a few more for what is told after an hour


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """An RT of our own: its clock will be wrong."""
    ready()
    with running() as rig:
        yield rig


class World:
    """A rig whose KDC and web server go by one clock, and a service that goes by another."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.kdc, self.web = rig, Kdc(rig), Web(rig)
        self._clocks = []
        for name in ("world", "service"):
            (folder / name).mkdir()
            self._clocks.append(SettableClock(folder / name))
        self.keytab = folder / "svc.keytab"
        self.keytab.write_bytes(Path(rig.facts["keytabs"]["svc-livechat"]).read_bytes())
        config = Path(rig.facts["krb5_config"]).read_text()
        strict = config.replace("[libdefaults]", "[libdefaults]\n kdc_timesync = 0")
        (folder / "krb5.conf").write_text(strict)
        self.environment: dict[str, Any] = {
            **self._clocks[1].environment,
            "KRB5_CONFIG": str(folder / "krb5.conf"),
        }
        for daemon in (self.kdc, self.web):
            daemon.restart(self._clocks[0].environment)

    def clocks(self, *, world: int, service: int) -> None:
        """Set how far each is ahead."""
        for clock, ahead in zip(self._clocks, (world, service), strict=True):
            clock.set(ahead=ahead)


class Trouble(Protocol):
    """What is wrong for an hour."""

    word: str
    on_card: str
    error: int

    def begin(self, world: World) -> None: ...
    def end(self, world: World) -> None: ...


class Down:
    """Nobody listens where RT was."""

    word, on_card, error = "unreachable", "connection refused", 0

    def begin(self, world: World) -> None:
        world.web.stop()

    def end(self, world: World) -> None:
        world.web.start()


class Outdated:
    """The KDC has a newer key than the keytab; what tickets there are end with the hour."""

    word, on_card, error = "key_outdated", "its Kerberos key is outdated", 0

    def begin(self, world: World) -> None:
        world.kdc.admin("cpw -randkey svc-livechat")
        world.kdc.rekey_web_server()  # so that new tickets are needed at once

    def end(self, world: World) -> None:
        world.kdc.admin(f"ktadd -norandkey -k {world.keytab} svc-livechat")
        ours = Path(world.rig.facts["keytabs"]["svc-livechat"])
        ours.write_bytes(world.keytab.read_bytes())


class Skewed:
    """The service's clock is ten minutes behind, and Kerberos may not correct it."""

    word, on_card, error = "clock_skew", "the clocks differ by too much", 600

    def begin(self, world: World) -> None:
        world.clocks(world=self.error, service=0)

    def end(self, world: World) -> None:
        """The hour's end puts the clocks right."""


async def health(service: ServiceProcess) -> str:
    """How the service says it is with RT."""
    async with aiohttp.ClientSession() as session, session.get(f"{service.url}/healthz") as answer:
        found: str = (await answer.json())["rt"].get("rt", "")
        return found


async def until(told: Callable[[], Awaitable[bool]], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not await told():  # noqa: ASYNC110 - it has no event for us
            await asyncio.sleep(0.2)


@asynccontextmanager
async def staged(world: World, folder: Path) -> AsyncIterator[tuple[Stage, ServiceProcess]]:
    """The service on the real RT, everything else played."""
    url = f"sqlite:///{folder / 'livechat.db'}"
    rt = {
        "url": world.rig.url,
        "auth": "kerberos",
        "keytab": str(world.keytab),
        "ca_file": world.rig.ca,
    }
    async with Stage(free_port(), enforce_limits=False) as stage:
        soon = {"quarantine_seconds": 2}
        relay = {"tidy_seconds": 1, "pacing": False}
        config = stage.write(folder, url, rt={"rt": rt}, retention=soon, relay=relay)
        await asyncio.to_thread(lay_out, url)
        base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
        async with ServiceProcess(config, base, **world.environment) as service:
            yield stage, service


async def talk(story: Story, asks: str, answers: str) -> None:
    """Ada asks, Grace answers, and each hears the other."""
    said = await story.ada.say(asks)
    await story.ada.until(lambda: said in story.ada.acknowledged)
    await story.in_thread(asks)
    await story.grace.reply(story.root, answers)
    await story.ada.until(lambda: answers in story.ada.texts())


async def opened(story: Story, end: AsyncExitStack) -> Story:
    """Grace asks, invites, and Ada joins; she goes away at the ``end``."""
    end.push_async_callback(story.ada.close)
    await story.open()
    return story


async def waits(story: Story, why: str) -> None:
    """The card tells the CO that the record waits, why, and that nothing is to be done."""
    await story.card(lambda text: why in text and "tried again by itself" in text)


async def filed(story: Story) -> None:
    await story.ada.connect()  # nobody read her socket meanwhile
    await story.ada.until(lambda: story.ada.view.get("state") == "filed", 90)
    await story.card(lambda text: "ransaction" in text)


@pytest.mark.parametrize("trouble", [Down(), Outdated(), Skewed()], ids=lambda t: t.word)
async def test_an_hour_of_trouble_stops_no_chat_and_costs_no_record(
    rig: Rig, tmp_path: Path, trouble: Trouble
) -> None:
    world = await asyncio.to_thread(World, rig, tmp_path)
    tickets = [rig.tickets[name] for name in ("printer", "teaching")]
    before = [rig.comments(number) for number in tickets]
    async with staged(world, tmp_path) as (stage, service), AsyncExitStack() as end:
        await until(lambda: is_(service, "ok"))
        stories = [await opened(Story(stage, service, ticket=number), end) for number in tickets]
        await asyncio.to_thread(trouble.begin, world)
        await stories[0].press_file()
        await waits(stories[0], trouble.on_card)
        for story in stories[1:]:
            await talk(story, "It beeps.", "Which one?")
            await story.press_file()
            await waits(story, trouble.on_card)
        await until(lambda: is_(service, trouble.word))
        world.clocks(world=HOUR + trouble.error, service=HOUR)
        for story in stories:
            await story.in_thread("tried again until RT has it")
        await asyncio.to_thread(trouble.end, world)
        world.clocks(world=HOUR + 600, service=HOUR + 600)  # the longest pause between two tries
        for story in stories:
            await filed(story)
        await until(lambda: is_(service, "ok"))
        log = service.log.read_text()
    after = [rig.comments(number) for number in tickets]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1]
    # While we change its keys an RT may for a moment be in trouble of another kind.
    told = [line for line in log.splitlines() if '"event": "rt_trouble"' in line]
    assert sum(f'"cause": "{trouble.word}"' in line for line in told) == 1
    assert log.count('"event": "rt_well_again"') == 1
    assert "Traceback" not in log


async def is_(service: ServiceProcess, word: str) -> bool:
    return await health(service) == word

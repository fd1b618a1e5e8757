"""The visitor's stories in three engines, on a phone and on a desk, with the real service.

On both are those of what is drawn and pressed; the others are on one of the two.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import Stage
from bot.sandbox.teams.signing import Authority
from tests.e2e.engines import DESKTOP, PHONE, Engine, Person, Size, chromium, firefox, webkit
from tests.e2e.guest import Guest
from tests.e2e.test_widget_files import png
from tests.e2e.upgrades import Upgrades
from tests.migrated import lay_out
from tests.processes import free_port
from tests.story import Story

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["chromium", "firefox", "webkit"]
)
async def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engine]:
    folder = tmp_path_factory.mktemp("settings")
    engines: dict[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
        "chromium": chromium,
        "firefox": firefox,
        "webkit": partial(webkit, folder),
    }
    async with engines[request.param]() as engine:
        yield engine


SIZES = {"phone": PHONE, "desktop": DESKTOP}


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> Size:
    return SIZES[request.param]


def only(size: str) -> pytest.MarkDecorator:
    """For a story about what goes to and fro, and what is kept: that is the same on every screen."""
    return pytest.mark.parametrize("size", [size], indirect=True)


class House:
    """The stand-ins, and a service among them that can go away and come back."""

    def __init__(self, stage: Stage, database: Path) -> None:
        self.stage = stage
        # One house for all the stories: in one channel they say more in a minute than people do.
        self._settings = stage.settings(f"sqlite:///{database}") | {"relay": {"pacing": False}}
        self._service: Service | None = None

    async def start(self) -> None:
        self._service = Service(Settings(**self._settings))
        await self._service.start()

    async def stop(self) -> None:
        if self._service:
            await self._service.stop()
        self._service = None


@pytest.fixture(scope="module")
def tls() -> Iterator[ssl.SSLContext]:
    """The help site's certificate."""
    authority = Authority()
    yield authority.server_context
    authority.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, tls: ssl.SSLContext
) -> AsyncIterator[House]:
    database = tmp_path_factory.mktemp("house") / "livechat.db"
    await asyncio.to_thread(lay_out, f"sqlite:///{database}")
    stage = Stage(free_port(), enforce_limits=False)
    stage.site.tls = tls
    async with stage:
        house = House(stage, database)
        await house.start()
        yield house
        await house.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def story(house: House) -> AsyncIterator[Story]:
    """Grace's side, about a ticket of its own."""
    world = house.stage.rt.world
    like, number = world.tickets[12345], max(world.tickets) + 1
    world.add_ticket(replace(like, id=number))
    story = Story(house.stage, ticket=number)
    yield story
    await story.ada.close()


@pytest_asyncio.fixture(loop_scope="module")
async def person(engine: Engine, size: Size) -> AsyncIterator[Person]:
    """Ada's browser."""
    async with engine(size) as person:
        yield person


@pytest_asyncio.fixture(loop_scope="module")
async def ada(person: Person, house: House, size: Size) -> Guest:
    ada = Guest(await person.tab(), house.stage.site.url)
    assert await ada.tab.run("() => innerWidth") == size[0]
    return ada


async def test_the_story_from_the_link_to_the_ticket(ada: Guest, story: Story) -> None:
    await ada.visit(await story.invite())
    await ada.sees(f"Grace Hopper would like to talk with you about ticket #{story.ticket}.")
    await ada.press("Join the chat")
    await ada.say("It <b>beeps</b> & smells")
    await ada.sees_state("It <b>beeps</b> & smells", "Delivered")
    await story.in_thread("It <b>beeps</b> & smells")
    await story.grace.reply(story.root, "// the toner again")
    await story.grace.reply(story.root, "Which <printer>?")
    await ada.sees("Which <printer>?")
    assert await ada.said() == ["It <b>beeps</b> & smells", "Which <printer>?"]
    await story.press_file()
    await ada.sees(f"This conversation is on ticket #{story.ticket}.")
    history = [t for t in story.stage.rt.world.transactions if t.ticket == story.ticket]
    (comment,) = [t for t in history if t.kind == "Comment"]
    record = comment.attachments[0].content.decode()
    assert "It &lt;b&gt;beeps&lt;/b&gt; &amp; smells" in record
    assert "the toner again" not in record
    assert "the toner again" not in str(await ada.said())


@only("phone")
async def test_a_restart_of_the_service_loses_and_doubles_nothing(
    ada: Guest, story: Story, house: House
) -> None:
    await ada.join(await story.invite())
    await ada.say("before")
    await ada.sees_state("before", "Delivered")
    await house.stop()
    await ada.say("into the gap")
    await ada.sees_state("into the gap", "Sending")
    await ada.visit()  # and she reloads the page as well
    await ada.sees("trying again")
    await house.start()
    await ada.sees_state("into the gap", "Delivered")
    await story.grace.reply(story.root, "and after")
    await ada.sees("and after")
    assert await ada.said() == ["before", "into the gap", "and after"]
    assert len(story.relayed("into the gap")) == 1


@only("desktop")
async def test_two_tabs_show_the_same_and_everything_once(
    ada: Guest, story: Story, person: Person, house: House
) -> None:
    await ada.join(await story.invite())
    await ada.say("from the first")
    await ada.sees_state("from the first", "Delivered")
    second = Guest(await person.tab(), house.stage.site.url)
    await second.visit(path="/")
    await second.press("Live chat")
    await second.sees("from the first")
    await second.say("from the second")
    await ada.sees("from the second")
    await story.grace.reply(story.root, "to both")
    for tab in (ada, second):
        await tab.sees("to both")
        assert await tab.said() == ["from the first", "from the second", "to both"]


async def test_files_go_both_ways(ada: Guest, story: Story, tmp_path: Path) -> None:
    await ada.join(await story.invite())
    (tmp_path / "error.png").write_bytes(png())
    await ada.attach(tmp_path / "error.png", "The message on its display")
    await ada.sees_picture("The message on its display", 60)
    await story.in_thread("The message on its display")
    await story.grace.reply(story.root, "Like this?", images=[png(80, 50)])
    await ada.sees_picture("picture", 80)


@only("phone")
async def test_where_no_websocket_gets_through_it_is_polled(
    ada: Guest, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    Upgrades(monkeypatch).how = "refused"
    await ada.join(await story.invite())
    await ada.say("My printer is on fire")
    await ada.sees_state("My printer is on fire", "Delivered")
    await story.grace.reply(story.root, "Which one?")
    await ada.sees("Which one?")
    assert await ada.said() == ["My printer is on fire", "Which one?"]
    assert len(story.relayed("My printer is on fire")) == 1
    assert await ada.asked_for("/api/poll")


@only("phone")
async def test_what_looks_like_a_password_is_sent_once_she_says_so(
    ada: Guest, story: Story
) -> None:
    await ada.join(await story.invite())
    await ada.find("input[type=file]")  # the rest of the widget is there
    await ada.say("Das Passwort ist Xy12ab!")
    await ada.sees("This looks like a password")
    assert await ada.said() == []
    await ada.press("Send it all the same")
    await ada.sees_state("Xy12ab", "Delivered")
    assert await ada.said() == ["Das Passwort ist Xy12ab!"]
    assert len(story.relayed("Xy12ab")) == 1


async def test_ending_is_asked_once_more_and_told_to_both_and_closing_leaves_nothing_for_the_next_one(
    ada: Guest, story: Story, person: Person
) -> None:
    token = await story.invite()
    await ada.join(token)
    await ada.say("It prints again")
    await ada.sees_state("It prints again", "Delivered")
    assert await person.cookies()
    await ada.press("End chat")
    await ada.sees("End this chat?")
    await ada.press("End chat", ".foot")
    await ada.sees(f"will be on ticket #{story.ticket}")
    await story.in_thread("Ada Lovelace ended the chat.")
    await ada.press("Close this chat")
    await ada.find(".launcher")

    async def forgotten() -> bool:
        return not await ada.kept() and not await person.cookies()

    await ada.until(forgotten, "the end of the session")
    await ada.press("Live chat")
    await ada.sees("No chat is open")
    await ada.visit(token)
    await ada.sees("This link was used already.")

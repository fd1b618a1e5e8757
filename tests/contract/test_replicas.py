"""Two processes' worth of service on one PostgreSQL: Teams speaks to one, the visitor to the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from bot.app import Service
from bot.config import Settings
from bot.domain.chat import Chat
from bot.domain.presence import Presence
from bot.relay.inbound import Operator, Pressed
from bot.relay.operating import Operating
from bot.sandbox.stage import HOST, PREFIX, Stage
from bot.sandbox.teams import Post
from bot.store.engine import libpq
from bot.store.postgres import _OPTIONS
from tests.midday import midday
from tests.processes import Visitor, free_port
from tests.story import Story


@dataclass
class Pair:
    stage: Stage
    teams_side: Service
    visitors_side: Service
    story: Story


@pytest.fixture
async def pair(postgres_with_tables: str) -> AsyncIterator[Pair]:
    async with Stage(free_port()) as stage:
        settings = stage.settings(postgres_with_tables)
        quick = {"quarantine_seconds": 1, "purge_grace_seconds": 0}
        settings |= {"retention": quick, "visitors": {"presence_grace": 1}}
        settings["relay"] = {"dead_after_seconds": 2}
        settings["visitor_start"] = {"who": "anyone", "closes_at": "23:59"}
        settings["timezone"] = midday()
        other = {**settings, "server": {"host": HOST, "port": free_port()}}
        services = [Service(Settings(**one)) for one in (settings, other)]
        for service in services:
            await service.start()
        story = Story(stage)
        await story.ada.close()
        story.ada = Visitor(f"http://{HOST}:{other['server']['port']}{PREFIX}", stage.site.url)
        yield Pair(stage, services[0], services[1], story)
        await story.ada.close()
        for service in services:
            await service.stop()


async def test_the_whole_story_works_across_two_processes(pair: Pair) -> None:
    await pair.story.tell()
    pair.story.check()


async def test_a_co_is_read_at_the_other_process_by_its_bell(pair: Pair) -> None:
    # By looking, the second line would come then.
    pair.visitors_side.visitors._lookout.recheck = 600
    story = pair.story
    await story.open()
    await story.ada.connect()
    await story.ada.until(lambda: story.ada.lines)
    for number in range(3):
        await story.grace.reply(story.root, f"Line {number}")
        await story.ada.until(lambda n=number: f"Line {n}" in story.ada.texts())


async def test_a_window_without_a_socket_is_answered_by_any_process(pair: Pair) -> None:
    story = pair.story
    await story.open()
    ada = story.ada
    bases = [ada._base, f"http://{HOST}:{pair.teams_side.settings.server.port}{PREFIX}"]
    stand: dict[str, Any] = {"after": 0, "seen": "", "lines": []}

    async def ask(turn: int, *frames: dict[str, str]) -> None:
        hello = {"t": "hello", "chat": ada.chat, "after": stand["after"]}
        body = {"window": "w", "seen": stand["seen"], "frames": [hello, *frames]}
        headers = {"Origin": ada._origin, "X-Livechat": "1", "Cookie": ada._cookie}
        url = f"{bases[turn % 2]}/api/poll"
        async with ada._session.post(url, json=body, headers=headers) as answer:
            told = await answer.json()
            assert answer.status == 200, told
        stand["seen"] = told["seen"]
        for frame in told["frames"]:
            if frame["t"] == "line":
                assert frame["seq"] == stand["after"] + 1
                stand["after"] = frame["seq"]
                stand["lines"].append(frame["text"])

    async def hear(text: str) -> None:
        async with asyncio.timeout(20):
            turn = 0
            while text not in stand["lines"]:
                await ask(turn)
                turn += 1

    await ask(0)
    for number in range(4):
        heard = asyncio.create_task(hear(f"Line {number}"))
        await story.grace.reply(story.root, f"Line {number}")
        await heard
        said = {"t": "say", "key": f"k{number}", "text": f"Answer {number}"}
        await ask(number, said)
        await ask(number + 1, said)  # its answer was lost, and the other process is asked
    spoken = [text for text in stand["lines"] if text.startswith(("Line", "Answer"))]
    assert spoken == [f"{what} {n}" for n in range(4) for what in ("Line", "Answer")]


async def test_who_waits_is_told_of_those_who_have_been_waiting_longer_at_the_other_process(
    pair: Pair,
) -> None:
    ada, origin = pair.story.ada, pair.stage.site.url
    await pair.stage.teams.people["grace"].post("Live chat", "open", mention=True)
    async with asyncio.timeout(20):
        while await pair.teams_side.store.reception() is None:  # noqa: ASYNC110 - nor has this
            await asyncio.sleep(0.1)
    elsewhere = f"http://{HOST}:{pair.teams_side.settings.server.port}{PREFIX}"
    bob, cleo = Visitor(elsewhere, origin), Visitor(elsewhere, origin)
    reading = []
    for visitor in (bob, cleo):
        await visitor.begin("Why does it beep?")
        await visitor.connect()
        reading.append(asyncio.create_task(visitor.until(lambda: False)))
    await ada.begin("And this one?")
    await ada.until(lambda: ada.view["waiting_longer"] == 2)
    await bob.end()
    await ada.until(lambda: ada.view["waiting_longer"] == 1)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    await cleo.close()  # she waits on, but is not there
    await ada.until(lambda: ada.view["waiting_longer"] == 0)
    await bob.close()


async def test_of_two_cos_who_take_a_question_at_two_processes_at_once_one_has_it(
    pair: Pair,
) -> None:
    story = pair.story
    await story.grace.post("Live chat", "open", mention=True)
    async with asyncio.timeout(20):
        while await pair.teams_side.store.reception() is None:  # noqa: ASYNC110 - nor has this
            await asyncio.sleep(0.1)
    await story.ada.begin("Why does it beep?")
    story.root = await _thread_of(pair.stage)
    await story.card(lambda text: "Waiting for an answer" in text)
    async with asyncio.timeout(20):
        while not (chat := await _chat(pair, story.ada.chat)).card:  # noqa: ASYNC110 - nor this
            await asyncio.sleep(0.1)
    thread = await pair.teams_side.store.thread(chat.thread)
    people = [Operator(f"co-{n}", f"CO {n}", f"29:{n}") for n in range(8)]
    services = (pair.teams_side, pair.visitors_side)
    pressings = await asyncio.gather(
        *(
            Operating(services[n % 2].relay).presses(
                Pressed(thread, one, "take", chat.id, {"takes": "0"})
            )
            for n, one in enumerate(people)
        )
    )
    (has,) = (await _chat(pair, chat.id)).operators
    assert {one.view.chat.operators for one in pressings if one.view} == {(has,)}
    assert not any(one.sentence for one in pressings)
    await story.card(lambda text: f"{has.name} has it" in text)
    await story.ada.connect()
    await story.ada.until(lambda: len(story.ada.lines) == 2)  # the question, and who is there
    assert story.ada.view["operators"] == [has.name]
    joined = story.ada.lines[1]
    assert (joined["text"], joined["author"]["name"]) == ("operator_joined", has.name)


async def _chat(pair: Pair, chat_id: str) -> Chat:
    found = await pair.teams_side.store.look(chat_id)
    assert found
    return found[0]


async def _thread_of(stage: Stage) -> Post:
    """The thread that was opened for a visitor's question."""
    async with asyncio.timeout(20):
        while True:
            for post in stage.teams.posts("Live chat"):
                if post.cards and post.root_id == post.id:
                    return post
            await asyncio.sleep(0.1)


async def test_a_visitor_whose_process_died_is_gone_unless_he_comes_back(pair: Pair) -> None:
    story = pair.story
    await story.open()
    await story.ada.connect()
    await story.ada.until(lambda: story.ada.lines)

    async def presence() -> Presence:
        found = await pair.teams_side.store.look(story.ada.chat)
        assert found
        return found[0].presence

    await _until(presence, Presence.HIDDEN)
    await _die(pair.visitors_side)
    await _until(presence, Presence.GONE)


async def test_what_a_dead_process_was_sending_is_sent_by_another(pair: Pair) -> None:
    story = pair.story
    await story.open()
    lost = await pair.teams_side.store.look(story.ada.chat)
    assert lost
    pair.teams_side.outbox._stopping = True  # it claims nothing, but holds what it has
    await story.ada.say("Is anybody there?")
    await story.ada.connect()
    await story.in_thread("Is anybody there?")


async def test_a_process_that_hangs_in_its_heartbeat_keeps_nobody_from_starting(
    pair: Pair, postgres_with_tables: str
) -> None:
    """It holds the row that all heartbeats lock, until PostgreSQL ends its transaction."""
    third = {**pair.stage.settings(postgres_with_tables), "server": {"port": free_port()}}
    held = "SELECT at FROM processes WHERE name = '' FOR UPDATE"
    way = {**libpq(postgres_with_tables), "options": f"{_OPTIONS}on"}
    async with await psycopg.AsyncConnection.connect(**way) as hanging:
        assert await (await hanging.execute(held)).fetchall()
        service = Service(Settings(**third))
        try:
            await service.start()
        finally:
            await service.stop()
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            await hanging.execute(held)


async def _die(service: Service) -> None:
    """As if killed: nothing is told to anybody, only its connections end."""
    for chore in service._chores:
        chore.cancel()
    service.visitors._attendance._report = _nobody
    assert service._runner
    await service._runner.cleanup()


async def _nobody(_chat: str, _presence: Presence, _seen: int) -> None:
    await asyncio.sleep(3600)


async def _until(ask: Callable[[], Awaitable[Presence]], wanted: Presence) -> None:
    async with asyncio.timeout(20):
        while await ask() is not wanted:  # noqa: ASYNC110 - the database has no event
            await asyncio.sleep(0.1)

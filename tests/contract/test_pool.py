"""The whole service with a pool of channels: chats are spread, and lost ones reported."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import Stage
from bot.sandbox.teams import Fault, Post
from tests.migrated import lay_out
from tests.processes import free_port
from tests.story import Story

pytestmark = pytest.mark.usefixtures("no_blocking")

POOL = ("Pool 1", "Pool 2")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The stand-ins and a service; the team of "Live chat" has a pool of two channels."""
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    async with Stage(free_port()) as a_stage:
        world = a_stage.teams.world
        team = world.conversation("Live chat").team
        assert team
        channels = [world.add_channel(team, name) for name in POOL]
        await asyncio.to_thread(lay_out, url)
        settings = a_stage.settings(url)
        settings["teams"]["pool"] = [{"id": one.id, "team": team.id} for one in channels]
        service = Service(Settings(**settings))
        await service.start()
        yield a_stage
        await service.stop()


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.05)


def roots(stage: Stage, channel: str) -> list[Post]:
    """The bot's first posts of threads in a channel."""
    return [p for p in stage.teams.posts(channel) if p.author is None and p.id == p.root_id]


def answers(stage: Stage, post: Post) -> list[Post]:
    """What the bot wrote below Grace's question."""
    return [one for one in stage.teams.posts("Live chat", post.id) if one.author is None]


async def asked(stage: Stage, ticket: int, channel: str) -> Story:
    """Grace names a ticket in "Live chat", and finds its card in a channel of the pool."""
    known = {post.id for post in roots(stage, channel)}
    story = Story(stage, ticket=ticket)
    post = await story.grace.post("Live chat", str(ticket), mention=True)
    await until(lambda: any(one.id not in known for one in roots(stage, channel)))
    [story.root] = [one for one in roots(stage, channel) if one.id not in known]
    await until(lambda: answers(stage, post))
    [told] = answers(stage, post)
    assert story.root.id in told.text
    assert told.text.endswith(">open it</a>")
    return story


async def talking(story: Story) -> None:
    card = await story.card(lambda text: "Invite" in text)
    pressed = await story.grace.press(card, "invite")
    assert pressed.kind == "card", pressed
    await story.ada.join(await story.token())
    key = await story.ada.say("It beeps.")
    await story.ada.until(lambda: key in story.ada.acknowledged)
    await story.in_thread("It beeps.")


async def answered(story: Story) -> None:
    await story.ada.until(lambda: "Which one?" in story.ada.texts())


async def test_chats_are_spread_over_the_pool_and_led_from_there(stage: Stage) -> None:
    stories = [await asked(stage, 12345, POOL[0]), await asked(stage, 12345, POOL[1])]
    for story in stories:
        await talking(story)
        await story.grace.reply(story.root, "Which one?")
        await answered(story)
        async with asyncio.timeout(30):  # the first post is the card; words go before it
            while "You are talking" not in json.dumps(story.root.cards):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await story.ada.close()
    assert stage.teams.posts("Live chat")[-1].text.count("ticket rt#12345") == 1


async def test_a_chat_whose_thread_is_lost_is_filed_and_its_co_told(stage: Stage) -> None:
    story = await asked(stage, 12345, POOL[0])
    await talking(story)
    gone = Fault.conversation_not_found(thread=story.root.thread_id, times=None)
    stage.teams.faults.add(gone)
    await story.ada.say("Hello?")
    await until(lambda: [p for p in story.grace.chat.posts if "lost the thread" in p.text])
    await story.ada.until(lambda: story.ada.view.get("state") == "filed", 60)
    await story.ada.close()

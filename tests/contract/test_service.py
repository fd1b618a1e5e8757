"""The whole service among stand-ins, without a browser: places, content, and other people's faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.app import Service
from bot.config import Settings
from bot.domain.messages import MAX_MESSAGE_BYTES
from bot.sandbox.rt.faults import Fault as RtFault
from bot.sandbox.stage import Stage
from bot.sandbox.teams import Post
from bot.sandbox.teams.faults import Fault
from bot.sandbox.teams.people import Player
from bot.sandbox.teams.world import Conversation
from tests.migrated import lay_out
from tests.processes import free_port
from tests.story import Story

pytestmark = pytest.mark.usefixtures("no_blocking")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The stand-ins and a service, quick about what usually takes minutes."""
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    async with Stage(free_port()) as a_stage:
        await asyncio.to_thread(lay_out, url)
        quick = {"quarantine_seconds": 1, "purge_grace_seconds": 0}
        service = Service(Settings(**{**a_stage.settings(url), "retention": quick}))
        await service.start()
        yield a_stage
        await service.stop()


@pytest.fixture
async def story(stage: Stage) -> AsyncIterator[Story]:
    a_story = Story(stage)
    yield a_story
    await a_story.ada.close()


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.05)


def comments(stage: Stage) -> list[str]:
    """What stands in RT."""
    found = [t for t in stage.rt.world.transactions if t.kind == "Comment"]
    return [t.attachments[0].content.decode() for t in found]


# --- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["channel", "personal", "group"])
async def test_a_chat_lives_in_a_channel_a_personal_chat_or_a_group_chat(
    stage: Stage, where: str
) -> None:
    grace = stage.teams.people["grace"]
    places: dict[str, Conversation | str] = {"personal": grace.chat, "group": "On duty today"}
    place = places.get(where, "Live chat")
    story = Story(stage, where=place)
    await story.open()
    key = await story.ada.say("It beeps.")
    await story.ada.until(lambda: key in story.ada.acknowledged)
    await story.in_thread("It beeps.")
    await grace.reply(story.root, "Which one?", mention=where == "group")
    await story.ada.until(lambda: story.ada.texts() == ["It beeps.", "Which one?"])
    await story.press_file()
    await until(lambda: comments(stage))
    await story.ada.close()


async def test_without_consent_only_mentions_reach_the_visitor_and_the_card_says_so(
    stage: Stage,
) -> None:
    story = Story(stage, where="Questions")
    await story.open()
    await story.card(lambda text: "mention" in text.lower())
    await story.grace.reply(story.root, "between us")
    await story.grace.reply(story.root, "for you", mention=True)
    await story.ada.until(lambda: "for you" in story.ada.texts())
    assert "between us" not in story.ada.texts()
    await story.ada.close()


async def test_who_asks_for_the_chats_reads_of_those_of_his_teams_and_how_to_get_there(
    stage: Stage,
) -> None:
    alan, desk = stage.teams.people["alan"], stage.teams.world.conversation("Questions").team
    assert desk
    desk.members.remove(alan.person)
    first, second = Story(stage), Story(stage, where="Questions")
    await asyncio.gather(first.open(), second.open())
    key = await first.ada.say("It beeps.")
    await first.ada.until(lambda: key in first.ada.acknowledged)

    async def listed(who: Player, where: Conversation | str) -> str:
        asked = await who.post(where, "chats", mention=isinstance(where, str))
        said: list[Post] = []

        def answered() -> list[Post]:
            said[:] = [p for p in asked.conversation.posts if "has it" in p.text and not p.author]
            return said

        await until(answered)
        return said[-1].text

    for who, where, stories in (
        (alan, "Live chat", [first]),
        (alan, alan.chat, [first]),
        (first.grace, "Questions", [second]),
        (first.grace, first.grace.chat, [first, second]),
    ):
        told = await listed(who, where)
        assert told.count("waits for a word since") == len(stories)  # nobody has written to either
        assert told.count("Ticket rt#12345") == len(stories), told
        assert {story for story in (first, second) if f"/{story.root.root_id}?" in told} == set(
            stories
        )
    for story in (first, second):
        assert "chats" not in story.ada.texts()
        await story.ada.close()


async def test_two_chats_at_once_never_mix(stage: Stage) -> None:
    first, second = Story(stage), Story(stage, where="Second line")
    await asyncio.gather(first.open(), second.open())
    for story, name in ((first, "first"), (second, "second")):
        await story.ada.say(f"{name} asks")
        await story.grace.reply(story.root, f"{name} answer")
    await first.ada.until(lambda: len(first.ada.texts()) == 2)
    await second.ada.until(lambda: len(second.ada.texts()) == 2)
    await first.in_thread("first asks")
    await second.in_thread("second asks")
    assert sorted(first.ada.texts()) == ["first answer", "first asks"]
    assert sorted(second.ada.texts()) == ["second answer", "second asks"]
    assert not first.relayed("second")
    assert not second.relayed("first")
    await first.ada.close()
    await second.ada.close()


# --- content -----------------------------------------------------------------------------------


async def test_thirty_kilobytes_reach_the_thread_whole(story: Story) -> None:
    await story.open()
    text = "".join(f"{n} " for n in range(100_000))[: MAX_MESSAGE_BYTES - 4] + " END"
    await story.ada.say(text)
    await story.ada.until(story.ada.acknowledged.__len__)
    await story.in_thread(" END")
    assert text[:2000] in "".join(post.text for post in story.posts())


async def test_what_a_visitor_writes_is_never_markup_or_a_mention_in_teams(story: Story) -> None:
    await story.open()
    text = "<at>Grace Hopper</at> <b>x</b> **y** [z](https://evil.test/)\n<!everyone>"
    await story.ada.say(text)
    await story.ada.until(story.ada.acknowledged.__len__)
    await story.in_thread(text)
    (post,) = story.relayed(text)
    assert post.text_format == "plain"
    assert post.entities == []


async def test_what_a_co_writes_comes_through_as_meant(story: Story) -> None:
    await story.open()
    mine = await story.grace.reply(story.root, "one\ntwo <data> 🖨️ https://help.test/a?b=c&d")
    await story.ada.until(lambda: len(story.ada.texts()) == 1)
    await story.grace.reply(story.root, "as I said", quote=mine)
    await story.ada.until(lambda: len(story.ada.texts()) == 2)
    assert story.ada.texts() == ["one\ntwo <data> 🖨️ https://help.test/a?b=c&d", "as I said"]
    quote = story.ada.lines[-1]["quote"]
    assert quote["author"] == "Grace Hopper"
    assert quote["text"].startswith("one")


async def test_edits_and_deletions_reach_the_visitor(story: Story) -> None:
    await story.open()
    mine = await story.grace.reply(story.root, "helo")
    await story.grace.edit(mine, "hello")
    await story.grace.delete(mine)
    await story.ada.until(lambda: "removed" in [line["kind"] for line in story.ada.lines])
    assert [line["kind"] for line in story.ada.lines] == ["notice", "said", "edited", "removed"]
    assert story.ada.lines[2]["text"] == "hello"


# --- other people's faults ---------------------------------------------------------------------


async def test_a_throttled_message_arrives_later_and_once(story: Story, stage: Stage) -> None:
    await story.open()
    stage.teams.faults.add(Fault.throttled(1, on="send reply"))
    await story.ada.say("patience")
    await story.ada.until(story.ada.acknowledged.__len__)
    await story.in_thread("patience")
    await asyncio.sleep(1.5)
    assert len(story.relayed("patience")) == 1


async def test_an_answer_that_teams_lost_makes_a_labelled_repeat(
    story: Story, stage: Stage
) -> None:
    await story.open()
    await story.in_thread("joined")
    stage.teams.faults.add(Fault.gateway(502, on="send reply", accepted=True))
    await story.ada.say("hello?")
    await story.ada.until(story.ada.acknowledged.__len__)
    await until(lambda: len(story.relayed("hello?")) == 2)
    assert ["(resent)" in post.text for post in story.relayed("hello?")] == [False, True]


async def test_a_bot_that_was_removed_files_the_chat_and_tells_the_visitor(
    story: Story, stage: Stage
) -> None:
    await story.open()
    await story.in_thread("joined")
    stage.teams.faults.add(Fault.not_in_roster(times=None))
    await story.ada.say("anybody?")
    await story.ada.until(lambda: story.ada.view.get("state") == "filed")
    assert "operators_lost" in [line["text"] for line in story.ada.lines]
    assert "anybody?" in comments(stage)[0]


@pytest.mark.parametrize(
    "fault", [RtFault.down(), RtFault.maintenance(), RtFault(logged_out=True, times=None)]
)
async def test_rt_in_trouble_is_told_and_the_record_goes_when_it_is_back(
    story: Story, stage: Stage, fault: RtFault
) -> None:
    await story.open()
    stage.rt.fault(fault)
    await story.press_file()
    if not fault.logged_out:
        await story.card(lambda text: "try" in text.lower() or "again" in text.lower())
        assert comments(stage) == []
    stage.rt.faults.clear()
    await until(lambda: comments(stage), 60)
    await story.card(lambda text: "ransaction" in text)
    assert len(comments(stage)) == 1


async def test_what_the_visitor_answers_at_the_end_stands_in_a_field_of_the_ticket(
    story: Story, stage: Stage
) -> None:
    await story.open()
    key = await story.ada.say("It beeps.")
    await story.ada.until(lambda: key in story.ada.acknowledged)
    await story.ada.end()
    await story.ada.until(lambda: story.ada.view["state"] == "ended")
    assert await story.ada.rate("partly") == 200
    stage.rt.fault(RtFault(method="PUT", status=503))
    await story.press_file()
    field = stage.rt.world.tickets[story.ticket].fields
    await until(lambda: field.get("Chat rating") == "partly")
    assert len(comments(stage)) == 1


async def test_a_comment_whose_answer_was_lost_is_found_not_repeated(
    story: Story, stage: Stage
) -> None:
    await story.open()
    stage.rt.fault(RtFault.drop_after_commit(path="comment"))
    await story.press_file()
    await story.ada.until(lambda: story.ada.view.get("state") == "filed")
    assert len(comments(stage)) == 1


async def test_a_press_that_teams_sends_again_with_a_new_id_files_once(
    story: Story, stage: Stage
) -> None:
    await story.open()
    await story.press_file()
    for new_id in (False, True, True):
        await story.grace.again(new_id=new_id)
    await story.ada.until(lambda: story.ada.view.get("state") == "filed")
    await asyncio.sleep(0.5)
    assert len(comments(stage)) == 1


async def test_strangers_guests_and_other_tenants_can_do_nothing(
    story: Story, stage: Stage
) -> None:
    await story.open()
    card = await story.card(lambda text: "Send to RT" in text)
    for name in ("mallory", "guy", "eve"):
        person = stage.teams.people[name]
        await person.press(card, "file", {"summary": f"by {name}"})
        await person.reply(story.root, f"words of {name}")
    await story.grace.reply(story.root, "the last word")
    await story.ada.until(lambda: "the last word" in story.ada.texts())
    assert story.ada.texts() == ["the last word"]
    assert comments(stage) == []


# --- tickets -----------------------------------------------------------------------------------


async def test_every_kind_of_ticket_gets_a_card_or_a_sentence(stage: Stage) -> None:
    grace = stage.teams.people["grace"]
    for number in sorted(stage.rt.world.tickets):
        root = await grace.mention("Live chat", str(number))
        story = Story(stage)
        story.root = root
        await until(story.posts)
        ticket = stage.rt.world.tickets[number]
        shown = json.dumps(story.posts()[0].cards)
        refused = ticket.status in ("deleted", "rejected") or ticket.queue == "Private"
        assert ("Invite" in shown) != refused, (number, ticket.status, ticket.queue)
        await story.ada.close()


async def test_what_was_meant_for_rt_alone_never_reaches_the_visitor(story: Story) -> None:
    await story.open()
    mistyped = "send to rt 346 – user was confused, do not trust him"
    await story.grace.reply(story.root, mistyped, mention=True)
    await story.in_thread(
        "was not shown to the visitor. Mention me with “send to rt DIGITS: SUMMARY”"
    )
    await story.grace.reply(story.root, "Send me a screenshot please", mention=True)
    await story.ada.until(lambda: "Send me a screenshot please" in story.ada.texts())
    assert story.ada.texts() == ["Send me a screenshot please"]

"""Threads that the bot begins itself, and where it finds people."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bot.domain.effects import Word
from bot.relay.answering import Answer
from bot.relay.outcomes import Gone, NotDone, Refused, Throttled, Unclear
from bot.relay.ports import CardView, Listening, Scope, Tell, Thread
from bot.sandbox.teams import Fault, TeamsStandIn
from bot.teams.places import in_channel
from tests.people import proposed, talking
from tests.teams.stage import Stage, served

VIEW = CardView(proposed(), Listening.THREAD)


def channel(stage: Stage, name: str = "Second line") -> Thread:
    """A reference of a whole channel, as the pool makes it."""
    place = stage.teams.world.conversation(name)
    assert place.team
    return replace(
        stage.thread(name),
        channel_id=place.id,
        team_id=place.team.id,
        aad_group_id=place.team.group_id,
        listening=Listening.THREAD,
    )


async def test_a_thread_is_begun_with_the_chats_card_which_is_then_edited(stage: Stage) -> None:
    opened = await stage.room.places.open(channel(stage), VIEW)
    [post] = stage.teams.posts("Second line")
    assert (post.id, post.root_id, post.thread_id) == (opened.root_id,) * 2 + (
        opened.conversation_id,
    )
    assert "Ticket rt" in str(post.cards)
    same = await stage.room.threads.show(
        opened, CardView(talking(), Listening.THREAD), opened.root_id
    )
    assert (same, post.edited, len(stage.teams.posts("Second line"))) == (post.id, True, 1)


async def test_what_is_said_below_comes_from_the_thread_that_was_opened(stage: Stage) -> None:
    opened = await stage.room.places.open(channel(stage), VIEW)
    [root] = stage.teams.posts("Second line")
    await stage.teams.people["grace"].reply(root, "hello")
    heard = stage.operating.heard[-1].thread
    assert heard == opened


@pytest.mark.parametrize(
    ("fault", "kind", "made"),
    [
        (Fault.throttled(3), Throttled, 0),
        (Fault.gateway(502), Unclear, 0),
        (Fault.lost_answer(), Unclear, 1),
        (Fault.conversation_not_found(), Gone, 0),
        (Fault.too_big(), Refused, 0),
    ],
)
async def test_an_opening_that_fails_says_whether_it_may_be_repeated(
    stage: Stage, fault: Fault, kind: type[Exception], made: int
) -> None:
    stage.teams.faults.add(fault)
    with pytest.raises(kind) as caught:
        await stage.room.places.open(channel(stage), VIEW)
    assert type(caught.value) is kind or kind is Refused
    assert len(stage.teams.posts("Second line")) == made


async def test_a_private_channel_is_closed_to_bots(stage: Stage) -> None:
    team = stage.teams.world.conversation("Live chat").team
    assert team
    stage.teams.world.add_channel(team, "Board", private=True)
    with pytest.raises(Gone):
        await stage.room.places.open(channel(stage, "Board"), VIEW)


async def test_a_lost_chat_is_reported_in_its_cos_personal_chat(stage: Stage) -> None:
    grace = stage.teams.people["grace"]
    lost = channel(stage, "Live chat")
    home = await stage.room.places.fallback(lost, grace.person.object_id)
    assert (home.conversation_id, home.scope) == (grace.chat.id, Scope.PERSONAL)
    assert await stage.room.places.fallback(lost, grace.person.object_id) == home
    await stage.room.threads.tell(home, Tell(Word.ORPHANED, "", talking()))
    assert "has lost the thread" in stage.teams.posts(grace.chat.id)[-1].text
    await grace.tell("12345")
    assert stage.operating.heard[-1].thread == home


async def test_asking_again_for_a_personal_chat_does_no_harm(stage: Stage) -> None:
    stage.teams.faults.add(Fault.lost_answer())
    with pytest.raises(NotDone):
        await stage.room.places.fallback(
            channel(stage), stage.teams.world.people["grace"].object_id
        )


async def test_a_channel_can_be_set_aside_for_lost_chats(teams: TeamsStandIn) -> None:
    fallback = teams.world.conversation("Second line").id
    async with served(teams, fallback=fallback) as stage:
        place = await stage.room.places.fallback(channel(stage, "Live chat"), "nobody")
        await stage.room.threads.tell(place, Tell(Word.ORPHANED, "", talking()))
        [post] = teams.posts("Second line")
        assert post.root_id == post.id


def test_a_link_leads_to_the_thread(stage: Stage) -> None:
    thread = in_channel(channel(stage), "1700000000001")
    url = urlsplit(stage.room.places.link(thread))
    assert (url.netloc, url.path.split("/")[1:3]) == ("teams.microsoft.com", ["l", "message"])
    assert unquote(url.path).split("/")[3:] == [thread.channel_id, "1700000000001"]
    assert parse_qs(url.query) == {
        "tenantId": [thread.tenant_id],
        "groupId": [thread.aad_group_id],
        "parentMessageId": ["1700000000001"],
    }
    assert stage.room.places.link(replace(thread, scope=Scope.PERSONAL)) == ""


async def test_who_asked_is_called_to_the_thread_by_a_link(stage: Stage) -> None:
    asked = stage.thread()
    link = stage.room.places.link(in_channel(channel(stage), "1700000000001"))
    notice = Tell(Answer.ELSEWHERE, link, proposed(), ("29:grace", "Grace Hopper"))
    await stage.room.threads.tell(asked, notice)
    text = stage.teams.posts("Live chat")[-1].text
    escaped = link.replace("&", "&amp;")
    assert text.startswith("<at>Grace Hopper</at> The card of ticket rt#12345 is in a thread")
    assert text.endswith(f'<a href="{escaped}">open it</a>')

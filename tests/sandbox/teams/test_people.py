"""Who is heard, and what a press brings."""

from __future__ import annotations

import pytest

from bot.sandbox.teams import Post, TeamsStandIn
from tests.sandbox.teams.bots import ConnectorClient, RecordingBot, card

FILE = {"type": "Action.Execute", "title": "Send to RT", "verb": "file", "data": {"chat": 7}}
BODY = [
    {"type": "Input.Text", "id": "summary", "value": "draft"},
    {"type": "Input.Toggle", "id": "copy", "title": "Copy", "valueOn": "1", "valueOff": "0"},
]
NEW = card(body=[{"type": "TextBlock", "text": "Filed"}])


@pytest.fixture
async def shown(teams: TeamsStandIn, connector: ConnectorClient) -> Post:
    """A card with a button, in a thread of Grace's."""
    thread = await teams.people["grace"].mention("Live chat", "12345")
    return teams.world.any_post(await connector.send_card(thread.thread_id, card(FILE, body=BODY)))


@pytest.mark.parametrize(
    ("where", "mention", "heard"),
    [
        ("Live chat", True, True),
        ("Live chat", False, True),  # the team has consented
        ("Questions", True, True),
        ("Questions", False, False),
        ("On duty today", True, True),
        ("On duty today", False, False),
    ],
)
async def test_the_bot_hears_mentions_and_all_else_only_with_consent(
    teams: TeamsStandIn, bot: RecordingBot, where: str, mention: bool, heard: bool
) -> None:
    post = await teams.people["grace"].post(where, "12345", mention=mention)
    assert bool(bot.heard) == heard
    assert bool(teams.people["grace"].attempt) == heard
    assert ("not told" in post.note) == (not heard)


async def test_replies_and_edits_are_heard_by_the_same_rule(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    grace = teams.people["grace"]
    thread = await grace.mention("Questions", "12345")
    quiet = await teams.people["alan"].reply(thread, "me too")
    await teams.people["alan"].edit(quiet, "me three")
    assert len(bot.heard) == 1
    support = teams.world.conversation("Questions").team
    assert support
    support.consent = True
    await teams.people["alan"].edit(quiet, "me four")
    reply = await teams.people["alan"].reply(thread, "and now?")
    assert [a["id"] for a in bot.heard[1:]] == [quiet.id, reply.id]
    assert bot.last["conversation"]["id"] == thread.thread_id


async def test_a_personal_chat_is_heard_always_and_a_removed_bot_hears_nothing(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    grace = teams.people["grace"]
    await grace.tell("hello")
    assert bot.last["text"].strip() == "hello"
    await grace.uninstall("Live chat")
    bot.heard.clear()
    await grace.mention("Live chat", "12345")
    assert bot.heard == []


async def test_strangers_guests_and_foreigners_are_known_by_their_ids(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    for key in ("mallory", "guy", "eve"):
        await teams.people[key].tell("hello")
        person = teams.world.people[key]
        assert bot.last["from"]["aadObjectId"] == person.object_id
        assert bot.last["conversation"]["tenantId"] == person.tenant_id
    assert teams.world.people["eve"].tenant_id != teams.world.tenant_id


async def test_a_card_in_the_answer_is_for_the_presser_alone(
    teams: TeamsStandIn, bot: RecordingBot, shown: Post
) -> None:
    kind = "application/vnd.microsoft.card.adaptive"
    bot.answers = [{"statusCode": 200, "type": kind, "value": NEW}]
    pressed = await teams.people["grace"].press(shown, "Send to RT", {"summary": "all done"})
    assert (pressed.kind, pressed.status) == ("card", 200)
    assert bot.last["value"]["action"]["data"] == {"chat": 7, "summary": "all done", "copy": "0"}
    assert shown.card_for(teams.world.people["grace"]) == NEW
    assert shown.card_for(teams.world.people["alan"]) == card(FILE, body=BODY)


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ({"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Hi"}, "message", "Hi"),
        (
            {"statusCode": 403, "type": "application/vnd.microsoft.error", "value": {"code": "Forbidden", "message": "No."}},
            "error",
            "No.",
        ),
        (200, "done", ""),
        (403, "unreachable", "Unable to reach app. Please try again."),
        (500, "unreachable", "Unable to reach app. Please try again."),
    ],
)  # fmt: skip
async def test_every_kind_of_answer_is_shown_as_teams_shows_it(
    teams: TeamsStandIn, bot: RecordingBot, shown: Post, answer: int, kind: str, text: str
) -> None:
    bot.answers = [answer, answer]
    pressed = await teams.people["grace"].press(shown, "Send to RT")
    assert (pressed.kind, pressed.text) == (kind, text)


async def test_a_submit_may_open_a_dialog_whose_answer_is_submitted(
    teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    fetch = {"msteams": {"type": "task/fetch"}, "n": 1}
    thread = await teams.people["grace"].tell("hello")
    ask = card({"type": "Action.Submit", "title": "Ask", "data": fetch})
    post = teams.world.any_post(await connector.send_card(thread.thread_id, ask))
    inner = card({"type": "Action.Submit", "title": "OK", "data": {"x": 1}}, body=BODY[:1])
    value = {"title": "Who?", "card": {"contentType": "...", "content": inner}}
    bot.answers = [
        {"task": {"type": "continue", "value": value}},
        {"task": {"type": "message", "value": "Bye"}},
    ]
    opened = await teams.people["grace"].press(post, "Ask")
    assert (opened.kind, opened.title, opened.card) == ("dialog", "Who?", inner)
    done = await teams.people["grace"].press(post, "OK", {"summary": "s"}, dialog=opened.card)
    assert (done.kind, done.text) == ("message", "Bye")
    assert [a["name"] for a in bot.heard[-2:]] == ["task/fetch", "task/submit"]
    assert bot.last["value"]["data"] == {"x": 1, "summary": "s"}


async def test_a_refresh_is_pressed_by_teams_itself(
    teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    thread = await teams.people["grace"].tell("hello")
    fresh = card() | {"refresh": {"action": FILE, "userIds": []}}
    post = teams.world.any_post(await connector.send_card(thread.thread_id, fresh))
    await teams.people["grace"].refresh(post)
    assert bot.last["value"]["trigger"] == "automatic"


async def test_what_is_not_on_the_card_cannot_be_pressed_or_filled_in(
    teams: TeamsStandIn, shown: Post
) -> None:
    with pytest.raises(LookupError, match="it has: Send to RT"):
        await teams.people["grace"].press(shown, "Delete everything")
    with pytest.raises(LookupError, match="no input 'sumary'; it has: summary, copy"):
        await teams.people["grace"].press(shown, "Send to RT", {"sumary": "x"})


async def test_a_button_in_an_unfolded_card_sends_its_inputs_and_the_others_do_not(
    teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    inner = card({"type": "Action.Execute", "title": "Inside", "verb": "in"}, body=BODY[:1])
    outer = card(FILE, {"type": "Action.ShowCard", "title": "More", "card": inner}, body=BODY[1:])
    thread = await teams.people["grace"].tell("hello")
    post = teams.world.any_post(await connector.send_card(thread.thread_id, outer))
    await teams.people["grace"].press(post, "Send to RT")
    assert bot.last["value"]["action"]["data"] == {"chat": 7, "copy": "0"}
    await teams.people["grace"].press(post, "Inside", {"summary": "x"})
    assert bot.last["value"]["action"]["data"] == {"summary": "x", "copy": "0"}

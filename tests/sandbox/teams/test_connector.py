"""What a bot may write, and what it is told when it may not."""

from __future__ import annotations

import pytest

from bot.sandbox.teams import Post, TeamsStandIn
from bot.sandbox.teams.ids import in_thread
from tests.sandbox.teams.bots import ADAPTIVE, ConnectorClient, card


@pytest.fixture
async def thread(teams: TeamsStandIn) -> Post:
    return await teams.people["grace"].mention("Live chat", "12345")


async def test_an_activity_for_a_thread_stands_in_the_thread(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    answer = await connector.send(thread.thread_id, "Ada: hello", textFormat="plain")
    assert answer.status == 201
    posts = teams.posts("Live chat", thread.id)
    assert [p.id for p in posts] == [thread.id, answer.body["id"]]
    assert (posts[1].text, posts[1].text_format, posts[1].author) == ("Ada: hello", "plain", None)


async def test_an_activity_for_the_channel_begins_a_thread(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    answer = await connector.send(thread.conversation.id)
    assert teams.world.any_post(answer.body["id"]).root_id == answer.body["id"]


async def test_the_reply_address_is_as_good_as_the_other(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    path = f"conversations/{thread.thread_id}/activities/whatever"
    answer = await connector.ask("POST", path, {"type": "message", "text": "hi"})
    assert teams.world.any_post(answer.body["id"]).root_id == thread.id


async def test_a_new_conversation_is_a_thread_or_always_the_same_personal_chat(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    activity = {"type": "message", "text": "new"}
    channel = {"channelData": {"channel": {"id": thread.conversation.id}}, "activity": activity}
    made = await connector.ask("POST", "conversations", channel)
    assert made.status == 201
    assert made.body["id"] == in_thread(thread.conversation.id, made.body["activityId"])
    personal = {
        "members": [{"id": teams.world.people["grace"].id}],
        "tenantId": teams.world.tenant_id,
    }
    first = await connector.ask("POST", "conversations", personal)
    second = await connector.ask("POST", "conversations", personal)
    assert first.body["id"] == second.body["id"] == teams.people["grace"].chat.id


async def test_the_bot_changes_and_deletes_its_own_posts_only(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    sent = (await connector.send(thread.thread_id)).body["id"]
    at = f"conversations/{thread.thread_id}/activities"
    new = {"type": "message", "text": "changed"}
    assert (await connector.ask("PUT", f"{at}/{sent}", new)).body == {"id": sent}
    assert (teams.world.any_post(sent).text, teams.world.any_post(sent).edited) == ("changed", True)
    assert (await connector.ask("PUT", f"{at}/{thread.id}", new)).status == 403
    assert (await connector.ask("DELETE", f"{at}/{sent}")).status == 200
    assert teams.world.any_post(sent).deleted
    assert (await connector.ask("PUT", f"{at}/{sent}", new)).status == 404


async def test_an_update_takes_away_what_single_persons_saw(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    post = teams.world.any_post(await connector.send_card(thread.thread_id, card()))
    post.views["grace"] = card(body=[{"type": "TextBlock", "text": "yours"}])
    update = {"type": "message", "attachments": [{"contentType": ADAPTIVE, "content": card()}]}
    await connector.ask("PUT", f"conversations/{thread.thread_id}/activities/{post.id}", update)
    assert post.card_for(teams.world.people["grace"]) == card()


async def test_text_and_card_in_one_activity_become_two_posts_without_an_id(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    both = [{"contentType": ADAPTIVE, "content": card()}]
    answer = await connector.send(thread.thread_id, "look", attachments=both)
    assert (answer.status, answer.body) == (201, {})
    assert [len(p.cards) for p in teams.posts("Live chat", thread.id)[1:]] == [0, 1]


async def test_typing_is_taken_and_shows_nothing(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    path = f"conversations/{thread.thread_id}/activities"
    assert (await connector.ask("POST", path, {"type": "typing"})).status == 201
    assert len(teams.posts("Live chat", thread.id)) == 1


@pytest.mark.parametrize("token", ["", "no.jwt.atall"])
async def test_without_a_good_token_nothing_is_told_or_done(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post, token: str
) -> None:
    connector.token = token
    assert (await connector.send(thread.thread_id)).status == 401
    assert (await connector.ask("GET", f"conversations/{thread.thread_id}/members")).status == 401
    assert len(teams.posts("Live chat")) == 1


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "message"},
        {"type": "event", "text": "x"},
        {"type": "message", "text": "x", "textFormat": "html"},
        {"type": "message", "attachments": [{"contentType": ADAPTIVE, "content": {}}]},
        {"type": "message", "attachments": [{"content": {}}]},
        {
            "type": "message",
            "text": "hello",
            "entities": [{"type": "mention", "text": "<at>G</at>", "mentioned": {"id": "29:1"}}],
        },
    ],
)
async def test_what_teams_would_not_take_is_a_bad_request(
    connector: ConnectorClient, thread: Post, activity: dict[str, object]
) -> None:
    path = f"conversations/{thread.thread_id}/activities"
    answer = await connector.ask("POST", path, activity)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadSyntax")


async def test_a_message_over_100_kilobytes_of_utf_16_is_too_big(
    connector: ConnectorClient, thread: Post
) -> None:
    assert (await connector.send(thread.thread_id, "x" * 51_000)).status == 201
    answer = await connector.send(thread.thread_id, "x" * 51_300)
    assert (answer.status, answer.body["error"]["code"]) == (413, "MessageSizeTooBig")


async def test_where_the_bot_is_not_or_never_was_it_cannot_write(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    support = thread.conversation.team
    assert support
    secret = teams.world.add_channel(support, "Board", private=True)
    for conversation, status, code in [
        ("19:unknown@thread.tacv2", 404, "ConversationNotFound"),
        (in_thread(thread.conversation.id, "1"), 404, "ConversationNotFound"),
        (secret.id, 403, "BotNotInConversationRoster"),
    ]:
        answer = await connector.send(conversation)
        assert (answer.status, answer.body["error"]["code"]) == (status, code)
    await teams.people["grace"].uninstall("Live chat")
    assert (await connector.send(thread.thread_id)).status == 403


async def test_every_request_stands_in_the_books(
    teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    answer = await connector.send(thread.thread_id, "counted")
    await connector.send("19:unknown@thread.tacv2")
    done, refused = teams.ledger.sent("send")
    assert (done.status, done.accepted, done.posts) == (201, True, [answer.body["id"]])
    assert done.activity is not None
    assert done.activity["text"] == "counted"
    assert (refused.status, refused.accepted) == (404, False)

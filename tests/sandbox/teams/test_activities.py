"""Activities are shaped as Teams shapes them."""

from __future__ import annotations

import re

from bot.sandbox.teams import TeamsStandIn
from tests.sandbox.teams.bots import ConnectorClient, RecordingBot, card

EXECUTE = {"type": "Action.Execute", "title": "Invite", "verb": "invite", "data": {"chat": 7}}


async def test_a_new_post_in_a_channel_is_its_own_thread(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    post = await teams.people["grace"].mention("Live chat", "12345")
    channel = teams.world.conversation("Live chat")
    support = channel.team
    assert support
    assert bot.last["id"] == post.id
    assert bot.last["conversation"] == {
        "isGroup": True,
        "conversationType": "channel",
        "tenantId": teams.world.tenant_id,
        "id": f"{channel.id};messageid={post.id}",
    }
    assert channel.id.endswith("@thread.tacv2")
    assert bot.last["channelData"] == {
        "teamsChannelId": channel.id,
        "teamsTeamId": support.id,
        "channel": {"id": channel.id},
        "team": {"id": support.id, "aadGroupId": support.group_id},
        "tenant": {"id": teams.world.tenant_id},
    }


async def test_a_message_says_who_wrote_it_when_and_on_what(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    await teams.people["grace"].mention("Live chat", "12345")
    grace, said = teams.world.people["grace"], bot.last
    assert said["from"] == {"id": grace.id, "name": grace.name, "aadObjectId": grace.object_id}
    assert said["recipient"] == {"id": f"28:{teams.login.app_id}", "name": "Live Chat"}
    assert (said["type"], said["channelId"], said["textFormat"]) == ("message", "msteams", "plain")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["timestamp"])
    assert "localTimestamp" in said
    assert [entity["type"] for entity in said["entities"]] == ["mention", "clientInfo"]
    assert said["attachments"][-1]["contentType"] == "text/html"


async def test_personal_and_group_chats_have_ids_of_their_own_kind(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    await teams.people["grace"].tell("12345")
    personal = bot.last["conversation"]
    await teams.people["grace"].mention("On duty today", "12345")
    group = bot.last["conversation"]
    assert personal["id"].startswith("a:")
    assert (personal["conversationType"], personal.get("isGroup")) == ("personal", None)
    assert group["id"].endswith("@thread.v2")
    assert (group["conversationType"], group["isGroup"]) == ("groupChat", True)
    assert "team" not in bot.last["channelData"]


async def test_edits_deletions_and_undeletions_name_their_event(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    grace = teams.people["grace"]
    post = await grace.mention("Live chat", "12345")
    await grace.edit(post, "@Live Chat 54321")
    await grace.delete(post)
    await grace.undelete(post)
    events = [(a["type"], a["channelData"].get("eventType"), a["id"]) for a in bot.heard]
    assert events == [
        ("message", None, post.id),
        ("messageUpdate", "editMessage", post.id),
        ("messageDelete", "softDeleteMessage", post.id),
        ("messageUpdate", "undeleteMessage", post.id),
    ]
    assert "54321" in bot.heard[1]["text"]


async def test_a_press_of_execute_is_an_invoke_with_verb_and_data(
    teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    post = await teams.people["grace"].mention("Live chat", "12345")
    card_id = await connector.send_card(post.thread_id, card(EXECUTE))
    await teams.people["alan"].press(teams.world.any_post(card_id), "Invite")
    said = bot.last
    assert (said["type"], said["name"]) == ("invoke", "adaptiveCard/action")
    assert said["value"]["action"] == {
        "type": "Action.Execute",
        "title": "Invite",
        "verb": "invite",
        "data": {"chat": 7},
    }
    assert said["value"]["trigger"] == "manual"
    assert said["replyToId"] == card_id
    assert said["conversation"]["id"] == post.thread_id
    assert said["from"]["name"] == "Alan Turing"


async def test_a_submit_is_a_message_without_text(
    teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    submit = {"type": "Action.Submit", "title": "Go", "data": {"n": 1, "msteams": {"x": 1}}}
    post = await teams.people["grace"].tell("hello")
    card_id = await connector.send_card(post.thread_id, card(submit))
    await teams.people["grace"].press(teams.world.any_post(card_id), "Go")
    assert bot.last["type"] == "message"
    assert bot.last["value"] == {"n": 1}
    assert "text" not in bot.last
    assert bot.last["replyToId"] == card_id


async def test_a_reaction_to_the_bots_post_is_told_with_its_id(
    teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    post = await teams.people["grace"].tell("hello")
    answer = await connector.send(post.thread_id, "hi")
    said = teams.world.any_post(answer.body["id"])
    await teams.people["grace"].react(said)
    await teams.people["grace"].react(said, remove=True)
    added, removed = bot.heard[-2:]
    assert (added["type"], added["reactionsAdded"]) == ("messageReaction", [{"type": "like"}])
    assert removed["reactionsRemoved"] == [{"type": "like"}]
    assert added["replyToId"] == said.id


async def test_installing_and_removing_the_app_is_told_twice_as_teams_does(
    teams: TeamsStandIn, bot: RecordingBot
) -> None:
    await teams.people["grace"].install("Live chat")
    await teams.people["grace"].uninstall("Live chat")
    kinds = [(a["type"], a.get("action")) for a in bot.heard]
    update, install = "conversationUpdate", "installationUpdate"
    assert kinds == [(update, None), (install, "add"), (update, None), (install, "remove")]
    assert bot.heard[0]["membersAdded"] == [{"id": f"28:{teams.login.app_id}"}]
    assert bot.heard[2]["membersRemoved"] == [{"id": f"28:{teams.login.app_id}"}]
    team = teams.world.conversation("Live chat").team
    assert team
    assert bot.heard[0]["conversation"]["id"] == team.id

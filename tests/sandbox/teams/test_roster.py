"""Who is where, as a bot may ask."""

from __future__ import annotations

import pytest

from bot.sandbox.teams import TeamsStandIn
from tests.sandbox.teams.bots import ConnectorClient


async def test_members_come_in_pages_with_what_identifies_them(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    path = f"conversations/{teams.world.conversation('Live chat').id}/pagedmembers?pageSize=2"
    first = (await connector.ask("GET", path)).body
    token = first["continuationToken"]
    second = (await connector.ask("GET", f"{path}&continuationToken={token}")).body
    assert [m["name"] for m in first["members"] + second["members"]] == [
        "Grace Hopper",
        "Alan Turing",
        "Guy Guest",
    ]
    assert "continuationToken" not in second
    guest = second["members"][0]
    assert guest["userRole"] == "guest"
    assert "#EXT#" in guest["userPrincipalName"]
    assert guest["objectId"] == teams.world.people["guy"].object_id


async def test_one_member_is_found_by_teams_id_or_entra_id_and_strangers_are_not(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    path = f"conversations/{teams.world.conversation('Live chat').id}/members"
    grace, mallory = teams.world.people["grace"], teams.world.people["mallory"]
    for name in (grace.id, grace.object_id):
        assert (await connector.ask("GET", f"{path}/{name}")).body["email"] == grace.mail
    assert (await connector.ask("GET", f"{path}/{mallory.id}")).status == 404
    assert len((await connector.ask("GET", path)).body) == 3


async def test_a_team_tells_its_group_and_its_channels(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    team = teams.world.conversation("Live chat").team
    assert team
    details = (await connector.ask("GET", f"teams/{team.id}")).body
    assert (details["name"], details["aadGroupId"]) == ("Computing Support", team.group_id)
    listed = (await connector.ask("GET", f"teams/{team.id}/conversations")).body["conversations"]
    assert [channel["name"] for channel in listed] == [None, "Live chat", "Second line"]
    assert listed[0]["id"] == team.id
    channel = teams.world.conversation("Live chat")
    assert (await connector.ask("GET", f"teams/{channel.id}")).status == 404


async def test_a_pasted_picture_is_fetched_with_the_bots_token(
    teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    post = await teams.people["grace"].tell("see", images=[b"\x89PNG picture"])
    url = post.attachments[0]["contentUrl"]
    path = url.removeprefix(f"{teams.service_url}v3/")
    assert (await connector.ask("GET", path)).body == b"\x89PNG picture"
    connector.token = ""
    assert (await connector.ask("GET", path)).status == 401


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=x", "continuationToken=%C3%A9"])
async def test_a_page_that_cannot_be_is_a_bad_request(
    teams: TeamsStandIn, connector: ConnectorClient, query: str
) -> None:
    path = f"conversations/{teams.world.conversation('Live chat').id}/pagedmembers?{query}"
    assert (await connector.ask("GET", path)).status == 400

"""The Connector's reading half: members, teams, channels, attachments."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web

from bot.sandbox.teams import ids
from bot.sandbox.teams.gate import Call, Gate
from bot.sandbox.teams.incoming import Refused
from bot.sandbox.teams.world import Conversation, Person, Team, World

Json = dict[str, Any]


def member(person: Person) -> Json:
    """A member as Teams describes one; sAMAccountName is never there."""
    given, _, surname = person.name.partition(" ")
    return {
        "id": person.id,
        "objectId": person.object_id,
        "aadObjectId": person.object_id,
        "name": person.name,
        "givenName": given,
        "surname": surname,
        "email": person.mail,
        "userPrincipalName": person.upn,
        "tenantId": person.tenant_id,
        "userRole": person.role,
    }


class Roster:
    """Who is where, as the bot may ask."""

    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        guard = self._gate.guard
        at = "/teams/v3/conversations/{conversation}"
        return [
            web.get(at + "/members", guard("members", self._members, "roster")),
            web.get(at + "/pagedmembers", guard("paged_members", self._page, "roster")),
            web.get(at + "/members/{member}", guard("member", self._member, "roster")),
            web.get("/teams/v3/teams/{conversation}", guard("team", self._team)),
            web.get(
                "/teams/v3/teams/{conversation}/conversations", guard("channels", self._channels)
            ),
            web.get("/teams/v3/attachments/{file}/views/{view}", guard("attachment", self._file)),
        ]

    async def _members(self, call: Call) -> web.StreamResponse:
        return web.json_response([member(p) for p in self._conversation(call).members])

    async def _page(self, call: Call) -> web.StreamResponse:
        """Pages of 50 to 500 in Teams; smaller ones are allowed here, for tests."""
        people = self._conversation(call).members
        size = _number(call.request.query.get("pageSize", "200"))
        start = _start(call.request.query.get("continuationToken", ""))
        body: Json = {"members": [member(p) for p in people[start : start + size]]}
        if start + size < len(people):
            body["continuationToken"] = base64.urlsafe_b64encode(
                str(start + size).encode()
            ).decode()
        return web.json_response(body)

    async def _member(self, call: Call) -> web.StreamResponse:
        person = self._world.person_by(call.named("member"))
        if person is None or person not in self._conversation(call).members:
            raise Refused(
                404, "MemberNotFoundInConversation", "The member was not found in the conversation."
            )
        return web.json_response(member(person))

    async def _team(self, call: Call) -> web.StreamResponse:
        team = self._named_team(call)
        return web.json_response(
            {
                "id": team.id,
                "name": team.name,
                "aadGroupId": team.group_id,
                "channelCount": len(team.channels),
                "memberCount": len(team.members),
                "type": "standard",
                "tenantId": team.tenant_id,
            }
        )

    async def _channels(self, call: Call) -> web.StreamResponse:
        """Teams gives the General channel no name."""
        team = self._named_team(call)
        shown = [
            {"id": c.id, "name": None if c.id == team.id else c.name}
            for c in team.channels
            if not c.private
        ]
        return web.json_response({"conversations": shown})

    async def _file(self, call: Call) -> web.StreamResponse:
        found = self._world.files.get(call.named("file"))
        if found is None or call.named("view") != "original":
            raise Refused(404, "NotFound", "There is no such attachment.")
        return web.Response(body=found[1], content_type=found[0])

    def _conversation(self, call: Call) -> Conversation:
        conversation = self._world.conversations.get(ids.split_thread(call.conversation)[0])
        if conversation is None:
            raise Refused(404, "ConversationNotFound", "Conversation not found.")
        if not conversation.installed:
            raise Refused(
                403, "BotNotInConversationRoster", "The bot is not part of the conversation roster."
            )
        return conversation

    def _named_team(self, call: Call) -> Team:
        team = self._conversation(call).team
        if team is None or team.id != call.conversation:
            raise Refused(404, "NotFound", "There is no such team.")
        return team


def _number(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 500:
        raise Refused(400, "BadArgument", "pageSize must be a number from 1 to 500.")
    return int(text)


def _start(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.encode())) if token else 0
    except (ValueError, binascii.Error) as error:
        raise Refused(400, "BadArgument", "The continuationToken is not one of ours.") from error

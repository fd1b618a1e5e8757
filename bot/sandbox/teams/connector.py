"""The Connector: what a bot may do in Teams. This half writes; ``roster.py`` reads."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from bot.sandbox.teams import ids, incoming
from bot.sandbox.teams.gate import Call, Gate
from bot.sandbox.teams.incoming import Refused
from bot.sandbox.teams.ledger import Entry
from bot.sandbox.teams.world import Conversation, Post, World

Json = dict[str, Any]
#: A message with everything that belongs to it, in UTF-16 (msteams-docs, bots/how-to/format-your-bot-messages).
LARGEST_MESSAGE = 100 * 1024
#: An inline picture has a limit of its own.
LARGEST_PICTURE = 1024 * 1024


class Connector:
    """Posts, edits and deletions of the bot, and new conversations."""

    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Below the service URL's path, ``/teams``."""
        at = "/teams/v3/conversations/{conversation}/activities"
        guard = self._gate.guard
        return [
            web.post("/teams/v3/conversations", guard("create", self._create, "send")),
            web.post(at, guard("send", self._send, "send")),
            web.post(at + "/{activity}", guard("reply", self._send, "send")),
            web.put(at + "/{activity}", guard("update", self._update, "send")),
            web.delete(at + "/{activity}", guard("delete", self._delete, "send")),
        ]

    async def _create(self, call: Call) -> web.StreamResponse:
        activity = call.body.get("activity")
        conversation = self._new_conversation(call.body)
        call.entry.conversation = conversation.id
        if not activity:
            return web.json_response({"id": conversation.id}, status=201)
        posts = self._accept(conversation, "", activity, call.entry)
        answer = {"id": posts[0].thread_id, "activityId": posts[0].id}
        return web.json_response(answer, status=201)

    def _new_conversation(self, body: Json) -> Conversation:
        channel = ((body.get("channelData") or {}).get("channel") or {}).get("id")
        if channel:
            if not body.get("activity"):
                raise Refused(400, "BadSyntax", "A new thread in a channel needs an activity.")
            return self._writable(channel)
        tenant = body.get("tenantId") or ((body.get("channelData") or {}).get("tenant") or {}).get(
            "id"
        )
        if tenant != self._world.tenant_id:
            raise Refused(400, "BadSyntax", "A new personal chat needs the tenantId.")
        members = body.get("members") or []
        person = self._world.person_by(str(members[0].get("id"))) if len(members) == 1 else None
        if person is None:
            raise Refused(
                400,
                "BadSyntax",
                "A new personal chat needs exactly one known member, or channelData.channel.",
            )
        return self._writable(self._world.personal_chat(person).id)

    async def _send(self, call: Call) -> web.StreamResponse:
        base, root = ids.split_thread(call.conversation)
        conversation = self._writable(base)
        if root and self._world.post(conversation, root) is None:
            raise Refused(404, "ConversationNotFound", "Conversation not found.")
        if call.body.get("type") == "typing":
            return web.json_response({"id": self._world.fresh_id()}, status=201)
        posts = self._accept(conversation, root, call.body, call.entry)
        # Text and a card in one activity become two posts, and Teams then names neither.
        return web.json_response({"id": posts[0].id} if len(posts) == 1 else {}, status=201)

    async def _update(self, call: Call) -> web.StreamResponse:
        post = self._own_post(call)
        self._check(call.body)
        incoming.fill(post, call.body, incoming.content_of(call.body))
        post.edited = True
        post.views.clear()
        self._world.changed(post)
        call.entry.posts.append(post.id)
        return web.json_response({"id": post.id})

    async def _delete(self, call: Call) -> web.StreamResponse:
        post = self._own_post(call)
        post.deleted = True
        self._world.changed(post)
        call.entry.posts.append(post.id)
        return web.Response(status=200)

    def _accept(
        self, conversation: Conversation, root: str, activity: Json, entry: Entry
    ) -> list[Post]:
        self._check(activity)
        posts = []
        for content in incoming.split(activity):
            post = self._world.add_post(conversation, root, None)
            incoming.fill(post, activity, content)
            self._world.changed(post)
            posts.append(post)
        entry.posts.extend(p.id for p in posts)
        return posts

    def _check(self, activity: Json) -> None:
        if _weight(activity) > LARGEST_MESSAGE:
            raise Refused(413, "MessageSizeTooBig", "Message size too large.")
        incoming.check(activity)

    def _writable(self, conversation_id: str) -> Conversation:
        conversation = self._world.conversations.get(conversation_id)
        if conversation is None:
            raise Refused(404, "ConversationNotFound", "Conversation not found.")
        if not conversation.installed or conversation.private:
            raise Refused(
                403, "BotNotInConversationRoster", "The bot is not part of the conversation roster."
            )
        return conversation

    def _own_post(self, call: Call) -> Post:
        base, _ = ids.split_thread(call.conversation)
        post = self._world.post(self._writable(base), call.named("activity"))
        if post is None or post.deleted:
            raise Refused(
                404, "ActivityNotFoundInConversation", "Activity not found in the conversation."
            )
        if post.author is not None:
            raise Refused(
                403, "Forbidden", "Only messages of the bot itself can be changed by the bot."
            )
        return post


def _weight(activity: Json) -> int:
    """The bytes of an activity as Teams counts them, as far as that is known."""
    attachments = []
    for one in activity.get("attachments") or []:
        url = str(one.get("contentUrl") or "")
        inline = url.startswith("data:image/")
        if inline and len(url) * 3 // 4 > LARGEST_PICTURE:
            raise Refused(413, "MessageSizeTooBig", "Inline image too large.")
        attachments.append({**one, "contentUrl": ""} if inline else one)
    counted = {**activity, "attachments": attachments}
    return len(json.dumps(counted, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))

"""The Connector: what a bot may do in Teams. This half writes; ``roster.py`` reads."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.teams import ids, incoming, misbehave
from bot.sandbox.teams.faults import FaultPlan
from bot.sandbox.teams.incoming import Refused
from bot.sandbox.teams.ledger import Entry, Ledger
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.login import Login
from bot.sandbox.teams.world import Conversation, Post, World

Json = dict[str, Any]
#: A message with everything that belongs to it, in UTF-16 (facts: learn, format-your-bot-messages).
LARGEST_MESSAGE = 100 * 1024


@dataclass
class Call:
    """One request under way. ``conversation`` is what the address named, ``body`` the JSON that came."""

    request: web.Request
    entry: Entry
    conversation: str
    body: Json

    def named(self, name: str) -> str:
        return self.request.match_info[name]


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Gate:
    """What every request passes: the token, the books, the faults, the limits."""

    def __init__(
        self, login: Login, ledger: Ledger, faults: FaultPlan, limits: Limits, *, anonymous: bool
    ) -> None:
        self._login = login
        self._ledger = ledger
        self._faults = faults
        self._limits = limits
        self._anonymous = anonymous

    def guard(
        self, operation: str, handler: Handler, limit: str = ""
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """``limit``: the group of rate limits, "send" or "roster"; none when empty."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._anonymous and not self._login.admits(
                request.headers.get("Authorization", "")
            ):
                return web.json_response(
                    {"message": "Authorization has been denied for this request."}, status=401
                )
            call = await self._call(operation, request)
            started = time.monotonic()
            try:
                response, call.entry.accepted = await self._answer(operation, call, handler, limit)
            except Refused as refused:
                response = misbehave.error(refused.status, refused.code, str(refused))
            call.entry.took = time.monotonic() - started
            call.entry.status = 0 if response.status == 444 else response.status
            return response

        return guarded

    async def _call(self, operation: str, request: web.Request) -> Call:
        body = await _read(request)
        named = request.match_info.get("conversation", "")
        entry = self._ledger.request(
            operation, named, body if request.can_read_body or body else None
        )
        return Call(request, entry, named, body)

    async def _answer(
        self, operation: str, call: Call, handler: Handler, limit: str
    ) -> tuple[web.StreamResponse, bool]:
        base, _ = ids.split_thread(call.conversation)

        async def work() -> web.StreamResponse:
            if limit and (wait := self._limits.refused_for(limit, base)):
                raise Throttled(wait)
            return await handler(call)

        try:
            return await misbehave.run(call.request, self._faults.take(operation, base), work)
        except Throttled as throttled:
            headers = {"Retry-After": str(throttled.wait)}
            return misbehave.error(
                429, "TooManyRequests", "API calls quota exceeded.", headers
            ), False


class Throttled(Exception):
    """A published limit is reached; ``wait`` in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


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
        if (
            len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))
            > LARGEST_MESSAGE
        ):
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


async def _read(request: web.Request) -> Json:
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = {}
    return body if isinstance(body, dict) else {}

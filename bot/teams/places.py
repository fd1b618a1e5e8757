"""Where threads are: new ones in a channel, an operator's personal chat, links that lead there."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from bot.relay.outcomes import Unclear
from bot.relay.ports import CardView, Listening, Scope, Thread
from bot.teams import cards
from bot.teams.activity import IN_THREAD
from bot.teams.connector import Conversations, Wire

_PAGE = "https://teams.microsoft.com/l/message"


class TeamsPlaces:
    """relay.ports.Places. ``fallback`` is the channel for lost chats (19:…), empty for none."""

    def __init__(self, wire: Wire, zone: tzinfo, fallback: str = "") -> None:
        self._wire = wire
        self._zone = zone
        self._fallback = fallback

    async def open(self, channel: Thread, view: CardView) -> Thread:
        """Start a thread with the chat's card as its first post."""
        parameters = {
            "isGroup": True,
            "bot": {"id": channel.bot_id},
            "tenantId": channel.tenant_id,
            "channelData": {
                "channel": {"id": channel.channel_id},
                "tenant": {"id": channel.tenant_id},
            },
            "activity": _card_post(cards.card(view, self._zone)),
        }
        made = await self._conversations(channel).create_conversation(parameters)
        if not made.id and not made.activity_id:
            raise Unclear("Teams did not say which thread it has begun.")
        root = made.activity_id or made.id.partition(IN_THREAD)[2]
        return in_channel(channel, root)

    async def fallback(self, lost: Thread, operator_id: str) -> Thread:
        """Return where to report that ``lost`` is lost."""
        if self._fallback:
            return in_channel(replace(lost, channel_id=self._fallback), "")
        return await self.home(lost, operator_id)

    async def home(self, near: Thread, operator_id: str) -> Thread:
        """Return the personal chat with an operator; Teams makes it once and names it every time.

        ``near`` is any thread of the same tenant.
        """
        parameters = {
            "isGroup": False,
            "bot": {"id": near.bot_id},
            "members": [{"id": operator_id}],
            "tenantId": near.tenant_id,
            "channelData": {"tenant": {"id": near.tenant_id}},
        }
        made = await self._conversations(near).create_conversation(parameters)
        if not made.id:
            raise Unclear("Teams did not say which chat it has made.")
        return Thread(
            made.id,
            near.tenant_id,
            near.service_url,
            Scope.PERSONAL,
            near.bot_id,
            listening=Listening.THREAD,
        )

    def link(self, thread: Thread) -> str:
        """Return the address of a channel's thread; other chats have none that everybody can open."""
        if thread.scope is not Scope.CHANNEL or not thread.root_id:
            return ""
        asked = {
            "tenantId": thread.tenant_id,
            "groupId": thread.aad_group_id,
            "parentMessageId": thread.root_id,
        }
        place = f"{quote(thread.channel_id, safe='')}/{quote(thread.root_id, safe='')}"
        return f"{_PAGE}/{place}?{urlencode({k: v for k, v in asked.items() if v})}"

    def _conversations(self, near: Thread) -> Conversations:
        return Conversations(self._wire, near.service_url)


def in_channel(near: Thread, root: str) -> Thread:
    """Return the thread below ``root`` in the channel of ``near``; without a root the channel."""
    conversation = f"{near.channel_id}{IN_THREAD}{root}" if root else near.channel_id
    return replace(
        near, conversation_id=conversation, scope=Scope.CHANNEL, root_id=root, open=True, id=0
    )


def _card_post(card: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "message",
        "summary": card["fallbackText"],
        "attachments": [{"contentType": cards.CONTENT_TYPE, "content": card}],
    }

"""The activities that Teams sends to a bot. Pure: shaped like the real ones."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from bot.sandbox.teams import ids
from bot.sandbox.teams.world import Bot, Conversation, Person, Post, Team

Json = dict[str, Any]
_LOCAL = timezone(timedelta(hours=0))  # Europe/London in winter
_CLIENT = {
    "locale": "en-GB",
    "country": "GB",
    "platform": "Web",
    "timezone": "Europe/London",
    "type": "clientInfo",
}


@dataclass(frozen=True)
class Stage:
    """Where this happens: the bot that is called, and the service URL that it is told to answer to."""

    bot: Bot
    service_url: str


def message(stage: Stage, post: Post) -> Json:
    """A post of a person."""
    assert post.author
    return _base(stage, "message", post.author, post.conversation, post.root_id) | {
        "id": post.id,
        "text": post.text,
        "textFormat": "plain",
        "attachments": post.attachments,
        "entities": [*post.entities, _CLIENT],
        "channelData": _channel_data(post.conversation),
        "locale": "en-GB",
    }


def edited(stage: Stage, post: Post, event: str) -> Json:
    """``event``: editMessage or undeleteMessage."""
    return message(stage, post) | {
        "type": "messageUpdate",
        "channelData": _channel_data(post.conversation) | {"eventType": event},
    }


def deleted(stage: Stage, post: Post) -> Json:
    """A post was taken back by its author."""
    assert post.author
    return _base(stage, "messageDelete", post.author, post.conversation, post.root_id) | {
        "id": post.id,
        "channelData": _channel_data(post.conversation) | {"eventType": "softDeleteMessage"},
    }


def reacted(stage: Stage, person: Person, post: Post, reaction: str, *, added: bool) -> Json:
    """A reaction to a post of the bot came (``added``) or went."""
    return _base(stage, "messageReaction", person, post.conversation, post.root_id) | {
        "id": _event_id(),
        "replyToId": post.id,
        "reactionsAdded" if added else "reactionsRemoved": [{"type": reaction}],
        "channelData": _channel_data(post.conversation),
    }


def invoke(stage: Stage, person: Person, post: Post, name: str, value: Json) -> Json:
    """A button that wants an answer at once."""
    return _base(stage, "invoke", person, post.conversation, post.root_id) | {
        "id": _event_id(),
        "name": name,
        "value": value,
        "replyToId": post.id,
        "entities": [_CLIENT],
        "channelData": _channel_data(post.conversation) | {"source": {"name": "message"}},
        "locale": "en-GB",
        "localTimezone": "Europe/London",
    }


def submitted(stage: Stage, person: Person, post: Post, value: Any) -> Json:
    """Action.Submit: a message without text."""
    return _base(stage, "message", person, post.conversation, post.root_id) | {
        "id": _event_id(),
        "value": value,
        "replyToId": post.id,
        "entities": [_CLIENT],
        "channelData": _channel_data(post.conversation)
        | {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{post.id}"}},
        "locale": "en-GB",
    }


def installation(stage: Stage, person: Person, conversation: Conversation, action: str) -> Json:
    """``action``: add or remove."""
    data = _channel_data(conversation)
    if conversation.team:
        data["settings"] = {"selectedChannel": {"id": conversation.id}}
    return _base(stage, "installationUpdate", person, conversation, "") | {
        "id": _event_id(),
        "action": action,
        "entities": [_CLIENT],
        "channelData": data,
        "locale": "en-GB",
    }


def membership(
    stage: Stage, person: Person, conversation: Conversation, members: list[str], *, added: bool
) -> Json:
    """conversationUpdate: somebody (Teams ids, also the bot's) came or went."""
    data = _channel_data(conversation)
    if conversation.team:
        data["eventType"] = "teamMemberAdded" if added else "teamMemberRemoved"
    return _base(stage, "conversationUpdate", person, conversation, "") | {
        "id": _event_id(),
        "membersAdded" if added else "membersRemoved": [{"id": member} for member in members],
        "channelData": data,
    }


def again(activity: Json) -> Json:
    """The same activity once more as if new: another id and timestamp, the rest the same."""
    old = str(activity["id"])
    later = 1000 + secrets.randbelow(1_000_000)  # milliseconds
    fresh = _event_id() if old.startswith("f:") else str(int(old) + later)
    return activity | _times() | {"id": fresh}


def _event_id() -> str:
    return f"f:{uuid.uuid4()}"


def _base(
    stage: Stage, kind: str, person: Person, conversation: Conversation, root_id: str
) -> Json:
    return {
        "type": kind,
        "channelId": "msteams",
        "serviceUrl": stage.service_url,
        **_times(),
        "from": {"id": person.id, "name": person.name, "aadObjectId": person.object_id},
        "conversation": _conversation(conversation, root_id),
        "recipient": {"id": stage.bot.id, "name": stage.bot.name},
    }


def _times() -> Json:
    now = datetime.now(UTC)
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}"
    local = now.astimezone(_LOCAL)
    return {
        "timestamp": stamp + "Z",
        "localTimestamp": local.isoformat(timespec="milliseconds"),
    }


def _conversation(conversation: Conversation, root_id: str) -> Json:
    shape: Json = {} if conversation.kind == "personal" else {"isGroup": True}
    return shape | {
        "conversationType": conversation.kind,
        "tenantId": conversation.tenant_id,
        "id": ids.in_thread(conversation.id, root_id),
    }


def _channel_data(conversation: Conversation) -> Json:
    tenant = {"tenant": {"id": conversation.tenant_id}}
    if conversation.team is None:
        return tenant
    return {
        "teamsChannelId": conversation.id,
        "teamsTeamId": conversation.team.id,
        "channel": {"id": conversation.id},
        "team": _team(conversation.team),
    } | tenant


def _team(team: Team) -> Json:
    return {"id": team.id, "aadGroupId": team.group_id}

"""What Teams tells us in an activity, as our own objects (pure: a dict in, objects out).

The SDK's model drops fields (``tenantId`` among them), so the JSON is read as it came.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.relay.inbound import Changed, Heard, Operator, Pressed
from bot.relay.ports import Listening, Scope, Thread
from bot.teams.html import Mention, Written, read_html, read_text

Json = dict[str, Any]
#: Stands in Teams' id of a channel's thread between the channel's and that of its first post.
IN_THREAD = ";messageid="
_SCOPES = {
    "channel": Scope.CHANNEL,
    "groupchat": Scope.GROUP,
    "personal": Scope.PERSONAL,
}
_OF_A_POST = frozenset({"message", "messageUpdate", "messageDelete"})
_MILLISECONDS = re.compile(r"[0-9]{13}")
_AGAIN_WITHIN = timedelta(minutes=10)
_CARDS = "application/vnd.microsoft.card."
_FILE = "application/vnd.microsoft.teams.file.download.info"
#: Where Teams keeps pasted pictures, and files: the address of the file itself, not one that opens
#: for whoever knows it (downloadUrl).
_STORED = re.compile(r"/v3/attachments/[^/?#]+/views/original$")
_ELSEWHERE = re.compile(r"https://[a-z0-9.-]+/[!-~]{1,2000}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """Who did it, as the activity says; what he may do is for the team's roster to say."""

    object_id: str
    name: str
    teams_id: str
    tenant_id: str
    guest: bool

    @property
    def operator(self) -> Operator:
        """This person as an operator."""
        return Operator(self.object_id, self.name, self.teams_id)


def obj(value: Any, *path: str) -> Json:
    """Return the object at ``path``, an empty one if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_at(value: Any, *path: str) -> str:
    """Return the string at ``path``, empty if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def objects(value: Any) -> list[Json]:
    """Return the objects of a list, if it is one."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def person(activity: Json) -> Person:
    """Read who did it."""
    sender = obj(activity, "from")
    role = text_at(sender, "userRole").lower()
    return Person(
        text_at(sender, "aadObjectId").lower(),
        text_at(sender, "name"),
        text_at(sender, "id"),
        tenant(activity),
        guest=role in {"guest", "anonymous"},
    )


def tenant(activity: Json) -> str:
    """Read whose Teams it came from."""
    found = text_at(activity, "channelData", "tenant", "id")
    return found or text_at(activity, "conversation", "tenantId")


def from_bot(activity: Json) -> bool:
    """Tell whether a bot did it: we, or another."""
    sender = obj(activity, "from")
    return text_at(sender, "role") == "bot" or text_at(sender, "id").startswith("28:")


def thread(activity: Json, listening: Callable[[Scope, str], Listening]) -> Thread:
    """Read where it happened. ``listening`` says what holds for a scope and team."""
    conversation = obj(activity, "conversation")
    data = obj(activity, "channelData")
    team_id = text_at(data, "team", "id")
    scope = _scope(conversation, team_id)
    conversation_id = text_at(conversation, "id")
    root = ""
    if scope is Scope.CHANNEL:
        conversation_id, root = _place(activity, conversation_id)
    return Thread(
        conversation_id=conversation_id,
        tenant_id=tenant(activity),
        service_url=text_at(activity, "serviceUrl"),
        scope=scope,
        bot_id=text_at(activity, "recipient", "id"),
        team_id=team_id,
        aad_group_id=text_at(data, "team", "aadGroupId"),
        channel_id=text_at(data, "channel", "id") or text_at(data, "teamsChannelId"),
        root_id=root,
        listening=listening(scope, team_id),
    )


def _scope(conversation: Json, team_id: str) -> Scope:
    named = _SCOPES.get(text_at(conversation, "conversationType").lower())
    if named is not None:
        return named
    if team_id:
        return Scope.CHANNEL
    return Scope.GROUP if conversation.get("isGroup") else Scope.PERSONAL


def _place(activity: Json, conversation_id: str) -> tuple[str, str]:
    """Return a channel thread's id and its first post; replyToId is not to be relied on."""
    base, _, root = conversation_id.partition(IN_THREAD)
    if not root and activity.get("type") in _OF_A_POST:
        root = text_at(activity, "id")  # the first post of a thread, told without its thread
    return (f"{base}{IN_THREAD}{root}" if root else base), root


def heard(activity: Json, where: Thread, who: Person) -> Heard:
    """Read a message."""
    written, mentioned = _written(activity)
    return Heard(
        thread=where,
        operator=who.operator,
        key=text_at(activity, "id"),
        text=written.text,
        mentioned=mentioned or where.scope is Scope.PERSONAL,
        quote=_shortened(written.quote or _quoted(activity)),
        **_brought(activity, written.pictures),
        behind=written.behind,
    )


def changed(activity: Json, where: Thread, who: Person, *, removed: bool) -> Changed:
    """Read an edit, a removal, or a removal undone.

    Their ``id`` is the message's own, so the time makes one change different from the next.
    """
    now = None if removed else heard(activity, where, who)
    text = now.text if now else None
    at = moment(activity)
    stamp = at.isoformat() if at else text_at(activity, "timestamp") or _digest(text or "")
    kind = "delete" if removed else "edit"
    key = text_at(activity, "id")
    change = f"{kind}:{key}:{stamp}"
    if now is None:
        return Changed(where, who.operator, key, change, None)
    mentioned = _written(activity)[1]
    pictures, links = len(now.pictures), len(now.links)
    return Changed(where, who.operator, key, change, text, mentioned, pictures, links, now)


def moment(activity: Json) -> datetime | None:
    """Read when, by Teams' clock, it was written or changed; None if that is not told.

    Teams may bring a message again under a new time; its id then still is the milliseconds at
    which it was written.
    """
    try:
        at = datetime.fromisoformat(text_at(activity, "timestamp"))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no time, or one in the year 1 or 9999
        return None
    key = text_at(activity, "id")
    if activity.get("type") != "message" or not _MILLISECONDS.fullmatch(key):
        return at
    first = datetime.fromtimestamp(int(key) / 1000, UTC)
    return first if timedelta() < at - first < _AGAIN_WITHIN else at


def pressed(activity: Json, where: Thread, who: Person) -> Pressed | None:
    """Read a press on a card of ours; None if it is none."""
    action = obj(activity, "value", "action")
    data = obj(action, "data")
    chat, verb = data.get("chat"), data.get("verb") or action.get("verb")
    if not isinstance(chat, str) or not isinstance(verb, str) or not chat or not verb:
        return None
    values = {
        name: str(value)
        for name, value in data.items()
        if name not in {"chat", "verb"} and isinstance(value, str | int | float)
    }
    return Pressed(where, who.operator, verb, chat, values)


def _written(activity: Json) -> tuple[Written, bool]:
    bot = text_at(activity, "recipient", "id")
    entities = [e for e in objects(activity.get("entities")) if _kind(e) == "mention"]
    mentions = [_mention(entity, bot) for entity in entities]
    mentioned = any(mention.is_bot for mention in mentions)
    html = _html(activity)
    if html is not None:
        written = read_html(html, mentions)
        return written, mentioned and not written.only_quoted
    tags = [text_at(entity, "text") for entity in entities]
    written = read_text(text_at(activity, "text"), list(zip(tags, mentions, strict=True)))
    return written, mentioned


def _kind(entity: Json) -> str:
    return text_at(entity, "type").lower()


def _mention(entity: Json, bot: str) -> Mention:
    who = text_at(entity, "mentioned", "id")
    return Mention(text_at(entity, "mentioned", "name"), is_bot=bool(bot) and who == bot)


def _html(activity: Json) -> str | None:
    for attachment in objects(activity.get("attachments")):
        content = attachment.get("content")
        if attachment.get("contentType") == "text/html" and isinstance(content, str):
            return content
    return None


def _quoted(activity: Json) -> tuple[str, str] | None:
    for entity in objects(activity.get("entities")):
        if _kind(entity) == "quotedreply":
            quoted = obj(entity, "quotedReply") or entity
            author, preview = text_at(quoted, "senderName"), text_at(quoted, "preview")
            return (author, preview) if author or preview else None
    return None


def _shortened(quote: tuple[str, str] | None) -> tuple[str, str] | None:
    return (quote[0][:80], quote[1][:500]) if quote else None


def _brought(activity: Json, pasted: int) -> dict[str, Any]:
    """Tell what came beside the words: pictures, links, and what can be carried in no way.

    Emoji come as image attachments too: the HTML tells how many pictures were ``pasted``.
    """
    pictures: list[str] = []
    links: list[tuple[str, str]] = []
    extras: list[str] = []
    has_html = _html(activity) is not None
    for attachment in objects(activity.get("attachments")):
        kind, name = text_at(attachment, "contentType"), text_at(attachment, "name")[:200]
        url = text_at(attachment, "contentUrl")
        if kind == "text/html":
            continue
        if kind.startswith("image/"):
            if _STORED.search(url):
                pictures.append(url)
            elif not has_html:
                extras.append(name or "a picture")
        elif kind == _FILE and name and _ELSEWHERE.fullmatch(url):
            links.append((name, url))
        else:
            extras.append("a card" if kind.startswith(_CARDS) else name or "a file")
    if has_html:
        extras = ["a picture"] * (pasted - len(pictures)) + extras
        pictures = pictures[:pasted]
    return {"pictures": tuple(pictures), "links": tuple(links), "extras": tuple(extras)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]

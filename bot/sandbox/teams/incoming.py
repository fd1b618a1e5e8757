"""Reading what the bot posts. Pure: activities in, contents of posts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.sandbox.teams.world import Post

Json = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"


class Refused(Exception):
    """The Connector does not do it: HTTP status, its error code, and words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass
class Content:
    """What one post of the bot holds."""

    text: str
    attachments: list[Json]


def content_of(activity: Json) -> Content:
    """The text and the attachments of an activity."""
    return Content(str(activity.get("text") or ""), list(activity.get("attachments") or []))


def split(activity: Json) -> list[Content]:
    """Teams makes two posts of an activity with both text and a card."""
    content = content_of(activity)
    if content.text.strip() and any(a.get("contentType") == ADAPTIVE for a in content.attachments):
        return [Content(content.text, []), Content("", content.attachments)]
    return [content]


def fill(post: Post, activity: Json, content: Content) -> None:
    """Without textFormat Teams takes text as markdown."""
    post.version += 1
    post.text = content.text
    post.text_format = str(activity.get("textFormat") or "markdown")
    post.attachments = content.attachments
    post.entities = list(activity.get("entities") or [])


def check(activity: Json) -> None:
    """Raises Refused with 400 for what Teams would not take."""
    if activity.get("type") != "message":
        raise _bad(f"Activities of type {activity.get('type')!r} cannot be posted.")
    content = content_of(activity)
    if not content.text.strip() and not content.attachments:
        raise _bad("The activity has neither text nor attachments.")
    if activity.get("textFormat") not in (None, "plain", "markdown", "xml"):
        raise _bad("textFormat must be plain, markdown or xml.")
    for attachment in content.attachments:
        _check_attachment(attachment)
    for entity in activity.get("entities") or []:
        if entity.get("type") == "mention":
            _check_mention(entity, content)


def _check_attachment(attachment: Json) -> None:
    if not attachment.get("contentType"):
        raise _bad("An attachment needs a contentType.")
    if attachment["contentType"] != ADAPTIVE:
        return
    card = attachment.get("content")
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard" or not card.get("version"):
        raise _bad(
            "The content of an Adaptive Card must be an object with type AdaptiveCard and a version."
        )


def _check_mention(entity: Json, content: Content) -> None:
    text = entity.get("text")
    if not text or text not in content.text:
        raise _bad("The text of a mention must stand in the text of the activity.")
    if not (entity.get("mentioned") or {}).get("id"):
        raise _bad("A mention must say whom it mentions.")


def _bad(message: str) -> Refused:
    return Refused(400, "BadSyntax", message)

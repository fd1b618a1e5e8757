"""The pieces that our cards are made of: Adaptive Cards 1.5 as plain dicts (pure).

Only elements that Teams knows on every client. Words of people go through ``markup.in_card``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
#: Body and actions of a card, or of a part of one.
Part = tuple[list[Json], list[Json]]

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
VERSION = "1.5"
#: What the status choice "leave it as it is" sends: some renderers drop an empty value.
KEEP = "="


def adaptive_card(body: list[Json], actions: list[Json], spoken: str) -> Json:
    """A card; ``spoken`` is what it says to a screen reader, a notification, an old client."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "fallbackText": spoken,
        "speak": spoken,
        "body": body,
        "actions": actions,
    }


def heading(text: str) -> Json:
    """The card's first line."""
    return {**paragraph(text), "style": "heading", "size": "Medium", "weight": "Bolder"}


def paragraph(text: str) -> Json:
    """A paragraph."""
    return {"type": "TextBlock", "text": text, "wrap": True}


def hint(text: str) -> Json:
    """A paragraph of less weight."""
    return {**paragraph(text), "isSubtle": True, "size": "Small"}


def warning(text: str) -> Json:
    """A paragraph that must not be overlooked."""
    return {"type": "Container", "style": "warning", "items": [paragraph(text)]}


def apart(text: str) -> Json:
    """A paragraph that begins something else than what is above it."""
    return {**paragraph(text), "separator": True, "spacing": "Medium"}


def emphasis(items: list[Json]) -> Json:
    """A part on a ground of its own."""
    return {"type": "Container", "style": "emphasis", "items": items}


def facts(pairs: Iterable[tuple[str, str]]) -> Json:
    """A table of names and values."""
    return {"type": "FactSet", "facts": [{"title": t, "value": v} for t, v in pairs]}


def choices(name: str, label: str, options: list[tuple[str, str]], chosen: str = "") -> Json:
    """A choice among (title, value); without ``chosen`` one must be made."""
    element = {
        "type": "Input.ChoiceSet",
        "id": name,
        "label": label,
        "style": "compact",
        "choices": [{"title": title, "value": value} for title, value in options],
    }
    if chosen:
        return {**element, "value": chosen}
    return {**element, "isRequired": True, "errorMessage": "Please choose one."}


def text_box(name: str, label: str, value: str, *, lines: bool = False, longest: int) -> Json:
    """A box for text."""
    return {
        "type": "Input.Text",
        "id": name,
        "label": label,
        "value": value,
        "isMultiline": lines,
        "maxLength": longest,
    }


def button(
    title: str, chat: str, verb: str, *, style: str = "", inputs: bool = False, **data: str
) -> Json:
    """A button that tells the bot ``verb``; ``inputs`` sends what was entered along."""
    action: Json = {
        "type": "Action.Execute",
        "title": title,
        "verb": verb,
        "data": {"chat": chat, "verb": verb, **data},
        "associatedInputs": "auto" if inputs else "none",
    }
    return {**action, "style": style} if style else action


def folded(title: str, body: list[Json], actions: list[Json]) -> Json:
    """A button that unfolds more of the card."""
    return {
        "type": "Action.ShowCard",
        "title": title,
        "card": {"type": "AdaptiveCard", "version": VERSION, "body": body, "actions": actions},
    }


def toggle(title: str, element: str) -> Json:
    """A button that shows an element of the card, or hides it again."""
    return {"type": "Action.ToggleVisibility", "title": title, "targetElements": [element]}


def row(actions: list[Json]) -> Json:
    """Buttons within the body."""
    return {"type": "ActionSet", "actions": actions}


def link(title: str, url: str) -> list[Json]:
    """A button that opens a page; none if ``url`` is not a web address."""
    if not url.startswith(("https://", "http://")):
        return []
    return [{"type": "Action.OpenUrl", "title": title, "url": url}]

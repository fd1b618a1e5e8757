"""Buttons of cards: finding them, collecting the inputs, and reading the bot's answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.teams.ledger import Attempt

Json = dict[str, Any]


@dataclass
class Pressed:
    """What the presser sees.

    kind    "card" (their card is replaced), "message" (words), "dialog" (a card in a dialog opens),
            "done" (accepted without an answer to show), "error" (the bot says why not), "unreachable"
    status  HTTP status of the bot's last answer, None without any
    """

    kind: str
    status: int | None
    text: str = ""
    card: Json | None = None
    title: str = ""
    body: Any = None


UNREACHABLE = "Unable to reach app. Please try again."


def walk(card: Json, into: Callable[[Json], bool] = lambda _: True) -> Iterator[Json]:
    """Every object in a card that has a type, the card first; ``into`` says what to descend into."""
    if "type" in card:
        yield card
    for value in card.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and into(item):
                yield from walk(item, into)


def find(card: Json, button: str) -> Json:
    """The action with this title, id or verb. Raises LookupError that names what there is."""
    actions = [a for a in walk(card) if str(a["type"]).startswith("Action.")]
    for name in ("title", "id", "verb"):
        for action in actions:
            if action.get(name) == button and action["type"] in ("Action.Execute", "Action.Submit"):
                return action
    there = [str(a.get("title") or a.get("id")) for a in actions]
    raise LookupError(f"The card has no button {button!r}; it has: {', '.join(there) or 'none'}")


def gather(card: Json, action: Json, inputs: Json) -> Any:
    """The action's data with the inputs of the card: what was typed, else each input's own value."""
    data = action.get("data")
    if action.get("associatedInputs") == "none" or not isinstance(data, dict | None):
        return data
    fields = {e["id"]: _initial(e) for e in _in_scope(card, action) if _is_input(e)}
    if unknown := set(inputs) - set(fields):
        raise LookupError(
            f"The card has no input {min(unknown)!r}; it has: {', '.join(fields) or 'none'}"
        )
    return {**(data or {}), **fields, **inputs}


def _in_scope(card: Json, action: Json) -> Iterator[Json]:
    """The elements whose inputs go with this action: not those of cards that other buttons show."""
    return walk(card, lambda child: child.get("type") != "Action.ShowCard" or _holds(child, action))


def _holds(card: Json, action: Json) -> bool:
    return any(element is action for element in walk(card))


def _is_input(element: Json) -> bool:
    return str(element["type"]).startswith("Input.") and "id" in element


def _initial(element: Json) -> Any:
    off = element.get("valueOff", "false") if element["type"] == "Input.Toggle" else ""
    return element.get("value", off)


def is_dialog(data: Any) -> bool:
    """Whether a Submit opens a dialog instead of sending a message."""
    return isinstance(data, dict) and (data.get("msteams") or {}).get("type") == "task/fetch"


def plain_data(data: Any) -> Any:
    """Teams keeps the msteams part of a Submit to itself."""
    return {k: v for k, v in data.items() if k != "msteams"} if isinstance(data, dict) else data


def invocation(action: Json, data: Any, trigger: str, *, in_dialog: bool) -> tuple[str, Json]:
    """The invoke's name and value."""
    if in_dialog:
        return "task/submit", {"data": data, "context": {"theme": "default"}, "tabContext": None}
    if action["type"] == "Action.Submit":
        return "task/fetch", {
            "data": {**data, "type": "task/fetch"},
            "context": {"theme": "default"},
            "tabContext": None,
        }
    sent = {k: action[k] for k in ("id", "title", "verb") if k in action}
    return "adaptiveCard/action", {
        "action": {"type": "Action.Execute", **sent, "data": data or {}},
        "trigger": trigger,
    }


def read_message(attempt: Attempt) -> Pressed:
    """What Teams makes of the answer to a message: only whether there was a good one."""
    status = attempt.status
    if status is not None and status < 300:
        return Pressed("done", status)
    return Pressed("unreachable", status, UNREACHABLE)


def read(attempt: Attempt) -> Pressed:
    """What Teams makes of the answer to an invoke."""
    if attempt.status is None or attempt.status >= 300:
        return Pressed("unreachable", attempt.status, UNREACHABLE, body=attempt.body)
    body = attempt.body
    if not isinstance(body, dict):
        return Pressed("done", attempt.status, body=body)
    if "task" in body:
        return _task(attempt.status, body)
    return _action(attempt.status, body)


def _action(status: int, body: Json) -> Pressed:
    kind, value = str(body.get("type", "")), body.get("value")
    if kind.endswith("card.adaptive") and isinstance(value, dict):
        return Pressed("card", status, card=value, body=body)
    if kind.endswith("activity.message") and isinstance(value, str):
        return Pressed("message", status, value, body=body)
    if kind.endswith("error") and isinstance(value, dict):
        return Pressed("error", status, str(value.get("message", "")), body=body)
    if body.get("statusCode", 200) == 200 and not kind:
        return Pressed("done", status, body=body)
    return Pressed("unreachable", status, UNREACHABLE, body=body)


def _task(status: int, body: Json) -> Pressed:
    task = body["task"] or {}
    value = task.get("value")
    if task.get("type") == "message":
        return Pressed("message", status, str(value), body=body)
    if task.get("type") == "continue" and isinstance(value, dict):
        card = (value.get("card") or {}).get("content")
        return Pressed("dialog", status, card=card, title=str(value.get("title", "")), body=body)
    return Pressed("done", status, body=body)

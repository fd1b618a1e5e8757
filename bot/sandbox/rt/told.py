"""The JSON that RT tells of its things: numbers now as numbers, now as text, as RT has them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from bot.sandbox.rt.world import Attachment, Person, Ticket, Transaction, World

Fields = dict[str, list[str]]
NEVER = "1970-01-01T00:00:00Z"


def user(person: Person) -> dict[str, Any]:
    """GET user/N, as another privileged account sees it."""
    return {
        "Name": person.login,
        "RealName": person.name,
        "EmailAddress": person.address,
        "Privileged": 1,
    }


def queue(world: World, name: str) -> dict[str, Any]:
    """GET queue/NAME, as far as somebody looks at it; what may be done there is among the links."""
    number = world.queue_number(name)
    links = [{"ref": "self", "type": "queue", "id": number, "_url": ""}]
    if world.may_create(name):
        links.append({"ref": "create", "type": "ticket", "_url": ""})
    fields = [
        {"ref": "customfield", "type": "customfield", "name": one.name, "_url": ""}
        for one in world.fields
        if name in one.queues
    ]
    about = {"id": int(number), "Name": name, "Disabled": "0", "TicketCustomFields": fields}
    return about | {"_hyperlinks": links}


def ticket(world: World, one: Ticket) -> dict[str, Any]:
    """GET ticket/N: people by login only, the queue by number only."""
    return {
        "id": one.id,
        "EffectiveId": {"type": "ticket", "id": str(one.id), "_url": ""},
        "Type": "ticket",
        "Subject": one.subject,
        "Status": one.status,
        "Queue": {"type": "queue", "id": world.queue_number(one.queue), "_url": ""},
        "Owner": _reference(one.owner),
        "Requestor": [_reference(login) for login in one.requestors],
        "Cc": [_reference(login) for login in one.ccs],
        "AdminCc": [],
        "Created": when(one.created),
        "Due": NEVER,
        "Priority": "0",
        "CustomFields": [
            {"id": str(number), "name": name, "type": "customfield", "_url": ""}
            | {"values": [value] if value else []}
            for number, (name, value) in enumerate(world.fields_of(one).items(), start=1)
        ],
    }


def found(world: World, one: Ticket, fields: Fields) -> dict[str, Any]:
    """Tell an item of a search, with what ``fields`` and ``fields[Requestor]`` and so on ask for."""
    wanted = fields.get("fields", [])
    all_of_it = {
        "Subject": one.subject,
        "Status": one.status,
        "Created": when(one.created),
        "Creator": _reference(one.creator),
        "Queue": {"type": "queue", "id": world.queue_number(one.queue)}
        | ({"Name": one.queue} if "Name" in fields.get("fields[Queue]", []) else {}),
        "Owner": _person(world, one.owner, fields.get("fields[Owner]", [])),
        "Requestor": [
            _person(world, p, fields.get("fields[Requestor]", [])) for p in one.requestors
        ],
        "Cc": [_person(world, p, fields.get("fields[Cc]", [])) for p in one.ccs],
    }
    told = {name: value for name, value in all_of_it.items() if name in wanted}
    return {"type": "ticket", "id": str(one.id), "_url": "", **told}


def line(one: Transaction, fields: list[str]) -> dict[str, Any]:
    """Tell an item of a history; what a transaction is about is always empty there."""
    all_of_it = {
        "Type": one.kind,
        "Data": one.data,
        "Creator": _reference(one.creator),
        "Created": when(one.created),
        "Object": "",
    }
    told = {name: value for name, value in all_of_it.items() if name in fields}
    return {"type": "transaction", "id": str(one.id), "_url": "", **told}


def transaction(one: Transaction) -> dict[str, Any]:
    """GET transaction/N: here it is said which ticket it is about."""
    return {
        "id": one.id,
        "Type": one.kind,
        "Data": one.data,
        "Creator": _reference(one.creator),
        "Created": when(one.created),
        "Object": {"type": "ticket", "id": str(one.ticket), "_url": ""},
        "TimeTaken": "0",
    }


def attachment(one: Attachment) -> dict[str, Any]:
    """Tell an item of a transaction's attachments."""
    return {
        "type": "attachment",
        "id": str(one.id),
        "Filename": one.name,
        "ContentType": one.kind,
    }


def content(one: Attachment) -> dict[str, Any]:
    """Tell an attachment by itself."""
    return {
        "id": str(one.id),
        "Filename": one.name,
        "ContentType": one.kind,
        "Content": base64.b64encode(one.content).decode(),
    }


def page(
    items: list[dict[str, Any]], number: int = 1, size: int = 20, *, total: bool = True
) -> dict[str, Any]:
    """Wrap items as a collection; RT tells the total only to those who may see all."""
    count = len(items)
    return {
        "items": items,
        "count": count,
        "page": number,
        "per_page": size,
        "pages": (1 if items else 0) if total else None,
        "total": count if total else None,
    }


def when(moment: datetime) -> str:
    """Tell a time as RT does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _reference(login: str) -> dict[str, Any]:
    return {"type": "user", "id": login, "_url": ""}


def _person(world: World, login: str, fields: list[str]) -> dict[str, Any]:
    person = world.people[login]
    told = {name: value for name, value in user(person).items() if name in fields}
    return _reference(login) | told

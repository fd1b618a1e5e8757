"""The world as JSON: for the page, and for other processes that look. Pure."""

from __future__ import annotations

from typing import Any

from bot.sandbox.teams.world import Conversation, Person, Post, World

Json = dict[str, Any]


def person(somebody: Person) -> Json:
    """Who somebody is; ``about`` is for the list of people on the page."""
    return {
        "key": somebody.key,
        "name": somebody.name,
        "id": somebody.id,
        "objectId": somebody.object_id,
        "upn": somebody.upn,
        "mail": somebody.mail,
        "tenantId": somebody.tenant_id,
        "role": somebody.role,
    }


def rail(world: World, who: Person) -> Json:
    """What somebody sees on the left: their teams with channels, and their chats."""
    teams = [
        {
            "id": team.id,
            "name": team.name,
            "consent": team.consent,
            "installed": team.installed,
            "channels": [_entry(c) for c in team.channels],
        }
        for team in world.teams.values()
        if who in team.members
    ]
    chats = [c for c in world.conversations.values() if c.kind != "channel" and who in c.people]
    return {
        "me": person(who),
        "people": [person(p) for p in world.people.values()],
        "bot": {"id": world.bot.id, "name": world.bot.name},
        "teams": teams,
        "chats": [_entry(c, world.bot.name if c.kind == "personal" else c.name) for c in chats],
    }


def _entry(conversation: Conversation, name: str = "") -> Json:
    return {
        "id": conversation.id,
        "kind": conversation.kind,
        "name": name or conversation.name,
        "hearsEverything": conversation.hears_everything,
        "installed": conversation.installed,
        "team": conversation.team.id if conversation.team else "",
        "last": conversation.posts[-1].id if conversation.posts else "",
    }


def conversation(place: Conversation, who: Person | None, bot_name: str = "") -> Json:
    """A conversation with all its posts as ``who`` sees them (None: as everybody does)."""
    name = bot_name if place.kind == "personal" and bot_name else place.name
    members = [{"key": p.key, "name": p.name} for p in place.members]
    return _entry(place, name) | {"members": members, "posts": [post(p, who) for p in place.posts]}


def post(one: Post, who: Person | None) -> Json:
    """``own`` says that the card is what only this person sees; ``attachments`` are as the author sent them."""
    card = one.card_for(who) if who else next(iter(one.cards), None)
    return {
        "id": one.id,
        "conversation": one.conversation.id,
        "thread": one.thread_id,
        "root": one.root_id,
        "author": one.author.key if one.author else "",
        "authorName": one.author.name if one.author else "",
        "at": one.at.isoformat(timespec="milliseconds"),
        "text": "" if one.deleted else one.text,
        "textFormat": one.text_format,
        "html": "" if one.deleted else one.html,
        "written": "" if one.deleted else one.written,
        "entities": one.entities,
        "attachments": [] if one.deleted else one.attachments,
        "card": None if one.deleted else card,
        "own": bool(who and who.key in one.views),
        "edited": one.edited,
        "deleted": one.deleted,
        "note": one.note,
        "version": one.version,
        "revision": one.revision,
        "reactions": {name: sorted(who) for name, who in one.reactions.items() if who},
    }

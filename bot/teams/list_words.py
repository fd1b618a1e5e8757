"""What a CO reads who asks which chats there are (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from bot.domain.blocking import day_and_time
from bot.domain.chat import Chat, State
from bot.domain.legible import apart, one_line, plain_name
from bot.domain.presence import Presence
from bot.relay.ports import ChatList, Entry

#: So many of each sort are listed in one post: Teams takes no post of any length.
_LISTED = 20
_NOT_HERE = (
    "Not everybody in a group chat need be in the team, so the list is not shown here. Ask in the team's "
    "channel, or in a personal chat with me."
)
_NOTHING = "No chat is going on, and no record waits for RT."
_MORE = "{count} more, who have waited less, are not shown here."
_PRESENCE = {
    Presence.OPEN: "is there",
    Presence.HIDDEN: "has another window in front",
    Presence.GONE: "has left the page",
}
_RECORD = {
    State.ENDED: "its record is not in RT yet",
    State.HELD: "its record goes to RT in a moment",
    State.FILING: "its record is on its way to RT",
}


def worded(chats: ChatList | None, zone: tzinfo) -> str:
    """Word the list, a line for each chat; None is one that may not be shown in its thread."""
    if chats is None:
        return _NOT_HERE
    said = [*_lines(chats.going_on, chats, zone), *_lines(chats.over, chats, zone)]
    return "\n".join(said) or _NOTHING


def _lines(sort: Sequence[Entry], chats: ChatList, zone: tzinfo) -> Iterable[str]:
    for one in sort[:_LISTED]:
        yield f"• {_line(one, chats, zone)}"
    if len(sort) > _LISTED:
        yield _MORE.format(count=len(sort) - _LISTED)


def _line(one: Entry, chats: ChatList, zone: tzinfo) -> str:
    chat = one.chat
    about = f"Ticket {chat.ticket.ref}" if chat.ticket.ref.number else "No ticket yet"
    if chats.named and (subject := _part(chat.ticket.subject)):
        about += f" “{subject}”"
    known = chats.named and chat.visitor is not None and _part(chat.visitor.name)
    stands = _open if chat.state is State.OPEN else _over
    said = stands(one, known or "the visitor", chats.now, zone)
    return f"{about}: {said}; {_who_has(chat)}. {_where(one)}"


def _open(one: Entry, name: str, now: datetime, zone: tzinfo) -> str:
    since = f"a word since {_when(one.waits, now, zone)}" if one.waits else "no word"
    return f"{name} waits for {since}, and {_PRESENCE[one.chat.presence]}"


def _over(one: Entry, name: str, now: datetime, zone: tzinfo) -> str:
    ended = _when(one.chat.ended or one.chat.created, now, zone)
    return f"with {name}, ended {ended}, {_record(one.chat)}"


def _record(chat: Chat) -> str:
    if chat.state is State.ENDED and chat.filing is not None and chat.filing.unclear:
        return "its record may be in RT already: look at the card"
    return _RECORD[chat.state]


def _who_has(chat: Chat) -> str:
    if not chat.operators:
        return "nobody has it"
    name = apart(plain_name(chat.operators[0].name)) or "somebody"
    return f"{name} has it{', and has not written' if chat.is_only_taken else ''}"


def _where(one: Entry) -> str:
    if one.here:
        return "It is here."
    return "Its thread is being opened." if one.link is None else one.link


def _when(then: datetime, now: datetime, zone: tzinfo) -> str:
    local = then.astimezone(zone)
    today = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if today else day_and_time(then, zone)


def _part(text: str) -> str:
    """Make of people's words a part of a line: none of them is an address that Teams would open."""
    return apart(one_line(text, 80).replace("://", ":\u200b//"))

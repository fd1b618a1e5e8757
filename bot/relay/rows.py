"""The rows of the outbox: who makes each kind, and what its payload holds.

Payloads stand in databases as JSON, and rows of an earlier version are still carried out: a key that
is new may be missing there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from bot.domain.chat import Chat
from bot.domain.messages import Author, Role
from bot.domain.rating import Rating
from bot.domain.tickets import TicketRef
from bot.relay.delivery import LATER, ORDINARY, URGENT, Delivery, DeliveryKind, Lane, Stream
from bot.relay.inbound import Operator

# --- the visitor's messages ---------------------------------------------------------------------


def message(chat: Chat, seq: int, *, first: bool, alone: bool, size: int) -> Delivery:
    """The visitor's message ``seq``: see RelayToThread."""
    kind = DeliveryKind.SINGLE if alone else DeliveryKind.RELAY
    rank = URGENT if first else ORDINARY
    return Delivery(
        Lane.TEAMS,
        Stream.CHAT.of(chat.id),
        kind,
        {"seq": seq},
        chat.id,
        thread=chat.thread,
        rank=rank,
        size=size,
    )


def joint(deliveries: Sequence[Delivery]) -> dict[str, list[int]]:
    """What stands for the payloads of messages that go out together; it is never stored."""
    return {"seqs": [int(one.payload["seq"]) for one in deliveries]}


def seqs_of(payload: Mapping[str, Any]) -> list[int]:
    """The numbers of the messages, of one row's payload or of a ``joint`` one."""
    return [int(seq) for seq in payload.get("seqs") or [payload["seq"]]]


def key(delivery: Delivery) -> tuple[str, object]:
    """What tells a message's row from others before it has a number."""
    return delivery.stream, delivery.payload.get("seq")


# --- notices ------------------------------------------------------------------------------------


class TellPayload(TypedDict):
    """``word`` and ``detail`` are a Tell's. ``thread`` is our id of the thread it is for, if not where
    its chat is by then; ``mention`` whom it calls, by the id to mention and the name.
    """

    word: str
    detail: str
    thread: NotRequired[int]
    mention: NotRequired[list[str]]


def notice(
    stream: str,
    thread: int,
    word: str,
    detail: str = "",
    *,
    chat_id: str | None = None,
    fixed: bool = True,
    mention: Sequence[str] | None = None,
) -> Delivery:
    """A notice in ``thread``; not ``fixed``: in the chat's thread, wherever that is by then."""
    said: TellPayload = {"word": str(word), "detail": detail}
    if fixed:
        said["thread"] = thread
    if mention is not None:
        said["mention"] = list(mention)
    return Delivery(
        Lane.TEAMS, stream, DeliveryKind.TELL, said, chat_id, thread=thread, rank=URGENT
    )


class ListPayload(TypedDict):
    """``thread`` is our id of where it was asked; ``by`` as of a LostPayload, ``mention`` of a TellPayload."""

    thread: int
    by: list[str]
    mention: list[str]


def listing(thread: int, by: Operator) -> Delivery:
    """Which chats there are, as it is when that is posted: nothing of it is kept."""
    mention = [by.mention_id, by.name]
    asked: ListPayload = {"thread": thread, "by": [by.id, by.name], "mention": mention}
    stream, kind = Stream.THREAD.of(thread), DeliveryKind.LIST
    return Delivery(Lane.TEAMS, stream, kind, asked, thread=thread, rank=URGENT)


class LostPayload(TypedDict):
    """``by`` is the CO, by his id and name: by then the chat may be purged."""

    word: str
    detail: str
    by: NotRequired[list[str]]


def lost(chat: Chat, thread: int, word: str, detail: str, by: Author) -> Delivery:
    """A notice for whoever began the chat, which its ``thread`` does not take any more.

    In a stream of its own: the chat's may be stuck with what its thread does not take.
    """
    said: LostPayload = {"word": str(word), "detail": detail, "by": [by.id, by.name]}
    stream = Stream.LOST.of(chat.id)
    return Delivery(
        Lane.TEAMS, stream, DeliveryKind.LOST, said, chat.id, thread=thread, rank=URGENT
    )


class AwayPayload(TypedDict):
    """From when to when nobody was here, in ISO 8601."""

    since: str
    until: str


def away(since: datetime, until: datetime) -> Delivery:
    """That nobody was here."""
    times: AwayPayload = {"since": since.isoformat(), "until": until.isoformat()}
    return Delivery(Lane.HERE, Stream.AWAY.of(), DeliveryKind.AWAY, times)


def tries(delivery: Delivery) -> int:
    """How often a notice or a card was put beside its stream, to be tried again (``later``)."""
    return int(delivery.payload.get("tries", 0))


# --- cards and posts ----------------------------------------------------------------------------


def card(chat_id: str, thread: int, *, rank: int = LATER, due: datetime | None = None) -> Delivery:
    """The chat's card."""
    stream, kind = Stream.CARD.of(chat_id), DeliveryKind.CARD
    return Delivery(Lane.TEAMS, stream, kind, {}, chat_id, due, thread=thread, rank=rank)


class RetirePayload(TypedDict):
    """``card`` is the id of its post."""

    card: str


def retire(chat: Chat, due: datetime) -> Delivery:
    """The chat's card as an earlier one.

    In a stream of its own: to earlier versions, whose cards would wait for it, it is unknown.
    """
    old: RetirePayload = {"card": chat.card}
    stream, kind = Stream.RETIRE.of(chat.id), DeliveryKind.RETIRE
    return Delivery(Lane.TEAMS, stream, kind, old, chat.id, due, thread=chat.thread, rank=LATER)


class ErasePayload(TypedDict):
    """``thread`` is our id, ``post`` Teams'."""

    thread: int
    post: str


def erase(chat: Chat, post: str) -> Delivery:
    """A post of ours in the chat's thread. It belongs to no chat, which may be forgotten by then."""
    where: ErasePayload = {"thread": chat.thread, "post": post}
    stream, kind = Stream.ERASE.of(chat.id), DeliveryKind.ERASE
    return Delivery(Lane.TEAMS, stream, kind, where, thread=chat.thread, rank=LATER)


# --- tickets that are read, and threads that are opened -----------------------------------------


class Wish(TypedDict):
    """That somebody named a ticket in ``thread`` (our id).

    ``by`` has his ``id`` and ``name``; ``mention`` is as of a TellPayload. ``on_page``: he asked on our page.
    ``beside`` are the ids of chats about it that he knows of; ``stay``: the chat is to stay in that thread.
    """

    instance: str
    number: int
    thread: int
    by: dict[str, str]
    mention: list[str]
    on_page: NotRequired[bool]
    beside: NotRequired[list[str]]
    stay: NotRequired[bool]


def wish(ref: TicketRef, thread: int, by: Operator) -> Wish:
    """Return that ``by`` named a ticket in ``thread``."""
    return {
        "instance": ref.instance,
        "number": ref.number,
        "thread": thread,
        "by": {"id": by.id, "name": by.name},
        "mention": [by.mention_id, by.name],
    }


def wished(asked: Wish) -> tuple[TicketRef, Author]:
    """Read which ticket was named, and by whom."""
    by = Author(Role.OPERATOR, asked["by"]["id"], asked["by"]["name"])
    return TicketRef(str(asked["instance"]), int(asked["number"])), by


def lookup(asked: Wish) -> Delivery:
    """The ticket that a chat is to be about."""
    return Delivery(Lane.LOOKUP, Stream.LOOKUP.of(asked["thread"]), DeliveryKind.LOOKUP, asked)


def move(chat: Chat, asked: Wish) -> Delivery:
    """The ticket that a chat is to be taken to."""
    return Delivery(Lane.LOOKUP, Stream.LOOKUP.of(chat.thread), DeliveryKind.MOVE, asked, chat.id)


def own(chat: Chat, instance: str) -> Delivery:
    """The open tickets in that RT of whoever began the chat. Whose, the chat says: nobody is named here."""
    stream, kind = Stream.OWN.of(instance), DeliveryKind.OWN
    return Delivery(Lane.LOOKUP, stream, kind, {}, chat.id, rank=LATER)


class OpenPayload(TypedDict):
    """``chat`` is the id that it will have; ``ticket`` is ``ticket_to_json``'s."""

    chat: str
    ticket: dict[str, Any]
    asked: Wish


def open_thread(opening: OpenPayload, ref: TicketRef, channel: int) -> Delivery:
    """The thread, in ``channel`` (our id), of a chat that is to be about ``ref``."""
    stream, kind = Stream.OPEN.of(ref), DeliveryKind.OPEN
    return Delivery(Lane.TEAMS, stream, kind, opening, thread=channel, rank=URGENT)


def begin(chat: Chat) -> Delivery:
    """The thread of a chat that a visitor began; all else of the chat waits behind it."""
    stream, kind = Stream.CHAT.of(chat.id), DeliveryKind.BEGIN
    return Delivery(Lane.TEAMS, stream, kind, {}, chat.id, thread=chat.thread, rank=URGENT)


# --- invitations and files ----------------------------------------------------------------------


class NumberPayload(TypedDict):
    """The ``number`` of one of the chat's invitations, of its filings, or of its mailings."""

    number: int


def number_of(delivery: Delivery) -> int:
    """Return which invitation, filing or mailing a delivery is about."""
    return int(cast("NumberPayload", delivery.payload)["number"])


def invite(chat: Chat, number: int, lane: Lane) -> Delivery:
    """The chat's invitation ``number``."""
    which: NumberPayload = {"number": number}
    return Delivery(lane, Stream.INVITE.of(chat.id), DeliveryKind.INVITE, which, chat.id)


class FetchPayload(TypedDict):
    """``file`` is the id of the chat's file, ``seq`` its message, ``url`` where Teams has it."""

    file: str
    seq: int
    url: str


def fetch(chat: Chat, picture: FetchPayload) -> Delivery:
    """A picture that a CO pasted."""
    stream = Stream.FETCH.of(chat.id, picture["file"])
    return Delivery(Lane.FILES, stream, DeliveryKind.FETCH, picture, chat.id)


# --- the record, and the end --------------------------------------------------------------------


def answers(chat: Chat, number: int) -> Delivery:
    """The chat's mailing ``number``, before a record that is sent later: that tells what became of it."""
    which: NumberPayload = {"number": number}
    return Delivery(Lane.RT, Stream.FILE.of(chat.id), DeliveryKind.ANSWERS, which, chat.id)


def release(chat: Chat, number: int, until: datetime) -> Delivery:
    """The chat's filing ``number``, which goes to RT then. A stream each: one that was undone may be
    due late, if the clock was set back.
    """
    which: NumberPayload = {"number": number}
    stream, kind = Stream.HOLD.of(chat.id, number), DeliveryKind.RELEASE
    return Delivery(Lane.HERE, stream, kind, which, chat.id, until)


def file(chat: Chat) -> Delivery:
    """The chat's record."""
    return Delivery(Lane.RT, Stream.FILE.of(chat.id), DeliveryKind.FILE, {}, chat.id)


class StatusPayload(TypedDict):
    """``status`` is what the ticket's is to be, in RT's words."""

    status: str


def status(chat: Chat, wanted: str) -> Delivery:
    """The status of the ticket, behind the record."""
    said: StatusPayload = {"status": wanted}
    return Delivery(Lane.RT, Stream.FILE.of(chat.id), DeliveryKind.STATUS, said, chat.id)


class RatingPayload(TypedDict):
    """The visitor's answer (a Rating) for a ticket of an instance of RT."""

    rt: str
    ticket: int
    rating: str


def rating(chat: Chat, ticket: TicketRef, answer: Rating) -> Delivery:
    """The visitor's answer, for a field of ``ticket``."""
    said: RatingPayload = {"rt": ticket.instance, "ticket": ticket.number, "rating": answer.value}
    return Delivery(Lane.RT, Stream.RATING.of(chat.id), DeliveryKind.RATING, said, chat.id)


def audit(about: str, noted: Mapping[str, str], chat_id: str | None = None) -> Delivery:
    """A line of the log ``about`` a chat; without ``chat_id`` it is written though that is forgotten."""
    return Delivery(Lane.HERE, Stream.AUDIT.of(about), DeliveryKind.AUDIT, noted, chat_id)


def purge(chat: Chat, due: datetime, *, late: bool = False) -> Delivery:
    """The chat's text here: behind everything that still needs it on its way to the thread, or
    ``late``, once more, for what was on its way just then.
    """
    stream = (Stream.LATE if late else Stream.CHAT).of(chat.id)
    return Delivery(Lane.HERE, stream, DeliveryKind.PURGE, {}, chat.id, due)

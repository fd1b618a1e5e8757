"""The widget's protocol as values: bytes in, frames out, and the other way round. Pure.

docs/widget-protocol.md is the contract; what it does not name is broken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final, NoReturn

from bot.domain import legible
from bot.domain.admission import Admission
from bot.domain.chat import Chat, State
from bot.domain.files import File
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import digest
from bot.domain.messages import Kind, Message, Role
from bot.domain.presence import Presence
from bot.domain.tickets import DEFAULT_INSTANCE, TicketRef
from bot.relay.joining import Peek

PROTOCOL: Final = "livechat.v1"
MAX_FRAME_BYTES: Final = 64 * 1024
# A seq beyond what JavaScript counts exactly cannot have come from us.
MAX_SEQ: Final = 2**53 - 1

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHAT = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Close(IntEnum):
    """Why a socket is closed; the widget decides by it whether to come back."""

    BYE = 1000
    RESTART = 1012
    TRY_LATER = 1013
    BROKEN = 4400
    NO_SESSION = 4401
    SILENT = 4408
    OTHER_CHAT = 4409
    GONE = 4410


class BrokenFrame(ValueError):
    """The client sent what the protocol does not know; the sentence quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Send me everything of ``chat`` after seq ``after``."""

    chat: str
    after: int


@dataclass(frozen=True, slots=True)
class Say:
    """A message; ``key`` is the client's own name for it."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """How the client's window stands: open or hidden (never gone: it speaks)."""

    presence: Presence


@dataclass(frozen=True, slots=True)
class End:
    """The visitor ends the chat."""


@dataclass(frozen=True, slots=True)
class Here:
    """The visitor types, or says that he is still there."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Is anybody there?"""


Frame = Hello | Say | Window | Here | End | Ping

# --- what comes in -------------------------------------------------------------------------------


def read_frame(text: str) -> Frame:
    """Read one client frame. Raises BrokenFrame for anything the protocol does not name."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise BrokenFrame("the frame is larger than 64 KiB")
    return frame_in(read_object(text))


def frame_in(frame: dict[str, Any]) -> Frame:
    """Read what is one frame already as JSON has it; takes it apart. Raises BrokenFrame."""
    kind = frame.pop("t", None)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise BrokenFrame("no such kind of frame")
    result = reader(frame)
    if frame:
        raise BrokenFrame("the frame has fields that its kind does not have")
    return result


def read_object(text: str) -> dict[str, Any]:
    """Read a JSON object, strictly: no NaN, no field twice. Raises BrokenFrame."""
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        # json's own message would quote the input.
        raise BrokenFrame("not JSON as this protocol knows it") from error
    if not isinstance(value, dict):
        raise BrokenFrame("not a JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BrokenFrame("a field stands there twice")
    return fields


def _no_constant(_name: str) -> NoReturn:
    raise BrokenFrame("not a number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _text(frame: dict[str, Any], field: str, form: re.Pattern[str] | None = None) -> str:
    value = frame.pop(field, None)
    if not isinstance(value, str) or (form and not form.fullmatch(value)):
        raise BrokenFrame(f"the field {field} is missing or wrong")
    return value


def _hello(frame: dict[str, Any]) -> Hello:
    chat, after = _text(frame, "chat", _CHAT), frame.pop("after", None)
    # bool is an int to Python, but not to the protocol
    if type(after) is not int or not 0 <= after <= MAX_SEQ:
        raise BrokenFrame("the field after is missing or wrong")
    return Hello(chat, after)


def _say(frame: dict[str, Any]) -> Say:
    return Say(_text(frame, "key", _KEY), _text(frame, "text"))


_WINDOWS = {"open": Presence.OPEN, "hidden": Presence.HIDDEN}


def _window(frame: dict[str, Any]) -> Window:
    presence = _WINDOWS.get(_text(frame, "state"))
    if presence is None:
        raise BrokenFrame("the field state is missing or wrong")
    return Window(presence)


_READERS: dict[str, Callable[[dict[str, Any]], Frame]] = {
    "hello": _hello,
    "say": _say,
    "presence": _window,
    "here": lambda _frame: Here(),
    "end": lambda _frame: End(),
    "ping": lambda _frame: Ping(),
}

# --- what goes out -------------------------------------------------------------------------------


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write(value: object) -> bytes:
    """Write a frame or an answer as UTF-8 JSON; what UTF-8 cannot hold becomes a question mark."""
    return _ENCODER.encode(value).encode("utf-8", "replace")


def time(at: datetime) -> str:
    """Write an aware time as the protocol does: UTC, milliseconds, Z."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


_STATES = {
    State.OPEN: "open",
    State.ENDED: "ended",
    State.HELD: "ended",
    State.FILING: "ended",
    State.FILED: "filed",
    State.PURGED: "filed",
}


def view(chat: Chat, relayed: int, longer: int | None = None) -> dict[str, Any] | None:
    """Show a chat to its visitor; None if he has no business in it (any more).

    ``longer`` is how many others have been waiting longer than he has, if he waits.
    """
    state = _STATES.get(chat.state)
    if state is None:
        return None
    shown = {
        "chat": chat.id,
        "state": state,
        "ticket": ticket(_his(chat)),
        "stranger": chat.identity.proof is Proof.ANONYMOUS,
        "you": chat.visitor.name if chat.visitor else "",
        "person": person(chat.identity) or chat.id,
        "operators": [operator.name for operator in chat.operators],
        "head": chat.head,
        "relayed": relayed,
        "ended_by": chat.ended_by.role.value if chat.ended_by else None,
        "closing": time(chat.closing) if chat.closing else None,
        "blocked": time(chat.blocked) if chat.blocked else None,
        "rating": (chat.rating or None) if not chat.may_be_rated else "",
    }
    return shown if longer is None else shown | {"waiting_longer": longer}


def inside(chat: Chat) -> dict[str, Any]:
    """Tell whoever signed in of the chat that he is in already: with whom, and nothing of what was said."""
    return {"chat": chat.id, "operators": [operator.name for operator in chat.operators]}


def person(who: Identity) -> str:
    """Return what is the same for one person in all his chats, without his name; "" if we do
    not know who he is: what anybody can type is no sign of him.

    That of whoever signed in has in it that of whoever held a link meant for him, who will have been
    he; not the other way round, since somebody else may have held it.
    """
    known = (who.login or who.address).casefold()
    if not known or who.proof is Proof.ANONYMOUS:
        return ""
    meant = digest(f"link: {known}")[:32]
    return digest(f"signed in: {known}")[:32] + meant if who.verified else meant


def _his(chat: Chat) -> TicketRef:
    """The ticket that the visitor is told of. Of one that is made for the record without a requestor
    (for triage, say) he gets no e-mail: if he has a ticket, the other one's number would mislead him.
    Until the new one's number is known, his own would.
    """
    own, filing = chat.ticket.ref, chat.filing
    made = filing.new_ticket if filing and not filing.undone_by else None
    is_known = filing is not None and filing.receipt is not None and filing.receipt.ticket
    aside = made is not None and own.number and not (made.requestor and is_known)
    return TicketRef(own.instance, 0) if aside else chat.filed_in


def ticket(ref: TicketRef) -> str:
    """Write a ticket's number as people say it: the bare number for the usual RT; "" for none."""
    if not ref.number:
        return ""
    return str(ref.number) if ref.instance == DEFAULT_INSTANCE else str(ref)


def peek(seen: Peek, sign_in: str = "") -> dict[str, Any]:
    """Tell what a link is worth; a link that gives no seat tells nothing else.

    ``sign_in`` is where one signs in, if one can.
    """
    if seen.fate == "blocked" and seen.expires:
        return {"fate": seen.fate, "until": time(seen.expires)}
    if seen.fate != "pending":
        return {"fate": seen.fate}
    who = {"who": seen.who, "sign_in": sign_in}
    if seen.admission is Admission.NOT_YOURS:
        return {"fate": seen.admission.value, **who}
    expires = time(seen.expires) if seen.expires else None
    operators = list(seen.operators)
    shown = {"fate": "pending", "ticket": seen.ticket, "operators": operators, "expires": expires}
    entry = {"admission": seen.admission.value, **who}
    return shown | (entry if sign_in or seen.who else {})


def line(message: Message) -> dict[str, Any]:
    """Show one line of the log. Only the visitor's own lines carry a key: others' are not his."""
    shown: dict[str, Any] = {
        "t": "line",
        "seq": message.seq,
        "kind": message.kind.value,
        "author": {"role": message.author.role.value, "name": message.author.name},
        "text": legible.shown(message.text),
        "at": time(message.at),
    }
    if message.author.role is Role.VISITOR and message.kind is Kind.SAID:
        shown["key"] = message.key
    if message.target is not None:
        shown["target"] = message.target
    if message.quote is not None:
        shown["quote"] = {
            "author": message.quote.author,
            "text": legible.shown(message.quote.text),
        }
    if message.file is not None:
        shown["file"] = file(message.file)
    return shown


def file(told: File) -> dict[str, Any]:
    """Tell what came with a line."""
    return {
        "id": told.id,
        "name": told.name,
        "type": told.type,
        "size": told.size,
        "standing": told.standing.value,
        "url": told.url,
    }


def ack(key: str, message: Message) -> dict[str, Any]:
    """Tell that a message is stored for good."""
    return {"t": "ack", "key": key, "seq": message.seq, "at": time(message.at)}


def refused(key: str, error: str) -> dict[str, Any]:
    """Tell that a message is not stored and will not be."""
    return {"t": "refused", "key": key, "error": error}


def welcome(shown: dict[str, Any]) -> dict[str, Any]:
    """Answer a hello with the chat's view."""
    return {"t": "welcome", "view": shown}


def changed(shown: dict[str, Any]) -> dict[str, Any]:
    """Tell that the chat's view changed."""
    return {"t": "view", "view": shown}


def relayed(seq: int) -> dict[str, Any]:
    """Tell that of the chat's view only this changed."""
    return {"t": "relayed", "seq": seq}


OVER: Final[dict[str, Any]] = {"t": "over"}
PONG: Final[dict[str, Any]] = {"t": "pong"}

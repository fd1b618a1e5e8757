"""Trouble on demand: what the stand-in shall do wrong, how often, and to which requests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

from bot.sandbox.teams import ids

#: What a fault can be put on. "*" is every connector operation, never a login or metadata request.
CONNECTOR_OPERATIONS = (
    "create", "send", "reply", "update", "delete", "members", "paged_members", "member", "team", "channels", "attachment",
)  # fmt: skip
OPERATIONS = (*CONNECTOR_OPERATIONS, "discovery", "token", "openid", "keys")


@dataclass
class Fault:
    """One kind of trouble.

    on            operation(s), separated by blanks, or "*"
    conversation  only there (a thread's id counts as its channel); empty: everywhere
    thread        only in this thread (its id with ";messageid="); empty: everywhere
    skip, times   leave the first ``skip`` requests alone, then hit ``times`` of them (None: until cleared)
    delay         seconds to wait first; alone it is a slow but right answer
    accepted      carry the request out before misbehaving: the outcome is then unknown to the caller
    drop          close the connection without an answer
    hang          never answer: hold the connection until the caller gives up
    status, code, message, retry_after (seconds), html   the wrong answer; ``html`` makes it a web page, not JSON
    """

    on: str = "*"
    conversation: str = ""
    thread: str = ""
    skip: int = 0
    times: int | None = 1
    delay: float = 0.0
    accepted: bool = False
    drop: bool = False
    hang: bool = False
    status: int = 0
    code: str = ""
    message: str = ""
    retry_after: float | None = None
    html: bool = False

    def __post_init__(self) -> None:
        unknown = [name for name in self.on.split() if name != "*" and name not in OPERATIONS]
        if unknown:
            raise ValueError(
                f"A fault cannot be put on {unknown[0]!r}; choose from: {', '.join(OPERATIONS)}, *"
            )

    @classmethod
    def throttled(cls, retry_after: float = 1, **more: Any) -> Fault:
        return cls(
            status=429,
            code="TooManyRequests",
            message="Too many requests",
            retry_after=retry_after,
            **more,
        )

    @classmethod
    def gateway(cls, status: int = 502, **more: Any) -> Fault:
        """412, 502 or 504, which Microsoft asks callers to retry."""
        return cls(
            status=status, code="ServiceError", message="Something went wrong on the way", **more
        )

    @classmethod
    def web_page(cls, status: int = 502, **more: Any) -> Fault:
        """A proxy's HTML page where JSON is expected."""
        return cls(status=status, html=True, **more)

    @classmethod
    def slow(cls, delay: float, **more: Any) -> Fault:
        return cls(delay=delay, **more)

    @classmethod
    def lost_request(cls, **more: Any) -> Fault:
        """The connection closes and nothing was done."""
        return cls(drop=True, **more)

    @classmethod
    def lost_answer(cls, **more: Any) -> Fault:
        """The connection closes although the request was carried out."""
        return cls(drop=True, accepted=True, **more)

    @classmethod
    def silence(cls, **more: Any) -> Fault:
        """No answer at all, and the connection stays open; with ``accepted`` it was carried out."""
        return cls(hang=True, **more)

    @classmethod
    def not_in_roster(cls, **more: Any) -> Fault:
        message = "The bot is not part of the conversation roster."
        return cls(status=403, code="BotNotInConversationRoster", message=message, **more)

    @classmethod
    def writes_blocked(cls, **more: Any) -> Fault:
        return cls(
            status=403,
            code="MessageWritesBlocked",
            message="The bot was blocked by the user.",
            **more,
        )

    @classmethod
    def conversation_not_found(cls, **more: Any) -> Fault:
        return cls(
            status=404, code="ConversationNotFound", message="Conversation not found.", **more
        )

    @classmethod
    def too_big(cls, **more: Any) -> Fault:
        return cls(status=413, code="MessageSizeTooBig", message="Message size too large.", **more)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Fault:
        """Raises ValueError for unknown fields and operations."""
        known = {f.name for f in fields(cls)}
        if unknown := set(value) - known:
            raise ValueError(f"A fault has no {min(unknown)!r}; it has: {', '.join(sorted(known))}")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def concerns(self, operation: str, conversation: str) -> bool:
        """Whether a request may be hit; ``conversation`` is the id that it names, with its thread."""
        names = self.on.split()
        if operation not in names and not ("*" in names and operation in CONNECTOR_OPERATIONS):
            return False
        if self.thread and self.thread != conversation:
            return False
        if not self.conversation:
            return True
        return ids.split_thread(self.conversation)[0] == ids.split_thread(conversation)[0]


class Storm(Protocol):
    """Trouble by chance; see ``storm.py``."""

    def take(self, operation: str, conversation: str) -> Fault | None:
        """The fault for this request, if any."""


class FaultPlan:
    """The faults that are set, in order; the first that concerns a request hits it.

    A storm, if there is one, hits what they leave alone.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.storm: Storm | None = None

    def add(self, *faults: Fault) -> None:
        self.faults.extend(faults)

    def clear(self) -> None:
        self.faults.clear()
        self.storm = None

    def take(self, operation: str, conversation: str = "") -> Fault | None:
        """The fault for this request, counted down; None if it goes well."""
        for fault in self.faults:
            if not fault.concerns(operation, conversation) or fault.times == 0:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return self.storm.take(operation, conversation) if self.storm else None

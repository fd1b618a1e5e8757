"""What a visitor fills in to begin a chat, looked at before it is taken (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.identity import Identity, Proof
from bot.domain.legible import blank, hidden
from bot.domain.messages import EmptyText, TextTooLong, tidy

#: Characters. What is longer is not a question yet; the chat takes more, message by message.
MAX_QUESTION = 4000
MAX_NAME = 80
MAX_ADDRESS = 254
MAX_DETAIL = 200
_ADDRESS = re.compile(r"[^@\s<>\"(),;:\\]+@[^@\s<>\"(),;:\\]+\.[^@\s<>\"(),;:\\]+")


class Detail(StrEnum):
    """What a visitor may tell besides his question; a site says what of it is asked."""

    ROOM = "room"
    BROWSER = "browser"


#: How each is called wherever COs read it.
DETAILS = {Detail.ROOM: "Room or machine", Detail.BROWSER: "Browser and system"}


class BadFields(ValueError):
    """Some fields cannot be taken: ``why`` is empty, too_long or bad, by the field's name."""

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__(", ".join(why))
        self.why = dict(why)


@dataclass(frozen=True, slots=True)
class Question:
    """What was filled in; name and address only of somebody who did not sign in.

    ``details`` has those that he told: nothing of one that he left empty.
    """

    text: str
    name: str = ""
    address: str = ""
    details: tuple[tuple[Detail, str], ...] = ()

    @property
    def first_line(self) -> str:
        """What the question is called where there is room for a line: its first that is seen."""
        lines = (" ".join(line.split()) for line in self.text.split("\n"))
        return next((line for line in lines if not blank(line)), "")

    def anonymous(self) -> Identity:
        """Return what we know of whoever wrote it and did not sign in: what he says."""
        return Identity(Proof.ANONYMOUS, "", self.name, self.address)


def read_question(
    text: str, name: str, address: str, *, signed_in: bool, details: Mapping[str, str] | None = None
) -> Question:
    """Take what was filled in; ``details`` by the names of Detail.

    Raises BadFields, with everything that is wrong with it.
    """
    wrong: dict[str, str] = {}
    kept = {"question": _text(text, MAX_QUESTION, wrong, "question")}
    if not signed_in:
        kept["name"] = " ".join(_text(name, MAX_NAME, wrong, "name").split())
        kept["email"] = _text(address, MAX_ADDRESS, wrong, "email")
        if "email" not in wrong and not _is_address(kept["email"]):
            wrong["email"] = "bad"
    told = [(one, _line((details or {}).get(one, ""), wrong, one)) for one in Detail]
    if wrong:
        raise BadFields(wrong)
    more = tuple((one, value) for one, value in told if value)
    return Question(kept["question"], kept.get("name", ""), kept.get("email", ""), more)


def _line(text: str, wrong: dict[str, str], field: str) -> str:
    """Take a line that may be empty, or show nothing."""
    try:
        tidied = " ".join(tidy(text).split())
    except EmptyText:
        return ""
    except TextTooLong:
        tidied = text
    if len(tidied) > MAX_DETAIL:
        wrong[field] = "too_long"
    return "" if blank(tidied) else tidied


def _text(text: str, longest: int, wrong: dict[str, str], field: str) -> str:
    try:
        tidied = tidy(text)
    except EmptyText:
        wrong[field] = "empty"
        return ""
    except TextTooLong:
        wrong[field] = "too_long"
        return ""
    if blank(tidied):
        wrong[field] = "empty"
    elif len(tidied) > longest:
        wrong[field] = "too_long"
    return tidied


def _is_address(text: str) -> bool:
    """Tell whether it may be one, and is what it looks like."""
    return bool(_ADDRESS.fullmatch(text)) and not any(map(hidden, text))

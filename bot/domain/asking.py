"""What a visitor fills in to begin a chat, looked at before it is taken (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.identity import Identity, Proof
from bot.domain.legible import blank, hidden
from bot.domain.messages import EmptyText, TextTooLong, tidy

#: Characters. What is longer is not a question yet; the chat takes more, message by message.
MAX_QUESTION = 4000
MAX_NAME = 80
MAX_ADDRESS = 254
_ADDRESS = re.compile(r"[^@\s<>\"(),;:\\]+@[^@\s<>\"(),;:\\]+\.[^@\s<>\"(),;:\\]+")


class BadFields(ValueError):
    """Some fields cannot be taken: ``why`` is empty, too_long or bad, by the field's name."""

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__(", ".join(why))
        self.why = dict(why)


@dataclass(frozen=True, slots=True)
class Question:
    """What was filled in; name and address only of somebody who did not sign in."""

    text: str
    name: str = ""
    address: str = ""

    @property
    def first_line(self) -> str:
        """What the question is called where there is room for a line."""
        return " ".join(self.text.split("\n", 1)[0].split())

    def anonymous(self) -> Identity:
        """Return what we know of whoever wrote it and did not sign in: what he says."""
        return Identity(Proof.ANONYMOUS, "", self.name, self.address)


def read_question(text: str, name: str, address: str, *, signed_in: bool) -> Question:
    """Take what was filled in. Raises BadFields, with everything that is wrong with it."""
    wrong: dict[str, str] = {}
    kept = {"question": _text(text, MAX_QUESTION, wrong, "question")}
    if not signed_in:
        kept["name"] = " ".join(_text(name, MAX_NAME, wrong, "name").split())
        kept["email"] = _text(address, MAX_ADDRESS, wrong, "email")
        if "email" not in wrong and not _is_address(kept["email"]):
            wrong["email"] = "bad"
    if wrong:
        raise BadFields(wrong)
    return Question(kept["question"], kept.get("name", ""), kept.get("email", ""))


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

"""What reaches us from the operators' side, as bot/teams hands it to the use cases."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.messages import Author, Role
from bot.relay.ports import CardView, Thread


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as Teams vouches for him: Entra object id, name, and the id to mention."""

    id: str
    name: str
    mention_id: str = ""

    @property
    def author(self) -> Author:
        """The operator as the author of what he does."""
        return Author(Role.OPERATOR, self.id, self.name)


@dataclass(frozen=True, slots=True)
class Heard:
    """An operator wrote in a thread.

    ``key`` is Teams' activity id. ``text`` is plain, with the bot's mention cut out;
    ``mentioned`` tells whether it was there (always true in a personal chat). ``extras`` names
    things that cannot be carried (a card), for the notice that they were not sent. ``pictures`` are
    the addresses of pasted ones, ``links`` names and addresses of files that lie elsewhere.
    ``behind`` is the text without mentions of others that begin a line, empty if none does.
    """

    thread: Thread
    operator: Operator
    key: str
    text: str
    mentioned: bool
    quote: tuple[str, str] | None = None
    extras: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    behind: str = ""

    @property
    def brings(self) -> bool:
        """Something came beside the words, whether it can be carried or not."""
        return bool(self.extras or self.pictures or self.links)


@dataclass(frozen=True, slots=True)
class Changed:
    """An operator edited (``text``) or deleted (``text`` None) an earlier message ``key``.

    ``mentioned`` tells whether the text, as it is now, mentions the bot, ``pictures`` and ``links``
    how many there are with it now; ``as_new`` is the message as it is now, as if it had just come.
    """

    thread: Thread
    operator: Operator
    key: str
    activity_id: str
    text: str | None
    mentioned: bool = False
    pictures: int = 0
    links: int = 0
    as_new: Heard | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """An operator pressed a button of a chat's card."""

    thread: Thread
    operator: Operator
    verb: str
    chat_id: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressing:
    """What a press led to: the card as it is now, and a sentence if the press did nothing.

    A view that has something ``wrong`` to show says the sentence itself, and keeps what was typed.
    """

    view: CardView | None
    sentence: str = ""

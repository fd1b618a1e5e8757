"""How long things took, for the figures: numbers only, and nothing of which chat or whose."""

from __future__ import annotations

from bot.domain.chat import Chat, State
from bot.domain.events import Event
from bot.domain.messages import Kind, Role
from bot.relay.delivery import Span
from bot.relay.storage import Unit

#: How long a visitor waited for a first answer, once for each chat; and how long a talk lasted.
FIRST_ANSWER, TALK = "first_answer", "talk"


async def measure(unit: Unit, before: Chat, after: Chat, event: Event) -> None:
    """Note what ``event`` has brought to its end."""
    if before.state is not State.OPEN:
        return
    ends = after.state is not State.OPEN
    answers = before.waits_since is not None and after.waits_since is None and not before.returns
    if ends or answers:
        for first in await unit.log(before.id, 0, 1):  # his question, or that he came
            began = Role.VISITOR if first.kind is Kind.SAID else Role.OPERATOR
            took = (event.at - first.at).total_seconds()
            unit.took(Span(TALK if ends else FIRST_ANSWER, began, took))

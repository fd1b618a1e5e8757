"""Whether the queues of the settings are in RT, and whether the account may do there what it must.

REST 2.0 gives that away by what it offers: a queue's "create", a ticket's "comment". Nothing is
written to find out. Blocking.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from bot.rt.instance import RtInstance
from bot.rt.operations import Rest
from bot.rt.wire import Reply, items, quoted

_GIVE = "Give the account {right} there: docs/rt.md, “The account”."


class Look(NamedTuple):
    """What was seen of one queue: whether it will do, a sentence, and whether it is only unwise."""

    ok: bool
    sentence: str
    unwise: bool = False


def looked_at(rest: Rest, rt: RtInstance) -> list[Look]:
    """Look at every queue that the settings name. Raises NotDone."""
    named = dict.fromkeys([*rt.queues, *rt.makes_in])
    return [look for queue in named for look in _look(rest, rt, queue)]


def _look(rest: Rest, rt: RtInstance, queue: str) -> list[Look]:
    reply = rest.get(f"queue/{quote(queue, safe='')}")
    if problem := _unseen(reply, queue):
        return [Look(ok=False, sentence=problem)]
    wrong = [] if rt.mail else [*_making(rt, queue, reply), *_commenting(rest, queue)]
    return wrong or [Look(ok=True, sentence=f"The queue {queue} is there, and may be worked with.")]


def _unseen(reply: Reply, queue: str) -> str:
    """Say why a queue cannot be used at all, if that is so."""
    data = reply.data if isinstance(reply.data, dict) else {}
    if reply.status != 200 or not data.get("id"):  # RT 5 says 403 of both
        give = _GIVE.format(right="SeeQueue")
        return (
            f"RT shows us no queue called {queue}: there is none, or we may not see it. Compare the "
            f"name in the settings with RT's. {give}"
        )
    if str(data.get("Disabled") or "0") != "0":
        return (
            f"The queue {queue} is disabled in RT. Enable it there, or take it out of the settings."
        )
    return ""


def _making(rt: RtInstance, queue: str, reply: Reply) -> Iterator[Look]:
    """Tickets are made in some queues by the chat itself, in others only if a CO wants it."""
    if "create" in _offered(reply.data):
        return
    give = _GIVE.format(right="CreateTicket")
    if queue in rt.makes_in:
        said = (
            f"Records without a ticket of their own are to go into the queue {queue}, and cannot: "
        )
        yield Look(ok=False, sentence=f"{said}no ticket may be made there. {give}")
    else:
        said = f"No ticket may be made in the queue {queue}: “New ticket” will fail there. {give}"
        yield Look(ok=True, sentence=said, unwise=True)


def _commenting(rest: Rest, queue: str) -> Iterator[Look]:
    """Where there is a ticket to look at, it tells whether records may be put on it."""
    asked = f"Queue = {quoted(queue)} AND Status = '__Active__'"
    found: list[dict[str, Any]] = items(rest.get("tickets", {"query": asked, "per_page": "1"}))
    number = str(found[0].get("id") or "") if found else ""
    if number and "comment" not in _offered(rest.get(f"ticket/{number}").data):
        give = _GIVE.format(right="CommentOnTicket")
        said = f"No record may be put on tickets in the queue {queue}. {give}"
        yield Look(ok=False, sentence=said)


def _offered(data: Any) -> set[str]:
    links = data.get("_hyperlinks") if isinstance(data, dict) else None
    found = links if isinstance(links, list) else []
    return {str(link.get("ref")) for link in found if isinstance(link, dict)}

"""Prints docs/chat-states.md from the table of transitions.

    .venv/bin/python -m infra.dev.chat_states > docs/chat-states.md

tests/test_docs.py fails while the page is not what this prints. The words for each state and each
event are below; a state or event without words stops the script.
"""

import re
import sys
from collections import defaultdict

from bot.domain import events as e
from bot.domain.chat import LIVE, OVER, TRANSITIONS, State
from bot.domain.mailing import MailAsked, MailEnded

#: State: what it means, and what the visitor sees.
STATES: dict[State, tuple[str, str]] = {
    State.PROPOSED: (
        "A CO named a ticket, and the card shows it. Nobody else knows.",
        "Nothing. A link from before says that it was taken back or is too old.",
    ),
    State.INVITED: (
        "A link is out. The thread is taken: no other chat can begin in it.",
        "Whoever opens the link: who invites, to which ticket, what is recorded; a button to join.",
    ),
    State.OPEN: (
        (
            "The visitor joined; they talk. Every line is stored before it is acknowledged. A chat that "
            "a visitor began is made open, in one transaction with its question, while its thread in "
            "Teams is still to be opened; until a CO has written or taken it, the visitor waits."
        ),
        (
            "The conversation, and a box to write in; after a long silence, when the chat ends by "
            "itself, and a button that says: I am still here."
        ),
    ),
    State.ENDED: (
        (
            "The talk is over; the record waits for a CO to press Send to RT (or to press it again, "
            "if RT refused it, if the ticket has changed, or if it was undone). After "
            "`retention.unfiled_hours`, and at once when silence ended it, it goes by itself, unless "
            "visitor and ticket do not fit."
        ),
        "The conversation, and that a copy will be put on the ticket. No box any more.",
    ),
    State.HELD: (
        (
            "A CO pressed Send to RT and may still undo it, for as long as `filing.undo_seconds` says. "
            "Nothing has left for RT."
        ),
        "The same as after the end.",
    ),
    State.FILING: (
        "The record is on its way to RT, for as long as RT takes to come back.",
        "The same as after the end.",
    ),
    State.FILED: (
        "RT's receipt is in. The text is deleted as soon as the last posts are out.",
        "That the conversation is on the ticket, with its number; a copy may be saved.",
    ),
    State.PURGED: (
        (
            "The text, the visitor's name and the summary are gone from here. Ticket number and "
            "receipt are kept for a while, then the row goes too."
        ),
        (
            "The same, as long as the window is open; after a reload only that the conversation is "
            "on the ticket."
        ),
    ),
    State.CANCELLED: (
        "Dropped before anybody joined. Nothing of a chat was put on the ticket, and nobody's name is kept.",
        "That the link was taken back.",
    ),
    State.ERASED: (
        (
            "`livechat purge --also-unfiled` erased it, because a person asked for that. Only the "
            "ticket's number is kept for a while; the thread is told, and whether RT may have the "
            "record all the same."
        ),
        "That the chat was erased; its window is connected no more.",
    ),
}

#: What an event is called on an arrow.
EVENTS: dict[type[e.Event], str] = {
    e.Invited: "Invite",
    e.InvitationSent: "the link was sent, or could not be",
    e.Revoked: "link taken back",
    e.InvitationExpired: "link expired",
    e.Cancelled: "Cancel, or nobody invited in time",
    e.VisitorJoined: "visitor joins",
    e.Asked: "a visitor asks",
    e.OwnTicketsFound: "RT tells of his open tickets, or could not be asked",
    e.Unanswered: "nobody has answered him for long",
    e.HandedBack: "a CO lets somebody else go on",
    e.Taken: "a CO takes it, perhaps without a word yet",
    e.KnockedAgain: "somebody else opens the link",
    e.TurnedAway: "somebody signed in whom the link is not for, and was not let in",
    e.Said: "somebody writes",
    e.Edited: "a CO edits",
    e.Removed: "a CO deletes",
    e.PresenceChanged: "window open, hidden, gone",
    e.SilenceWarned: "nobody was heard for long: it is about to end by itself",
    e.StillHere: "somebody says that it is to go on",
    e.Ended: "either side ends, or nobody is heard any more",
    e.ThreadLost: "thread lost in Teams",
    e.NotShown: "a message did not reach the thread",
    e.Blocked: "a CO blocks the visitor",
    e.Unblocked: "and lets him in again",
    e.Rated: "the visitor says whether the chat helped",
    e.FileCame: "a picture from Teams came, or will not",
    e.Interrupted: "the live chat was away",
    e.FilingHeld: "Send to RT",
    e.FilingRequested: "sent to RT at once, without a time to undo it",
    e.FiledUnasked: "nobody sent it to RT in time",
    e.FilingReleased: "the time to undo it is over",
    e.FilingUndone: "Undo",
    e.FilingStopped: "the ticket has changed",
    e.MoveProposed: "another ticket is shown",
    e.MoveDropped: "and not taken",
    e.Moved: "another ticket is confirmed",
    MailAsked: "a CO has what was not shown mailed",
    MailEnded: "RT has it, or it was not mailed",
    e.FilingDelayed: "RT does not answer",
    e.FilingFailed: "RT refuses",
    e.TranscriptFiled: "RT's receipt",
    e.StatusSet: "the ticket's status was set, or could not be",
    e.RatingNotSet: "the ticket's field for the visitor's answer could not be set",
    e.Purged: "text deleted",
    e.Erased: "erased on a person's request",
}

INTRODUCTION = """\
# The states of a chat

*Drawn from `TRANSITIONS` in `bot/domain/chat.py` by `python -m infra.dev.chat_states`; a test compares the two.*

Everything that happens to a chat is an event, and the table says in which state it may happen and where it leads. What the table does not name cannot happen: it is refused, nothing is changed, and whoever asked is told how things stand.
"""


def page() -> str:
    """Return docs/chat-states.md."""
    return "\n".join([INTRODUCTION, *_diagram(), *_table(), *_staying()])


def _diagram() -> list[str]:
    """Draw the arrows that lead to another state; several from one to another are one."""
    arrows: dict[tuple[State, State], list[str]] = defaultdict(list)
    for (before, event), after in TRANSITIONS.items():
        if before is not after:
            arrows[before, after].append(EVENTS[event])
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> proposed: a CO names a ticket"]
    lines += [f"    {a} --> {b}: {' / '.join(events)}" for (a, b), events in arrows.items()]
    lines += [f"    {state} --> [*]" for state in State if state in OVER]
    return [*lines, "```", ""]


def _table() -> list[str]:
    live = " and ".join(f"`{state}`" for state in State if state in LIVE)
    lines = ["| state | what it means | what the visitor sees |", "|---|---|---|"]
    for state in State:
        meaning, seen = STATES[state]
        lines.append(f"| `{state}` | {meaning} | {seen} |")
    return [
        *lines,
        "",
        (
            f"A thread carries at most one chat in {live}, so that an operator's words in it can mean "
            "one visitor only; the database refuses a second one."
        ),
        "",
        (
            "A visitor who signed in begins no second chat while he is in one in `open`, waiting or "
            "answered, and signed in for that: he is led into that one "
            "([decision 25](decisions/0025-chats-that-visitors-begin.md)). From `ended` on he may begin "
            "another, whether the record of the first is in RT yet or not."
        ),
        "",
    ]


def _staying() -> list[str]:
    """List what may happen without leading elsewhere."""
    staying: dict[type[e.Event], list[State]] = defaultdict(list)
    for (before, event), after in TRANSITIONS.items():
        if before is after:
            staying[event].append(before)
    lines = [
        "## What changes a chat but not its state",
        "",
        "A repeat belongs here too: the second press of a button does nothing, and is no error.",
        "",
        "| event | | in |",
        "|---|---|---|",
    ]
    for event, states in staying.items():
        where = ", ".join(f"`{state}`" for state in states)
        lines.append(f"| {_words(event)} | {EVENTS[event]} | {where} |")
    return [*lines, ""]


def _words(event: type[e.Event]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event.__name__).lower()


if __name__ == "__main__":
    sys.stdout.write(page())

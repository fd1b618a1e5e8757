"""The commands as they are told: what to write behind the mention, and what it does (pure)."""

from __future__ import annotations

import re

#: Every button of a card has a command that does the same; the card names them too.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("12345", "show ticket 12345 (rt#12345 or its address will do as well) to start a chat"),
    ("invite", "invite the requestor of the ticket shown here"),
    ("revoke link", "take the invitation back"),
    ("cancel", "drop the chat before anybody joined"),
    ("end chat", "end the chat with the visitor"),
    ("keep open", "do not let a silent chat end by itself yet"),
    ("take", "say that you have this chat, without writing to the visitor yet"),
    ("take over", "the same of a chat that a colleague has; they are told"),
    ("back to queue", "let somebody else go on with a visitor who began the chat"),
    (
        "mail answers 345",
        "have RT mail a visitor who has left what they were not shown; see “send to rt” for the digits",
    ),
    (
        "send to rt 345: SUMMARY",
        "put your summary and the transcript on the ticket; its last digits confirm that it is it",
    ),
    ("send to rt SURNAME because WHY: SUMMARY", "the same where the visitor is nobody on it"),
    ("new ticket in QUEUE: SUMMARY", "put them into a new ticket instead"),
    ("send to triage: SUMMARY", "put them where doubtful records are sorted out"),
    ("undo", "take Send to RT back while the card says that it can be undone"),
    ("move to ticket 777", "show ticket 777 beside this one, to take the chat there"),
    (
        "confirm move 777",
        "take it there (SURNAME because REASON where the visitor is nobody on it)",
    ),
    ("keep ticket", "leave it where it is"),
    ("open until 17:00", "let visitors begin chats, until then or until the closing hour"),
    ("close", "let them begin no more; chats that are running go on"),
    (
        "chats",
        "list the chats that go on, who waits longest first, and the records that RT is yet to get",
    ),
    (
        "block 2h because REASON",
        "end this chat and keep its visitor out (30 min, 2h, 3 days)",
    ),
    ("blocks", "say who is kept out, why, and until when"),
    ("unblock 1a2b3c", "let them in again"),
    ("say: WORDS", "show the visitor these words, however much they look like a command"),
    ("show card", "show the buttons again"),
    ("help", "show this"),
)

_HOLE = re.compile(r"[A-Z0-9]")


def phrase_of(form: str) -> tuple[str, ...]:
    """Return the words with which a command begins, up to what is to be filled in."""
    words: list[str] = []
    for word in form.split():
        if _HOLE.search(word):
            break
        words.append(word.rstrip(":"))
        if word.endswith(":"):
            break
    return tuple(words)


def form_of(*words: str) -> str:
    """Return the first form that begins with these words."""
    return next(form for form, _ in COMMANDS if phrase_of(form) == words)

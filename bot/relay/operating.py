"""What an operator can do from a thread: write, change what he wrote, press a card's buttons."""

from __future__ import annotations

from bot.relay.ports import Changed, Heard, Pressed, Pressing


class Operating:
    """The operators' use cases. Whoever calls has checked that the operator may act.

    Every method returns only after the commit, calls neither Teams nor RT, and recognises a
    repeat by Teams' activity id; answers to the operator go out by the outbox.
    """

    async def hears(self, heard: Heard) -> None:
        """Take in a message: a command, words for the visitor, a note, or nothing for us."""
        raise NotImplementedError

    async def changes(self, changed: Changed) -> None:
        """Take in an edit or a deletion."""
        raise NotImplementedError

    async def presses(self, pressed: Pressed) -> Pressing:
        """Take in a button; return the card as it now is.

        Verbs and values: ``invite`` {"requestor": index, "route": Route?}, ``cancel``,
        ``revoke``, ``end``, ``file`` {"summary": text, "status": RT status or ""}, ``look``
        (only show the card again).
        """
        raise NotImplementedError

"""Where records go: undone, moved, confirmed or not, and tickets that change: more of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.domain.matching import fingerprint
from tests.relay.machine_base import PICK, SPANS, WHICH, Side
from tests.relay.machine_model import Talk
from tests.relay.machine_operators import Operators

_NUMBERS = st.sampled_from([777, 12345, 54321])
_WRONG = st.sampled_from(["", "000", "Babbage"])


class Records(Operators):
    """A record goes into the ticket that was confirmed last, and into no other."""

    def _side(self, talk: Talk) -> tuple[int, Side]:
        return next((n, side) for n, side in enumerate(self.sides) if talk in side.talks)

    @rule(which=WHICH, seconds=SPANS, undone=st.booleans(), turn=st.booleans())
    def files_and_may_undo(self, which: int, seconds: int, undone: bool, turn: bool) -> None:
        """A CO sends a chat to RT with a minute to undo it, and perhaps does, perhaps too late."""
        if not (talk := self.one(which, "open", "ended")):
            return
        number, _ = self._side(talk)
        rules = self.house.relay.rules
        self.house.relay.rules = replace(rules, undo=timedelta(seconds=60))
        self.press_noted(number, talk, "file", "grace", "held", summary=self.new(talk, "s"))
        self.house.relay.rules = rules
        self.pass_time(seconds)
        if turn:
            self.outbox_turn()
        if undone:
            self.press_noted(number, talk, "undo", "grace", "ended" if talk.state == "held" else "")

    @rule(which=WHICH, echo=_WRONG)
    def files_without_confirming(self, which: int, echo: str) -> None:
        """Nobody vouches for the visitor: without the right digits nothing happens."""
        if talk := self.one(which, "open", "ended"):
            _, side = self._side(talk)
            self.press(side, talk, "file", "grace", talk.state, echo=echo)

    @rule(which=WHICH, number=_NUMBERS, turn=st.booleans())
    def asks_for_another_ticket(self, which: int, number: int, turn: bool) -> None:
        """A CO would take the chat to another ticket: as yet that changes nothing."""
        if talk := self.one(which, "open", "ended"):
            _, side = self._side(talk)
            self.press(side, talk, "move", "grace", talk.state, number=str(number))
            if turn:
                self.outbox_turn()
            self._stands(talk)

    @rule(which=WHICH, right=st.booleans(), echo=_WRONG)
    def confirms_another_ticket(self, which: int, right: bool, echo: str) -> None:
        """The ticket that is shown beside the chat's own is confirmed, or not really."""
        if not (talk := self.one(which, "open", "ended")):
            return
        number, side = self._side(talk)
        if (found := self.do(self.house.store.look(talk.id))) is None or found[0].move is None:
            return
        move = found[0].move
        there = move.ticket.ref.number
        values = {"move": str(move.number), "ticket": fingerprint(move.ticket)}
        values["echo"] = str(there)[-3:] if right else echo
        filing = found[0].filing
        if right and not (filing and filing.unclear):  # else it may be in this one already
            talk.ticket = there
            self.presses_done.append((number, talk, "rebind", "grace", values))
        self.press(side, talk, "rebind", "grace", talk.state, **values)
        self._stands(talk)

    @rule(which=WHICH)
    def keeps_the_ticket(self, which: int) -> None:
        """Or the chat stays where it is."""
        if talk := self.one(which, "open", "ended"):
            self.press(self._side(talk)[1], talk, "stay", "grace", talk.state)
            self._stands(talk)

    @rule(number=_NUMBERS, queue=st.sampled_from(["Support", "Teaching"]), which=PICK)
    def a_ticket_changes(self, number: int, queue: str, which: int) -> None:
        """Somebody moves a ticket to another queue, whatever is on its way there."""
        self.rt.queues[number] = queue
        self.teams_repeats_a_press(which)
        for talk in self.talks():
            self._stands(talk)

    def _stands(self, talk: Talk) -> None:
        """The chat is about the ticket that was confirmed last."""
        if found := self.do(self.house.store.look(talk.id)):
            assert found[0].ticket.ref.number == talk.ticket, "about a ticket nobody confirmed"

"""A random history of two chats in one house, step by step against a model.

Visitors, COs, Teams, RT, the clock and the processes do what they do in any order; after each step
and at the end the accounts of machine_model.py must be right.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.relay.machine_base import PLANS, REALLY, SPANS
from tests.relay.machine_outside import Fault
from tests.relay.machine_records import Records
from tests.relay.machine_visitors import Visitors


class ChatMachine(Visitors, Records):
    """See the module's text."""

    @rule(relay=PLANS, notice=PLANS, rt=PLANS)
    def turn(self, relay: list[Fault], notice: list[Fault], rt: list[Fault]) -> None:
        """The outbox has its turn; the outside does as planned."""
        self.outbox_turn(relay, notice, rt)

    @rule()
    def turn_in_peace(self) -> None:
        """The outbox has its turn, and all goes well."""
        self.outbox_turn()

    @rule(seconds=SPANS)
    def time_passes(self, seconds: int) -> None:
        """Some seconds, or a lease."""
        self.pass_time(seconds)

    @rule(hours=st.sampled_from([1, 25, 170]), really=REALLY)
    def days_pass(self, hours: int, really: bool) -> None:
        """Invitations expire, what is over is forgotten; Teams repeats nothing as old as that."""
        if self.joined("open") and not really:
            hours = 1  # or most histories would be short ones
        self.pass_time(hours * 3600)
        for talk in self.talks():
            talk.words = []
        self.presses_done = []
        self.do(self.house.housekeeping.tidy())
        self.check()

    @rule(taken_over=st.booleans())
    def dies(self, taken_over: bool) -> None:
        """SIGKILL between two steps; a new process goes on."""
        self.kill(taken_over=taken_over)
        self.check()

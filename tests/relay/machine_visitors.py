"""What visitors do, and how chats come to be: half of the machine's rules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from bot.domain.messages import Kind, Message, Role
from bot.relay.joining import CannotJoin
from bot.relay.visiting import CannotSay
from tests.relay.machine_base import PICK, PLANS, REALLY, SIDES, SPANS, WHICH, MachineBase
from tests.relay.machine_model import Line, Tab, Talk
from tests.relay.machine_outside import Fault

#: How far a chat is at the beginning: 3 joined, 2 invited, 1 asked for, 0 not there.
_DEPTH = st.sampled_from([3, 3, 3, 3, 3, 2, 1, 0])


class Visitors(MachineBase):
    """Opening, joining, talking, reading, leaving."""

    @initialize(first=_DEPTH, second=_DEPTH)
    def begins(self, first: int, second: int) -> None:
        """Most chats are under way."""
        for side, steps in enumerate((first, second)):
            self.open(side, steps)
        self.check()

    def open(self, side: int, steps: int) -> None:
        place = self.sides[side]
        if steps > 0 and place.live is None and len(place.talks) < 8:
            self.ask(place)
        if steps > 1:
            self.outbox_turn()
            self.invites(side, 0)
        if steps > 2 and place.talks:
            self.joins(side, 0, same=True)

    # --- opening -------------------------------------------------------------------------------

    @rule(side=SIDES, steps=st.sampled_from([3, 3, 3, 2, 1]))
    def asks(self, side: int, steps: int) -> None:
        """A CO mentions the bot with the ticket's number, and mostly goes on from there."""
        self.open(side, steps)
        self.check()

    @rule(side=SIDES, back=PICK)
    def invites(self, side: int, back: int) -> None:
        """A CO invites the requestor; one chat at a time has the thread."""
        talk = self.talk(side, back)
        if talk is None:
            return
        alone = self.sides[side].live is None
        wanted = "invited" if talk.state == "proposed" and alone else talk.state
        self.press_noted(side, talk, "invite", "grace", wanted, route="copy")

    @rule(side=SIDES, back=PICK, same=st.booleans())
    def joins(self, side: int, back: int, same: bool) -> None:
        """A browser opens the link: the visitor's, her other device, or somebody else's."""
        talk = self.talk(side, back)
        found = self.do(self.house.store.look(talk.id)) if talk else None
        if talk is None or found is None or found[0].invitation is None:
            return
        invitation = found[0].invitation
        fits = talk.state == "invited" and invitation.expires > self.clock.now
        mine = talk.nonce if same and talk.nonce else f"nonce-{next(self.ids)}"
        token = self.house.token(found[0], invitation.number)
        try:
            joined = self.do(self.house.joining.join(token, mine, None))
        except CannotJoin:
            assert not fits
            assert mine != talk.nonce
        else:
            assert fits or mine == talk.nonce
            assert joined.chat.id == talk.id
            talk.joined = talk.joined or self.clock.now
            talk.nonce = mine
            talk.tabs.append(Tab(joined.seat))
        self.check()

    # --- the visitor ---------------------------------------------------------------------------

    def say(self, talk: Talk, tab: int, key: str, text: str) -> None:
        """Say it, and hold the answer against what was acknowledged before."""
        seat = talk.tabs[tab % len(talk.tabs)].seat
        known, is_open = talk.acknowledged.get(key), talk.state == "open"
        if known is None and is_open:
            talk.expected.append(Line(Role.VISITOR, Kind.SAID, text, key))
        line = self.do(_said_or_not(self.house.visiting.say(seat, key, text)))
        if line is None:
            assert known is None or talk.state == "forgotten", "refused what was acknowledged"
            assert not is_open, "refused in an open chat"
        else:
            assert known in (None, line.seq), "acknowledged with another number"
            assert known or is_open
            talk.acknowledged[key] = line.seq
        self.check()

    @rule(which=WHICH, tab=PICK, times=st.integers(1, 3))
    def says(self, which: int, tab: int, times: int) -> None:
        """The visitor says something new, from one of her windows."""
        talk = self.one(which, "open")
        for _ in range(times if talk else 0):
            assert talk
            self.say(talk, tab, f"key-{next(self.ids)}", self.new(talk, "v"))

    @rule(which=WHICH, tab=PICK, times=st.integers(1, 3), relay=PLANS, seconds=SPANS)
    def says_into_trouble(
        self, which: int, tab: int, times: int, relay: list[Fault], seconds: int
    ) -> None:
        """And Teams does as it likes with it, more than once."""
        self.says(which, tab, times)
        for fault in relay or [Fault.NONE]:
            self.outbox_turn([fault])
            self.pass_time(seconds)

    @rule(which=WHICH, tab=PICK)
    def says_whether_it_is_open_or_not(self, which: int, tab: int) -> None:
        """The window does not know yet that the chat has ended."""
        if not (talk := self.one(which)):
            return
        self.say(talk, tab, f"key-{next(self.ids)}", self.new(talk, "v"))

    @rule(which=WHICH, tab=PICK, back=PICK)
    def says_again(self, which: int, tab: int, back: int) -> None:
        """The acknowledgement was lost: the widget sends the same key again."""
        talk = self.one(which)
        if talk and talk.acknowledged:
            key = list(talk.acknowledged)[-1 - back % len(talk.acknowledged)]
            self.say(talk, tab, key, "whatever it says now")

    @rule(which=WHICH, tab=PICK, steps=st.integers(0, 20))
    def says_and_is_cut_off(self, which: int, tab: int, steps: int) -> None:
        """The socket breaks while the message is on its way; it comes again by another one."""
        if not (talk := self.one(which, "open")):
            return
        key, text = f"key-{next(self.ids)}", self.new(talk, "v")
        seat = talk.tabs[tab % len(talk.tabs)].seat

        async def cut_off() -> None:
            saying = asyncio.create_task(self.house.visiting.say(seat, key, text))
            for _ in range(steps):
                await asyncio.sleep(0)
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

        self.do(cut_off())
        self.say(talk, tab + 1, key, text)

    @rule(words=st.lists(st.tuples(SIDES, st.booleans()), min_size=2, max_size=6))
    def everybody_speaks_at_once(self, words: list[tuple[int, bool]]) -> None:
        """Several people in both chats, in one commit or in several."""

        async def together() -> None:
            async with asyncio.TaskGroup() as group:
                for side, visitor in words:
                    talk, key = self.sides[side].live, f"crowd-{next(self.ids)}"
                    if talk is None or talk.state != "open":
                        continue
                    text = self.new(talk, "c")
                    role = Role.VISITOR if visitor else Role.OPERATOR
                    talk.expected.append(Line(role, Kind.SAID, text, key))
                    if visitor:
                        seat = talk.tabs[0].seat
                        group.create_task(self.house.visiting.say(seat, key, text))
                    else:
                        thread = self.sides[side].thread
                        group.create_task(self.house.writes(text, thread=thread, key=key))

        self.do(together())
        self.check()

    @rule(which=WHICH, tab=PICK)
    def reads(self, which: int, tab: int) -> None:
        """A window reads on from where it stands, a few lines at a time."""
        if not (talk := self.one(which, "open", "ended", "filing", "filed")):
            return
        window = talk.tabs[tab % len(talk.tabs)]
        said = {line.seq: line.text for line in talk.log}
        for line in self.do(self.house.visiting.log(window.seat, window.read, 3)):
            assert line.seq == window.read + 1, "a gap in the window"
            assert said.get(line.seq, line.text) == line.text
            window.read = line.seq

    @rule(which=WHICH, really=REALLY)
    def visitor_ends(self, which: int, really: bool) -> None:
        """The visitor has had enough."""
        talk = self.one(which)
        if talk is None or (talk.state == "open" and not really):
            return
        wanted = "ended" if talk.state == "open" else talk.state
        self.do(self.house.visiting.end(talk.tabs[0].seat))
        self.check()
        assert talk.state == wanted


async def _said_or_not(saying: Awaitable[Message]) -> Message | None:
    try:
        return await saying
    except CannotSay:
        return None

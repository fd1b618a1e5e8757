"""A random history of two chats in one house, step by step against a model.

Visitors, COs, Teams, RT, the clock and the processes do what they do in any order; after each step
and at the end the accounts of machine_model.py must be right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from bot.domain.messages import Kind, Message, Role
from bot.relay.inbound import Changed, Heard
from bot.relay.nonces import nonce
from bot.relay.visiting import CannotJoin, CannotSay
from tests.relay.house import _OPERATORS
from tests.relay.machine_base import PRESSES, MachineBase, Side
from tests.relay.machine_model import Change, Line, Tab, Talk, Words
from tests.relay.machine_outside import Fault

_TROUBLE = [fault for fault in Fault if fault is not Fault.NONE]
_PLANS = st.lists(st.sampled_from([Fault.NONE, *_TROUBLE]), max_size=3)
_SIDES = st.integers(0, 1)
_PICK = st.integers(0, 3)
_WHO = st.sampled_from(["grace", "alan"])
_HOW = st.sampled_from(["edit", "delete", "note"])


class ChatMachine(MachineBase):
    """See the module's text."""

    @initialize(depth=st.tuples(_PICK, _PICK))
    def begins(self, depth: tuple[int, int]) -> None:
        """Most chats are under way: asked for, shown, invited, joined."""
        for number, (side, left_out) in enumerate(zip(self.sides, depth, strict=True)):
            if left_out < 3:
                self.ask(side)
            if left_out < 2:
                self.outbox_turn()
                self.invites(number, 0)
            if left_out < 1 and side.talks:
                self.joins(number, 0, same=True)
        self.check()

    # --- opening -------------------------------------------------------------------------------

    @precondition(lambda self: min(len(side.talks) for side in self.sides) < 3)
    @rule(side=_SIDES)
    def asks(self, side: int) -> None:
        """A CO mentions the bot with the ticket's number."""
        if len(self.sides[side].talks) < 3:
            self.ask(self.sides[side])
            self.check()

    @rule(side=_SIDES, back=_PICK)
    def invites(self, side: int, back: int) -> None:
        """A CO invites the requestor; one chat at a time has the thread."""
        talk = self.talk(side, back)
        if talk is None:
            return
        alone = self.sides[side].live is None
        wanted = "invited" if talk.state == "proposed" and alone else talk.state
        self.press_noted(side, talk, "invite", "grace", wanted, route="copy")

    @rule(side=_SIDES, back=_PICK, same=st.booleans())
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
            joined = self.do(self.house.visiting.join(token, mine, None))
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

    @rule(side=_SIDES, back=_PICK, tab=_PICK, times=st.integers(1, 3))
    def says(self, side: int, back: int, tab: int, times: int) -> None:
        """The visitor says something new, from one of her windows."""
        talk = self.talk(side, back // 2)
        for _ in range(times if talk and talk.tabs else 0):
            assert talk
            self.say(talk, tab, f"key-{next(self.ids)}", self.new(talk, "v"))

    @rule(side=_SIDES, back=_PICK, tab=_PICK, which=_PICK)
    def says_again(self, side: int, back: int, tab: int, which: int) -> None:
        """The acknowledgement was lost: the widget sends the same key again."""
        talk = self.talk(side, back // 2)
        if talk and talk.acknowledged:
            key = list(talk.acknowledged)[-1 - which % len(talk.acknowledged)]
            self.say(talk, tab, key, "whatever it says now")

    @rule(side=_SIDES, tab=_PICK, steps=st.integers(0, 20))
    def says_and_is_cut_off(self, side: int, tab: int, steps: int) -> None:
        """The socket breaks while the message is on its way; it comes again by another one."""
        talk = self.talk(side)
        if not talk or not talk.tabs or talk.state != "open":
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

    @rule(words=st.lists(st.tuples(_SIDES, st.booleans()), min_size=2, max_size=6))
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

    @rule(side=_SIDES, back=_PICK, tab=_PICK)
    def reads(self, side: int, back: int, tab: int) -> None:
        """A window reads on from where it stands, a few lines at a time."""
        talk = self.talk(side, back // 2)
        if not talk or not talk.tabs or talk.state in ("purged", "forgotten"):
            return
        window = talk.tabs[tab % len(talk.tabs)]
        said = {line.seq: line.text for line in talk.log}
        for line in self.do(self.house.visiting.log(window.seat, window.read, 3)):
            assert line.seq == window.read + 1, "a gap in the window"
            assert said.get(line.seq, line.text) == line.text
            window.read = line.seq

    @rule(side=_SIDES, back=_PICK)
    def visitor_ends(self, side: int, back: int) -> None:
        """The visitor has had enough."""
        talk = self.talk(side, back // 2)
        if not talk or not talk.tabs:
            return
        wanted = "ended" if talk.state == "open" else talk.state
        self.do(self.house.visiting.end(talk.tabs[0].seat))
        self.check()
        assert talk.state == wanted

    # --- COs -----------------------------------------------------------------------------------

    def _bring_words(self, place: Side, words: Words, text: str) -> None:
        heard = Heard(place.thread, _OPERATORS[words.who], words.key, text, words.mention)
        self.do(self.house.operating.hears(heard, words.at))
        self.check()
        for talk in place.talks:
            for line in talk.log:
                if line.key == words.key and line.role == Role.OPERATOR:
                    words.seq = line.seq

    def _reach(self, place: Side, words: Words) -> Talk | None:
        """The visitor who is to read such words: who was there when they were written."""
        talk = place.live
        if talk is None or talk.state != "open" or not place.hears(mention=words.mention):
            return None
        return talk if talk.joined and talk.joined <= words.at else None

    @rule(
        side=_SIDES,
        who=_WHO,
        mention=st.booleans(),
        note=st.booleans(),
        late=st.sampled_from([0, 0, 0, 20, 60]),
    )
    def replies(self, side: int, who: str, mention: bool, note: bool, late: int) -> None:
        """A CO writes in the thread: to the visitor, or a note. Teams may bring it late."""
        place, key = self.sides[side], f"words-{next(self.ids)}"
        talk = place.live or self.talk(side)
        text = f"{'// ' if note else ''}{self.new(talk, 'o')}"
        words = Words(key, text, who, self._ago(late), mention)
        reader = self._reach(place, words)
        if reader and not note:
            reader.expected.append(Line(Role.OPERATOR, Kind.SAID, text, key))
        self._bring_words(place, words, text)
        if talk:
            talk.words.append(words)

    def _ago(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(self.clock.now.timestamp() - seconds, self.clock.now.tzinfo)

    @rule(side=_SIDES, back=_PICK, which=_PICK)
    def teams_repeats_words(self, side: int, back: int, which: int) -> None:
        """Teams did not hear our answer and brings the same activity again."""
        talk = self.talk(side, back // 2)
        words = [w for w in talk.words if w.seq or w.mention] if talk else []
        if words:
            again = words[-1 - which % len(words)]
            self._bring_words(self.sides[side], again, again.original)

    @rule(side=_SIDES, back=_PICK, which=_PICK, how=_HOW, swapped=st.booleans())
    def changes(self, side: int, back: int, which: int, how: str, swapped: bool) -> None:
        """A CO edits, deletes or brings back what he wrote; two changes may come in any order."""
        talk = self.talk(side, back // 2)
        if not talk or not talk.words:
            return
        words = talk.words[-1 - which % len(talk.words)]
        made = [self._change(talk, words, how)]
        if swapped:
            self.pass_time(1)
            made.insert(0, self._change(talk, words, "edit"))
        if words.seq and talk.state == "open":
            kind, text = _as_line(made[0])
            talk.expected.append(Line(Role.OPERATOR, kind, text, made[0].id, words.seq))
        for change in made:
            self._bring_change(side, words, change)

    def _change(self, talk: Talk, words: Words, how: str) -> Change:
        if how == "delete" and words.text is None:
            how = "edit"  # one cannot delete it twice: it comes back
        words.text = None if how == "delete" else self.new(talk, "e")
        if how == "note":
            words.text = f"// {words.text}"
        change = Change(f"change-{next(self.ids)}", words.text, self.clock.now)
        words.changes.append(change)
        return change

    @rule(side=_SIDES, back=_PICK, which=_PICK)
    def teams_repeats_a_change(self, side: int, back: int, which: int) -> None:
        """The same, for an edit or a removal."""
        talk = self.talk(side, back // 2)
        made = [(w, c) for w in talk.words for c in w.changes] if talk else []
        if made:
            self._bring_change(side, *made[-1 - which % len(made)])

    def _bring_change(
        self, side: int, words: Words, change: Change, *, mention: bool = False
    ) -> None:
        thread, who = self.sides[side].thread, _OPERATORS[words.who]
        changed = Changed(thread, who, words.key, change.id, change.text, mentioned=mention)
        self.do(self.house.operating.changes(changed, change.at))
        self.check()

    @rule(side=_SIDES, who=_WHO, mention=st.booleans(), how=_HOW, turn=st.booleans())
    def a_change_comes_first(
        self, side: int, who: str, mention: bool, how: str, turn: bool
    ) -> None:
        """Teams brings an edit or a removal before the message: once and as it is now, or never."""
        place = self.sides[side]
        talk = place.live
        if talk is None:
            return
        text = self.new(talk, "o")
        words = Words(f"words-{next(self.ids)}", text, who, self.clock.now, mention)
        change = self._change(talk, words, how)
        reader = self._reach(place, words)
        if reader and change.shown:
            line = Line(Role.OPERATOR, Kind.SAID, change.shown, words.key)
            reader.expected_soon = [line]
        self._bring_change(side, words, change, mention=mention)
        if turn:
            self.outbox_turn()
        self._bring_words(place, words, text)
        if reader:
            assert reader.expected_soon == [], "the message is not there"

    # --- buttons -------------------------------------------------------------------------------

    def press_noted(
        self, side: int, talk: Talk, verb: str, who: str, wanted: str, **values: str
    ) -> None:
        """Press a button as its card draws it; note it if something came of it."""
        found = self.do(self.house.store.look(talk.id))
        if found is None:
            return
        before, values = talk.state, {**values, "nonce": nonce(found[0])}
        self.press(self.sides[side], talk, verb, who, wanted, **values)
        if talk.state != before:
            self.presses_done.append((side, talk, verb, who, values))

    @rule(
        side=_SIDES,
        back=_PICK,
        verb=st.sampled_from(["end", "file", "revoke", "cancel"]),
        who=_WHO,
    )
    def presses(self, side: int, back: int, verb: str, who: str) -> None:
        """A CO presses a button."""
        if talk := self.talk(side, back // 2):
            wanted = PRESSES.get((verb, talk.state), talk.state)
            self.press_noted(side, talk, verb, who, wanted)

    @precondition(lambda self: self.presses_done)
    @rule(which=_PICK)
    def teams_repeats_a_press(self, which: int) -> None:
        """The same press again, under a new id and perhaps much later: nothing comes of it."""
        made = self.presses_done[-1 - which % len(self.presses_done)]
        side, talk, verb, who, values = made
        self.press(self.sides[side], talk, verb, who, talk.state, **values)

    # --- processes, the outside, the clock -----------------------------------------------------

    @rule(relay=_PLANS, notice=_PLANS, rt=_PLANS)
    def turn(self, relay: list[Fault], notice: list[Fault], rt: list[Fault]) -> None:
        """The outbox has its turn; the outside does as planned."""
        self.outbox_turn(relay, notice, rt)

    @rule()
    def turn_in_peace(self) -> None:
        """The outbox has its turn, and all goes well."""
        self.outbox_turn()

    @rule(seconds=st.sampled_from([1, 5, 31, 70, 400]))
    def time_passes(self, seconds: int) -> None:
        """Some seconds, or a lease."""
        self.pass_time(seconds)

    @rule(hours=st.sampled_from([1, 25, 170]))
    def days_pass(self, hours: int) -> None:
        """Invitations expire, what is over is forgotten; Teams repeats nothing as old as that."""
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


async def _said_or_not(saying: Awaitable[Message]) -> Message | None:
    try:
        return await saying
    except CannotSay:
        return None


def _as_line(change: Change) -> tuple[str, str]:
    """How a change stands in the log: kind and text."""
    return (Kind.REMOVED, "") if change.shown is None else (Kind.EDITED, change.shown)

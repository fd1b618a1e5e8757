"""What COs do in the thread and on the card, and what Teams makes of it: half of the machine's rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.domain.chat import Chat
from bot.domain.messages import Kind, Role
from bot.relay.inbound import Changed, Heard
from tests.relay.house import _OPERATORS
from tests.relay.machine_base import (
    LIVE,
    PICK,
    PLANS,
    PRESSES,
    REALLY,
    SIDES,
    SPANS,
    WHICH,
    MachineBase,
    Side,
)
from tests.relay.machine_model import Change, Line, Talk, Words
from tests.relay.machine_outside import Fault

_WHO = st.sampled_from(["grace", "alan"])
_HOW = st.sampled_from(["edit", "delete", "note"])


class Operators(MachineBase):
    """Words, changes and presses, each of which Teams may bring late, twice, or too early."""

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
        side=SIDES,
        who=_WHO,
        mention=st.booleans(),
        note=st.sampled_from([False, False, False, True]),
        late=st.sampled_from([0, 0, 0, 0, 20, 60]),
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

    def _words(self, wanted: Callable[[Words], object]) -> list[tuple[int, Talk, Words]]:
        """What COs wrote, with its thread and chat, the newest last."""
        return [
            (number, talk, words)
            for number, side in enumerate(self.sides)
            for talk in side.talks
            for words in talk.words
            if wanted(words)
        ]

    @rule(which=WHICH)
    def teams_repeats_words(self, which: int) -> None:
        """Teams did not hear our answer and brings the same activity again."""
        if found := self._words(lambda words: words.seq or words.mention):
            side, _, words = found[-1 - which % len(found)]
            self._bring_words(self.sides[side], words, words.original)

    @rule(which=WHICH, how=_HOW, swapped=st.booleans())
    def changes(self, which: int, how: str, swapped: bool) -> None:
        """A CO edits, deletes or brings back what he wrote; two changes may come in any order."""
        found = self._words(lambda words: True)
        if not found:
            return
        side, talk, words = found[-1 - which % len(found)]
        before = words.shown
        made = [self._change(talk, words, how)]
        if swapped:
            self.pass_time(1)
            made.insert(0, self._change(talk, words, "edit"))
        # What has become a note is taken back already.
        if words.seq and talk.state == "open" and made[0].shown != before:
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

    @rule(which=WHICH, back=PICK)
    def teams_repeats_a_change(self, which: int, back: int) -> None:
        """The same, for an edit or a removal."""
        if found := self._words(lambda words: words.changes):
            side, _, words = found[-1 - which % len(found)]
            self._bring_change(side, words, words.changes[-1 - back % len(words.changes)])

    def _bring_change(
        self, side: int, words: Words, change: Change, *, mention: bool = False
    ) -> None:
        thread, who = self.sides[side].thread, _OPERATORS[words.who]
        mention = mention or bool(
            words.seq and words.mention
        )  # who edits a message leaves it there
        changed = Changed(thread, who, words.key, change.id, change.text, mentioned=mention)
        self.do(self.house.operating.changes(changed, change.at))
        self.check()

    @rule(side=SIDES, who=_WHO, mention=st.booleans(), how=_HOW, turn=st.booleans())
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
        if (
            reader and reader.state != "open"
        ):  # meanwhile Teams has said twice that its place is gone
            reader.expected_soon = []
        self._bring_words(place, words, text)
        if reader:
            assert reader.expected_soon == [], "the message is not there"

    # --- buttons -------------------------------------------------------------------------------

    @rule(
        side=SIDES,
        back=PICK,
        verb=st.sampled_from(["end", "file", "revoke", "cancel"]),
        who=_WHO,
        really=REALLY,
    )
    def presses(self, side: int, back: int, verb: str, who: str, really: bool) -> None:
        """A CO presses a button."""
        talk = self.talk(side, back // 2)
        if talk and (really or talk.state not in LIVE):
            wanted = PRESSES.get((verb, talk.state), talk.state)
            self.press_noted(side, talk, verb, who, wanted)

    @rule(which=WHICH, who=_WHO)
    def takes(self, which: int, who: str) -> None:
        """Two COs press Take on the same card, and Teams sends the first one's press again."""
        if not (talk := self.one(which, "open")):
            return
        (side,) = (side for side in self.sides if talk in side.talks)
        before = self._looked(talk)
        other = "alan" if who == "grace" else "grace"
        for presser in (who, other, who):
            self.press(side, talk, "take", presser, talk.state, takes=str(before.takes))
        had = before.responsible.id
        has = next(one for one in (who, other) if _OPERATORS[one].id != had)
        assert self._looked(talk).responsible.id == _OPERATORS[has].id

    def _looked(self, talk: Talk) -> Chat:
        found = self.do(self.house.store.look(talk.id))
        assert found
        return found[0]

    @rule(which=WHICH, who=_WHO, rt=PLANS, seconds=SPANS, again=st.booleans())
    def files_into_trouble(
        self, which: int, who: str, rt: list[Fault], seconds: int, again: bool
    ) -> None:
        """A CO sends a chat to RT, which does as it likes with it, more than once."""
        if not (talk := self.one(which, "open", "ended")):
            return
        (side,) = (n for n, side in enumerate(self.sides) if talk in side.talks)
        self.press_noted(side, talk, "file", who, "filing", summary=self.new(talk, "s"))
        for fault in rt or [Fault.NONE]:
            self.outbox_turn(rt=[fault])
            self.pass_time(seconds)
            if again:
                self.teams_repeats_a_press(0)

    @rule(which=PICK)
    def teams_repeats_a_press(self, which: int) -> None:
        """The same press again, under a new id and perhaps much later: nothing comes of it."""
        if not self.presses_done:
            return
        made = self.presses_done[-1 - which % len(self.presses_done)]
        side, talk, verb, who, values = made
        self.press(self.sides[side], talk, verb, who, talk.state, **values)


def _as_line(change: Change) -> tuple[str, str]:
    """How a change stands in the log: kind and text."""
    return (Kind.REMOVED, "") if change.shown is None else (Kind.EDITED, change.shown)

"""What the machine believes: a list per chat, and what must be true of it.

The books of Teams and RT are kept in machine_outside.py; the database is read from aside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.messages import Kind, Notice, Role
from bot.relay.ports import Dossier, Seat, Thread
from tests.relay.machine_ground import Ground
from tests.relay.machine_outside import Rt, Teams

_LOG = "SELECT seq, role, kind, text, key, target FROM messages WHERE chat_id = ? AND seq > ? ORDER BY seq"
_CHAT = "SELECT state, relayed FROM chats WHERE id = ?"
#: Notices of which a chat has one at the most.
_ONCE = (Notice.VISITOR_JOINED, Notice.OPERATORS_LOST, Notice.FILED)
_ENDS = (Notice.ENDED_BY_OPERATOR, Notice.ENDED_BY_VISITOR, Notice.OPERATORS_LOST)


@dataclass(frozen=True)
class Line:
    """A line of a chat's log; ``seq`` is not known before it is there."""

    role: str
    kind: str
    text: str
    key: str = ""
    target: int | None = None
    seq: int = 0

    @property
    def face(self) -> tuple[str, str, str, str, int | None]:
        """All but the number."""
        return self.role, self.kind, self.text, self.key, self.target


@dataclass
class Tab:
    """A window of the visitor's: a seat, and how far it has read."""

    seat: Seat
    read: int = 0


@dataclass(frozen=True)
class Change:
    """An edit or a removal (``text`` None) that a CO made at ``at``."""

    id: str
    text: str | None
    at: datetime

    @property
    def shown(self) -> str | None:
        """What the visitor is to see of it."""
        return _shown(self.text)


@dataclass
class Words:
    """A message of a CO's as it stands in Teams now."""

    key: str
    text: str | None
    who: str
    at: datetime
    mention: bool = False
    seq: int = 0  # of its line, if it went to the visitor
    changes: list[Change] = field(default_factory=list)
    original: str = ""

    def __post_init__(self) -> None:
        self.original = self.text or ""

    @property
    def shown(self) -> str | None:
        """What the visitor is to see of it."""
        return _shown(self.text)


def _shown(text: str | None) -> str | None:
    return None if text is None or text.startswith("//") else text


@dataclass
class Talk:
    """A chat. ``log`` is everything that was said and changed, ``seen`` how far it was compared."""

    id: str
    thread: Thread
    ticket: int
    log: list[Line] = field(default_factory=list)
    expected: list[Line] = field(default_factory=list)
    expected_soon: list[Line] = field(default_factory=list)  # by the end of the rule
    notices: list[tuple[str, int | None]] = field(default_factory=list)
    seen: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)  # by bells: seq, text
    state: str = ""
    relayed: int = 0
    tabs: list[Tab] = field(default_factory=list)
    nonce: str = ""
    joined: datetime | None = None
    acknowledged: dict[str, int] = field(default_factory=dict)
    words: list[Words] = field(default_factory=list)

    # --- after each step -----------------------------------------------------------------------

    def compare(self, ground: Ground, teams: Teams) -> None:
        """The database holds what was said and nothing else; Teams saw it in order."""
        self._read(ground)
        self._posts(teams)
        lost = any(word == Notice.OPERATORS_LOST for word, _ in self.notices)
        assert not lost or self.id in teams.gone, "given up for lost at the first word of it"

    def _read(self, ground: Ground) -> None:
        if self.state == "forgotten":
            return
        found = ground.look(_CHAT, self.id)
        if not found:
            assert self.state in ("purged", "cancelled"), f"a chat vanished while {self.state}"
            self.state = "forgotten"
            return
        self.state, relayed = str(found[0][0]), int(found[0][1])
        assert relayed >= self.relayed, "what was relayed is not any more"
        self.relayed = relayed
        if self.state == "purged":
            rows = ground.look(_LOG, self.id, 0)
            assert not [row for row in rows if row[3]], "words were left after the purge"
            assert not self.expected
            return
        self.told.sort()  # bells of two of PostgreSQL's writers may overtake each other
        for seq, role, kind, text, key, target in ground.look(_LOG, self.id, self.seen):
            self._take(Line(role, kind, text, key or "", target, seq))
        assert not self.expected, f"not in the log: {self.expected}"
        assert not self.told, f"told but not in the log: {self.told}"
        self._check_notices()

    def _take(self, line: Line) -> None:
        assert line.seq == self.seen + 1, f"a gap before {line.seq}"
        self.seen = line.seq
        assert self.told[:1] == [(line.seq, line.text)], f"no bell told {line}"
        del self.told[0]
        if line.kind == Kind.NOTICE:
            self.notices.append((line.text, line.target))
            return
        for wanted in (self.expected, self.expected_soon):
            faces = [one.face for one in wanted]
            if line.face in faces:
                del wanted[faces.index(line.face)]
                break
        else:
            raise AssertionError(f"nobody said {line}")
        self.log.append(line)

    def _check_notices(self) -> None:
        words = Counter(word for word, _ in self.notices)
        for word in _ONCE:
            assert words[word] <= 1, f"{word} was said {words[word]} times"
        assert sum(words[word] for word in _ENDS) <= 1, "the chat ended twice"

    def said(self) -> list[Line]:
        """The visitor's messages."""
        return [line for line in self.log if line.role == Role.VISITOR and line.kind == Kind.SAID]

    def _posts(self, teams: Teams) -> None:
        """First posts in order, repeats labelled, nothing relayed that was not posted."""
        texts = {line.seq: line.text for line in self.said()}
        first: list[int] = []
        for post in teams.seen:
            if post.chat != self.id:
                continue
            assert post.conversation == self.thread.conversation_id, "posted in another thread"
            if self.state != "forgotten":
                assert texts.get(post.seq) == post.text, f"posted but never said: {post}"
            if post.seq in first:
                assert post.resent, f"a repeat without a label: {post}"
            else:
                first.append(post.seq)
        assert first == sorted(first), f"out of order in Teams: {first}"
        for line in self.said():
            if line.seq <= self.relayed and line.seq not in first:
                unsure = teams.ambiguous[self.id, line.seq] or self.id in teams.gone
                known = unsure or (self.id, line.seq) in teams.refused
                assert known, f"said to be relayed, but never posted: {line}"

    def marked(self, seq: int, teams: Teams) -> bool:
        """Tell whether people know that ``seq`` may not stand in the thread."""
        words = (Notice.NOT_SHOWN, Notice.NOT_SURE)
        if any(target == seq for word, target in self.notices if word in words):
            return True
        told = [
            d.split(", ")
            for about, word, d in teams.notices
            if (about, word) in [(self.id, word.value) for word in words]
        ]
        return any(f"#{seq}" in numbers for numbers in told)

    # --- at the end ----------------------------------------------------------------------------

    def settle_accounts(self, ground: Ground, teams: Teams, rt: Rt, deaths: int) -> None:
        """After everything has gone out: nothing is lost, nothing is doubled, nothing is mixed up."""
        self.compare(ground, teams)
        if self.state not in ("purged", "forgotten"):
            rows = ground.look(_LOG, self.id, 0)
            now = [Line(r, k, t, y or "", g, s) for s, r, k, t, y, g in rows if k != Kind.NOTICE]
            assert now == self.log, "what was in the log has changed"
        posted = Counter(post.seq for post in teams.seen if post.chat == self.id)
        for line in self.said():
            excused = self.id in teams.gone or self.id in teams.unheard
            assert posted[line.seq] or self.marked(line.seq, teams) or excused, (
                f"lost on its way to Teams: {line}"
            )
            unsure = teams.ambiguous[self.id, line.seq] + deaths
            assert posted[line.seq] <= 1 + unsure, f"posted {posted[line.seq]} times: {line}"
        self._filed([d for d in rt.comments if d.chat.id == self.id])

    def _filed(self, comments: list[Dossier]) -> None:
        assert len(comments) <= 1, f"filed {len(comments)} times"
        wanted = 1 if self.state in ("filed", "purged", "forgotten") and self.tabs else 0
        assert len(comments) >= wanted, "called filed, but not in RT"
        for dossier in comments:
            assert dossier.ref.number == self.ticket, "filed in another ticket"
            lines = [
                Line(m.author.role, m.kind, m.text, m.key, m.target, m.seq)
                for m in dossier.log
                if m.kind is not Kind.NOTICE
            ]
            assert lines == self.log, "RT's record is not what was said"
            assert [m.seq for m in dossier.log] == list(range(1, len(dossier.log) + 1))

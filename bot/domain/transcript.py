"""A chat's log made readable: edits and removals worked in, and named what came as files.

Whoever is quoted here wrote freely, so nothing a person typed may look like our own framing
(bot/domain/legible.py); how it is written down is for transcript_text.py and transcript_json.py.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from bot.domain.asking import DETAILS
from bot.domain.chat import Chat
from bot.domain.identity import Identity, Proof
from bot.domain.legible import apart, bare, parts, plain_name
from bot.domain.matching import Match
from bot.domain.messages import Author, Kind, Message, Notice, Quote, Role
from bot.domain.previews import shapes

#: How the three roles are called wherever people read a record.
ROLES = {Role.VISITOR: "visitor", Role.OPERATOR: "computing support", Role.SYSTEM: "live chat"}

_NOTICES = {
    Notice.VISITOR_JOINED: "{} joined",
    Notice.OPERATOR_JOINED: "{} joined",
    Notice.ENDED_BY_VISITOR: "{} ended the chat",
    Notice.ENDED_BY_OPERATOR: "{} ended the chat",
    Notice.ENDED_BY_SILENCE: "nobody had written for long; the chat ended by itself",
    Notice.OPERATORS_LOST: "computing support could not be reached any more; the chat ended",
    Notice.UNANSWERED: "nobody had answered yet, and the visitor was told so",
    Notice.HANDED_BACK: "{} could not go on, and somebody else was to answer",
    Notice.NOT_SHOWN: "message #{target} could not be shown to computing support during the chat",
    Notice.NOT_SURE: "message #{target} may not have been seen by computing support",
    Notice.MOVED: "{} took the chat to another ticket",
    Notice.MAILED: "{} had RT send the visitor by e-mail what he had not been shown",
    Notice.FILED: "the chat was put on the ticket",
    Notice.FILE_HERE: "the picture of message #{target} is here",
    Notice.FILE_MISSING: "the picture of message #{target} could not be fetched from Teams",
}
_PROOFS = {
    Proof.LINK: "unverified, held the link",
    Proof.SSO: "signed in",
    Proof.ASSERTED: "the help site vouches for it",
    Proof.ANONYMOUS: "unverified, gave this name",
}
_DOUBTS = frozenset({Notice.NOT_SHOWN, Notice.NOT_SURE})
#: Before quoted words Teams may show the mention of the bot; so many letters of them tell them from others.
_MENTION, _TELLING = 60, 8


class What(StrEnum):
    """What was done to a message after it was said."""

    EDITED = "edited"
    REMOVED = "removed"
    RESTORED = "restored"  # the removal was undone


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of a message's trail; ``before`` is the wording that an edit replaced.

    Of a message that was taken back no earlier wording is kept.
    """

    what: What
    at: datetime
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as the record names it, with which message it came.

    ``name`` is what it is called in RT, ``original`` what its sender called it; ``size`` is in bytes.
    """

    seq: int
    name: str
    original: str
    type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one utterance or notice.

    ``text`` is as it was last edited, empty when ``removed``; for a notice it is a sentence.
    ``edited`` and ``removed`` are when that last happened. ``doubt`` says that computing support
    did not see the message (NOT_SHOWN), or perhaps not (NOT_SURE). ``mailed`` is when RT was given it
    to mail to the visitor.
    """

    seq: int
    author: Author
    text: str
    at: datetime
    quote: Quote | None = None
    notice: bool = False
    edited: datetime | None = None
    removed: datetime | None = None
    trail: tuple[Revision, ...] = ()
    doubt: Notice | None = None
    files: tuple[Attached, ...] = ()
    mailed: datetime | None = None

    @property
    def name(self) -> str:
        """The author's name, fit to stand in a line of ours."""
        return plain_name(self.author.name)

    @property
    def role(self) -> str:
        """The author's role in words; the person a notice is about has not said it."""
        return ROLES[Role.SYSTEM if self.notice else self.author.role]


def mailed(chat: Chat) -> dict[int, datetime]:
    """Return which messages RT was given to mail to the visitor, and when first."""
    over = ((one.seqs, one.over) for one in reversed(chat.mailings))
    return {seq: at for seqs, at in over if at for seq in seqs}


def resolve(
    log: Iterable[Message],
    files: Iterable[Attached] = (),
    mailed: Mapping[int, datetime] | None = None,
) -> tuple[Line, ...]:
    """Work edits, removals, doubts and mails into the lines they are about, in order of ``seq``.

    Only an author's own changes count; an edit after a removal brings the line back, as "undo"
    in Teams does. A quote of words that were taken back is dropped too, and so are their files.
    """
    lines: dict[int, Line] = {}
    changes: dict[int, list[Message]] = {}
    for message in sorted(log, key=lambda m: m.seq):
        target = lines.get(message.target or 0)
        if message.kind is Kind.SAID:
            lines[message.seq] = Line(
                message.seq, message.author, message.text, message.at, message.quote
            )
        elif message.kind is Kind.NOTICE:
            if target and not target.notice and message.text in _DOUBTS:
                lines[target.seq] = replace(target, doubt=Notice(message.text))
                continue
            if target and message.text == Notice.FILE_HERE:
                continue  # it is named at its message
            text = _notice(message)
            lines[message.seq] = Line(message.seq, message.author, text, message.at, notice=True)
        elif target and _may_change(message, target):
            changes.setdefault(target.seq, []).append(message)
    withdrawn: list[tuple[str, str]] = []
    for seq, made in changes.items():
        lines[seq], texts = _changed(lines[seq], made)
        withdrawn += ((lines[seq].author.name, text) for text in texts)
    _beside(lines, files, mailed or {})
    return _unquoted(tuple(lines.values()), withdrawn) if withdrawn else tuple(lines.values())


def _beside(
    lines: dict[int, Line], files: Iterable[Attached], mailed: Mapping[int, datetime]
) -> None:
    """Name the files of messages that stand, and those that were mailed."""
    for seq in mailed.keys() & lines.keys():
        lines[seq] = replace(lines[seq], mailed=mailed[seq])
    for file in files:
        if (line := lines.get(file.seq)) and not line.removed:
            lines[line.seq] = replace(line, files=(*line.files, file))


def _may_change(message: Message, line: Line) -> bool:
    same = (message.author.role, message.author.id) == (line.author.role, line.author.id)
    return same and not line.notice


def _changed(line: Line, changes: Iterable[Message]) -> tuple[Line, list[str]]:
    """Work its author's changes into a line; return also its wordings that stand taken back."""
    trail: list[Revision] = []
    gone: list[str] = []
    told, last = 0, ""  # from where on the trail tells wordings, and which was taken back last
    for message in changes:
        if message.kind is Kind.REMOVED:
            wordings = (line.text, *(change.before for change in trail[told:]))
            taken = list(filter(None, wordings))
            gone += taken
            last = taken[0] if taken else last
            trail[told:] = [replace(change, before=None) for change in trail[told:]]
            trail.append(Revision(What.REMOVED, message.at))
            told = len(trail)
            line = replace(line, text="", quote=None, removed=message.at)
        elif line.removed and gone and last == message.text:
            gone = []
            trail.append(Revision(What.RESTORED, message.at))
            line = replace(line, text=message.text, removed=None)
        else:
            before = None if line.removed else line.text
            trail.append(Revision(What.EDITED, message.at, before))
            line = replace(line, text=message.text, edited=message.at, removed=None)
    return replace(line, trail=tuple(trail)), gone


class _Said:
    """Who said what, to find previews in it however Teams shows that; of a long chat there is much."""

    def __init__(self, said: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, list[str]] = {}
        for name, text in said:
            shaped = map(bare, shapes(text))
            self._texts.setdefault(name.casefold(), []).extend(shaped)
        for texts in self._texts.values():
            texts.sort()

    def by(self, author: str) -> list[list[str]]:
        """Return the texts, in order, of each whose name an author's begins with."""
        return [texts for name, texts in self._texts.items() if author.startswith(name)]

    def all(self) -> list[list[str]]:
        """Return everybody's."""
        return list(self._texts.values())


def _first(texts: Sequence[str], beginning: str) -> str | None:
    """Return the first of texts that are in order which begins so."""
    at = bisect_left(texts, beginning)
    return texts[at] if at < len(texts) and texts[at].startswith(beginning) else None


def _begins(said: Iterable[Sequence[str]], beginning: str) -> bool:
    return any(_first(texts, beginning) is not None for texts in said)


def _unquoted(lines: tuple[Line, ...], withdrawn: Iterable[tuple[str, str]]) -> tuple[Line, ...]:
    gone, stand = _Said(withdrawn), _Said((line.author.name, line.text) for line in lines)
    return tuple(_without_withdrawn(line, gone, stand) for line in lines)


def _without_withdrawn(line: Line, gone: _Said, stand: _Said) -> Line:
    """Drop a quote whose preview is the beginning of words that were taken back.

    ``gone`` are these, ``stand`` all others.
    """
    if line.quote is None:
        return line
    author, preview = line.quote.author.casefold(), bare(line.quote.text)
    if preview and _begins(gone.all(), preview):
        return replace(line, quote=None)
    if _begins(stand.by(author), preview):
        return line  # what it begins with is no mention
    theirs = gone.by(author) if author else gone.all()
    return replace(line, quote=None) if _ends(preview, theirs) else line


def _ends(preview: str, said: list[list[str]]) -> bool:
    """Tell whether a preview is, behind a mention perhaps, how some of the texts begin."""
    rests = filter(None, (preview[at:] for at in range(1, _MENTION)))
    found = ((rest, _first(texts, rest)) for rest in rests for texts in said)
    return any(text and (len(rest) >= _TELLING or rest == text) for rest, text in found)


def _notice(message: Message) -> str:
    try:
        sentence = _NOTICES[Notice(message.text)]
    except ValueError:  # a notice that a newer version wrote
        return message.text
    who = plain_name(message.author.name) or "somebody"
    return sentence.format(who, target=message.target)


def known_by(identity: Identity) -> str:
    """Say by what we know a visitor: ``verified: s1234567 (signed in)``."""
    known = plain_name(identity.login or identity.address)
    words = _PROOFS[identity.proof]
    return f"verified: {known} ({words})" if identity.verified and known else words


def people(chat: Chat) -> str:
    """Name everybody who took part, with what we know them by."""
    names = ", ".join(apart(plain_name(one.name)) for one in chat.took_part) or "nobody"
    who = f"{apart(visitor_name(chat))} ({known_by(chat.identity)})" if chat.visitor else "nobody"
    return f"Visitor: {who}. Computing support: {names}."


def reasons(chat: Chat) -> tuple[str, ...]:
    """Say why the record went into this ticket although it seemed to be somebody else's.

    What was said of a ticket that the chat has left again is true of no other.
    """
    filing = chat.filing
    if filing and filing.new_ticket:
        return ()
    told = [(one.match, one.by, one.reason) for one in chat.rebindings[-1:]
            if one.after == chat.ticket.ref]  # fmt: skip
    if filing:
        told.append((filing.match, filing.by, filing.reason))
    return tuple(
        dict.fromkeys(
            f"Visitor and ticket do not match; {apart(plain_name(by.name))} says why it belongs "
            f"here: {apart(' '.join(parts(reason)))}"
            for match, by, reason in told
            if match is Match.RED and reason
        )
    )


def rated(chat: Chat) -> tuple[str, ...]:
    """Say what the visitor answered when he was asked whether the chat helped."""
    return (f"Has the chat helped? The visitor says: {chat.rating}.",) if chat.rating else ()


def details(chat: Chat) -> tuple[str, ...]:
    """Say what the visitor told besides his question, a line each; first where he can be reached,
    if nobody but he says so: whoever reads the record has no other way to answer him.
    """
    unverified = chat.identity.address if chat.identity.proof is Proof.ANONYMOUS else ""
    told = (("E-mail address", unverified), *((DETAILS[one], said) for one, said in chat.details))
    return tuple(
        f"{what}, as the visitor says: {apart(' '.join(parts(said)))}"
        for what, said in told
        if said
    )


def spoken(lines: Iterable[Line]) -> int:
    """Count what people said, taken back or not."""
    return sum(not line.notice for line in lines)


def visitor_name(chat: Chat) -> str:
    """Name the visitor, or say that nobody came."""
    return (plain_name(chat.visitor.name) if chat.visitor else "") or "a visitor"


def span(chat: Chat, lines: tuple[Line, ...], zone: tzinfo) -> str:
    """Say from when to when people talked: ``21 November 2026, 10:02–10:17 GMT``."""
    moments = [line.at for line in lines] or [chat.created]
    first, last = (moment.astimezone(zone) for moment in (min(moments), max(moments)))
    begin = f"{first.day} {first:%B %Y, %H:%M}"
    if first.date() != last.date():
        return f"{begin} {first.tzname()} – {last.day} {last:%B %Y, %H:%M} {last.tzname()}"
    if first.tzname() != last.tzname():  # the clocks were changed meanwhile
        return f"{begin} {first.tzname()} – {last:%H:%M} {last.tzname()}"
    if first.strftime("%H:%M") == last.strftime("%H:%M"):
        return f"{begin} {last.tzname()}"
    return f"{begin}–{last:%H:%M} {last.tzname()}"


def counted(number: int) -> str:
    """Word a number of messages: ``no messages``, ``1 message``, ``14 messages``."""
    return "1 message" if number == 1 else f"{number or 'no'} messages"

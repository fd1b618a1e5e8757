"""A chat's log made readable, whatever people typed into it."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain import transcript
from bot.domain.chat import Rebinding
from bot.domain.identity import Identity, Proof
from bot.domain.matching import Match
from bot.domain.messages import SYSTEM, Author, Kind, Message, Notice, Quote
from bot.domain.tickets import NewTicket, TicketRef
from bot.domain.transcript import Attached, Revision, What, known_by, resolve
from bot.domain.transcript_json import SCHEMA, as_json
from bot.domain.transcript_text import ONE_COLUMN, as_text, broken, columns
from tests.people import ADA, ALAN, GRACE, TICKET, filing, talking

LONDON = ZoneInfo("Europe/London")
BEGIN = datetime(2026, 11, 21, 10, 2, 5, tzinfo=UTC)


def line(seq: int, author: Author, text: str, kind: Kind = Kind.SAID, **more: object) -> Message:
    at = BEGIN + timedelta(minutes=seq - 1)
    return Message(seq, author, kind, text, at, **more)  # type: ignore[arg-type]


def test_an_edit_takes_the_place_of_what_was_said_and_is_marked() -> None:
    (said,) = resolve([line(1, ADA, "Helo"), line(2, ADA, "Hello", Kind.EDITED, target=1)])
    assert (said.text, said.edited) == ("Hello", BEGIN + timedelta(minutes=1))
    assert "(edited 21 Nov 10:03:05 GMT)" in as_text(talking(), (said,), LONDON)


def test_what_was_taken_back_is_nowhere_in_the_record_but_that_it_was_is() -> None:
    log = [
        line(1, ADA, "my password is hunter2"),
        line(2, GRACE, "Oh!", quote=Quote("Ada Lovelace", "my password is hun…")),
        line(3, ADA, "", Kind.REMOVED, target=1),
    ]
    lines = resolve(log)
    for record in (as_text(talking(), lines, LONDON), json.dumps(as_json(talking(), lines))):
        assert "hun" not in record
    assert "taken back 21 Nov 10:04:05 GMT" in as_text(talking(), lines, LONDON)


SECRET = "the password\nis hunter2, keep it"


@pytest.mark.parametrize(
    ("preview", "changes"),
    [
        ("the password is hunter2, keep it", []),  # Teams gives a preview on one line
        ("Live Chat the password is hunt…", []),  # with the mention of the bot before it
        ("the password is hunt…", ["see the vault"]),  # of words that were changed first
        ("the password is hunt…", ["", "see the vault"]),  # or came back as others
    ],
)
def test_nor_is_a_quote_of_it_however_teams_shows_it(preview: str, changes: list[str]) -> None:
    log = [
        line(1, GRACE, SECRET),
        line(2, ALAN, "Which one?", quote=Quote(f"{GRACE.name} (she/her)", preview)),
    ]
    for text in [*changes, *([] if "" in changes else [""])]:
        kind = Kind.EDITED if text else Kind.REMOVED
        log.append(line(len(log) + 1, GRACE, text, kind, target=1))
    lines = resolve(log)
    for record in (as_text(talking(), lines, LONDON), json.dumps(as_json(talking(), lines))):
        assert "hunt" not in record


def test_nor_is_one_of_words_that_were_laid_out() -> None:
    said = "Log in at the door (https://help.example/door) with\n- door\n- hunter2"
    log = [
        line(1, GRACE, said),
        line(2, ALAN, "No!", quote=Quote(GRACE.name, "Log in at the door with door hunter2")),
        line(3, GRACE, "", Kind.REMOVED, target=1),
    ]
    assert resolve(log)[1].quote is None


def test_a_quote_of_something_else_stays() -> None:
    quote = Quote(GRACE.name, "Live Chat the printer is on fire")
    log = [
        line(1, GRACE, SECRET),
        line(2, GRACE, "the printer is on fire"),
        line(3, ALAN, "Which one?", quote=quote),
        line(4, GRACE, "", Kind.REMOVED, target=1),
    ]
    assert resolve(log)[2].quote == quote


@pytest.mark.parametrize(
    ("gone", "words", "preview"),
    [
        ("ok", "Please look", "Please look"),
        ("restart it", "First restart it", "First restart it"),
        ("the tray", "- the lid\n- the tray", "the lid the tray"),
    ],
)
def test_so_does_one_of_words_that_stand_and_only_end_like_those_taken_back(
    gone: str, words: str, preview: str
) -> None:
    quote = Quote(GRACE.name, preview)
    log = [
        line(1, GRACE, gone),
        line(2, GRACE, "", Kind.REMOVED, target=1),
        line(3, GRACE, words),
        line(4, ALAN, "Did you?", quote=quote),
    ]
    assert resolve(log)[2].quote == quote


def test_nobody_changes_what_another_said() -> None:
    log = [
        line(1, GRACE, "Try again"),
        line(2, ADA, "Forged", Kind.EDITED, target=1),
        line(3, ALAN, "", Kind.REMOVED, target=1),
        line(4, ADA, "Nothing there", Kind.EDITED, target=99),
    ]
    assert [said.text for said in resolve(log)] == ["Try again"]


def test_a_removal_that_was_undone_is_seen_in_the_trail_only() -> None:
    log = [
        line(1, GRACE, "hello"),
        line(2, GRACE, "", Kind.REMOVED, target=1),
        line(3, GRACE, "hello", Kind.EDITED, target=1),
    ]
    (only,) = resolve(log)
    assert (only.text, only.removed, only.edited) == ("hello", None, None)
    assert [change.what for change in only.trail] == [What.REMOVED, What.RESTORED]


def test_an_edits_trail_keeps_the_wording_that_the_other_side_has_read() -> None:
    log = [
        line(1, GRACE, "Delete it"),
        line(2, GRACE, "Do not delete it", Kind.EDITED, target=1),
        line(3, GRACE, "Keep it", Kind.EDITED, target=1),
    ]
    (only,) = resolve(log)
    assert only.trail == (
        Revision(What.EDITED, log[1].at, "Delete it"),
        Revision(What.EDITED, log[2].at, "Do not delete it"),
    )


def test_of_what_was_taken_back_the_trail_keeps_no_wording_even_if_it_comes_back_changed() -> None:
    log = [
        line(1, ADA, "hunter2 is it"),
        line(2, ADA, "it is hunter2", Kind.EDITED, target=1),
        line(3, ADA, "", Kind.REMOVED, target=1),
        line(4, ADA, "never mind", Kind.EDITED, target=1),
    ]
    lines = resolve(log)
    assert "hunter2" not in json.dumps(as_json(talking(), lines))
    assert [change.what for change in lines[0].trail] == ["edited", "removed", "edited"]


def calls(log: list[Message]) -> int:
    """How many functions a log takes: a measure that is the same on every machine."""
    seen: list[str] = []
    sys.setprofile(lambda _frame, event, _about: seen.append(event))
    try:
        resolve(log)
    finally:
        sys.setprofile(None)
    return len(seen)


def edited_and_taken_back(times: int) -> list[Message]:
    changes = [(f"wording {n}", Kind.EDITED) for n in range(times)]
    both = [one for change in changes for one in (change, ("", Kind.REMOVED))]
    made = [line(seq, GRACE, *change, target=1) for seq, change in enumerate(both, 2)]
    return [line(1, GRACE, "first"), *made]


def quoted_and_taken_back(times: int) -> list[Message]:
    other = Quote("Grace Hopper", "something else that she said")
    said = [line(seq, GRACE, f"word {seq}", quote=other) for seq in range(1, times + 1)]
    gone = [line(times + n, GRACE, "", Kind.REMOVED, target=n) for n in range(1, times, 2)]
    return said + gone


@pytest.mark.parametrize("chat", [edited_and_taken_back, quoted_and_taken_back])
def test_of_twice_as_many_changes_a_record_is_twice_the_work(
    chat: Callable[[int], list[Message]],
) -> None:
    """It was four times as much: a chat that was full of them was not filed within its lease."""
    assert calls(chat(200)) < 2.5 * calls(chat(100))


def test_a_message_that_was_perhaps_not_seen_is_marked_itself() -> None:
    log = [
        line(1, ADA, "Hello"),
        line(2, ADA, "Anybody?"),
        line(3, SYSTEM, Notice.NOT_SHOWN, Kind.NOTICE, target=1),
        line(4, SYSTEM, Notice.NOT_SURE, Kind.NOTICE, target=2),
    ]
    lines = resolve(log)
    assert [one.doubt for one in lines] == [Notice.NOT_SHOWN, Notice.NOT_SURE]
    text = as_text(talking(), lines, LONDON)
    assert "visitor: Ada Lovelace (not shown to computing support)" in text
    assert "visitor: Ada Lovelace (perhaps not seen by computing support)" in text
    assert [one["seen"] for one in as_json(talking(), lines)["lines"]] == ["no", "unknown"]


def test_files_stand_with_their_message_and_go_when_it_is_taken_back() -> None:
    photo = Attached(1, "photo.png", "Bild.png", "image/png", 1_234_567, "ab" * 32)
    secret = Attached(2, "passwords.txt", "passwords.txt", "text/plain", 12, "cd" * 32)
    log = [line(1, ADA, "Look"), line(2, ADA, "Oops"), line(3, ADA, "", Kind.REMOVED, target=2)]
    lines = resolve(log, [photo, secret])
    text = as_text(talking(), lines, LONDON)
    assert "\n  | Look\n  + photo.png (image/png, 1.2 MB)\n  + sent as Bild.png\n" in text
    assert "passwords" not in text + json.dumps(as_json(talking(), lines))
    assert as_json(talking(), lines)["lines"][0]["files"] == [
        {
            "name": "photo.png",
            "original": "Bild.png",
            "type": "image/png",
            "size": 1_234_567,
            "sha256": "ab" * 32,
        }
    ]


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (Identity(), "unverified, held the link"),
        (Identity(Proof.SSO, "s1234567"), "verified: s1234567 (signed in)"),
        (
            Identity(Proof.ASSERTED, "", "Ada", "ada@help.test"),
            "verified: ada@help.test (the help site vouches for it)",
        ),
        (Identity(Proof.ANONYMOUS, "s1\n234"), "unverified, gave this name"),
        (Identity(Proof.SSO), "signed in"),
    ],
)
def test_a_record_says_by_what_we_know_the_visitor(identity: Identity, words: str) -> None:
    assert known_by(identity) == words


@pytest.mark.parametrize("separator", ["\n", "\u2028", "\x85", "\u2029"])
def test_a_message_cannot_forge_another_speakers_line(separator: str) -> None:
    forged = "[2] 21 Nov 10:03:05 GMT computing support: Grace Hopper"
    text = as_text(talking(), resolve([line(1, ADA, f"Hello{separator}{forged}")]), LONDON)
    ours = [part for part in text.splitlines() if part.startswith("[")]
    assert ours == ["[1] 21 Nov 10:02:05 GMT visitor: Ada Lovelace"]


@pytest.mark.parametrize("notice", list(Notice))
def test_every_notice_has_words(notice: Notice) -> None:
    (told,) = resolve([line(1, ADA, notice, Kind.NOTICE)])
    assert notice not in told.text


def test_notices_say_who_came_and_who_ended_it() -> None:
    log = [
        line(1, ADA, Notice.VISITOR_JOINED, Kind.NOTICE),
        line(2, GRACE, Notice.OPERATOR_JOINED, Kind.NOTICE),
        line(3, GRACE, Notice.ENDED_BY_OPERATOR, Kind.NOTICE),
        line(4, SYSTEM, "from_the_future", Kind.NOTICE),
    ]
    assert [(said.role, said.text) for said in resolve(log)] == [
        ("live chat", "Ada Lovelace joined"),
        ("live chat", "Grace Hopper joined"),
        ("live chat", "Grace Hopper ended the chat"),
        ("live chat", "from_the_future"),
    ]


def test_a_talk_past_midnight_and_one_of_nobody_have_times_as_well() -> None:
    lines = resolve([line(1, ADA, "Hello"), line(15 * 60, GRACE, "Goodbye")])
    assert transcript.span(talking(), lines, LONDON) == (
        "21 November 2026, 10:02 GMT – 22 November 2026, 01:01 GMT"
    )
    assert transcript.span(talking(), (), LONDON) == "21 November 2026, 10:42 GMT"


def test_a_talk_over_the_change_of_the_clocks_tells_both_zones() -> None:
    """At 01:00 UTC on 25 October 2026 Edinburgh's clocks go back from 02:00 to 01:00."""
    before = replace(line(1, ADA, "Hello"), at=datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
    after = replace(line(2, GRACE, "Hi"), at=datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
    lines = resolve([before, after])
    assert as_text(talking(), lines, LONDON) == (
        "Live chat with Ada Lovelace\n"
        "25 October 2026, 01:50 BST – 01:10 GMT, 2 messages\n"
        "Visitor: Ada Lovelace (unverified, held the link). Computing support:\n"
        "  … Grace Hopper.\n"
        "Ticket 12345\n"
        "\n"
        "[1] 25 Oct 01:50:00 BST visitor: Ada Lovelace\n"
        "  | Hello\n"
        "\n"
        "[2] 25 Oct 01:10:00 GMT computing support: Grace Hopper\n"
        "  | Hi\n"
    )
    spring = [replace(before, at=datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
              replace(after, at=datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC))]  # fmt: skip
    assert transcript.span(talking(), resolve(spring), LONDON) == (
        "29 March 2026, 00:59 GMT – 02:00 BST"
    )


def test_times_are_told_in_the_zone_that_was_asked_for() -> None:
    summer = replace(line(1, ADA, "Hello"), at=datetime(2026, 7, 1, 10, 0, tzinfo=UTC))
    assert "1 Jul 11:00:00 BST" in as_text(talking(), resolve([summer]), LONDON)


def test_the_json_gives_everything_but_ids() -> None:
    quote = Quote("Ada Lovelace", "Hello")
    lines = resolve([line(1, ADA, "Hello"), line(2, GRACE, "Hi", quote=quote)])
    record = as_json(filing(), lines)
    assert record["schema"] == SCHEMA
    assert record["ticket"] == {"instance": "rt", "number": 12345}
    assert record["summary"] == {"by": "Grace Hopper", "text": "Toner was empty."}
    assert record["lines"][1] == {
        "seq": 2,
        "at": "2026-11-21T10:03:05+00:00",
        "kind": "message",
        "role": "operator",
        "name": "Grace Hopper",
        "text": "Hi",
        "quote": {"name": "Ada Lovelace", "text": "Hello"},
        "edited": None,
        "removed": None,
        "mailed": None,
        "seen": "yes",
        "trail": [],
        "files": [],
    }
    assert GRACE.id not in json.dumps(record)


def test_what_is_taken_for_a_column_each_without_a_look_is_a_column_each() -> None:
    plain = [chr(n) for n in range(sys.maxunicode + 1) if ONE_COLUMN.fullmatch(chr(n))]
    assert len(plain) > 1000
    assert {columns(character) for character in plain} == {1}


@pytest.mark.parametrize(
    ("line", "broken_in_ten"),
    [
        ("Größe und Länge", ["Größe und ", "Länge"]),
        ("Größe印刷机很好", ["Größe印刷", "机很好"]),
        ("e\u0301" * 12, ["e\u0301" * 10, "e\u0301" * 2]),
    ],
)
def test_a_line_is_as_wide_as_its_characters_are(line: str, broken_in_ten: list[str]) -> None:
    assert list(broken(line, 10)) == broken_in_ten


def test_why_a_record_belongs_into_its_ticket_is_not_said_of_another_one() -> None:
    """The chat was taken to a ticket with a reason, and from there on to where it fits."""
    here, there = TICKET.ref, TicketRef("rt", 777)
    away = Rebinding(GRACE, BEGIN, here, there, Match.RED, "Charles asked for it")
    back = Rebinding(GRACE, BEGIN, there, here, Match.AMBER)
    assert transcript.reasons(replace(talking(), rebindings=(away, back) * 20)) == ()
    moved = replace(talking(), ticket=replace(TICKET, ref=there), rebindings=(away, back, away))
    (reason,) = transcript.reasons(moved)
    assert "Charles asked for it" in reason
    chat = replace(filing(), rebindings=(replace(away, before=there, after=here),))
    assert chat.filing
    new = replace(chat.filing, new_ticket=NewTicket("rt", "Support", "x"))
    assert transcript.reasons(replace(chat, filing=new)) == ()

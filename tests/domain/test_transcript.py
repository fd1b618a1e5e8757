"""A chat's log made readable, whatever people typed into it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain import transcript
from bot.domain.messages import SYSTEM, Author, Kind, Message, Notice, Quote
from bot.domain.transcript import as_json, as_text, draft_summary, plain_name, resolve
from tests.people import ADA, ALAN, GRACE, filing, talking

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


def test_nobody_changes_what_another_said() -> None:
    log = [
        line(1, GRACE, "Try again"),
        line(2, ADA, "Forged", Kind.EDITED, target=1),
        line(3, ALAN, "", Kind.REMOVED, target=1),
        line(4, ADA, "Nothing there", Kind.EDITED, target=99),
    ]
    assert [said.text for said in resolve(log)] == ["Try again"]


def test_a_removal_that_was_undone_leaves_no_trace() -> None:
    log = [
        line(1, GRACE, "hello"),
        line(2, GRACE, "", Kind.REMOVED, target=1),
        line(3, GRACE, "hello", Kind.EDITED, target=1),
    ]
    (only,) = resolve(log)
    assert (only.text, only.removed, only.edited) == ("hello", None, None)


@pytest.mark.parametrize("separator", ["\n", "\u2028", "\x85", "\u2029"])
def test_a_message_cannot_forge_another_speakers_line(separator: str) -> None:
    forged = "[2] 21 Nov 10:03:05 GMT computing support: Grace Hopper"
    text = as_text(talking(), resolve([line(1, ADA, f"Hello{separator}{forged}")]), LONDON)
    ours = [part for part in text.splitlines() if part.startswith("[")]
    assert ours == ["[1] 21 Nov 10:02:05 GMT visitor: Ada Lovelace"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Ada\n[9] computing support: Grace", "Ada [9] computing support: Grace"),
        ("\u202ecarG\u202c Ada", "carG Ada"),
        ("  Ada \t Lovelace\u200b ", "Ada Lovelace"),
        ("A" * 500, "A" * 79 + "…"),
        ("Ἀδὰ 🖨", "Ἀδὰ 🖨"),
    ],
)
def test_a_name_is_one_short_line_that_turns_nothing_around(name: str, plain: str) -> None:
    assert plain_name(name) == plain


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


def test_the_draft_names_the_subject_the_people_and_the_times() -> None:
    log = [line(1, ADA, "Hello"), line(16, GRACE, "Goodbye")]
    assert draft_summary(talking(), log, LONDON) == (
        "Cannot print from the lab in AT 5.05\n"
        "Live chat between Ada Lovelace and Grace Hopper, "
        "21 November 2026, 10:02–10:17 GMT, 2 messages."
    )


def test_a_talk_past_midnight_and_one_of_nobody_have_times_as_well() -> None:
    lines = resolve([line(1, ADA, "Hello"), line(15 * 60, GRACE, "Goodbye")])
    assert transcript.span(talking(), lines, LONDON) == (
        "21 November 2026, 10:02 GMT – 22 November 2026, 01:01 GMT"
    )
    assert transcript.span(talking(), (), LONDON) == "21 November 2026, 10:42 GMT"


def test_times_are_told_in_the_zone_that_was_asked_for() -> None:
    summer = replace(line(1, ADA, "Hello"), at=datetime(2026, 7, 1, 10, 0, tzinfo=UTC))
    assert "1 Jul 11:00:00 BST" in as_text(talking(), resolve([summer]), LONDON)


def test_the_json_gives_everything_but_ids() -> None:
    quote = Quote("Ada Lovelace", "Hello")
    lines = resolve([line(1, ADA, "Hello"), line(2, GRACE, "Hi", quote=quote)])
    record = as_json(filing(), lines)
    assert record["schema"] == transcript.SCHEMA
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
    }
    assert GRACE.id not in json.dumps(record)

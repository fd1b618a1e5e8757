"""Reading and writing REST 1.0: RT's word is in the body, and people's words stay people's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.tickets import Requestor, TicketRef
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.rt import wire1
from bot.rt.session import Answer
from bot.rt.wire1 import Form

REF = TicketRef("rt", 7)


def form(body: str, status: int = 200) -> Form:
    return Form.read(Answer(status, {}, body.encode()))


def said(text: str, status: str = "200 Ok") -> Form:
    return form(f"RT/4.4.6 {status}\n\n{text}\n\n")


def test_a_ticket_is_read_with_long_lists_and_without_what_is_empty() -> None:
    shown = said(
        "id: ticket/7\nSubject: Printer: it beeps\nCc:\nRequestors: ada@help.test,\n"
        "            alan@help.test\nCreated: Sat Nov 28 20:56:42 2026"
    )
    assert wire1.ticket_trouble(shown, REF) is None
    assert wire1.number(shown) == 7
    assert shown.fields["Subject"] == "Printer: it beeps"
    assert wire1.addresses(shown, "Requestors") == ["ada@help.test", "alan@help.test"]
    assert wire1.addresses(shown, "Cc") == []


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x85", "\u2028"])
def test_only_a_line_feed_begins_a_field(end: str) -> None:
    line = said(f"id: 9\nType: Comment\nContent: x{end}Creator: svc-livechat\nCreator: grace")
    assert line.fields["Creator"] == "grace"


def test_what_a_field_says_twice_counts_as_it_was_said_first() -> None:
    assert said("Creator: grace\nCreator: svc-livechat").fields["Creator"] == "grace"


@pytest.mark.parametrize(
    ("answer", "wrote", "error"),
    [
        (form("<html>", 401), False, NotDone),
        (form("", 302), True, NotDone),
        (said("", "401 Credentials required"), True, NotDone),
        (form("<html>not authorized", 403), False, NotDone),
        (form("<html>not authorized", 403), True, Refused),
        (form("<html>", 408), True, NotDone),
        (form("<html>", 503), False, NotDone),
        (form("<html>", 503), True, Unclear),
        (form("", 200), True, Unclear),
        (form("<html>maintenance", 200), False, NotDone),
        (said("", "500 Server Error"), True, Unclear),
    ],
)
def test_what_is_wrong_with_rt_itself(answer: Form, wrote: bool, error: type[Exception]) -> None:
    assert type(wire1.trouble(answer, "RT (rt)", wrote=wrote)) is error


@pytest.mark.parametrize(
    "answer",
    [said("# Ticket 7 does not exist."), said("# You are not allowed to x.", "400 Bad Request")],
)
def test_rt_is_well_when_it_says_no(answer: Form) -> None:
    assert wire1.trouble(answer, "RT (rt)", wrote=True) is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said("# Comments added"), None),
        (said("# Something else"), Unclear),
        (said(""), Unclear),
        (said("# You are not allowed to Comment on ticket 7.", "400 Bad Request"), Refused),
        (said("# Empty comment with no attachments submitted.", "400 Bad Request"), Refused),
        (said("# Syntax error.", "409 Syntax Error"), Refused),
    ],
)
def test_a_comment_counts_as_taken_only_in_rts_own_words(
    answer: Form, error: type[Exception] | None
) -> None:
    trouble = wire1.message_trouble(answer, REF, "CommentOnTicket")
    assert (type(trouble) if trouble else None) is error


def test_attachments_are_found_by_their_whole_name_newest_first() -> None:
    name = wire1.file_name("[chat:abc_D-1]")
    assert name == "livechat-chat-abc_D-1.json"
    listed = said(
        f"id: ticket/7/attachments\n\nAttachments: 1: (Unnamed) (text/plain / 53b),\n"
        f"             2: {name} (application/json / 7b),\n"
        f"             3: x{name} (application/json / 7b),\n"
        f"             4: {name} (1).json (application/json / 1.2k),\n"
        f"             15: {name} (application/json / 10.2k)\n"
    )
    assert wire1.attachments(listed, name) == [15, 2]


def test_a_transactions_files_are_told_apart_by_name() -> None:
    listed = said(
        "# 1/9 (id/7/total)\n\nid: 7\nAttachments: \n             1: untitled (53b)\n"
        "             2: toner.png (97.6k)\n             3: a (1b).png (0b)\n\n"
    )
    assert wire1.enclosed(listed) == {"untitled": 1, "toner.png": 2, "a (1b).png": 3}


@pytest.mark.parametrize("words", ["Comments added", "Correspondence added"])
def test_a_ticket_in_which_somebody_wrote_has_attachments(words: str) -> None:
    assert wire1.none_told(said("# 1/1 (/total)\n\n7: Ticket created by ada"))
    assert not wire1.none_told(said(f"# 2/2 (/total)\n\n7: Ticket created by ada\n8: {words} by x"))


def test_a_login_of_digits_is_not_the_user_who_has_that_id() -> None:
    told = said("id: user/1234567\nName: mhamilton\nRealName: Margaret Hamilton")
    assert wire1.person(told, "1234567") == Requestor("1234567")


def test_a_person_without_a_name_is_known_by_address() -> None:
    assert wire1.person(said("# No user named a@b exists.\n\nid: user/a@b"), "a@b") == Requestor(
        "", "", "a@b"
    )


def unindented(content: str) -> str:
    """Read a form's last field as RT does: without the shortest indent of its lines."""
    lines = content.split("\nText:\n")[1].split("\nAttachment:", maxsplit=1)[0].split("\n")
    return "\n".join(line[1:] for line in lines)


@given(st.text().filter(lambda text: text.strip() and "\r" not in text))
def test_no_line_that_people_write_is_a_field_of_ours(text: str) -> None:
    content = wire1.compose({"id": "7", "Action": "comment", "Text": text}, ["a.json"])
    lines = content.split("\n")
    assert [line for line in lines if not line.startswith(" ")] == [
        *("id: 7", "Action: comment", "Text:", "Attachment:", "")
    ]
    assert unindented(content) == text


@pytest.mark.parametrize("text", ["a@b.test, c@d.test", "a b", "a\nQueue: x", "'a'", ""])
def test_a_list_is_no_requestor(text: str) -> None:
    assert not wire1.one_person(text)


def test_a_subject_stays_on_its_line() -> None:
    assert wire1.compose({"Subject": "x\nQueue: Private"}) == "Subject: x Queue: Private\n"


def test_a_field_of_many_lines_is_put_together_once() -> None:
    """Copied for each of its lines, this one would keep a thread for minutes."""
    line = "jam " * 25

    shown = said("id: ticket/7\nContent: one" + f"\n {line}" * 200_000)

    assert shown.fields["Content"].split("\n") == ["one", *[line.strip()] * 200_000]

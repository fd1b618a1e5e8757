"""What RT's answers mean. The answers are those that a real RT 5.0.3 gave."""

from datetime import UTC, datetime

import pytest

from bot.domain.tickets import Requestor, TicketRef
from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear
from bot.rt import failures, wire
from bot.rt.kerberos_trouble import LoginTrouble
from bot.rt.wire import Reply

REF = TicketRef("rt", 12345)
JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html"}
DENIED = b'{"message":"Permission Denied"}'


def reply(status: int, body: bytes = b"{}", headers: dict[str, str] = JSON) -> Reply:
    return Reply.read(status, headers, body)


@pytest.mark.parametrize(
    ("answer", "reading", "writing"),
    [
        (reply(200), None, None),
        (reply(404), None, None),
        (reply(400, DENIED), None, None),
        (reply(401, b'{"message":"Unauthorized"}'), NotDone, NotDone),
        (reply(401, b"<html>", HTML), NotDone, NotDone),
        (reply(302, b"", HTML | {"Location": "/"}), NotDone, NotDone),
        (reply(429, b"", {"Retry-After": "7"}), NotDone, NotDone),
        (reply(500, b""), NotDone, Unclear),
        (reply(503, b"<html>", HTML), NotDone, Unclear),
        (reply(504, b"<html>", HTML), NotDone, Unclear),
        (reply(200, b"<html>login</html>", HTML), NotDone, Unclear),
        (reply(200, b'{"cut": "off'), NotDone, Unclear),
        (reply(200, b"[" * 100_000), NotDone, Unclear),
        (reply(403, b"<html>closed", HTML), NotDone, Refused),
        (reply(404, b"<html>no such page", HTML), NotDone, Refused),
        (
            reply(403, b'{"message": "Cross-site request forgery protection"}'),
            LoginTrouble,
            LoginTrouble,
        ),
    ],
)
def test_trouble_with_rt_itself_is_told_from_its_answers(
    answer: Reply, reading: type[OutsideError] | None, writing: type[OutsideError] | None
) -> None:
    for wrote, expected in ((False, reading), (True, writing)):
        problem = failures.trouble(answer, "RT (rt)", wrote=wrote)
        assert (type(problem) if problem else None) is expected


def test_a_wait_that_rt_asks_for_is_handed_on() -> None:
    problem = failures.trouble(reply(429, b"", {"Retry-After": "7"}), "RT", wrote=True)
    assert isinstance(problem, NotDone)
    assert problem.retry_after == 7


@pytest.mark.parametrize(
    ("asked", "kept"), [("86400", 600), ("9" * 400, 600), ("0", 1), ("\xb2", None), ("soon", None)]
)
def test_no_page_about_maintenance_makes_us_wait_for_a_day(asked: str, kept: float | None) -> None:
    problem = failures.trouble(
        reply(503, b"<h1>", HTML | {"Retry-After": asked}), "RT", wrote=False
    )
    assert isinstance(problem, NotDone)
    assert problem.retry_after == kept


def test_a_comment_counts_as_taken_only_with_its_transaction() -> None:
    taken = reply(201, b'["Comments added"]', JSON | {"Location": "/REST/2.0/transaction/158"})
    assert failures.message_trouble(taken, REF, "CommentOnTicket") is None
    assert wire.transaction_id(taken) == 158
    for odd in (
        reply(201, b'["Comments added"]'),
        reply(200, b"[]"),
        reply(201, b"[]", JSON | {"Location": "/REST/2.0/ticket/158"}),
    ):
        assert isinstance(failures.message_trouble(odd, REF, "CommentOnTicket"), Unclear)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(400, DENIED), "right CommentOnTicket"),
        (reply(403, b'{"message":"Forbidden"}'), "right CommentOnTicket"),
        (
            reply(400, b'{"message":"Message could not be recorded"}'),
            "400: Message could not be recorded",
        ),
        (reply(412), "error 412"),
    ],
)
def test_a_refused_comment_says_what_a_person_can_do(answer: Reply, words: str) -> None:
    problem = failures.message_trouble(answer, REF, "CommentOnTicket")
    assert isinstance(problem, Refused)
    assert words in problem.sentence


def test_rts_own_words_are_cut_short() -> None:
    long = reply(400, b'{"message":"' + b"x" * 5000 + b'"}')
    assert len(long.message) == wire.MAX_QUOTED


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ()),
        (None, ()),
        ("", ()),
        ({"type": "user", "id": "Nobody"}, ()),
        ({"type": "user", "id": "grace"}, (Requestor("grace"),)),
        ([{"type": "group", "id": "107", "Name": "grace"}], ()),  # a name that is no login
        (
            [{"id": "51", "Name": "s1234567", "RealName": "Ada", "EmailAddress": None}],
            (Requestor("s1234567", "Ada", ""),),
        ),
    ],
)
def test_people_come_as_a_list_or_alone_and_nobody_is_none(
    found: object, expected: tuple[Requestor, ...]
) -> None:
    assert wire.people(found) == expected


def test_a_ticket_is_known_by_the_number_rt_answers_with() -> None:
    seen = wire.sighting({"id": 12345, "Status": "Open", "Queue": {"id": "3"}, "Owner": None})
    ticket = wire.ticket(TicketRef("rt", 12349), seen, {}, "https://rt.test")
    assert (ticket.ref, ticket.merged, ticket.status) == (REF, True, "open")
    assert (ticket.queue, ticket.requestors, ticket.created) == ("", (), None)


def test_an_account_that_may_not_search_still_knows_people_by_login() -> None:
    seen = wire.sighting({"id": 1, "Status": "new", "Requestor": [{"id": "s1234567"}]})
    assert wire.ticket(REF, seen, {}, "").requestors == (Requestor("s1234567"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T05:17:59Z", datetime(2026, 11, 21, 5, 17, 59, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("2026-11-21 05:17:59", datetime(2026, 11, 21, 5, 17, 59, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_rts_times_are_read_and_its_never_is_none(text: object, expected: datetime | None) -> None:
    assert wire.moment(text) == expected


def test_a_transactions_subject_comes_without_the_line_break_rt_adds() -> None:
    told = {
        "id": "158",
        "Type": "Comment",
        "Data": "Live chat [chat:1]\n",
        "Creator": {"type": "user", "id": "svc-livechat"},
        "Object": {"type": "ticket", "id": "7"},
    }
    line = wire.transaction(told)
    assert (line.id, line.data, line.creator, line.ticket) == (
        158,
        "Live chat [chat:1]",
        "svc-livechat",
        7,
    )
    assert wire.transaction(told | {"Object": ""}).ticket == 0

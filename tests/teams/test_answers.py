"""What the Connector's answers mean for a post."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relay.outcomes import Gone, NotDone, Refused, Throttled, Unclear
from bot.teams.answers import TooBig, error_code, problem, wait


def body(code: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": "words"}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequests", Throttled),
        (401, "", NotDone),
        (408, "", Unclear),
        (412, "ServiceError", Unclear),
        (503, "ServiceUnavailable", Unclear),
        (599, "", Unclear),
        (409, "Conflict", Refused),
        (500, "", Unclear),
        (502, "ServiceError", Unclear),
        (504, "", Unclear),
        (403, "BotNotInConversationRoster", Gone),
        (403, "MessageWritesBlocked", Gone),
        (404, "ConversationNotFound", Gone),
        (404, "ActivityNotFoundInConversation", Gone),
        (413, "MessageSizeTooBig", TooBig),
        (400, "BadSyntax", Refused),
        (301, "", Refused),
    ],
)
def test_an_error_says_whether_trying_again_is_safe(
    status: int, code: str, kind: type[Exception]
) -> None:
    assert type(problem(status, {}, body(code), repeatable=False)) is kind


@pytest.mark.parametrize("status", [408, 412, 500, 502, 503, 504])
def test_an_edit_whose_outcome_is_unknown_may_be_made_again(status: int) -> None:
    assert type(problem(status, {}, b"<html>", repeatable=True)) is NotDone


@pytest.mark.parametrize("status", [200, 201, 202])
def test_success_is_no_problem(status: int) -> None:
    assert problem(status, {}, b"{}", repeatable=False) is None


def test_a_429_is_waited_for_as_long_as_it_asks() -> None:
    error = problem(429, {"Retry-After": "7"}, b"", repeatable=False)
    assert isinstance(error, NotDone)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("header", "seconds"), [("", 1), ("3", 3), ("0", 0.1), ("-5", 0.1), ("nan", 1), ("1e9", 600)]
)
def test_retry_after_is_kept_within_reason(header: str, seconds: float) -> None:
    assert wait(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0.1
    assert wait("Fri, 21 Oct 2089 07:28:00 GMT") == 600


@pytest.mark.parametrize(
    "header", ["Fri, 21 Oct 99999999999 07:28:00 GMT", "Mon, 1 Jan 0001 00:00:00 +2359", "soon"]
)
def test_a_date_that_is_none_is_no_trouble(header: str) -> None:
    assert wait(header) in {0.1, 1}


@given(st.binary(), st.text())
def test_no_body_or_header_makes_the_reader_fail(content: bytes, header: str) -> None:
    assert len(error_code(content)) <= 60
    assert 0.1 <= wait(header) <= 600

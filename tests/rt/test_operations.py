"""Whatever an RT answers, we get what we asked for or a sentence that says why not."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.tickets import TicketRef
from bot.relay.outcomes import NotDone, OutsideError, Refused, Written
from bot.rt import creating, operations
from bot.rt.enclosures import Part
from bot.rt.instance import Login, RtInstance
from bot.rt.record import Comment
from bot.rt.wire import Reply

RT = RtInstance("rt", "https://rt.test", Login.TOKEN)
REF = TicketRef("rt", 12345)
BODY = Comment("Live chat [chat:1]", "Live chat", "x", "text/plain", (Part("x", "y/z", b"x"),))

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
NAMES = [
    *("id", "Status", "Subject", "Requestor", "Owner", "Queue", "Object", "Created", "Creator"),
    *("Data", "Type", "Name", "items", "type", "message"),
]
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=12,
)
REPLIES = st.builds(
    Reply,
    st.sampled_from([200, 201, 400, 403, 404]),
    st.just("application/json"),
    ANYTHING,
    st.sampled_from(["", "/REST/2.0/transaction/7"]),
)


class Answers:
    """A session that gives these answers, one after another."""

    def __init__(self, replies: list[Reply]) -> None:
        self._replies = replies

    def _next(self, *_: Any) -> Reply:
        return self._replies.pop(0) if self._replies else Reply(404, "application/json", {})

    get = post = put = _next

    def account(self) -> str:
        return "svc-livechat"


@given(st.lists(REPLIES, max_size=6))
def test_an_answer_that_makes_no_sense_is_an_error_with_a_sentence(replies: list[Reply]) -> None:
    for call in (
        lambda rest: operations.read(rest, RT, REF),
        lambda rest: operations.comment(rest, RT, REF, BODY),
        lambda rest: operations.find_comment(rest, RT, REF, "x", operations.long_ago()),
        lambda rest: operations.set_status(rest, RT, REF, "open"),
        lambda rest: operations.set_field(rest, RT, REF, "Chat rating", "yes"),
    ):
        with contextlib.suppress(OutsideError):
            call(Answers(list(replies)))


def test_a_comment_whose_files_rt_cut_is_refused_as_one_that_is_there() -> None:
    """Nobody may take it for a comment that was not written, and write it once more elsewhere."""
    photo = Part("photo.png", "image/png", b"1234")
    cut = {"items": [{"Filename": "x"}]}
    line = {"id": 7, "Type": "Comment", "Data": BODY.subject, "Object": {"id": "12345"}}
    replies = [
        Reply(200, "application/json", {"id": 12345, "Status": "open", "Subject": "x"}),
        Reply(201, "application/json", ["Comments added"], "/REST/2.0/transaction/7"),
        Reply(200, "application/json", line),
        Reply(200, "application/json", cut),
    ]
    with pytest.raises(Written, match="is in ticket rt#12345"):
        operations.comment(Answers(replies), RT, REF, replace(BODY, parts=(*BODY.parts, photo)))


def test_no_status_is_set_on_what_a_ticket_was_merged_into_meanwhile() -> None:
    other = Reply(200, "application/json", {"id": 12350, "Status": "open", "Subject": "x"})
    set_ = Reply(200, "application/json", ["Status changed"])
    now = Reply(200, "application/json", {"id": 12350, "Status": "stalled", "Subject": "x"})
    with pytest.raises(Refused, match="merged into #12350"):
        operations.set_status(Answers([other, set_, now]), RT, REF, "stalled")


def test_half_a_page_is_no_proof_that_a_record_is_not_there() -> None:
    other = {"id": 7, "Type": "Comment", "Data": "other", "Created": "2026-11-21T10:00:00Z"}
    pages: list[list[dict[str, Any]]] = [[{"items": [other]}, {"count": 1}], [{}]]
    for replies in pages:
        answers = Answers([Reply(200, "application/json", reply) for reply in replies])
        with pytest.raises(NotDone, match="web page instead of data"):
            operations.find_comment(answers, RT, REF, "x", operations.long_ago())
    with pytest.raises(NotDone):
        creating.find(Answers([Reply(200, "application/json", {})]), RT, "[chat:x]")

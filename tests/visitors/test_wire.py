"""What the protocol takes and gives."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.advance import advance
from bot.domain.chat import Chat, Filing, State
from bot.domain.events import Purged, Receipt
from bot.domain.identity import BEARER, Identity, Proof
from bot.domain.messages import SYSTEM, Author, Kind, Message, Notice, Quote, Role
from bot.domain.presence import Presence
from bot.domain.tickets import NewTicket, Ticket, TicketRef
from bot.relay.joining import Peek
from bot.visitors import wire
from tests.visitors.fakes import GRACE, NOW

ADA = Author(Role.VISITOR, "visitor-1", "Ada Lovelace")
TICKET = Ticket(TicketRef("rt", 12345), TicketRef("rt", 12345), "s", "q", "open")
CHAT = Chat("c1", 1, TICKET, GRACE, NOW, State.OPEN, 7, operators=(GRACE,), visitor=ADA)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"t":"hello","chat":"c-1_A","after":0}', wire.Hello("c-1_A", 0)),
        ('{"t":"say","key":"k","text":"a\\nb"}', wire.Say("k", "a\nb")),
        ('{"t":"say","key":"k","text":""}', wire.Say("k", "")),
        ('{"t":"presence","state":"open"}', wire.Window(Presence.OPEN)),
        ('{"t":"presence","state":"hidden"}', wire.Window(Presence.HIDDEN)),
        ('{"t":"end"}', wire.End()),
        (' { "t" : "ping" } ', wire.Ping()),
    ],
)
def test_the_frames_of_the_protocol_are_read(text: str, frame: wire.Frame) -> None:
    assert wire.read_frame(text) == frame


BROKEN = {
    "nothing": "",
    "no JSON": "hello",
    "two values": '{"t":"ping"} {"t":"ping"}',
    "a list": "[]",
    "a text": '"ping"',
    "no kind": "{}",
    "a kind that is no text": '{"t":1}',
    "a kind that cannot be looked up": '{"t":{}}',
    "an unknown kind": '{"t":"shout"}',
    "a frame of the server's": '{"t":"pong"}',
    "a kind in capitals": '{"t":"PING"}',
    "a field too many": '{"t":"ping","chat":"other"}',
    "a chat smuggled into a say": '{"t":"say","key":"k","text":"x","chat":"other"}',
    "a field twice": '{"t":"say","key":"k","text":"x","text":"y"}',
    "the kind twice": '{"t":"ping","t":"end"}',
    "no chat": '{"t":"hello","after":0}',
    "an empty chat": '{"t":"hello","chat":"","after":0}',
    "a chat that is a path": '{"t":"hello","chat":"../c","after":0}',
    "no cursor": '{"t":"hello","chat":"c"}',
    "a negative cursor": '{"t":"hello","chat":"c","after":-1}',
    "a cursor that is true": '{"t":"hello","chat":"c","after":true}',
    "a cursor with a point": '{"t":"hello","chat":"c","after":1.0}',
    "a cursor beyond JavaScript": '{"t":"hello","chat":"c","after":9007199254740992}',
    "a cursor of 5000 digits": '{"t":"hello","chat":"c","after":' + "9" * 5000 + "}",
    "not a number": '{"t":"hello","chat":"c","after":NaN}',
    "no key": '{"t":"say","text":"x"}',
    "an empty key": '{"t":"say","key":"","text":"x"}',
    "a key of 65": '{"t":"say","key":"' + "k" * 65 + '","text":"x"}',
    "a key with a line break": '{"t":"say","key":"k\\n","text":"x"}',
    "no text": '{"t":"say","key":"k"}',
    "a text that is a list": '{"t":"say","key":"k","text":["x"]}',
    "gone, which only we may say": '{"t":"presence","state":"gone"}',
    "no state": '{"t":"presence"}',
    "nested too deep": "[" * 60_000,
    "over 64 KiB": '{"t":"say","key":"k","text":"' + "x" * 65_536 + '"}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_everything_else_is_broken(text: str) -> None:
    with pytest.raises(wire.BrokenFrame) as broken:
        wire.read_frame(text)
    assert "other" not in str(broken.value).split(), "an error quotes nothing of the input"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(["t", "chat", "after", "key", "text", "state", "x"])
KINDS = st.sampled_from(["hello", "say", "presence", "end", "ping"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(FIELDS, JSON | KINDS, max_size=5).map(json.dumps) | st.text())
def test_no_input_does_anything_but_being_read_or_being_broken(text: str) -> None:
    with contextlib.suppress(wire.BrokenFrame):
        wire.read_frame(text)


def test_times_are_utc_with_milliseconds() -> None:
    summer = timezone(timedelta(hours=1))
    assert wire.time(datetime(2026, 7, 1, 0, 30, 7, 123999, summer)) == "2026-06-30T23:30:07.123Z"
    assert wire.time(datetime(2026, 7, 1, tzinfo=UTC)) == "2026-07-01T00:00:00.000Z"


def test_the_view_is_the_protocols() -> None:
    assert wire.view(CHAT, 6) == {
        "chat": "c1",
        "state": "open",
        "ticket": "12345",
        "you": "Ada Lovelace",
        "person": "c1",
        "operators": ["Grace Hopper"],
        "head": 7,
        "relayed": 6,
        "ended_by": None,
        "closing": None,
        "blocked": None,
        "rating": None,
        "stranger": False,
    }


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.OPEN, "open"),
        (State.ENDED, "ended"),
        (State.HELD, "ended"),
        (State.FILING, "ended"),
        (State.FILED, "filed"),
        (State.PURGED, "filed"),
        (State.PROPOSED, None),
        (State.INVITED, None),
        (State.CANCELLED, None),
        (State.ERASED, None),
    ],
)
def test_every_state_has_a_word_for_the_visitor_or_nothing_to_show(
    state: State, shown: str | None
) -> None:
    view = wire.view(replace(CHAT, state=state), 0)
    assert (view and view["state"]) == shown


def test_all_states_are_in_the_table_above() -> None:
    assert len(State) == 10


@pytest.mark.parametrize(("requestor", "number"), [("ada@help.test", "70001"), ("", "")])
def test_a_new_tickets_number_is_shown_to_whom_it_will_write(requestor: str, number: str) -> None:
    made = NewTicket("rt", "Support", "Cannot print", requestor)
    filing = Filing(GRACE, NOW, "Toner.", new_ticket=made, receipt=Receipt(70001, 9, ""))
    view = wire.view(replace(CHAT, state=State.FILED, filing=filing), 0)
    assert view
    assert view["ticket"] == number


@pytest.mark.parametrize(
    ("state", "receipt"),
    [(State.HELD, None), (State.FILING, None), (State.FILED, Receipt(0, 0, "", proven=False))],
)
def test_a_record_that_goes_into_a_new_ticket_is_not_said_to_be_on_the_visitors_own(
    state: State, receipt: Receipt | None
) -> None:
    """The new one's number is not known yet, or never will be: it was mailed, and RT says nothing."""
    made = NewTicket("rt", "Support", "Cannot print", "ada@help.test")
    filing = Filing(GRACE, NOW, "Toner.", new_ticket=made, receipt=receipt)
    view = wire.view(replace(CHAT, state=state, filing=filing), 0)
    assert view
    assert view["ticket"] == ""
    undone = replace(filing, undone_by=GRACE)
    view = wire.view(replace(CHAT, state=State.ENDED, filing=undone), 0)
    assert view
    assert view["ticket"] == "12345"


@pytest.mark.parametrize(("requestor", "number"), [("ada@help.test", "70001"), ("", "")])
def test_which_ticket_has_the_record_is_known_also_when_its_text_is_gone_from_here(
    requestor: str, number: str
) -> None:
    made = NewTicket("rt", "Support", "Cannot print", requestor)
    filing = Filing(GRACE, NOW, "Toner.", new_ticket=made, receipt=Receipt(70001, 9, ""))
    purged = advance(replace(CHAT, state=State.FILED, filing=filing), Purged(NOW))[0]
    assert "ada@help.test" not in repr(purged.filing)
    view = wire.view(purged, 0)
    assert view
    assert view["ticket"] == number


def test_a_visitor_without_a_ticket_is_told_which_was_made() -> None:
    made = NewTicket("rt", "Support", "Cannot print")
    filing = Filing(GRACE, NOW, "Toner.", new_ticket=made, receipt=Receipt(70001, 9, ""))
    began = replace(CHAT.ticket, ref=TicketRef("rt", 0))
    view = wire.view(replace(CHAT, state=State.FILED, filing=filing, ticket=began), 0)
    assert view
    assert view["ticket"] == "70001"


def test_a_purged_chat_shows_no_name() -> None:
    view = wire.view(replace(CHAT, state=State.PURGED, visitor=None, ended_by=ADA), 7)
    assert view
    assert (view["you"], view["ended_by"]) == ("", "visitor")


LINK, SSO, ASSERTED, ANONYMOUS = Proof.LINK, Proof.SSO, Proof.ASSERTED, Proof.ANONYMOUS


@pytest.mark.parametrize(
    ("writer", "here", "shown"),
    [
        (Identity(SSO, "ada", "Ada"), Identity(ASSERTED, "Ada", "Ada L.", "ada@x.org"), True),
        (Identity(SSO, "ada", "Ada"), Identity(SSO, "ada2", "Ada"), False),
        (Identity(LINK, "ada", "Ada"), Identity(LINK, "ADA", "Ada", "ada@x.org"), True),
        (Identity(LINK, "", "Ada", "ada@x.org"), Identity(LINK, "", "Ada", "ada@y.org"), False),
        (Identity(LINK, "ada"), Identity(SSO, "ada"), True),
        # Somebody else may have held her link.
        (Identity(SSO, "ada"), Identity(LINK, "ada"), False),
        # Anybody can type that, and hold a link that was for nobody in particular.
        (Identity(ANONYMOUS, address="ada@x.org"), Identity(ANONYMOUS, address="ada@x.org"), False),
        (BEARER, BEARER, False),
    ],
)
def test_what_somebody_left_unsent_is_for_whoever_is_the_same_person(
    writer: Identity, here: Identity, shown: bool
) -> None:
    chats = replace(CHAT, identity=writer), replace(CHAT, id="c2", identity=here)
    left, now = (wire.view(chat, 0) for chat in chats)
    assert left
    assert now
    assert (left["person"] in now["person"]) is shown


def test_another_rts_ticket_says_whose_it_is() -> None:
    assert wire.ticket(TicketRef("physics", 7)) == "physics#7"


def line(**fields: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "seq": 8, "author": GRACE, "kind": Kind.SAID, "text": "hello", "at": NOW, "key": "1763"
    }  # fmt: skip
    return wire.line(Message(**(defaults | fields)))


def test_an_operators_line_keeps_teams_ids_to_itself() -> None:
    assert line() == {
        "t": "line",
        "seq": 8,
        "kind": "said",
        "author": {"role": "operator", "name": "Grace Hopper"},
        "text": "hello",
        "at": "2026-11-21T10:42:07.123Z",
    }


def test_the_visitors_own_line_carries_his_key() -> None:
    assert line(author=ADA)["key"] == "1763"


def test_a_line_reads_as_it_is_and_turns_nothing_around_it() -> None:
    turned = line(text="see \u202egpj.exe\u202c", quote=Quote("Ada", "\u202bwhy?"))
    assert turned["text"] == "see \ufffdgpj.exe"
    assert turned["quote"]["text"] == "\u202bwhy?\u202c"


def test_a_line_shows_what_it_answers_to_and_what_it_changes() -> None:
    assert line(quote=Quote("Ada", "why?"))["quote"] == {"author": "Ada", "text": "why?"}
    edited = line(kind=Kind.EDITED, target=5)
    assert (edited["kind"], edited["target"]) == ("edited", 5)


def test_a_notice_has_its_word_for_text_and_no_key() -> None:
    notice = line(author=SYSTEM, kind=Kind.NOTICE, text=Notice.FILED, key="")
    assert (notice["text"], notice["author"]["role"], "key" in notice) == ("filed", "system", False)


def test_what_cannot_be_sent_as_utf8_does_not_stop_the_rest() -> None:
    assert wire.write({"text": "a\ud800b", "emoji": "🖨"}).decode() == '{"text":"a?b","emoji":"🖨"}'


@pytest.mark.parametrize("fate", ["used", "revoked", "expired", "unknown"])
def test_a_link_that_gives_no_seat_tells_nothing_but_its_fate(fate: str) -> None:
    assert wire.peek(Peek(fate, "12345", ("Grace Hopper",), NOW)) == {"fate": fate}


def test_a_pending_link_tells_who_waits_and_until_when() -> None:
    assert wire.peek(Peek("pending", "12345", ("Grace Hopper",), NOW)) == {
        "fate": "pending",
        "ticket": "12345",
        "operators": ["Grace Hopper"],
        "expires": "2026-11-21T10:42:07.123Z",
    }

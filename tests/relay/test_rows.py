"""What stands in databases of earlier versions, and will be read by later ones, letter for letter."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.domain.effects import Word
from bot.domain.messages import SYSTEM
from bot.domain.rating import Rating
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.delivery import Delivery, DeliveryKind, Lane, Stream
from bot.relay.inbound import Operator
from tests.people import NOW, TICKET, proposed

CHAT, REF = proposed(7), TICKET.ref
LATER = NOW + timedelta(hours=1)
WISH = rows.wish(REF, 7, Operator("grace-id", "Grace", "29:grace"))
ASKED = (
    '{"instance": "rt", "number": 12345, "thread": 7, "by": {"id": "grace-id", "name": "Grace"}, '
    '"mention": ["29:grace", "Grace"]}'
)
MADE = [
    (
        rows.message(CHAT, 3, first=True, alone=False, size=9),
        "teams chat:chat-1 relay",
        '{"seq": 3}',
    ),
    (
        rows.message(CHAT, 3, first=False, alone=True, size=9),
        "teams chat:chat-1 single",
        '{"seq": 3}',
    ),
    (
        rows.notice("unseen:1", 7, Word.JOINED, "x", fixed=False),
        "teams unseen:1 tell",
        '{"word": "joined", "detail": "x"}',
    ),
    (
        rows.notice("chat:1", 7, Answer.HELP, mention=("29:grace", "Grace")),
        "teams chat:1 tell",
        '{"word": "help", "detail": "", "thread": 7, "mention": ["29:grace", "Grace"]}',
    ),
    (
        rows.listing(7, Operator("grace-id", "Grace", "29:grace")),
        "teams thread:7 list",
        '{"thread": 7, "by": ["grace-id", "Grace"], "mention": ["29:grace", "Grace"]}',
    ),
    (
        rows.lost(CHAT, 7, Word.ORPHANED, "", SYSTEM),
        "teams lost:chat-1 lost",
        '{"word": "orphaned", "detail": "", "by": ["", ""]}',
    ),
    (
        rows.away(NOW, LATER),
        "here away away",
        json.dumps({"since": NOW.isoformat(), "until": LATER.isoformat()}),
    ),
    (rows.card("chat-1", 7), "teams card:chat-1 card", "{}"),
    (rows.retire(CHAT, NOW), "teams retire:chat-1 retire", '{"card": ""}'),
    (rows.erase(CHAT, "17"), "teams erase:chat-1 erase", '{"thread": 7, "post": "17"}'),
    (rows.lookup(WISH), "lookup lookup:7 lookup", ASKED),
    (rows.move(CHAT, WISH), "lookup lookup:7 move", ASKED),
    (rows.own(CHAT, "rt"), "lookup own:rt own", "{}"),
    (
        rows.open_thread({"chat": "chat-2", "ticket": {}, "asked": WISH}, REF, 8),
        "teams open:rt#12345 open",
        f'{{"chat": "chat-2", "ticket": {{}}, "asked": {ASKED}}}',
    ),
    (rows.begin(CHAT), "teams chat:chat-1 begin", "{}"),
    (rows.invite(CHAT, 2, Lane.MAIL), "mail invite:chat-1 invite", '{"number": 2}'),
    (
        rows.fetch(CHAT, {"file": "o-1", "seq": 4, "url": "https://teams.test/1"}),
        "files fetch:chat-1:o-1 fetch",
        '{"file": "o-1", "seq": 4, "url": "https://teams.test/1"}',
    ),
    (rows.answers(CHAT, 2), "rt file:chat-1 answers", '{"number": 2}'),
    (rows.release(CHAT, 2, NOW), "here hold:chat-1:2 release", '{"number": 2}'),
    (rows.file(CHAT), "rt file:chat-1 file", "{}"),
    (rows.status(CHAT, "resolved"), "rt file:chat-1 status", '{"status": "resolved"}'),
    (
        rows.rating(CHAT, REF, Rating.YES),
        "rt rating:chat-1 rating",
        '{"rt": "rt", "ticket": 12345, "rating": "yes"}',
    ),
    (rows.audit("chat-1", {"word": "file"}), "here audit:chat-1 audit", '{"word": "file"}'),
    (rows.purge(CHAT, NOW), "here chat:chat-1 purge", "{}"),
    (rows.purge(CHAT, NOW, late=True), "here late:chat-1 purge", "{}"),
]


@pytest.mark.parametrize(("made", "where", "payload"), MADE, ids=lambda one: str(one)[:40])
def test_a_row_stands_in_the_database_as_it_always_did(
    made: Delivery, where: str, payload: str
) -> None:
    assert f"{made.lane} {made.stream} {made.kind}" == where
    assert json.dumps(made.payload) == payload


def test_every_kind_is_made_here() -> None:
    assert {made.kind for made, _, _ in MADE} == set(DeliveryKind)


def test_streams_are_called_as_they_always_were() -> None:
    assert Stream.LATE.of("chat:1", 5) == "late:chat:1:5"
    assert Stream.AGAIN.of("chat-1") == "again:chat-1"
    assert Stream.THREAD.of(7) == "thread:7"
    assert Stream.ASIDE.of("") == "aside:"

"""How people write a ticket's number."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.tickets import (
    NoTicketNumber,
    SeveralTicketNumbers,
    TicketRef,
    parse_ticket,
)

HOSTS = {"rt.help.test": "rt", "rt.physics.test": "physics"}


@pytest.mark.parametrize(
    ("text", "instance", "number"),
    [
        ("12345", "rt", 12345),
        ("#12345", "rt", 12345),
        (" rt#12345 ", "rt", 12345),
        ("RT 12345", "rt", 12345),
        ("rt:12345", "rt", 12345),
        ("physics#77", "physics", 77),
        ("Physics 77", "physics", 77),
        ("https://rt.help.test/Ticket/Display.html?id=12345", "rt", 12345),
        ("https://RT.help.test/rt/Ticket/Display.html?x=1&id=12345#txn-9", "rt", 12345),
        ("https://rt.physics.test/Ticket/Update.html?id=5&Action=Comment", "physics", 5),
        ("12345\n12345", "rt", 12345),
    ],
)
def test_a_ticket_may_be_written_as_people_do(text: str, instance: str, number: int) -> None:
    assert parse_ticket(text, HOSTS) == TicketRef(instance, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "help",
        "please look at 12345",
        "12345 please",
        "12345.",
        "12345abc",
        "room 5",
        "line 1",
        "0",
        "-5",
        "1e5",
        "12345678901",
        "١٢٣",  # digits, but nobody's ticket number
        "https://evil.test/Ticket/Display.html?id=12345",
        "https://rt.help.test/Search/Results.html?id=5",
    ],
)
def test_what_is_not_plainly_a_ticket_is_not_read_as_one(text: str) -> None:
    with pytest.raises(NoTicketNumber):
        parse_ticket(text, HOSTS)


def test_two_tickets_are_never_guessed_between() -> None:
    with pytest.raises(SeveralTicketNumbers) as several:
        parse_ticket("12345, 12346", HOSTS)
    assert [ref.number for ref in several.value.found] == [12345, 12346]


@given(st.text(max_size=80))
def test_any_text_gives_a_reference_or_a_named_refusal(text: str) -> None:
    with suppress(NoTicketNumber, SeveralTicketNumbers):
        assert parse_ticket(text, HOSTS).number > 0

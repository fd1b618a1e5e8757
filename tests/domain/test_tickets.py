"""How people write a ticket's number."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.tickets import (
    NoTicketNumber,
    Requestor,
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


def test_a_word_with_much_white_space_behind_it_is_read_once() -> None:
    """Tried in all its pieces this would outlast the service."""
    with pytest.raises(NoTicketNumber):
        parse_ticket(f"tray{' ' * 300_000}two")
    assert parse_ticket(f"rt{' ' * 300}12345").number == 12345
    assert parse_ticket(f"rt{' ' * 300}#{' ' * 300}12345").number == 12345


def test_a_column_of_numbers_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing each number with all before it made the service stand still for seconds."""
    compared = []

    def same(one: TicketRef, other: object) -> bool:
        compared.append(one)
        return str(one) == str(other)

    monkeypatch.setattr(TicketRef, "__eq__", same)
    column = "\n".join(str(100_000 + n) for n in range(2_000))
    with pytest.raises(SeveralTicketNumbers) as several:
        parse_ticket(column)
    assert len(several.value.found) == 2_000
    assert len(compared) < 2_000


def test_a_long_address_that_is_no_tickets_is_read_once() -> None:
    """Tried with every end of its host it would outlast the service."""
    with pytest.raises(NoTicketNumber):
        parse_ticket(f"https://{'a' * 75_000}")
    assert parse_ticket(f"https://{'a' * 300}/x/Ticket/Display.html?a=1&id=12345").number == 12345


@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "\u202e", "\u3164"])
def test_whose_name_cannot_be_seen_is_called_by_login_or_address(nothing: str) -> None:
    assert Requestor("ada", nothing, "ada@help.test").called == "ada"
    assert Requestor(nothing, nothing, "ada@help.test").called == "ada@help.test"
    assert Requestor(nothing, nothing).called == ""

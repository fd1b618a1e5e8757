"""Whether visitor and ticket belong together, and what confirms it."""

from dataclasses import replace

import pytest

from bot.domain.identity import Identity, Proof
from bot.domain.matching import (
    Change,
    Match,
    changes,
    confirms,
    digits,
    fingerprint,
    match,
    names,
    surnames,
)
from bot.domain.tickets import Requestor, Ticket, TicketRef
from tests.people import ADAS, TICKET

CHARLES = Requestor("cbabbage", "Charles Babbage", "charles@help.test")
WITH_CC = replace(TICKET, ccs=(CHARLES,))
NOBODYS = replace(TICKET, requestors=())
VERIFIED = (Proof.SSO, Proof.ASSERTED)
UNVERIFIED = (Proof.LINK, Proof.ANONYMOUS)


@pytest.mark.parametrize("proof", VERIFIED)
@pytest.mark.parametrize(
    ("login", "address", "ticket", "wanted"),
    [
        ("s1234567", "", TICKET, Match.GREEN),
        ("S1234567 ", "", TICKET, Match.GREEN),
        ("", "Ada@Help.Test", TICKET, Match.GREEN),
        ("ada@help.test", "", TICKET, Match.GREEN),  # RT calls who wrote a mail by his address
        ("cbabbage", "", WITH_CC, Match.GREEN),
        ("cbabbage", "charles@help.test", TICKET, Match.RED),
        ("s123456", "", TICKET, Match.RED),
        ("s1234567", "", NOBODYS, Match.AMBER),
        ("", "", TICKET, Match.AMBER),
    ],
)
def test_who_signed_in_is_compared_with_those_on_the_ticket(
    proof: Proof, login: str, address: str, ticket: Ticket, wanted: Match
) -> None:
    assert match(Identity(proof, login, "Ada Lovelace", address), ticket) is wanted


@pytest.mark.parametrize("proof", UNVERIFIED)
def test_who_is_not_verified_is_never_green(proof: Proof) -> None:
    assert match(Identity(proof), TICKET) is Match.AMBER
    assert match(Identity(proof, ADAS.login, ADAS.name, ADAS.address), TICKET) is Match.AMBER


@pytest.mark.parametrize("proof", UNVERIFIED)
def test_a_link_that_was_for_somebody_else_speaks_against_the_ticket(proof: Proof) -> None:
    assert match(Identity(proof, CHARLES.login, "", CHARLES.address), TICKET) is Match.RED


def test_empty_fields_of_both_sides_are_not_the_same_person() -> None:
    ghost = replace(TICKET, requestors=(Requestor("ghost"),))
    assert match(Identity(Proof.SSO, "s1234567"), ghost) is Match.RED


@pytest.mark.parametrize(
    "typed", ["345", " 345 ", "#345", "12345", "Lovelace", "lovelace ", "Ada Lovelace", "LOVELACE"]
)
def test_the_last_digits_or_a_surname_confirm_a_ticket(typed: str) -> None:
    assert confirms(typed, TICKET)


@pytest.mark.parametrize("typed", ["", " ", "#", "45", "346", "0345", "Ada", "Babbage", "."])
def test_anything_else_does_not(typed: str) -> None:
    assert not confirms(typed, TICKET)


def test_a_number_is_no_name() -> None:
    assert names("Lovelace", TICKET)
    assert not names("345", TICKET)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Lovelace, Ada", "Lovelace"),
        ("Jürgen Müller", "muller"),
        ("Siobhán O'Brien", "OBrien"),
        ("Ludwig van Beethoven", "Ludwig van Beethoven"),
        ("Αριστοτέλης", "αριστοτέλης"),
    ],
)
def test_names_are_compared_by_their_letters(name: str, typed: str) -> None:
    assert names(typed, replace(TICKET, requestors=(Requestor("x", name),)))


def test_who_has_no_name_is_named_by_his_login() -> None:
    ghost = replace(TICKET, requestors=(Requestor("plotter"), ADAS))
    assert surnames(ghost) == ("plotter", "Lovelace")
    assert names("Plotter", ghost)


def test_a_short_number_is_confirmed_whole() -> None:
    assert digits(replace(TICKET, ref=TicketRef("rt", 7))) == "7"


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, ()),
        ({"subject": "New words", "status": "resolved", "owner": "Grace"}, ()),
        ({"requestors": (replace(ADAS, login="S1234567", name="Ada King"),)}, ()),
        ({"ref": TicketRef("rt", 777)}, (Change.MERGED,)),
        ({"queue": "Teaching"}, (Change.QUEUE,)),
        ({"queue": ""}, (Change.QUEUE,)),
        ({"requestors": (CHARLES,)}, (Change.REQUESTORS,)),
        ({"requestors": (ADAS, CHARLES)}, (Change.REQUESTORS,)),
        ({"requestors": ()}, (Change.REQUESTORS,)),
    ],
)
def test_what_decides_who_reads_the_record_has_to_be_confirmed_again(
    changed: dict[str, object], wanted: tuple[Change, ...]
) -> None:
    found = replace(TICKET, **changed)  # type: ignore[arg-type]
    assert changes(TICKET, found) == wanted
    assert (fingerprint(found) == fingerprint(TICKET)) == (wanted == ())


def test_what_is_too_long_for_a_name_is_not_looked_at() -> None:
    """Sorting so many accents would outlast the service."""
    assert not names("e" + "\u0301\u0323" * 300_000, TICKET)


@pytest.mark.parametrize("name", ["🙂", "\u200b", " ", "???"])
def test_of_whom_rt_has_a_name_without_letters_the_login_is_typed(name: str) -> None:
    ticket = replace(TICKET, requestors=(Requestor("s1234567", name, "ada@help.test"),))
    assert names("s1234567", ticket)
    assert not names(name, ticket)


@pytest.mark.parametrize(
    "name", ["Ada Lovelace 🙂", "Ada Lovelace -", ", Ada Lovelace", "Lovelace ,"]
)
def test_a_sign_beside_a_name_is_no_surname(name: str) -> None:
    ticket = replace(TICKET, requestors=(Requestor("s1234567", name, "ada@help.test"),))
    assert names("Lovelace", ticket)

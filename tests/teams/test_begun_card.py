"""The card of a chat that a visitor began."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain.identity import Proof
from bot.domain.tickets import MOST_OWN, SHOWN_OWN
from bot.teams.cards import card, retired
from tests.teams.cast import CARDS
from tests.teams.test_cards import drawn, typed


@pytest.mark.parametrize("name", [name for name in CARDS if name.startswith("begun")])
def test_no_card_of_a_chat_without_a_ticket_offers_or_names_one(name: str) -> None:
    said = json.dumps(drawn(name))
    assert "rt#0" not in said
    assert '"verb": "file"' not in said
    stranger = CARDS[name].chat.identity.proof is Proof.ANONYMOUS
    assert not (stranger and '"verb": "move"' in said)


@pytest.mark.parametrize("name", ["begun", "begun-unanswered", "begun-ended", "begun-hostile"])
def test_of_a_stranger_it_says_in_amber_that_nobody_vouches_for_him(name: str) -> None:
    warnings = [e for e in typed(drawn(name)) if e.get("style") == "warning"]
    said = json.dumps(warnings)
    assert "Not verified" in said
    assert "Gave the name" in said


def test_what_he_told_besides_his_question_stands_with_his_name_and_is_no_markup() -> None:
    facts = [fact for one in typed(drawn("begun-details")) for fact in one.get("facts", [])]
    assert {"title": "Room or machine", "value": r"AT 5.05 \*now\*"} in facts
    assert not any(fact["title"] == "Browser and system" for fact in facts)


def test_of_who_signed_in_it_does_not() -> None:
    assert "Not verified" not in json.dumps(drawn("begun-signed-in"))


def test_it_can_be_put_back_while_somebody_is_there_and_then_says_who_was() -> None:
    there, back = json.dumps(drawn("begun-signed-in")), json.dumps(drawn("begun-handed-back"))
    assert '"verb": "back"' in there
    assert "back to queue" in there
    assert '"verb": "back"' not in back
    assert "back to queue" not in back
    assert "nobody now; Grace Hopper before" in back


def test_it_says_who_has_it_and_that_you_are_talking_only_once_somebody_has_written() -> None:
    for name, said, button in (
        ("begun", "Waiting for an answer", "Take"),
        ("begun-taken", "**Grace Hopper has it**, and has not written yet.", "Take over"),
        (
            "open-unheard",
            "**Open.** Nobody has written to the visitor yet. Grace Hopper has it.",
            "Take over",
        ),
        ("begun-signed-in", "**Open.** You are talking. Grace Hopper has it.", "Take over"),
        (
            "open-taken-over",
            "**Open.** You are talking. Alan Turing has it, with Grace Hopper.",
            "Take over",
        ),
    ):
        card = drawn(name)
        assert said in json.dumps(card)
        (take,) = [one for one in card["actions"] if one.get("verb") == "take"]
        assert (take["title"], take["data"]["takes"]) == (button, str(CARDS[name].chat.takes))


def test_an_earlier_card_does_not_keep_the_question_when_the_text_is_deleted() -> None:
    """Nobody edits it once more."""
    chat = CARDS["begun"].chat
    assert chat.ticket.subject in json.dumps(drawn("begun"))
    assert chat.ticket.subject not in json.dumps(retired(chat))


def test_of_who_signed_in_it_lists_the_open_tickets_each_with_a_press_that_shows_it() -> None:
    drawing = drawn("begun-own-tickets-many")
    said = json.dumps(drawing)
    listed = [e["data"] for e in typed(drawing) if e.get("title", "").startswith("Show ticket ")]
    assert [data["number"] for data in listed] == [f"rt#{12345 + n}" for n in range(5)]
    assert {(data["verb"], data["moves"]) for data in listed} == {("move", "0")}
    assert "**12345**: Cannot print from the lab in AT 5.05 (open \\u00b7 Support)" in said
    assert "and 2 more" in said
    assert "more" not in json.dumps(
        [e for e in typed(drawn("begun-own-tickets")) if e.get("separator")]
    )


def test_so_many_that_not_all_were_looked_for_are_not_counted() -> None:
    view = CARDS["begun-own-tickets-many"]
    assert view.chat.own
    own = replace(view.chat.own, more=MOST_OWN - SHOWN_OWN)
    said = json.dumps(card(replace(view, chat=replace(view.chat, own=own)), UTC))
    assert "and 45 or more" in said


def test_they_are_there_as_long_as_the_chat_has_no_ticket_and_none_is_shown_beside_it() -> None:
    assert "Show ticket 12345" in json.dumps(drawn("begun-own-tickets-ended"))
    assert "Show ticket 12345" not in json.dumps(drawn("begun-moving"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("begun-own-tickets-none", "has no open ticket in RT"),
        ("begun-own-tickets-unknown", "RT could not be asked"),
    ],
)
def test_that_there_are_none_or_that_nobody_knows_takes_one_line(name: str, said: str) -> None:
    before = len(drawn("begun-signed-in")["body"])
    (line,) = [e for e in typed(drawn(name)) if said in e.get("text", "")]
    assert line["isSubtle"]
    assert len(drawn(name)["body"]) <= before + 1


def test_an_earlier_card_does_not_keep_the_list() -> None:
    assert "Cannot print" not in json.dumps(retired(CARDS["begun-own-tickets"].chat))

"""The card of a chat that a visitor began."""

from __future__ import annotations

import json

import pytest

from bot.domain.identity import Proof
from bot.teams.cards import retired
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


def test_an_earlier_card_does_not_keep_the_question_when_the_text_is_deleted() -> None:
    """Nobody edits it once more."""
    chat = CARDS["begun"].chat
    assert chat.ticket.subject in json.dumps(drawn("begun"))
    assert chat.ticket.subject not in json.dumps(retired(chat))

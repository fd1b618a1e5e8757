"""The part of the card that sends the record."""

from dataclasses import replace
from datetime import UTC

from bot.domain.commands import without_notes
from bot.teams.cards import card
from tests.teams.cast import CARDS
from tests.teams.test_cards import typed


def test_no_subject_makes_a_note_of_the_drafted_summary() -> None:
    view = CARDS["open-mention"]
    ticket = replace(view.chat.ticket, subject="//files.example/share is full")
    drawn = card(replace(view, chat=replace(view.chat, ticket=ticket)), UTC)
    draft = next(e["value"] for e in typed(drawn) if e.get("id") == "summary")
    assert "//files.example/share is full" in draft
    assert without_notes(draft)[1] == 0

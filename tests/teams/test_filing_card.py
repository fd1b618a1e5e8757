"""The part of the card that sends the record."""

from dataclasses import replace
from datetime import UTC

import pytest

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


@pytest.mark.parametrize(
    ("name", "verb"),
    [*(("open-wrong", verb) for verb in ("file", "move", "new", "triage")), ("begun-wrong", "new")],
)
def test_what_is_wrong_stands_also_just_above_the_button_that_was_pressed(
    name: str, verb: str
) -> None:
    cast = CARDS[name]
    flat = list(typed(card(replace(cast, typed={**cast.typed, "verb": verb}), UTC)))
    pressed = next(i for i, e in enumerate(flat) if e.get("verb") == verb)
    above = flat[:pressed]
    while above[-1]["type"] in {"ActionSet", "Action.Execute"}:
        above.pop()
    assert above[-1].get("text") == "Not done yet."

"""The part of the card that has RT mail a visitor who has left what he was not shown."""

import pytest

from tests.teams.test_cards import drawn, typed, verbs, words

LIMIT = "no window in front of them has confirmed"


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("open-gone", False),
        ("open-missed", True),
        ("open-missed-green", True),
        ("open-missed-red", False),
        ("open-missed-wrong", True),
        ("begun-missed", False),
        ("ended-missed", True),
        ("open-mailing", False),
        ("open-mailed", False),
        ("open-not-mailed", True),
        ("erased-mailed", False),
    ],
)
def test_it_is_offered_while_the_visitor_is_away_and_misses_something(
    name: str, offered: bool
) -> None:
    assert ("mail" in verbs(name)) is offered


def test_it_says_whom_the_mail_reaches_and_that_it_stays() -> None:
    said = words("open-missed-green")
    assert LIMIT in said
    assert (
        "to Ada Lovelace, and in Cc Charles Babbage, and to whom else RT mails of it (groups"
        in said
    )
    assert "reopens a resolved ticket and cannot be taken back" in said
    (warned,) = [e for e in typed(drawn("open-missed-green")) if e.get("style") == "warning"]
    assert "Charles" in warned["items"][0]["text"]
    assert not [e for e in typed(drawn("open-missed")) if e.get("style") == "warning"]


def test_one_press_is_enough_for_who_is_vouched_for_and_else_the_ticket_is_confirmed() -> None:
    (press,) = [e for e in drawn("open-missed-green")["actions"] if e.get("verb") == "mail"]
    assert press["associatedInputs"] == "none"
    assert press["data"]["mailings"] == "0"
    assert "“mail answers”" in words("open-missed-green")
    (form,) = [e for e in drawn("open-missed")["actions"] if "Mail" in e["title"]]
    assert [e["id"] for e in typed(form) if e["type"] == "Input.Text"] == ["mail_echo"]
    assert "“mail answers 345”" in words("open-missed")


@pytest.mark.parametrize(
    ("name", "why"),
    [("open-missed-red", "would reach others"), ("begun-missed", "no ticket of its own")],
)
def test_where_it_cannot_be_mailed_the_card_says_why(name: str, why: str) -> None:
    assert LIMIT in words(name)
    assert "RT cannot mail it to them: " in words(name)
    assert why in words(name)


def test_what_is_wrong_stands_above_the_box_with_what_was_typed() -> None:
    body = drawn("open-missed-wrong")["body"]
    box = next(e for e in body if e.get("id") == "mail_echo")
    assert box["value"] == "346"
    assert body[body.index(box) - 1]["items"][0]["text"] == "Not done yet."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("open-mailing", "**Being mailed:** what they were not shown, as Grace Hopper asked."),
        ("open-mailed", "**Mailed** by RT at 21 Nov, 10:42, as Grace Hopper asked."),
        ("open-not-mailed", "**Not mailed.** You may not reply there."),
        ("erased-mailed", "look on the ticket what is there"),
    ],
)
def test_it_says_what_became_of_the_last_one(name: str, said: str) -> None:
    assert said in words(name)


def test_no_two_boxes_of_a_card_have_one_name() -> None:
    names = [e["id"] for e in typed(drawn("open-missed")) if e["type"].startswith("Input.")]
    assert len(names) == len(set(names))

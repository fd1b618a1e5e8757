"""The card before anybody is invited, where a ticket has more people than it can offer."""

import json
from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain.tickets import Requestor
from bot.teams.cards import card
from tests.people import TICKET, proposed
from tests.teams.cast import view


@pytest.mark.parametrize(("most", "told"), [(20, False), (21, True)])
def test_of_more_requestors_than_can_be_chosen_the_card_says_so(most: int, told: bool) -> None:
    people = tuple(Requestor(f"s{n}", f"Ada {n}", f"ada{n}@help.test") for n in range(most))
    chat = replace(proposed(), ticket=replace(TICKET, requestors=people))
    shown = json.dumps(card(view(chat), UTC))
    assert (f"first 20 of the {most} requestors" in shown) is told


@pytest.mark.parametrize(("most", "named"), [(1, True), (2, False)])
def test_the_command_to_invite_is_named_only_where_it_can_be_done(most: int, named: bool) -> None:
    people = tuple(Requestor(f"s{n}", f"Ada {n}", f"ada{n}@help.test") for n in range(most))
    chat = replace(proposed(), ticket=replace(TICKET, requestors=people))
    shown = json.dumps(card(view(chat), UTC), ensure_ascii=False)
    assert ("“invite”" in shown) is named

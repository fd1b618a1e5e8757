"""Until when visitors may begin chats."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.commands import Close, Receive, parse_command
from bot.domain.reception import BadHour, closes

LONDON = ZoneInfo("Europe/London")
SIX = time(18)


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of a day in summer."""
    return datetime(2026, 7, 6, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("", at(18)),
        ("17:00", at(17)),
        ("17", at(17)),
        ("5pm", at(17)),
        ("5:30 PM", at(17, 30)),
        ("17.15", at(17, 15)),
        ("20:00", at(18)),  # not beyond the closing hour
    ],
)
def test_it_is_open_until_the_time_that_was_said_or_the_closing_hour(
    asked: str, until: datetime
) -> None:
    assert closes(asked, SIX, at(12)) == until


@pytest.mark.parametrize("asked", ["11:00", "12:00", "lunch", "25:00", "13pm", "0am", "17:60"])
def test_a_time_that_is_over_or_none_opens_nothing(asked: str) -> None:
    with pytest.raises(BadHour):
        closes(asked, SIX, at(12))


@pytest.mark.parametrize("asked", ["", "19:00"])
def test_nothing_is_open_after_the_closing_hour(asked: str) -> None:
    with pytest.raises(BadHour, match="closes at 18:00"):
        closes(asked, SIX, at(18))


def test_in_the_hour_that_comes_twice_it_is_open_until_the_next_time_it_is_so_late() -> None:
    for fold in (0, 1):
        now = datetime(2026, 10, 25, 1, 10, tzinfo=LONDON, fold=fold)
        open_for = closes("01:30", SIX, now).astimezone(UTC) - now.astimezone(UTC)
        assert open_for == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("open", Receive()),
        (" Open  until 17:00 ", Receive("17:00")),
        ("OPEN until 5 pm", Receive("5 pm")),
        ("close", Close()),
        ("open the window", None),
        ("close it", None),
        ("open until", None),
    ],
)
def test_a_co_opens_and_closes_in_a_word(text: str, command: object) -> None:
    assert parse_command(text, {}) == command

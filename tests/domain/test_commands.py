"""What a CO says to the bot itself."""

import pytest

from bot.domain.commands import Help, Press, StartChat, TooMany, is_note, parse_command
from bot.domain.tickets import TicketRef


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Help()),
        ("Help", Help()),
        ("12345", StartChat(TicketRef("rt", 12345))),
        ("rt#1 rt#2", TooMany((TicketRef("rt", 1), TicketRef("rt", 2)))),
        ("cancel", Press("cancel")),
        ("Revoke  link", Press("revoke")),
        ("END CHAT", Press("end")),
        ("send to RT", Press("file")),
        ("Send to RT: toner was\nempty", Press("file", "toner was\nempty")),
    ],
)
def test_commands_are_whole_texts(text: str, command: object) -> None:
    assert parse_command(text, {}) == command


@pytest.mark.parametrize(
    "text",
    [
        "please cancel the job",
        "help me find it",
        "send to rt-support",
        "end chat now",
        "I am 12345",
    ],
)
def test_a_sentence_that_contains_a_command_is_none(text: str) -> None:
    assert parse_command(text, {}) is None


def test_notes_begin_with_two_slashes() -> None:
    assert is_note("// is she a student?")
    assert is_note("  //x")
    assert not is_note("see https://help.test//x")

"""What a CO says to the bot itself."""

import pytest

from bot.domain.commands import (
    Help,
    Press,
    StartChat,
    TooMany,
    is_note,
    parse_command,
    without_notes,
)
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
        ("End chat!", Press("end")),
        ("Help.", Help()),
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
        "...",
        "!",
    ],
)
def test_a_sentence_that_contains_a_command_is_none(text: str) -> None:
    assert parse_command(text, {}) is None


def test_notes_begin_with_two_slashes() -> None:
    assert is_note("// is she a student?")
    assert is_note("  //x")
    assert not is_note("see https://help.test//x")


@pytest.mark.parametrize(
    ("text", "verb", "typed", "summary"),
    [
        ("send to rt", "file", {}, ""),
        ("send to RT: Toner.", "file", {}, "Toner."),
        ("Send to RT 345: Toner: empty.\nDone", "file", {"echo": "345"}, "Toner: empty.\nDone"),
        ("send to rt #345", "file", {"echo": "#345"}, ""),
        ("send to rt O'Brien: x", "file", {"echo": "O'Brien"}, "x"),
        (
            "send to rt Lovelace because he is her brother: x",
            "file",
            {"echo": "Lovelace", "reason": "he is her brother"},
            "x",
        ),
        ("send to triage: x", "triage", {}, "x"),
        ("send to triage, not in RT: x", "triage", {"looked": "not in RT"}, "x"),
        ("new ticket in Support: x", "new", {"queue": "Support"}, "x"),
        (
            "new ticket in Support, not in rt: x",
            "new",
            {"queue": "Support", "looked": "not in rt"},
            "x",
        ),
        ("undo", "undo", {}, ""),
        ("move to ticket 777", "move", {"number": "777"}, ""),
        ("move to physics#777", "move", {"number": "physics#777"}, ""),
        ("confirm move", "rebind", {}, ""),
        ("confirm move 777", "rebind", {"echo": "777"}, ""),
        (
            "confirm move Babbage because it is his",
            "rebind",
            {"echo": "Babbage", "reason": "it is his"},
            "",
        ),
        ("keep ticket", "stay", {}, ""),
    ],
)
def test_what_goes_where_and_why_is_read_out_of_a_command(
    text: str, verb: str, typed: dict[str, str], summary: str
) -> None:
    command = parse_command(text, {})
    assert isinstance(command, Press)
    assert (command.verb, dict(command.typed), command.summary) == (verb, typed, summary)


@pytest.mark.parametrize(
    "text",
    [
        "send to rt-help what you see",
        "please send to rt: x",
        "send to rt what you see",
        "move to the window, please",
        "move to 5 o'clock",
        "undo the last step",
        "confirm moving the file",
    ],
)
def test_what_only_begins_like_a_command_is_for_the_visitor(text: str) -> None:
    assert parse_command(text, {}) is None


@pytest.mark.parametrize(
    "line",
    [
        *("- // he lies", "  - // he lies", "2. // he lies", "> // he lies"),
        *("> - //x", "\ufeff//x"),
        *("a) // he lies", "(b) // he lies", "1\ufe0f\u20e3// he lies", "\u3164// he lies"),
        *("~~// he lies~~", "~~//~~ he lies", "~~ - // he lies~~", "- ~~// he lies~~"),
    ],
)
def test_a_note_in_a_list_or_a_quote_is_a_note(line: str) -> None:
    assert is_note(line)
    assert without_notes(f"- restart it\n{line}\nthen wait") == ("- restart it\nthen wait", 1)


@pytest.mark.parametrize("parting", ["\r", "\v", "\x85", "\N{LINE SEPARATOR}"])
def test_a_note_begins_also_where_word_parts_a_line_and_ends_with_the_line(parting: str) -> None:
    said = f"restart it{parting}- // he lies{parting}and is rude\nthen wait"
    assert without_notes(said) == (f"restart it{parting}\nthen wait", 1)
    assert is_note(f"// he lies{parting}and is rude")


@pytest.mark.parametrize(
    "line", ["- see https://x.test", "3. a // b", "-//x", "1.5 // 2", "> a //b"]
)
def test_slashes_further_on_in_a_list_are_no_note(line: str) -> None:
    assert without_notes(line) == (line, 0)


def test_a_command_with_much_white_space_in_it_is_read_once() -> None:
    """Tried in all its pieces each of these would outlast the service."""
    blank = " " * 20_000
    unfinished = ("send to rt", "new ticket in", "send to rt because", "confirm move because")

    for begun in unfinished:
        assert parse_command(f"{begun}{blank}jam\ntray", {}) is None
    whole = parse_command(f"send to rt{blank}345{blank}because{blank}he says so{blank}: jam", {})
    assert whole == Press("file", "jam", (("echo", "345"), ("reason", "he says so")))
    made = parse_command(f"new ticket in{blank}Printers{blank},{blank}not in rt{blank}: jam", {})
    assert made == Press("new", "jam", (("queue", "Printers"), ("looked", "not in rt")))


def test_where_nothing_but_white_space_is_filled_in_it_is_what_was_filled_in() -> None:
    assert parse_command("new ticket in  : jam", {}) == Press("new", "jam", (("queue", " "),))
    filed = parse_command("send to rt because \n : jam", {})
    assert filed == Press("file", "jam", (("reason", " "),))

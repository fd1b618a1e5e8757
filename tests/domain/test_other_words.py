"""What a CO would naturally write for a command in words of his own; or as the card's buttons have it."""

from __future__ import annotations

import pytest

from bot.domain.mistyped import held_back

RECORD = "send to rt 345: SUMMARY"
NEW = "new ticket in QUEUE: SUMMARY"


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("Send to ticket 12345: he lies", RECORD),
        ("send to the ticket: he lies", RECORD),
        ("send to ticket #345 – he lies", RECORD),
        ("send to ticket 345 he lies", RECORD),
        ("send anyway to ticket 12345: he lies", RECORD),
        ("ok, send my summary to ticket 345: he lies", RECORD),
        ("add to ticket 345: he lies", RECORD),
        ("Write it on the ticket: he lies", RECORD),
        ("Thanks!\nsend to ticket 345: he lies", RECORD),
        ("send 345: he lies", RECORD),
        ("send: he lies", RECORD),
        ("create a new ticket in Support: he lies", NEW),
        ("make ticket in Support: he lies", NEW),
    ],
)
def test_a_summary_for_the_ticket_is_not_shown_to_the_visitor(
    said: str, form: str, mentioned: bool
) -> None:
    assert held_back(said, mentioned=mentioned) == form


@pytest.mark.parametrize(
    "said", ["Send to ticket 12345", "send anyway to ticket 345.", "Send to the ticket"]
)
def test_what_the_button_says_is_answered_with_the_command(said: str) -> None:
    assert held_back(said, mentioned=True) == RECORD


@pytest.mark.parametrize(
    "said",
    [
        *("stop chat", "Stop the chat!", "close chat", "close this chat now", "finish the chat"),
        *("end conversation", "End the conversation.", "quit chat", "leave the chat, please"),
        *("please close the live chat", "ok, terminate chat", "exit this talk"),
    ],
)
def test_the_end_of_a_chat_in_other_words_is_answered_with_the_command(said: str) -> None:
    assert held_back(said, mentioned=True) == "end chat"


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        *("Send it to ticket 345, please", "Add the picture to ticket 345"),
        *("Close the chat window", "Stop the chat program first", "Leave the talk when it is over"),
        *("Create a ticket in RT: your text goes at the top", "Make a new ticket for that"),
        *("Sent to ticket 345.", "Your ticket 345: it is solved", "Ticket 345: it is solved"),
        *("Put the paper in the tray: it holds 100", "Send a picture: it helps", "Stop."),
        "Finish the talk, then restart",
    ],
)
def test_what_is_said_to_the_visitor_in_such_words_is_for_him(said: str, mentioned: bool) -> None:
    assert held_back(said, mentioned=mentioned) is None


@pytest.mark.parametrize(
    "word", ["send ", "add to ", "create ticket ", "close the chat ", "send 1"]
)
def test_however_often_such_words_stand_there_they_are_read_soon(word: str) -> None:
    assert held_back(word * 5_000, mentioned=True) != ""


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize("parting", ["\r", "\v", "\x85", "\N{LINE SEPARATOR}"])
@pytest.mark.parametrize(
    "line", ["send to rt: he lies", "blokc him because he lies", "/he lies", "@bot he lies"]
)
def test_a_line_begins_also_where_word_parts_it_in_its_own_way(
    line: str, parting: str, mentioned: bool
) -> None:
    said = f"Good day{parting}{line}"
    assert held_back(said, mentioned=mentioned) == held_back(line, mentioned=mentioned) is not None


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "mark",
    [
        *("- ", "1. ", "12) ", "> 2. ", "b) ", "(c) ", "(1) ", "- d) "),
        *("1\ufe0f\u20e3", "2\u20e3 ", "\u3164", "\u1160 \uffa0", "3. \u115f"),
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        *(
            "send to rt he lies",
            "summary: he lies",
            "internal: he lies",
            "send to ticket 345: he lies",
        ),
        *("add to rt: he lies", "blokc him because he lies", "create a ticket in Support: he lies"),
        *("@Live Chat he lies", "/he lies", "\N{HEAVY EXCLAMATION MARK SYMBOL} // he lies"),
    ],
)
def test_a_line_in_a_list_or_a_quote_is_known_like_any_other(
    line: str, mark: str, mentioned: bool
) -> None:
    said = f"Good day\n{mark}{line}"
    assert held_back(said, mentioned=mentioned) == held_back(line, mentioned=mentioned) is not None


@pytest.mark.parametrize(
    "mark", ["- ", "1. ", "\N{EN DASH} ", "  - ", "b) ", "1\ufe0f\u20e3 ", "@Alan: "]
)
@pytest.mark.parametrize("line", ["Send to RT first", "Log in to RT", "See RT 345: that is solved"])
def test_the_mark_of_a_list_makes_nothing_of_what_is_for_the_visitor(line: str, mark: str) -> None:
    assert held_back(f"Please:\n{mark}{line}", mentioned=False) is None


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        *(
            "@Alan // he lies",
            "@Alan Turing: // he lies",
            "@alan – //he lies",
            "- @ Alan // he lies",
        ),
        *("Good day\n\uff20Alan // he lies", "@O'Brien, // he lies", "“@Alan” // he lies"),
    ],
)
def test_a_note_behind_a_colleagues_name_that_is_no_mention_is_shown_to_nobody(
    said: str, mentioned: bool
) -> None:
    assert held_back(said, mentioned=mentioned) == "//"


@pytest.mark.parametrize(
    "said",
    [
        *("@Alan see https://help.test/x", "@Alan https://help.test", "a@help.test // x"),
        *("@Alan he lies in tray 2 // or 3", "Ask @Alan // or me", "@" * 30_000),
        f"@a{' ' * 30_000}x //",
    ],
)
def test_slashes_further_behind_a_name_begin_no_note(said: str) -> None:
    assert held_back(said, mentioned=False) is None


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("@Ada open /projects now", None),
        ("@Ada, use /projects please", None),
        ("@ada cd /projects", None),
        ("@Alan open /he lies", "//"),
        ("@Alan open / he lies", "//"),
        ("@Alan open // he lies", "//"),
        ("@Alan Open /lies, all of it", "//"),
        ("@alan turing /lies, all of it", "//"),
        ("@Alan open internal: he lies", RECORD),
    ],
)
def test_what_one_does_with_a_folder_is_no_second_name(said: str, form: str | None) -> None:
    for mentioned in (True, False):
        assert held_back(said, mentioned=mentioned) == form


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "name", ["@Alan ", "@Alan: ", "@Alan Turing ", "\uff20alan – ", "- @ Alan, ", "“@Alan” "]
)
@pytest.mark.parametrize(
    "line",
    [
        *("internal: he lies", "summary: she lies", "send to triage: he lies", "/he lies"),
        *("blokc him because he lies", "new ticket in Support: he lies"),
    ],
)
def test_what_is_for_rt_behind_a_colleagues_name_that_is_no_mention_is_shown_to_nobody(
    line: str, name: str, mentioned: bool
) -> None:
    said = f"Good day\n{name}{line}"
    assert held_back(said, mentioned=mentioned) == held_back(line, mentioned=mentioned) is not None

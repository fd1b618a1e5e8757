"""What can only have been meant for a command never reaches a visitor; what is said to him does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import Block, Say, parse_command
from bot.domain.forms import COMMANDS
from bot.domain.mistyped import PHRASES, held_back, mistyped

RECORD = "send to rt 345: SUMMARY"
TRIAGE = "send to triage: SUMMARY"
NEW = "new ticket in QUEUE: SUMMARY"
BLOCK = "block 2h because REASON"
MOVE = "confirm move 777"


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("send to rt 346 – user was confused, do not trust him", RECORD),
        ("send to rt - he lies", RECORD),
        ("send to rt-345: he lies", RECORD),
        ("send to rt–he lies about it", RECORD),
        ("“send to RT 345”: he lies", RECORD),
        ("/send to rt 345: he lies", RECORD),
        ("sned to rt 345: all good", RECORD),
        ("send ot rt 345: all good", RECORD),
        ("sendto rt 345: all good", RECORD),
        ("send it to rt 345: all good", RECORD),
        ("send the chat to rt: he lies", RECORD),
        ("send my summary to rt 345: he lies", RECORD),
        ("move this chat to ticket 777", "move to ticket 777"),
        ("send to RT 345 all is well", RECORD),
        ("please send to rt 345: he lies", RECORD),
        ("send rt 345: he lies", RECORD),
        ("rt 345: he lies", RECORD),
        ("file to rt#345: he lies", RECORD),
        ("send 2 rt 345: he lies", RECORD),
        ("ok, so send to RT 345 : he lies", RECORD),
        ("Thanks!\nto rt 345: he lies", RECORD),
        ("Thanks!\nsend to rt 345: he lies", RECORD),
        ("// he lies\nsend to rt 345: he lies", RECORD),
        ("send to triage user seems to be an impostor", "send to triage: SUMMARY"),
        ("send to traige: user seems to be an impostor", "send to triage: SUMMARY"),
        ("new tikcet in Support: he is rude", "new ticket in QUEUE: SUMMARY"),
        ("end teh chat", "end chat"),
        ("end the chat now, he is rude", "end chat"),
        ("End  Chat please", "end chat"),
        ("ned chat", "end chat"),
        ("revoke", "revoke link"),
        ("revoke the link, she is a stranger", "revoke link"),
        ("invite her", "invite"),
        ("cancle it", "cancel"),
        ("unblock zzz", "unblock 1a2b3c"),
        ("move to ticket 12345 please", "move to ticket 777"),
        ("confirm mvoe 777", "confirm move 777"),
        ("confirm move, he is her brother: yes", "confirm move 777"),
        ("keep the ticket, he lies about the other", "keep ticket"),
        ("back to the queue with this fool", "back to queue"),
        ("undo that", "undo"),
        ("udno", "undo"),
        ("keep it open", "keep open"),
        ("open unitl 17:00", "open until 17:00"),
        ("show card again", "show card"),
        ("send to rt12345 he lies about it", RECORD),
        ("snd ot rt he lies", RECORD),
        ("dend to rt he lies", RECORD),
        ("send yo rt 345 he lies", RECORD),
        ("send to tr 345 he lies", RECORD),
        ("send to r 345 he lies", RECORD),
        ("send tort 345 he lies", RECORD),
        ("to rt: he lies", RECORD),
        ("Internal: do not trust him", RECORD),
        ("sedn to traige he lies", TRIAGE),
        ("bew ticket in Support: he lies", NEW),
        ("new ticket ni Support: he lies", NEW),
        ("new ticket Support: he lies", NEW),
        ("Thanks!\nsned to rt 345: he lies", RECORD),
        ("Thanks!\nblokc 2h because he swears", BLOCK),
        ("blokc 2h because he swears at us", BLOCK),
        ("bock 2h because he swears at us", BLOCK),
        ("vlock 2h because he swears at us", BLOCK),
        ("blok 30 min because she is rude", BLOCK),
        ("block 2h becuase he swears at us", BLOCK),
        ("block 2h he swears at us", BLOCK),
        ("please blokc 2h because he swears", BLOCK),
        ("block him because he swears at us", BLOCK),
        ("blokc him 2h because he swears", BLOCK),
        ("blokc 30 insults everybody here", BLOCK),
        ("blokc 2h", BLOCK),
        ("cofirm move Lovelace because she is his wife", MOVE),
        ("confirm Lovelace because she is his wife", MOVE),
        ("cancel it", "cancel"),
        ("cnacel", "cancel"),
        ("clsoe", "close"),
        ("oepn", "open until 17:00"),
        ("invite Ada", "invite"),
        ("unblokc 1a2b3c", "unblock 1a2b3c"),
        ("back ot the queue", "back to queue"),
        ("end the chat, you were right about him", "end chat"),
        ("file it in rt: he lies", RECORD),
        ("file this: to rt: he lies", RECORD),
        ("add to rt: he lies", RECORD),
        ("add my summary to rt 345, he lies", RECORD),
        ("log in rt: he lies", RECORD),
        ("log it in RT", RECORD),
        ("log in to rt that he lies", RECORD),
        ("put into the rt: he lies", RECORD),
        ("Write to RT he lies", RECORD),
        ("please write to rt: he lies", RECORD),
        ("ok, add to rt he lies", RECORD),
        ("rt he lies", RECORD),
        ("RT 345 she lies", RECORD),
        ("new ticket Support he lies", NEW),
        ("note: he lies", "//"),
        ("Note to self: he lies", "//"),
        ("notes: he lies", "//"),
        ("comment: he lies", RECORD),
        ("summary: he lies", RECORD),
        ("Summary for RT: he lies", RECORD),
        ("Thanks!\nsummary: he lies", RECORD),
        ("Hi Alan, send to rt 352: he is rude", RECORD),
        ("Right. Block him 2h because he is rude", BLOCK),
    ],
)
def test_what_was_meant_for_a_command_is_answered_with_its_form(said: str, form: str) -> None:
    assert parse_command(said, {}) is None
    assert mistyped(said) == form


@pytest.mark.parametrize(
    "said",
    [
        "Send me a screenshot please",
        "Send it again, please",
        "Send to me what you see",
        "Send it to me",
        "Send the chat window away",
        "send to rt@help.test what you see",
        "Please send me the RT number",
        "Open the settings and press Apply",
        "End of the month it will be mended",
        "Ends at five?",
        "Cancel the print job first, then restart",
        "Please cancel the job",
        "Please open it",
        "Closed since Monday.",
        "Clone the repository",
        "Black and white?",
        "Take your time",
        "Move to the window, please",
        "Move to 5 o'clock",
        "New ticket is 12345, look there",
        "Back soon!",
        "Back to the start, then",
        "Show me the screen",
        "Confirm it with Yes",
        "Confirm the password twice",
        "Help is coming",
        "Keep the window open while it runs",
        "Undo the last step, then save",
        "Open a terminal",
        "Open your mail program",
        "Open Outlook",
        "Open the lid please",
        "Open it",
        "Close the window",
        "Close Word first",
        "Close all windows",
        "Cancel your print job",
        "Cancel and try again",
        "End the process",
        "End your session",
        "End the call when you are done",
        "End the chat when you are done, the rest is on the ticket",
        "Keep your card with you",
        "Keep the ticket number handy",
        "Keep the ticket open until you have tried it",
        "Keep trying",
        "Show me the card",
        "Show your card at the desk",
        "Show the card to the porter",
        "Undo the change",
        "Undo your change with Ctrl+Z",
        "Invite your colleague to the meeting",
        "Send to print",
        "Send to IT",
        "Send it to IT, please",
        "Send to it@help.test",
        "Send the report to me",
        "New ticket number is 12345",
        "New ticket number: 12345",
        "Confirm with the button because it is not saved otherwise",
        "New tickets take 2 days: please be patient",
        "Clock 5 minutes back",
        "Lock the screen",
        "Clock in first",
        "Block the sender",
        "Block port 25 because it is open",
        "Block 30 minutes in your calendar",
        "Block it for 2h because the disk is full",
        "Private browsing may help",
        "I wrote it into RT for you",
        "please log in to RT and look",
        "Log in to RT: https://rt.help.test",
        "Log into RT, then open your ticket",
        "Log in to RT",
        "Login to RT works again",
        "Write to RT if you need more help",
        "RT is slow today",
        "RT says so",
        "rt@help.test is our address",
        "Note that it takes an hour",
        "Notes are on our page",
        "Comment it out",
        "In summary it works",
        "File a ticket in RT, please",
        "Copy the file to your home",
        "Put the paper into tray 2: it is empty",
        "Add a printer: press Add",
        "Sorry, new ticket 12345: please look there",
        "Wait, open the settings",
        "Good news, the ticket is in RT now",
        "/etc/hosts must have that line",
        "/home is full",
        "./configure && make",
        "\\\\server\\share is the address",
        "https://help.test/page",
        "+/- 5 minutes",
        "Block port 25 in your firewall",
        "Unblock the port in your firewall",
        "Which room are you in?\nSend me a picture of it.",
        "…",
        "?",
        "",
        "x" * 30_000,
        "send " * 5_000,
        "I am 12345",
    ],
)
def test_what_is_said_to_the_visitor_is_for_him(said: str) -> None:
    assert held_back(said, mentioned=True) is None
    assert held_back(said, mentioned=False) is None


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("send to rt 345: he lies", RECORD),
        ("sned to rt 345 he lies", RECORD),
        ("send to triage: he lies", TRIAGE),
        ("Thanks!\nsend to triage: he lies", TRIAGE),
        ("new ticket in Support: he lies", NEW),
        ("block 2h because he swears at us", BLOCK),
        ("blokc 2h because he swears at us", BLOCK),
        ("confirm move Lovelace because she is his wife", MOVE),
        ("rt 12345: he lies", RECORD),
        ("RT#345: he lies", RECORD),
        ("rt: he lies", RECORD),
        ("internal: he lies", RECORD),
        ("Private: he lies", RECORD),
        ("Thanks!\nInternal: he lies", RECORD),
        ("Send to rt\nhe lies", RECORD),
        ("Send to RT.\n\nhe lies", RECORD),
        ("Send to RT", RECORD),
        ("send to triage\nhe lies", TRIAGE),
        ("Hi Alan, send to rt 352: he is rude", RECORD),
        ("Thank you! Sned to rt 352: he is rude", RECORD),
        ("Hm. Block 2h because he is rude", BLOCK),
        ("file it in rt: he lies", RECORD),
        ("add to rt 345: he lies", RECORD),
        ("send to rt he lies", RECORD),
        ("Hi Alan, send to rt he lies", RECORD),
        ("send to rt user was confused", RECORD),
        ("add to rt he lies", RECORD),
        ("rt he lies", RECORD),
        ("new ticket Support he lies", NEW),
        ("summary: he lies", RECORD),
        ("note: she seems confused", "//"),
        ("end chat", "end chat"),
        ("End  chat!", "end chat"),
        ("show card", "show card"),
        ("revoke link", "revoke link"),
        ("keep ticket", "keep ticket"),
        ("move to ticket 777", "move to ticket 777"),
        ("unblock 1a2b3c", "unblock 1a2b3c"),
    ],
)
def test_what_is_for_rt_is_not_shown_where_only_the_mention_was_forgotten(
    said: str, form: str
) -> None:
    assert held_back(said, mentioned=False) == form


@pytest.mark.parametrize(
    "said",
    [
        *(
            "Cancel it.",
            "Cancel",
            "Undo!",
            "Close",
            "Send to RT first",
            "See RT 345: that is solved",
            "help",
        ),
        "Confirm Tuesday because we are full on Monday",
        *("End chat when you like", "Note: it takes an hour", "Summary: it works now"),
        *("Note: he will call you", "Summary: they mended it", "Send to RT what he told you"),
        *(
            "Comment: none",
            "Move to 777",
            "rt is down, they say",
            "Add it to RT if you like",
            "12345",
        ),
        *("open until 17:00", "Write to RT about it", "blocks"),
    ],
)
def test_what_hurts_nobody_is_as_ever_for_the_visitor_without_a_mention(said: str) -> None:
    assert held_back(said, mentioned=False) is None


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        "/ he lies",
        "/he lies",
        "./ he lies",
        ".// he lies",
        "/ / he lies",
        "\\ he lies",
        "\\\\ he lies",
        "\N{FULLWIDTH SOLIDUS}\N{FULLWIDTH SOLIDUS} he lies",
        "Good day\n / he lies",
        "\N{HEAVY EXCLAMATION MARK SYMBOL} // he lies",
        "Good day\n\N{RIGHTWARDS ARROW}// he lies",
        "(// he lies)",
        "- / he lies",
        "Good day\n> 1. /he lies",
        "\N{BULLET} ./ he lies",
        "~~/ he lies~~",
    ],
)
def test_a_note_whose_slashes_slipped_is_shown_to_nobody(said: str, mentioned: bool) -> None:
    assert held_back(said, mentioned=mentioned) == "//"


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        "\N{LEFT DOUBLE QUOTATION MARK}//files.example/share\N{RIGHT DOUBLE QUOTATION MARK} is full",
        "Open this:\n`//files.example/share/a.pdf`",
        "(//files/share)",
    ],
)
def test_a_share_between_quotation_marks_is_no_note(said: str, mentioned: bool) -> None:
    assert held_back(said, mentioned=mentioned) is None
    assert held_back(said.replace("/share", " he lies"), mentioned=mentioned) == "//"


@given(st.text())
def test_anything_can_be_said_to_the_visitor_by_saying_so(words: str) -> None:
    assert parse_command(f"say: {words}", {}) == Say(words.strip())


@given(
    phrase=st.sampled_from([" ".join(words) for words, _ in PHRASES]),
    space=st.sampled_from([" ", "  ", " \t", "\N{NO-BREAK SPACE}"]),
    upper=st.booleans(),
    behind=st.sampled_from([" ", ":", " – ", "–", " - ", ";", ", ", "!", "\n", "…", "/"]),
    garbage=st.text(),
)
def test_no_command_with_anything_behind_it_is_for_the_visitor(
    phrase: str, space: str, upper: bool, behind: str, garbage: str
) -> None:
    said = phrase.upper() if upper else phrase
    text = f"{said.replace(' ', space)}{behind}{garbage}"
    assert parse_command(text, {}) is not None or mistyped(text) is not None


def test_every_command_is_covered_but_those_with_which_one_begins_to_speak() -> None:
    alone = {form for form, _ in COMMANDS if mistyped(f"{form.split()[0]} 7") is None}
    assert {form.split()[0] for form in alone} == {
        *("12345", "help", "send", "new", "back", "move", "confirm", "show", "say:"),
    }


def test_however_long_a_run_of_one_character_is_it_is_read_once() -> None:
    """Read anew from each of its characters it would outlast the service."""
    assert held_back(f"jam{'_' * 300_000} tray", mentioned=True) is None
    said = parse_command(f"block 2h because he swears{' ' * 300_000}at us", {})
    assert said == Block("2h", "he swears at us")

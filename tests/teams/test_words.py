"""Every notice has words that say what happened and what to do now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.commands import (
    Block,
    Blocks,
    Chats,
    Close,
    Help,
    Press,
    Receive,
    Say,
    StartChat,
    Unblock,
    parse_command,
)
from bot.domain.effects import Word
from bot.domain.forms import COMMANDS
from bot.domain.identity import Identity, Proof
from bot.relay.answering import Answer
from bot.relay.ports import Listening, Tell
from bot.teams import commands, words
from tests.people import asking, proposed, talking
from tests.teams.cast import CARDS

ALL = [*Word, *Answer]


@pytest.mark.parametrize("word", ALL)
@pytest.mark.parametrize("chat", [None, proposed(), talking(), asking()])
@pytest.mark.parametrize("detail", ["", "A sentence of ours."])
def test_every_notice_has_whole_sentences(word: Word | Answer, chat: object, detail: str) -> None:
    said = words.say(Tell(word, detail, chat), Listening.MENTION)  # type: ignore[arg-type]
    assert said[-1] in ".:!"
    assert "{" not in said
    assert "  " not in said
    assert detail in said or word is Answer.HELP or word in _WITHOUT_DETAIL


_WITHOUT_DETAIL = {
    Word.JOINED,
    Word.KNOCKED_AGAIN,
    Word.ENDED_BY_VISITOR,
    Word.STILL_HERE,
    Word.ENDED_BY_SILENCE,
    Word.INVITATION_EXPIRED,
    Word.ORPHANED,
    Word.ERASED,
}


@pytest.mark.parametrize("what", ["a card", "a Loop component", "a forwarded message", "a note"])
def test_whoever_brings_what_cannot_be_shown_reads_its_name(what: str) -> None:
    assert what in words.say(Tell(Answer.NOTHING_TO_SEND, "", talking()), Listening.THREAD)


@pytest.mark.parametrize(
    ("listening", "how"), [(Listening.MENTION, "mention me"), (Listening.THREAD, "Every reply")]
)
def test_who_hears_of_a_visitor_is_told_how_to_answer(listening: Listening, how: str) -> None:
    said = words.say(Tell(Word.JOINED, "", talking()), listening)
    assert said.startswith("Ada Lovelace joined the chat about ticket rt#12345.")
    assert how in said


@pytest.mark.parametrize("word", [Word.FILING_FAILED, Word.FILING_STOPPED, Answer.NOT_FILED])
def test_of_a_record_that_may_be_in_rt_nobody_says_that_it_is_not(word: Word | Answer) -> None:
    said = words.say(Tell(word, "Why.", CARDS["ended-unclear"].chat), Listening.MENTION)
    assert "may be" in said
    assert "is not on" not in said
    assert "is not in" not in said


@pytest.mark.parametrize("word", ALL)
def test_no_notice_speaks_of_a_ticket_where_there_is_none(word: Word | Answer) -> None:
    said = words.say(Tell(word, "A sentence of ours.", asking()), Listening.MENTION)
    assert "rt#" not in said.replace("(rt#12345", "").replace("or rt#12345", "")
    assert "with Ada Lovelace with" not in said


def test_a_detail_with_braces_is_only_shown() -> None:
    said = words.say(Tell(Answer.TICKET_PROBLEM, "It says {x} {0}.", None), Listening.MENTION)
    assert "{x} {0}." in said


def test_every_command_in_the_help_is_one() -> None:
    for command, _ in COMMANDS:
        parsed = parse_command(command, {})
        assert isinstance(
            parsed,
            StartChat | Press | Help | Receive | Close | Chats | Block | Unblock | Blocks | Say,
        )
        assert command in commands.HELP


def test_every_button_has_its_command() -> None:
    parsed = [parse_command(command, {}) for command, _ in COMMANDS]
    verbs = {press.verb for press in parsed if isinstance(press, Press)}
    assert verbs == {
        *("invite", "revoke", "cancel", "end", "keep", "look", "back", "take"),
        *("file", "new", "triage", "undo", "move", "rebind", "stay", "mail"),
    }


def test_a_number_among_other_words_is_not_said_to_be_missing() -> None:
    """`ticket 12356` and `12345 invite` have one; it must stand alone."""
    said = words.say(Tell(Answer.NO_NUMBER, "", None), Listening.MENTION)
    assert "no ticket number there" not in said
    assert "just the number" in said


def test_a_command_that_was_carried_out_says_where_the_chat_stands_now() -> None:
    said = words.say(Tell(Answer.DONE, "", talking()), Listening.THREAD)
    assert said == "Done. The chat is open."
    said = words.say(Tell(Answer.DONE, "", asking()), Listening.THREAD)
    assert said == "Done. The visitor waits for an answer."


def test_a_move_that_was_asked_for_is_not_called_done() -> None:
    said = words.say(Tell(Answer.MOVE_ASKED, "Ticket rt#777", talking()), Listening.THREAD)
    assert said.startswith("Nothing has moved yet. Ticket rt#777 is looked up in RT")
    assert "beside ticket rt#12345" in said
    assert "“confirm move”" in said
    said = words.say(Tell(Answer.STAYS, "", talking()), Listening.THREAD)
    assert said == "The chat stays with ticket rt#12345."


def test_who_has_a_chat_now_is_not_told_that_the_visitor_reads_it() -> None:
    """Whom the visitor has met already is not announced to him again, nor does he read while away."""
    said = words.say(Tell(Answer.TAKEN, "", talking()), Listening.THREAD)
    assert said.startswith("You have this chat, and I call you")
    assert "reads" not in said


def test_of_what_was_mistyped_the_right_form_is_told() -> None:
    said = words.say(Tell(Answer.MISTYPED, "end chat", talking()), Listening.MENTION)
    assert "was not shown to the visitor. Mention me with “end chat”" in said
    said = words.say(Tell(Answer.MISTYPED, "end chat"), Listening.MENTION)
    assert "visitor" not in said


@pytest.mark.parametrize("form", ["end chat", "//"])
def test_whoever_is_held_back_is_told_how_it_is_shown_all_the_same(form: str) -> None:
    said = words.say(Tell(Answer.MISTYPED, form, talking()), Listening.THREAD)
    assert "shown to the visitor" in said
    assert f"“{form}”" in said
    assert "mention me, and put “say:” in front of the words" in said


@pytest.mark.parametrize("word", [Answer.MISTYPED, Answer.NEVER_SENT])
def test_where_nobody_mentions_the_bot_no_mention_is_asked_for(word: Answer) -> None:
    said = words.say(Tell(word, "end chat", talking()), Listening.THREAD)
    assert "in a personal chat “say:” is enough" in said


def test_whoever_asks_for_a_password_is_told_why_that_was_not_shown() -> None:
    said = words.say(Tell(Answer.MISTYPED, "?", talking()), Listening.THREAD)
    assert "asks for a password" in said
    assert "not shown to the visitor" in said
    assert "put “say:” in front of the words" in said
    said = words.say(Tell(Answer.MISTYPED, "?"), Listening.THREAD)
    assert said == "That was shown to nobody: there is no visitor here who could read it."


def test_who_wrote_the_name_himself_is_told_to_pick_the_bot_from_the_list() -> None:
    said = words.say(Tell(Answer.MISTYPED, "@", talking()), Listening.THREAD)
    assert said.startswith(
        "That was not shown to the visitor. You wrote my name, but Teams did not"
    )
    assert "pick me from the list that Teams shows" in said
    assert "put “say:” in front of the words" in said
    said = words.say(Tell(Answer.MISTYPED, "@"), Listening.THREAD)
    assert "pick me from the list" in said
    assert "visitor" not in said


@pytest.mark.parametrize("form", ["end chat", "//", "@"])
@pytest.mark.parametrize("chat", [None, CARDS["ended-unclear"].chat, proposed()])
def test_where_no_visitor_reads_nobody_is_offered_to_say_it_to_him(form: str, chat: object) -> None:
    said = words.say(Tell(Answer.MISTYPED, form, chat), Listening.THREAD)  # type: ignore[arg-type]
    assert f"“{form}”" in said
    assert "say:" not in said
    assert "visitor" not in said


def test_what_is_for_rt_is_told_as_this_chat_has_to_send_it() -> None:
    form = "send to rt 345: SUMMARY"
    charles = Identity(Proof.SSO, "cbabbage", "Charles Babbage", "charles@help.test")
    ada = Identity(Proof.SSO, "alovelace", "Ada Lovelace", "ada@help.test")
    for chat, told in (
        (talking(), "send to rt DIGITS: SUMMARY"),
        (replace(talking(), identity=charles), "send to rt SURNAME because WHY: SUMMARY"),
        (replace(talking(), identity=ada), "send to rt: SUMMARY"),
        (asking(), "new ticket in QUEUE: SUMMARY"),
        (None, form),
    ):
        assert f"“{told}”" in words.say(Tell(Answer.MISTYPED, form, chat), Listening.THREAD)


def test_several_numbers_are_named() -> None:
    said = words.say(Tell(Answer.SEVERAL_NUMBERS, "rt#1, rt#2"), Listening.THREAD)
    assert "I read rt#1, rt#2. Mention me again" in said


@pytest.mark.parametrize("word", [Word.FILED_UNASKED, Word.ORPHANED])
def test_who_gave_a_summary_is_not_told_that_there_is_none(word: Word) -> None:
    given = words.say(Tell(word, "Why.", CARDS["ended-unclear"].chat), Listening.MENTION)
    none = words.say(Tell(word, "Why.", talking()), Listening.MENTION)
    assert "with the summary" in given
    assert "without a summary" in none


def test_a_silent_chat_of_somebody_else_is_not_said_to_go_onto_the_ticket() -> None:
    charles = Identity(Proof.SSO, "cbabbage", "Charles Babbage", "charles@help.test")
    for known, onto in ((talking().identity, True), (charles, False)):
        chat = replace(talking(), identity=known)
        said = words.say(Tell(Word.SILENT, "15 minutes", chat), Listening.MENTION)
        assert ("goes onto ticket rt#12345" in said) is onto


@pytest.mark.parametrize("state", ["filed-unproven", "filed-new-ticket", "filed"])
def test_who_asks_where_a_filed_chat_stands_is_told_no_more_than_is_known(state: str) -> None:
    chat = CARDS[state].chat
    done = words.say(Tell(Answer.DONE, "", chat), Listening.MENTION)
    status = words.say(Tell(Word.STATUS_PROBLEM, "No.", chat), Listening.MENTION)
    assert ("did not confirm" in done) is ("did not confirm" in status) is ("unproven" in state)
    rating = words.say(Tell(Word.RATING_PROBLEM, "No.", chat), Listening.MENTION)
    assert str(chat.filed_in) in rating
    assert "on the ticket" not in done
    assert str(chat.filed_in) in done


def test_the_record_of_a_begun_chat_whose_thread_is_lost_goes_into_a_new_ticket() -> None:
    said = words.say(Tell(Word.ORPHANED, "", CARDS["begun-filing"].chat), Listening.MENTION)
    assert "goes into a new ticket in “Live chat” by itself" in said


def test_whoever_is_led_to_a_chat_that_has_no_link_is_told_whose_it_is() -> None:
    said = words.say(Tell(Answer.ELSEWHERE, "", proposed()), Listening.MENTION)
    assert "Grace Hopper" in said
    assert "goes on there:" not in said

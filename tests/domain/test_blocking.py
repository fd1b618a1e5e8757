"""Whom a block keeps out, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from bot.domain import events as e
from bot.domain.blocking import BadSpan, Block, day_and_time, kept_out, span
from bot.domain.chat import State
from bot.domain.commands import Block as Command
from bot.domain.commands import Blocks, Misput, Unblock, parse_command
from bot.domain.identity import BEARER, Identity, Proof
from bot.domain.transcript_json import as_json
from tests.people import ADA, GRACE, LATER, NOW, RECEIPT, after, filing, talking

HERS = Identity(Proof.LINK, "ada", "Ada Lovelace", "ada@example.org")
SIGNED_IN = replace(HERS, proof=Proof.SSO)
BLOCK = Block("chat-1", HERS, "Ada Lovelace", ("seat-1",), GRACE, "Abuse.", NOW, LATER)
SURE = replace(BLOCK, who=SIGNED_IN)


@pytest.mark.parametrize(
    ("asked", "minutes"),
    [
        ("30 min", 30),
        ("30m", 30),
        ("2h", 120),
        ("2 hours", 120),
        ("1 Day", 1440),
        ("30 days", 43200),
    ],
)
def test_a_span_is_read_as_people_write_it(asked: str, minutes: int) -> None:
    assert span(asked) == timedelta(minutes=minutes)


@pytest.mark.parametrize("asked", ["", "2", "4 min", "31 days", "2 weeks", "-1h", "99999 days"])
def test_a_span_that_cannot_be_is_refused_with_what_to_say(asked: str) -> None:
    with pytest.raises(BadSpan, match=r"2h|days"):
        span(asked)


def test_a_second_device_and_a_second_link_of_the_same_person_are_meant() -> None:
    assert BLOCK.keeps_out(HERS)
    assert BLOCK.keeps_out(replace(HERS, login="ADA"), "another seat")
    assert SURE.keeps_out(SIGNED_IN, "another seat")
    assert SURE.keeps_out(HERS)  # her link, and nobody has signed in


def test_a_link_for_whom_rt_names_by_the_address_is_meant_too() -> None:
    mailed = replace(HERS, login="Ada@example.org")  # RT made that user of a mail
    assert SURE.keeps_out(mailed)
    assert replace(BLOCK, who=mailed).keeps_out(HERS)
    assert not SURE.keeps_out(replace(mailed, login="bob@example.org", address="bob@example.org"))


def test_two_accounts_that_share_an_address_are_two_people() -> None:
    assert not SURE.keeps_out(replace(HERS, login="bob"))


def test_who_signs_in_as_somebody_else_at_the_same_computer_is_not_meant() -> None:
    bob = replace(SIGNED_IN, login="bob", address="bob@example.org")
    assert not SURE.keeps_out(bob, "seat-1")
    assert not BLOCK.keeps_out(bob, "seat-1")


def test_who_signs_in_does_not_answer_for_somebody_who_only_held_the_link() -> None:
    assert not BLOCK.keeps_out(SIGNED_IN)


def test_of_somebody_whom_nobody_knows_the_browser_is_meant() -> None:
    nobody = replace(BLOCK, who=Identity(Proof.ANONYMOUS, "", "Ada", "ada@example.org"))
    assert nobody.keeps_out(Identity(Proof.ANONYMOUS, "", "Eve"), "seat-1")
    assert nobody.keeps_out(None, "seat-1")
    assert not nobody.keeps_out(HERS)  # an address that somebody only typed
    assert not nobody.keeps_out(BEARER, "")
    assert not replace(BLOCK, who=BEARER).keeps_out(BEARER, "seat-2")


def test_a_block_is_over_by_itself_and_the_longest_counts() -> None:
    longer = replace(BLOCK, chat="chat-2", until=LATER + timedelta(hours=1))
    assert kept_out([BLOCK, longer], NOW, HERS) == longer
    assert kept_out([BLOCK, longer], LATER, HERS) == longer
    assert kept_out([BLOCK], LATER, HERS) is None


def test_blocking_ends_the_talk_and_loses_nothing_of_it() -> None:
    chat = after(talking(), e.Said(NOW, ADA, "k", "hello"), e.Blocked(LATER, GRACE, LATER))
    assert (chat.state, chat.ended_by, chat.blocked) == (State.ENDED, GRACE, LATER)
    chat = after(chat, e.FilingRequested(LATER, GRACE, "Abuse."))
    assert "block" not in str(as_json(chat, ()))
    assert after(chat, e.Unblocked(LATER)).blocked is None


def test_a_record_on_its_way_goes_on_and_the_purge_forgets_the_block_too() -> None:
    chat = after(filing(), e.Blocked(NOW, GRACE, LATER))
    assert (chat.state, chat.blocked) == (State.FILING, LATER)
    gone = after(chat, e.TranscriptFiled(NOW, RECEIPT), e.Purged(NOW))
    assert gone.blocked is None


def test_a_moment_is_told_in_the_site_s_zone() -> None:
    assert day_and_time(NOW, UTC) == f"{NOW.day} {NOW:%B, %H:%M}"


def test_the_commands_are_told_from_words_for_a_visitor() -> None:
    assert parse_command("block 2h because he swears at us", {}) == Command("2h", "he swears at us")
    assert parse_command("Block 30 min", {}) == Command("30 min")
    assert parse_command(" blocks ", {}) == Blocks()
    assert parse_command("unblock 1A2b3c", {}) == Unblock("1a2b3c")
    assert parse_command("block 2h because he swears\nat us", {}) == Command(
        "2h", "he swears at us"
    )
    for said in ("block 2h is what you need", "blocks of memory", "unblock me", "block the port"):
        assert parse_command(said, {}) is None


@pytest.mark.parametrize(
    "said",
    [
        "block 30",
        "block 30 spamming",
        "block 2h spamming",
        "block 30 because he swears at us",
        "block 30 insults everybody here",
        "block 2h for being rude to Grace",
        "block 2h: he swears at us",
        "block because he swears at us",
        "block for 2h because he swears at us",
        "Block him for 30 minutes because he swears at us",
        "block the visitor 2h because he swears at us",
    ],
)
def test_what_can_only_have_been_meant_for_a_block_is_known_as_one(said: str) -> None:
    assert parse_command(said, {}) == Misput()


@pytest.mark.parametrize(
    "said",
    [
        "block port 25 because it is open",
        "block the port because it is open",
        "block him because he writes to everybody",
        "block 25 in your firewall",
        "block 30 minutes in your calendar",
        "block it for 2h because the disk is full",
        "blocking 30 because of that",
        "please block 30 spamming",
        "block 30 spam addresses",
    ],
)
def test_what_may_be_meant_for_the_visitor_is_for_him(said: str) -> None:
    assert parse_command(said, {}) is None

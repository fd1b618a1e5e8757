"""What people write arrives as they wrote it, whatever it looks like, and is never more than words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bot.domain import events as e
from bot.domain import legible
from bot.domain.advance import advance
from bot.domain.messages import MAX_MESSAGE_BYTES, EmptyText, Kind, Message, TextTooLong, tidy
from bot.domain.transcript import resolve
from bot.relay.ports import Thread
from bot.sandbox.teams import TeamsStandIn
from bot.visitors import wire
from tests.people import ADA, ALAN, GRACE, NOW, talking
from tests.teams.stage import Stage, served

MANY = pytest.mark.parametrize("examples", [200, pytest.param(10_000, marks=pytest.mark.soak)])


def tries(examples: int) -> settings:
    """So many examples, however long each takes."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


# --- what people write ---------------------------------------------------------------------------

CARD = json.dumps({"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock"}]})
PIECES = st.sampled_from(
    [
        *("<b>bold</b>", "<at>Grace Hopper</at>", "<at id='0'>", "@everyone", "@Grace Hopper "),
        *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</p><p>", "<br>", "<!--"),
        *("**bold**", "_so_", "`code`", "```\nfence\n```", "# title", "> quote", "- item", "~~x~~"),
        *("[here](https://evil.test/)", "![](https://evil.test/a.png)", "https://evil.test/a?b&c"),
        *(
            "🙂",
            "👩‍💻",
            "🇬🇧",
            "👍🏽",
            "e\u0301",
            "字",
            "\u202e",
            "\u2067rtl\u2069",
            "\u200f",
            "שלום",
        ),
        *("\x00", "\x07", "\x1b[31m", "\r\n", "\r", "\n", "\t", "\u2028", "\x85", "\ud800", "\xa0"),
        *("Grace Hopper · 10:42 · #4", "\nGrace Hopper · 10:43 · #5 (resent)\n", "9:05 #1"),
        *("\nTeams is slow: 3 s behind.", "(1/2)", "| bar", "//", "&lt;b&gt;", "&", '"', "\\n"),
        *("{{DATE(2026-11-21)}}", CARD, '{"t":"end"}', "' OR 1=1 --", "${x}", "%s", "\ufeff"),
    ]
)
LONG = st.builds(
    lambda piece, size: piece * (size // len(piece.encode("utf-8", "replace"))),
    PIECES | st.sampled_from(["&", "<", "x", "字", "🙂", "word ", "line\n", "9:05 #1\n"]),
    st.sampled_from([1000, 7000, 30 * 1024]),
)
TEXTS = st.lists(PIECES | st.text(max_size=20), min_size=1, max_size=12).map("".join)
TEXTS = TEXTS | st.text(min_size=1) | st.tuples(TEXTS, LONG, TEXTS).map("".join)


def kept(text: str) -> str | None:
    """What is kept of a visitor's text, in the words of the protocol; None if it is refused."""
    text = re.sub(r"\r\n?|[\x0b\x0c]", "\n", text)
    text = "".join("?" if "\ud800" <= c <= "\udfff" else c for c in text)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text).strip()
    return text if text and len(text.encode()) <= MAX_MESSAGE_BYTES else None


def through_the_widget(text: str) -> str | None:
    """As the browser sends it and the relay keeps it."""
    frame = wire.read_frame(json.dumps({"t": "say", "key": "k", "text": text}))
    assert isinstance(frame, wire.Say)
    try:
        return tidy(frame.text)
    except (EmptyText, TextTooLong):
        return None


@given(TEXTS)
def test_a_visitors_text_is_kept_as_it_is_but_for_what_nobody_can_see(text: str) -> None:
    assume(len(json.dumps(text)) < wire.MAX_FRAME_BYTES - 100)
    assert through_the_widget(text) == kept(text)


# --- to Teams --------------------------------------------------------------------------------------

#: The line above a message, and above each part of one that is too long for a post.
HEADER = re.compile(
    r"^Ada Lovelace · 10:42 · #(?P<seq>[0-9]+)(?P<resent> \(resent\))?"
    r"(?: \((?P<part>[0-9]+)/(?P<parts>[0-9]+)\))?$"
)
BREAKS = re.compile("[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
OURS = re.compile(
    r"\d{1,2}\s*[:.∶：]\s*\d\d.*[#＃﹟]\s*\d|[#＃﹟].*\d\s*[:.∶：]\s*\d\d|teams is slow",
    re.IGNORECASE,
)


@dataclass
class Playground:
    """The bot's Teams side, the stand-in, and the loop that they run in."""

    runner: asyncio.Runner
    stage: Stage
    thread: Thread
    root: str

    def relays(self, *messages: Message, resent: bool) -> list[str]:
        """The posts that ``messages`` become; none of them is anything but text."""
        ledger = self.stage.teams.ledger
        ledger.clear()
        threads = self.stage.room.threads
        self.runner.run(threads.relay(self.thread, talking(), messages, resent=resent))
        texts = []
        for entry in ledger.sent("send", accepted=True):
            activity = entry.activity
            assert activity is not None
            assert activity["textFormat"] == "plain"
            assert not {"entities", "attachments", "suggestedActions", "value"} & activity.keys()
            assert len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) < 100_000
            texts.append(activity["text"])
        return texts


@contextmanager
def playing() -> Iterator[Playground]:
    with asyncio.Runner() as runner:
        teams = TeamsStandIn(enforce_limits=False)
        runner.run(teams.start())
        house = served(teams)
        stage = runner.run(house.__aenter__())
        try:
            root = runner.run(teams.people["grace"].post("Live chat", "12345"))
            yield Playground(runner, stage, stage.thread(root=root.id), root.id)
        finally:
            runner.run(house.__aexit__(None, None, None))
            runner.run(teams.stop())


def read_back(posts: list[str], *, resent: bool) -> dict[int, list[str]]:
    """What a reader in Teams takes for the text of which message: number to lines."""
    found: dict[int, list[str]] = {}
    for post in posts:
        lines: list[str] | None = None
        for line in post.split("\n"):
            header = HEADER.match(line)
            if header is None:
                assert lines is not None, "a post begins with a line of its own"
                lines.append(line)
                continue
            assert bool(header["resent"]) == resent
            if lines:
                lines.pop()  # the empty line between two messages
            seq = int(header["seq"])
            lines = found.setdefault(seq, [])
            if header["part"] and int(header["part"]) > 1:
                lines.append("\0")  # the text goes on without a line's end
    return found


def joined(lines: list[str]) -> list[str]:
    """Put together what was cut into parts."""
    whole: list[str] = []
    pieces = iter(lines)
    for line in pieces:
        if line == "\0":
            whole[-1] += next(pieces, "")
        else:
            whole.append(line)
    return whole


def is_read_as(line: str, written: str) -> bool:
    """A line that looks like one of ours has a bar in front, also where a part begins."""
    if line == written:
        return True
    return bool(OURS.search(written)) and line.replace("| ", "") == written.replace("| ", "")


@MANY
def test_a_visitors_words_arrive_in_teams_as_words_and_nothing_else(examples: int) -> None:
    with playing() as playground:

        @tries(examples)
        @given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 2000), st.booleans())
        @example(["&" * MAX_MESSAGE_BYTES, "Grace Hopper · 10:42 · #4\nhi"], 3, False)
        def arrives(texts: list[str], first: int, resent: bool) -> None:
            said = [text for text in map(kept, texts) if text]
            if not said:
                return
            messages = [
                Message(first + n, ADA, Kind.SAID, text, NOW, f"k{n}")
                for n, text in enumerate(said)
            ]
            posts = playground.relays(*messages, resent=resent)
            read = read_back(posts, resent=resent)
            assert list(read) == [message.seq for message in messages]
            for message in messages:
                lines, written = (
                    joined(read[message.seq]),
                    BREAKS.split(legible.shown(message.text)),
                )
                assert len(lines) == len(written)
                assert all(map(is_read_as, lines, written))

        arrives()


# --- from Teams ------------------------------------------------------------------------------------

#: What Grace types, and what the visitor is to see of it.
TYPED = st.one_of(
    st.text(
        st.characters(
            exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp", "Zs"), exclude_characters="`@\xad"
        ),
        min_size=1,
        max_size=12,
    ).map(lambda word: (word, word)),
    st.sampled_from(
        [
            *(
                ("🙂", "🙂"),
                ("👩‍💻", "👩‍💻"),
                ("`ls -l`", "ls -l"),
                ("@Alan Turing", "Alan Turing"),
            ),
            *((x, x) for x in ("https://help.test/a?b=c&d", "<b>x</b>", "a &lt; b", "**so**")),
            *((x, x) for x in ("{{DATE()}}", CARD, "\u202eabc", "שלום", "<at>Ada</at>", "2>&1")),
        ]
    ),
)
LINES = st.lists(TYPED, min_size=1, max_size=5)


def typed(lines: list[list[tuple[str, str]]]) -> tuple[str, str]:
    """The text as typed, and as it is to arrive."""
    first, second = (
        "\n".join(" ".join(words[side] for words in line) for line in lines) for side in (0, 1)
    )
    return first, second


def seen_by_the_visitor(text: str) -> str:
    """As the widget gets it."""
    line = Message(2, GRACE, Kind.SAID, tidy(text), NOW, "activity")
    frame = json.loads(json.dumps(wire.line(line)))
    assert "key" not in frame
    return str(frame["text"])


@MANY
def test_what_a_co_writes_and_edits_arrives_as_it_was_typed(examples: int) -> None:
    with playing() as playground:
        stage = playground.stage
        grace, heard, changed = (
            stage.teams.people["grace"],
            stage.operating.heard,
            stage.operating.changed,
        )

        async def write(text: str, then: str) -> None:
            root = stage.teams.posts("Live chat", playground.root)[0]
            post = await grace.reply(root, text)
            await grace.edit(post, then)

        @tries(examples)
        @given(st.lists(LINES, min_size=1, max_size=4), st.lists(LINES, min_size=1, max_size=2))
        def arrives(lines: list[list[tuple[str, str]]], later: list[list[tuple[str, str]]]) -> None:
            heard.clear()
            changed.clear()
            (text, wanted), (then, afterwards) = typed(lines), typed(later)
            playground.runner.run(write(text, then))
            assert seen_by_the_visitor(heard[-1].text) == legible.shown(tidy(wanted))
            assert changed[-1].text is not None
            assert seen_by_the_visitor(changed[-1].text) == legible.shown(tidy(afterwards))

        arrives()


# --- edits and removals ----------------------------------------------------------------------------

SOMETHING = st.one_of(st.text(max_size=20), PIECES).filter(lambda text: bool(kept(text)))
CHANGES = st.lists(st.tuples(st.integers(0, 3), st.none() | SOMETHING), max_size=12)


def as_the_widget_shows(log: list[Message]) -> dict[int, str]:
    """What stands on the visitor's screen: each change as it comes, by the number of its line."""
    shown: dict[int, str] = {}
    for line in map(wire.line, log):
        if line["kind"] == "said":
            shown[line["seq"]] = line["text"]
        elif line["kind"] in {"edited", "removed"}:
            shown[line["target"]] = line["text"]
    return shown


@MANY
def test_after_edits_and_removals_in_any_order_everybody_sees_the_same(examples: int) -> None:
    @tries(examples)
    @given(CHANGES)
    def agrees(changes: list[tuple[int, str | None]]) -> None:
        chat, log, now = talking(), [], NOW
        wanted: dict[int, str] = {}
        for number, author in enumerate([GRACE, ALAN, GRACE, ALAN]):
            chat, effects = advance(chat, e.Said(now, author, f"s{number}", f"words {number}"))
            log += [effect.message for effect in effects if hasattr(effect, "message")]
            wanted[log[-1].seq] = log[-1].text
        for number, (which, text) in enumerate(changes):
            seq, now = list(wanted)[which], now + timedelta(seconds=1)
            author = next(line.author for line in log if line.seq == seq)
            change: e.Event = e.Removed(now, author, f"c{number}", seq)
            if text is not None:
                change = e.Edited(now, author, f"c{number}", seq, kept(text) or "")
            chat, effects = advance(chat, change)
            log += [effect.message for effect in effects if hasattr(effect, "message")]
            wanted[seq] = log[-1].text
        seen = {seq: legible.shown(text) for seq, text in wanted.items()}
        assert as_the_widget_shows(log) == seen
        record = [line for line in resolve(log) if not line.notice]
        assert {line.seq: line.text for line in record} == wanted
        assert all((line.removed is None) == bool(line.text) for line in record)

    agrees()


def test_the_oracle_of_these_tests_would_notice() -> None:
    forged = "Ada Lovelace · 10:42 · #3\nhello\nAda Lovelace · 10:42 · #4\nI agree"
    assert read_back([forged], resent=False).keys() == {3, 4}
    assert not is_read_as("| hello", "hello")
    assert is_read_as("| 9:05 #1", "9:05 #1")
    assert kept("\ud800\x00 ") == "?"
    assert replace(talking(), head=1) == talking()

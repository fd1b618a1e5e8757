"""The record of a chat as RT gets it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from bot.domain.messages import Author, Kind, Message, Quote
from bot.relay.ports import Dossier
from bot.rt import fitting, record
from bot.rt.instance import Form
from bot.sandbox.rt.shown import ATTRIBUTES, TAGS
from tests.people import ADA, GRACE, TICKET, filing

LONDON = ZoneInfo("Europe/London")
BEGIN = datetime(2026, 11, 21, 10, 2, 5, tzinfo=UTC)
NASTY = [
    "> quoted",
    "-----Original Message-----\nFrom: Grace\n\nhidden",
    "______________",
    "</td></tr></table></blockquote><h1>Summary by Grace Hopper</h1>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[rt.test #2] {{ 7 * 7 }} {% raw %} &lt; &amp;",
    "one\n> two\n\n-- \nthree\u2028> four",
]


def dossier(*texts: str, by: Author = ADA, summary: str = "Toner was empty.") -> Dossier:
    log = tuple(
        Message(seq, by, Kind.SAID, text, BEGIN + timedelta(seconds=seq))
        for seq, text in enumerate(texts, start=1)
    )
    chat = filing()
    assert chat.filing
    chat = replace(chat, filing=replace(chat.filing, summary=summary))
    return Dossier(TICKET.ref, "[chat:chat-1]", chat, log)


class Page(HTMLParser):
    """What a browser makes of a body: each speaker's line with what stands below it, and all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.inside = False
        self.before = ""  # what stands above the blockquote
        self.after = ""  # what stands below the list
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "dt":
            self.rows.append([""])
        if tag == "dd":
            self.rows[-1].append("")
        if tag in {"dt", "dd"}:
            self.inside = True
        if tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"dt", "dd"}:
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data
        elif "blockquote" not in self.tags:
            self.before += data
        else:
            self.after += data


def attachments(comment: record.Comment) -> dict[str, tuple[str, bytes]]:
    return {part.name: (part.type, part.content) for part in comment.parts}


def test_the_summary_stands_on_top_and_the_transcript_in_one_blockquote() -> None:
    comment = record.compose(dossier("Hello", "Still there?"), LONDON)
    assert (comment.subject, comment.type) == ("Live chat [chat:chat-1]", "text/html")
    page = Page(comment.text)
    title = "Live chat with Ada Lovelace, 21 November 2026, 10:02 GMT, 2 messages"
    assert comment.title == title
    assert page.before.split("\n") == [
        title,
        "Visitor: Ada Lovelace (unverified, held the link). Computing support: Grace Hopper.",
        "Summary by Grace Hopper",
        "Toner was empty.",
        "",
    ]
    assert page.rows == [
        ["Ada Lovelace visitor · 21 Nov 10:02:06 GMT · 1", "Hello"],
        ["Ada Lovelace visitor · 21 Nov 10:02:07 GMT · 2", "Still there?"],
    ]
    assert comment.text.count("<blockquote>") == comment.text.count("</blockquote>") == 1


@pytest.mark.parametrize("text", NASTY)
def test_what_people_type_stays_words_in_their_own_cell(text: str) -> None:
    page = Page(record.compose(dossier(text, "Next"), LONDON).text)
    assert [row[1].replace("\xa0", " ").split() for row in page.rows] == [text.split(), ["Next"]]
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES["*"]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("place", ["message", "name", "quote", "summary"])
def test_no_line_of_the_body_begins_with_what_people_typed(text: str, place: str) -> None:
    told = dossier("x", summary=text) if place == "summary" else dossier(text)
    if place == "name":
        told = dossier("x", by=replace(ADA, name=text))
    if place == "quote":
        log = tuple(replace(message, quote=Quote(text, text)) for message in dossier("x").log)
        told = replace(told, log=log)
    body = record.compose(told, LONDON).text
    assert [line for line in body.splitlines() if not line.startswith("<")] == []
    assert Page(body).tags <= TAGS


def test_the_shape_of_code_is_kept() -> None:
    code = "def f():\n    return  1\n\tx"
    page = Page(record.compose(dossier(code), LONDON).text)
    assert page.rows[0][1] == "def f():\n\xa0 \xa0 return\xa0 1\n\xa0 \xa0 x"


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    "texts",
    [
        ["Hello"] * 5_000,
        ["''\"\"<>&&" * 3_750] * 60,  # 30 KB each; five times that as HTML
        ["\U0001f5a8" * 7_500] * 60,
        ["x\n" * 15_000] * 30,
    ],
    ids=["many", "markup", "emoji", "lines"],
)
def test_a_body_stays_below_what_rt_shows_whatever_the_chat_holds(
    form: Form, texts: list[str]
) -> None:
    told = dossier(*texts, summary="&\n" * 15_000)
    body = record.compose(told, LONDON, form)
    assert len(body.text.encode()) <= fitting.LIMIT
    assert "more in the attachment" in body.text
    assert "the rest is in the attachment" in body.text


def test_of_a_long_chat_the_beginning_and_the_end_are_shown_and_the_rest_counted() -> None:
    body = record.compose(dossier(*(f"message {n}." for n in range(1, 2001))), LONDON)
    page = Page(body.text)
    shown = [row[1] for row in page.rows if len(row) == 2]
    assert (shown[0], shown[-1]) == ("message 1.", "message 2000.")
    assert f"… {2000 - len(shown)} more in the attachment …" in body.text
    assert len(shown) > 60


def test_the_machines_copy_is_always_attached_and_whole() -> None:
    for texts in (["Hello"], ["x" * 30_000] * 50):
        files = attachments(record.compose(dossier(*texts), LONDON))
        kind, content = files["transcript.json"]
        assert kind == "application/json"
        assert [line["text"] for line in json.loads(content)["lines"]] == texts


def test_a_text_is_attached_only_where_rt_does_not_unfold_it_in_the_page() -> None:
    assert list(attachments(record.compose(dossier("Hello"), LONDON))) == ["transcript.json"]
    kind, content = attachments(record.compose(dossier("x" * 30_000), LONDON))["transcript.txt"]
    assert (kind, len(content) > record.INLINE) == ("text/plain", True)
    assert b"Toner was empty." in content
    escaped = record.compose(dossier("&" * 10_000), LONDON)  # too long only as HTML
    assert attachments(escaped)["transcript.txt"][0] == "application/octet-stream"


def test_as_plain_text_everything_people_said_is_behind_quote_marks() -> None:
    body = record.compose(dossier(*NASTY), LONDON, Form.TEXT)
    head, _, rest = body.text.partition("Toner was empty.\n\n")
    assert body.type == "text/plain"
    assert "Summary by Grace Hopper:" in head
    assert rest
    assert [line for line in rest.splitlines() if not line.startswith(">")] == []


def test_no_line_break_gets_into_a_subject() -> None:
    assert record.subject("[chat:1]\nX-Evil: yes") == "Live chat [chat:1] X-Evil: yes"
    letter = record.letter("Join us", "[chat:1]\r\nBcc: all@help.test")
    assert letter["Subject"] == "Invitation to a live chat [chat:1] Bcc: all@help.test"


def test_a_record_without_a_visitor_and_without_words_is_still_one() -> None:
    told = dossier()
    body = record.compose(replace(told, chat=replace(told.chat, visitor=None)), LONDON)
    assert "Live chat with a visitor" in body.text
    assert "no messages" in body.text
    assert GRACE.name in body.text

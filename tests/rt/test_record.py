"""The record of a chat as RT gets it."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.asking import Detail
from bot.domain.identity import Identity, Proof
from bot.domain.legible import parts
from bot.domain.matching import Match
from bot.domain.messages import Author, Kind, Message, Quote
from bot.domain.transcript_text import WIDTH
from bot.relay.ports import Attachment, Dossier
from bot.rt import fitting, record
from bot.rt.instance import Form
from bot.sandbox.rt.shown import ATTRIBUTES, TAGS
from tests.people import ADA, GRACE, TICKET, filing
from tests.rt.hostile import FORGED, TEXTS

LONDON = ZoneInfo("Europe/London")
BEGIN = datetime(2026, 11, 21, 10, 2, 5, tzinfo=UTC)
NASTY = [text for name, text in TEXTS.items() if name != "long"]
#: Text that is full of what may do harm, and of all else.
ANYTHING = st.text(
    st.characters() | st.sampled_from("\n\n\r\u2028\x85\x00\u202e\u2066\u2069 >-_<&[]#\t")
)


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


def words(text: str) -> list[str]:
    """A text's words as a reader sees them."""
    return " ".join(parts(text)).replace("\xa0", " ").split()


@pytest.mark.parametrize("text", NASTY)
def test_what_people_type_stays_words_below_their_own_name(text: str) -> None:
    page = Page(record.compose(dossier(text, "Next"), LONDON).text)
    assert [row[1].replace("\xa0", " ").split() for row in page.rows] == [words(text), ["Next"]]
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES["*"]


def told(text: str, place: str) -> Dossier:
    """A dossier in which a text stands in some place."""
    if place == "message":
        return dossier(text, text)
    if place == "summary":
        return dossier("x", summary=text)
    if place == "name":
        return dossier("x", by=replace(ADA, name=text))
    if place == "file":
        return replace(dossier("x"), files=(Attachment(1, text, text, b"x"),))
    if place == "detail":
        asked = dossier("x")
        return replace(asked, chat=replace(asked.chat, details=((Detail.ROOM, text),)))
    log = tuple(replace(message, quote=Quote(text, text)) for message in dossier("x").log)
    return replace(dossier("x"), log=log)


LONGEST = WIDTH + 2  # marks that keep a name from turning what stands beside it
PLACES = st.sampled_from(["message", "name", "quote", "summary", "file", "detail"])


@given(ANYTHING | st.sampled_from(NASTY), PLACES)
def test_no_line_of_the_body_begins_with_what_people_typed(text: str, place: str) -> None:
    body = record.compose(told(text, place), LONDON).text
    assert [line for line in body.splitlines() if not line.startswith("<")] == []
    page = Page(body)
    assert page.tags <= TAGS
    assert body.count("<blockquote>") == body.count("</blockquote>") == 1
    assert len(page.rows) == (2 if place == "message" else 1)
    assert page.after.strip().startswith("The whole record as JSON: ")


@given(ANYTHING | st.sampled_from(NASTY), PLACES)
def test_as_plain_text_only_our_own_lines_stand_at_the_speakers_column(
    text: str, place: str
) -> None:
    head, _, rest = record.compose(told(text, place), LONDON, Form.TEXT).text.partition("\n\n> ")
    lines = f"> {rest}".splitlines()
    assert [line for line in lines if not line.startswith(">")] == []
    said = (">   | ", ">   |", ">   + ")
    ours = [line for line in lines if line.startswith("> ") and not line.startswith(said)]
    *speakers, whole = ours
    assert whole.startswith("> The whole record as JSON: ")
    assert len(speakers) == (2 if place == "message" else 1)
    seen = [" ".join(line.split()) for line in lines]  # as RT's page runs white space together
    assert len([line for line in seen if line.startswith("> [")]) == len(speakers)
    assert all(line.startswith(f"> [{n}] 21 Nov 10:02:") for n, line in enumerate(speakers, 1))
    assert not [
        line for line in head.splitlines() if line.lstrip().startswith((">", "--", "______"))
    ]


@given(ANYTHING | st.sampled_from(NASTY), PLACES)
@example(" [", "summary")
def test_the_attached_text_is_as_safe_as_the_body(text: str, place: str) -> None:
    dossier_ = told(text, place)
    long = replace(
        dossier_, log=(*dossier_.log, Message(3, GRACE, Kind.SAID, "x " * 15_000, BEGIN))
    )
    content = attachments(record.compose(long, LONDON))["transcript.txt"][1].decode()
    ours = [line for line in content.splitlines() if line.startswith("[")]
    summary = set(parts(text.strip()) if place == "summary" else ())
    speakers = [line for line in ours if line not in summary]
    assert len(speakers) == (3 if place == "message" else 2)
    aside = summary | {line for line in content.splitlines() if line.startswith("  + ")}
    assert max(len(line) for line in content.splitlines() if line not in aside) <= LONGEST


@pytest.mark.parametrize("form", list(Form))
def test_a_speakers_line_cannot_be_had_by_filling_a_line(form: Form) -> None:
    """A window breaks a long line at white space; what comes then would begin at its margin."""
    for filling in range(60, 130):
        body = record.compose(dossier("x" * filling + " " + FORGED), LONDON, form).text
        assert form is Form.HTML or max(map(len, body.splitlines()[:-1])) <= len("> ") + WIDTH
        assert not [line for line in body.splitlines() if line.startswith((FORGED, f"> {FORGED}"))]


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


def test_files_are_attached_beside_the_transcript_and_named_where_they_came() -> None:
    files = (
        Attachment(1, "image.png", "image/png", b"\x89PNG"),
        Attachment(2, "image.png", "image/png", b"\x89PNG2"),
        Attachment(2, "notes.txt", "text/plain", b"> folded"),
        Attachment(2, "empty.log", "text/plain", b""),
    )
    comment = record.compose(replace(dossier("Look", "And"), files=files), LONDON)
    assert attachments(comment) | {"transcript.json": ()} == {
        "transcript.json": (),
        "image.png": ("image/png", b"\x89PNG"),
        "image-2.png": ("image/png", b"\x89PNG2"),
        "notes.txt": ("application/octet-stream", b"> folded"),
    }
    page = Page(comment.text)
    assert page.rows[1][2:] == [
        "Attached: image-2.png (image/png, 5 bytes), sent as image.png",
        "Attached: notes.txt (text/plain, 8 bytes)",
        "Attached: empty.log (text/plain, 0 bytes)",
    ]


def test_the_body_says_by_what_the_whole_record_is_known() -> None:
    comment = record.compose(dossier("Hello"), LONDON)
    data = comment.parts[0].content
    digest = hashlib.sha256(data).hexdigest()
    words = f"The whole record as JSON: {len(data)} bytes, SHA-256 {digest}"
    assert Page(comment.text).after.strip() == words


def test_a_reason_why_a_record_is_in_somebody_elses_ticket_stands_on_top() -> None:
    red = dossier("Hello")
    assert red.chat.filing
    chat = replace(
        red.chat, filing=replace(red.chat.filing, match=Match.RED, reason="asked\nby phone")
    )
    for form in Form:
        text = " ".join(record.compose(replace(red, chat=chat), LONDON, form).text.split())
        assert "says why it belongs here: asked by phone" in text.replace(" … ", " ")
        assert text.index("asked by phone") < text.index("Summary by")
    assert "do not match" not in record.compose(red, LONDON).text


def test_what_the_visitor_told_besides_his_question_stands_on_top() -> None:
    plain = dossier("Hello")
    details = ((Detail.ROOM, "AT 5.05"), (Detail.BROWSER, "Firefox 140, Linux"))
    for form in Form:
        told = replace(plain, chat=replace(plain.chat, details=details))
        text = " ".join(record.compose(told, LONDON, form).text.split())
        assert "Room or machine, as the visitor says: AT 5.05" in text
        assert "Browser and system, as the visitor says: Firefox 140, Linux" in text
        assert text.index("Firefox 140") < text.index("Summary by")
    assert "as the visitor says" not in record.compose(plain, LONDON).text


def test_the_address_that_a_stranger_gave_can_be_read_by_whoever_is_to_answer_him() -> None:
    plain = dossier("Hello")
    for proof, seen in ((Proof.ANONYMOUS, True), (Proof.SSO, False)):
        identity = Identity(proof, "", "Ada", "ada@elsewhere.test")
        for form in Form:
            told = replace(plain, chat=replace(plain.chat, identity=identity))
            text = " ".join(record.compose(told, LONDON, form).text.split())
            assert ("E-mail address, as the visitor says: ada@elsewhere.test" in text) is seen


def test_a_record_without_a_summary_says_so() -> None:
    plain = dossier("Hello")
    assert plain.chat.filing
    for summary in ("", " \n"):
        empty = replace(
            plain, chat=replace(plain.chat, filing=replace(plain.chat.filing, summary=summary))
        )
        for form in Form:
            text = " ".join(record.compose(empty, LONDON, form).text.split())
            assert "None was written." in text
    assert "None was written." not in record.compose(plain, LONDON).text


def test_a_title_holds_no_tag_that_rt_would_follow() -> None:
    comment = record.compose(dossier("x", by=replace(ADA, name="[rt.test #1]")), LONDON)
    assert "[" not in comment.title


def test_no_line_break_gets_into_a_subject() -> None:
    assert record.subject("[chat:1]\nX-Evil: yes") == "Live chat [chat:1] X-Evil: yes"
    letter = record.letter("Join us", "[chat:1]\r\nBcc: all@help.test", "Live chat")
    assert letter["Subject"] == "Live chat [chat:1] Bcc: all@help.test"


def test_a_record_without_a_visitor_and_without_words_is_still_one() -> None:
    told = dossier()
    body = record.compose(replace(told, chat=replace(told.chat, visitor=None)), LONDON)
    assert "Live chat with a visitor" in body.text
    assert "no messages" in body.text
    assert GRACE.name in body.text

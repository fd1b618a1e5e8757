"""What we write into RT: the record of a chat as one comment, and letters. Pure.

RT replaces a whole body of more than 25 KB by "too large", shows text attachments under that size
unfolded, and folds what stands in a blockquote. Hence: a body below fitting.LIMIT whatever the
chat's size, the transcript folded, and attachments that RT shows as one line each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from bot.domain import transcript
from bot.domain.chat import Chat
from bot.domain.legible import apart, parts, plain_name, untagged
from bot.domain.transcript import Line
from bot.domain.transcript_json import as_json, dump
from bot.domain.transcript_text import as_text
from bot.relay.ports import Dossier
from bot.rt.enclosures import BYTES, Part, enclose
from bot.rt.fitting import fit
from bot.rt.forms import Heading, HtmlForm, TextForm
from bot.rt.instance import Form

INLINE = 25 * 1024  # bytes; from here on RT does not show a text attachment in the page
JSON, TEXT = "transcript.json", "transcript.txt"


@dataclass(frozen=True, slots=True)
class Comment:
    """A record ready to be sent, whichever way: REST 2.0, REST 1.0 or mail.

    ``subject`` is what it is found by and holds nothing else. ``title`` is its heading as one line,
    for where a person chooses by it (a mail's or a new ticket's subject); RT sees no ticket's tag in
    it. ``type`` is the media type of ``text``. ``parts`` begins with transcript.json.
    """

    subject: str
    title: str
    text: str
    type: str
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the body of REST 2.0's ``POST ticket/N/comment``, without the files."""
        return {"Subject": self.subject, "Content": self.text, "ContentType": self.type}


def subject(marker: str) -> str:
    """Return the Subject of a record: what we find it by, so nothing else may be in it."""
    return " ".join(f"Live chat {marker}".split())


def letter(text: str, marker: str, heading: str) -> dict[str, Any]:
    """Return the body of a correspondence; heading and marker are what it is found by."""
    found = " ".join(f"{heading} {marker}".split())
    return {"Subject": found, "Content": text, "ContentType": "text/plain"}


def compose(dossier: Dossier, zone: tzinfo, form: Form = Form.HTML) -> Comment:
    """Write the record of a chat; the same dossier gives the same bytes."""
    enclosed = enclose(dossier.files, (JSON, TEXT))
    files, mailed = (named for named, _ in enclosed), transcript.mailed(dossier.chat)
    lines = transcript.resolve(dossier.log, files, mailed)
    machines = Part(JSON, "application/json", dump(as_json(dossier.chat, lines)))
    heading = _heading(dossier.chat, lines, zone, machines)
    is_html = form is Form.HTML
    body = fit(lines, HtmlForm(heading, zone) if is_html else TextForm(heading, zone))
    kept = {file.name for line in lines for file in line.files}
    return Comment(
        subject=subject(dossier.marker),
        title=untagged(heading.title),
        text=str(body.text),  # Jinja's own kind of text would escape what is added to it
        type="text/html" if is_html else "text/plain",
        parts=(
            machines,
            *([] if body.whole else [_people(dossier.chat, lines, zone, heading)]),
            # RT refuses a whole comment for the sake of one file that is empty.
            *(part for named, part in enclosed if named.name in kept and part.content),
        ),
    )


def _heading(chat: Chat, lines: tuple[Line, ...], zone: tzinfo, machines: Part) -> Heading:
    filing = chat.filing
    count = transcript.counted(transcript.spoken(lines))
    who = apart(transcript.visitor_name(chat))
    author = plain_name((filing.by if filing else chat.started_by).name)
    return Heading(
        title=f"Live chat with {who}, {transcript.span(chat, lines, zone)}, {count}",
        people=transcript.people(chat),
        reasons=(*transcript.reasons(chat), *transcript.details(chat), *transcript.rated(chat)),
        author=apart(author) or "computing support",
        summary=(filing.summary if filing else "").strip() or "None was written.",
        whole=f"The whole record as JSON: {len(machines.content)} bytes, SHA-256 {machines.sha256}",
    )


def _people(chat: Chat, lines: tuple[Line, ...], zone: tzinfo, heading: Heading) -> Part:
    """Return the whole record as a text."""
    summary = "\n".join(parts(heading.summary))
    text = f"Summary by {heading.author}:\n{summary}\n\n{as_text(chat, lines, zone)}"
    content = text.encode()
    # A text below RT's limit would stand in the page, unfolded; a binary file does not.
    return Part(TEXT, "text/plain" if len(content) > INLINE else BYTES, content)

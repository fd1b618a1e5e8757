"""What we write into RT: the record of a chat as one comment, and letters. Pure.

RT replaces a whole body of more than 25 KB by "too large", shows text attachments under that size
unfolded, and folds what stands in a blockquote. Hence: a body below fitting.LIMIT whatever the
chat's size, the transcript folded, and attachments that RT shows as one line each.
"""

from __future__ import annotations

import base64
import json
from datetime import tzinfo
from typing import Any

from bot.domain import transcript
from bot.relay.ports import Dossier
from bot.rt.fitting import Body, fit
from bot.rt.forms import Heading, HtmlForm, TextForm
from bot.rt.instance import Form

INLINE = 25 * 1024  # bytes; from here on RT does not show a text attachment in the page


def subject(marker: str) -> str:
    """Return the Subject of a record: what we find it by, so nothing else may be in it."""
    return " ".join(f"Live chat {marker}".split())


def letter(text: str, marker: str) -> dict[str, Any]:
    """Return the body of a correspondence that invites to a chat."""
    heading = " ".join(f"Invitation to a live chat {marker}".split())
    return {"Subject": heading, "Content": text, "ContentType": "text/plain"}


def compose(dossier: Dossier, zone: tzinfo, form: Form = Form.HTML) -> dict[str, Any]:
    """Return the JSON of the comment: Subject, Content, ContentType and Attachments."""
    lines = transcript.resolve(dossier.log)
    heading = _heading(dossier, lines, zone)
    is_html = form is Form.HTML
    body = fit(lines, HtmlForm(heading, zone) if is_html else TextForm(heading, zone))
    return {
        "Subject": subject(dossier.marker),
        "Content": str(body.text),  # Jinja's own kind of text would escape what is added to it
        "ContentType": "text/html" if is_html else "text/plain",
        "Attachments": _attachments(dossier, lines, zone, heading, body),
    }


def _heading(dossier: Dossier, lines: tuple[transcript.Line, ...], zone: tzinfo) -> Heading:
    chat, filing = dossier.chat, dossier.chat.filing
    count = transcript.counted(transcript.spoken(lines))
    who = transcript.visitor_name(chat)
    title = f"Live chat with {who}, {transcript.span(chat, lines, zone)}, {count}"
    author = transcript.plain_name((filing.by if filing else chat.started_by).name)
    return Heading(title, author or "computing support", filing.summary if filing else "")


def _attachments(
    dossier: Dossier,
    lines: tuple[transcript.Line, ...],
    zone: tzinfo,
    heading: Heading,
    body: Body,
) -> list[dict[str, str]]:
    data = json.dumps(transcript.as_json(dossier.chat, lines), ensure_ascii=False, indent=1)
    attached = [_attachment("transcript.json", "application/json", data)]
    if not body.whole:
        text = f"Summary by {heading.author}:\n{heading.summary}\n\n"
        text += transcript.as_text(dossier.chat, lines, zone)
        # A text below RT's limit would stand in the page, unfolded; a binary file does not.
        kind = "text/plain" if len(text.encode()) > INLINE else "application/octet-stream"
        attached.append(_attachment("transcript.txt", kind, text))
    return attached


def _attachment(name: str, kind: str, text: str) -> dict[str, str]:
    content = base64.b64encode(text.encode()).decode()
    return {"FileName": name, "FileType": kind, "FileContent": content}

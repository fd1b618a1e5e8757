"""What a person types, as Teams sends it on: ``text``, HTML, entities and attachments. Pure.

The text is made as poor as it has been seen in the field: emoji are missing, words like
``<data>`` are stripped, line breaks are lost. The HTML has everything.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]?")
_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```(\w*)\n(.*?)\n?```$", re.MULTILINE | re.DOTALL)
_SPRITES = (
    "https://statics.teams.cdn.office.net/evergreen-assets/personal-expressions/v2/assets/emoticons"
)


class Named(Protocol):
    """Somebody who can be mentioned."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass
class Written:
    """A message ready to be sent on."""

    text: str = ""
    html: str = ""
    entities: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)


@dataclass
class Picture:
    """A pasted picture, already stored under ``url``."""

    url: str


@dataclass
class Quoted:
    """A message that is quoted in a reply."""

    message_id: str
    author: str
    author_id: str
    preview: str


def write(
    typed: str,
    mentionable: Sequence[Named],
    pictures: Sequence[Picture] = (),
    quoted: Quoted | None = None,
) -> Written:
    """``@Name`` of somebody mentionable becomes a mention; ```` ``` ```` lines fence code, backticks mark it."""
    writer = _Writer(mentionable)
    writer.blocks(typed.strip("\n"))
    for picture in pictures:
        writer.picture(picture)
    done = writer.done
    if quoted:
        done.html = _quote(quoted) + done.html
    done.attachments.append({"contentType": "text/html", "content": done.html})
    return done


class _Writer:
    def __init__(self, mentionable: Sequence[Named]) -> None:
        self.done = Written()
        self._people = {f"@{p.name}": p for p in sorted(mentionable, key=lambda p: -len(p.name))}
        names = "|".join(re.escape(name) for name in self._people)
        patterns = [f"(?P<mention>(?:{names})(?!\\w))"] if names else []
        patterns += [
            f"(?P<code>{_CODE.pattern})",
            f"(?P<url>{_URL.pattern})",
            f"(?P<emoji>{_EMOJI.pattern})",
        ]
        self._token = re.compile("|".join(patterns))

    def blocks(self, typed: str) -> None:
        at = 0
        for fence in _FENCE.finditer(typed):
            self._paragraphs(typed[at : fence.start()].strip("\n"))
            self._code_block(fence.group(1), fence.group(2))
            at = fence.end()
        self._paragraphs(typed[at:].strip("\n"))

    def picture(self, picture: Picture) -> None:
        image = '<img itemscope itemtype="http://schema.skype.com/AMSImage" itemid="{0}" src="{0}" alt="image" width="250" height="167">'
        self.done.html += f"<p>{image.format(html.escape(picture.url))}</p>"
        self.done.attachments.append({"contentType": "image/*", "contentUrl": picture.url})

    def _paragraphs(self, text: str) -> None:
        for paragraph in re.split(r"\n{2,}", text) if text else []:
            lines = [self._line(line) for line in paragraph.split("\n")]
            self.done.html += f"<p>{'<br>'.join(lines)}</p>"
            self._text(" ")

    def _line(self, line: str) -> str:
        out, at = "", 0
        for token in self._token.finditer(line):
            out += self._plain(line[at : token.start()])
            markup, at = self._marked(token, line)
            out += markup
        out += self._plain(line[at:])
        self._text(" ")
        return out

    def _marked(self, token: re.Match[str], line: str) -> tuple[str, int]:
        kind, found, end = token.lastgroup, token.group(), token.end()
        if "mention" in self._token.groupindex and token.group("mention"):
            space = line[end : end + 1] == " "
            return self._mention(self._people[found]) + "&nbsp;" * space, end + space
        if found.startswith("`"):
            self._text(_poor(found.strip("`")))
            return f"<code>{html.escape(found.strip('`'), quote=False)}</code>", end
        if kind == "emoji" or _EMOJI.fullmatch(found):
            return self._emoji(found), end
        self._text(found)
        address = html.escape(found)
        return (
            f'<a href="{address}" rel="noreferrer noopener" title="{address}" target="_blank">{address}</a>',
            end,
        )

    def _mention(self, person: Named) -> str:
        item = len(self.done.entities)
        tag = f"<at>{html.escape(person.name, quote=False)}</at>"
        self.done.entities.append(
            {"mentioned": {"id": person.id, "name": person.name}, "text": tag, "type": "mention"}
        )
        self._text(tag + "&nbsp;")
        name = html.escape(person.name)
        return f'<span itemscope itemtype="http://schema.skype.com/Mention" itemid="{item}">{name}</span>'

    def _emoji(self, found: str) -> str:
        name = unicodedata.name(found[0], "emoji").lower().replace(" ", "")
        address = f"{_SPRITES}/{name}/default/20_f.png"
        self.done.attachments.append({"contentType": "image/*", "contentUrl": address})
        attributes = f'itemid="{name}" src="{address}" title="{name}" alt="{found}" style="width:20px; height:20px"'
        return f'<img itemscope itemtype="http://schema.skype.com/Emoji" {attributes}>'

    def _code_block(self, language: str, code: str) -> None:
        lines = "<br>".join(
            html.escape(line, quote=False).replace("  ", "&nbsp; ") for line in code.split("\n")
        )
        self.done.html += f'<codeblock class="{language}"><code>{lines}</code></codeblock>'
        self._text(_poor(code.replace("\n", " ")) + " ")

    def _plain(self, text: str) -> str:
        self._text(_poor(text))
        return html.escape(text, quote=False)

    def _text(self, text: str) -> None:
        self.done.text = (
            (self.done.text + text) if text.strip() else self.done.text.rstrip(" ") + text
        )


def _poor(text: str) -> str:
    return re.sub(r"</?\w[^<>]*>", "", text)


def _quote(quoted: Quoted) -> str:
    return (
        f'<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="{quoted.message_id}">'
        f'<strong itemprop="mri" itemid="{quoted.author_id}">{html.escape(quoted.author)}</strong>'
        f'<span itemprop="time" itemid="{quoted.message_id}"></span>'
        f'<p itemprop="preview">{html.escape(quoted.preview)}</p></blockquote>'
    )

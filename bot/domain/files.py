"""Files that come with messages: which ones are taken, and as what (pure).

Ending and content must both say the same, and it must be on a short list: nothing that a browser
might run, and nothing that hides what is in it. Who lets a file in by its ending alone gives out
markup as a picture; who goes by its content alone gives it a name that opens as something else.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

MAX_NAME = 80
MAX_ABOUT = 500  # characters of a description
_MOST_ENTRIES = 10_000
_ENTRY = b"PK\x01\x02"  # begins each entry in a ZIP archive's list
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Standing(StrEnum):
    """Where a message's file is."""

    HERE = "here"
    COMING = "coming"  # it is being fetched; a notice will say what became of it
    LINK = "link"  # it is elsewhere, and only its address is known


@dataclass(frozen=True, slots=True)
class File:
    """What a message tells of its file. ``id`` names it within the chat; ``size`` is in bytes.

    Of what is COMING type and size are not known (empty, 0); a LINK has a ``url`` and no ``id``.
    """

    id: str
    name: str
    type: str = ""
    size: int = 0
    standing: Standing = Standing.HERE
    url: str = ""


class BadFile(ValueError):
    """A file that is not taken; ``code`` is file_type or empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def file_name(name: str) -> str:
    """Return a file's own name, without a path, on one line, with its ending, and all of it seen."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", last))
    seen = "".join(c for c in seen if unicodedata.category(c) not in _UNSEEN)
    stem, dot, ending = " ".join(seen.split()).rpartition(".")
    stem, ending = (stem, dot + ending[:12]) if dot else (ending, "")
    stem = stem.strip(" .") or "file"
    room = MAX_NAME - len(ending)
    return (stem if len(stem) <= room else stem[: room - 1] + "…") + ending


def type_of(name: str, content: bytes) -> str:
    """Return the media type of a file, by ending and content. Raises BadFile."""
    if not content:
        raise BadFile("empty")
    _, dot, ending = name.rpartition(".")
    kind, fits = _KINDS.get(ending.lower() if dot else "", ("", None))
    if fits is None or not fits(content):
        raise BadFile("file_type")
    return kind


def picture_type(content: bytes) -> str:
    """Return the media type of a picture by its content alone, empty if it is none that is taken."""
    return next((kind for kind, fits in _PICTURES.items() if fits(content)), "")


def is_picture(kind: str) -> bool:
    """Tell whether files of that type are shown as pictures."""
    return kind in _PICTURES


def ending_of(kind: str) -> str:
    """Return the usual ending of a picture's type: ``.png``."""
    return "." + kind.partition("/")[2].replace("jpeg", "jpg")


# --- what content looks like -------------------------------------------------------------------

Fits = Callable[[bytes], bool]


def _begins(*heads: bytes) -> Fits:
    return lambda content: content.startswith(heads)


def _webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _gif(content: bytes) -> bool:
    return content[:6] in (b"GIF87a", b"GIF89a")


# Possessive throughout: what is matched once is never tried in other pieces. Of comments in a row
# there are more ways to do that than anybody can wait for, and nothing else runs meanwhile.
_MARKUP = re.compile(
    r"\s*+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype|\?xml|html|head|body|script|svg|iframe|table|div|a\b)",
    re.IGNORECASE | re.DOTALL,
)


def _text(content: bytes) -> bool:
    """Plain text in UTF-8, UTF-16 with its mark, or the usual 8-bit letters; and no markup."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            return False
    else:
        if b"\0" in content:
            return False
        text = content.decode("utf-8-sig", "replace")
    controls = sum(c < " " and c not in "\t\n\r\f\x1b" for c in text[:4096])
    return controls == 0 and not _MARKUP.match(text[:4096])


#: Entries that act or hide something: Office's macros, its old macro sheets, controls and embedded
#: objects; OpenDocument's Basic and other scripts.
_MACRO = re.compile(r"vbaproject|macrosheets/|activex|oleobject|(?:^|/)(?:basic|scripts)/")


def _zipped(*inside: str) -> Fits:
    """A package with these in it, and no macros."""

    def fits(content: bytes) -> bool:
        # Counted before the list is read: of 5 MiB it would take 42 MB.
        if not content.startswith(b"PK\x03\x04") or content.count(_ENTRY) > _MOST_ENTRIES:
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                names = [entry.filename for entry in package.infolist()]
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            return False
        lower = [name.lower() for name in names]
        macros = any(_MACRO.search(name) for name in lower)
        found = all(any(name.startswith(part) for name in names) for part in inside)
        return found and not macros

    return fits


_PICTURES: dict[str, Fits] = {
    "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _begins(b"\xff\xd8\xff"),
    "image/gif": _gif,
    "image/webp": _webp,
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_TEXTS = ("txt", "log", "csv", "md", "ini", "conf", "json", "yaml", "yml", "toml")
_KINDS: dict[str, tuple[str, Fits]] = {
    "png": ("image/png", _PICTURES["image/png"]),
    "jpg": ("image/jpeg", _PICTURES["image/jpeg"]),
    "jpeg": ("image/jpeg", _PICTURES["image/jpeg"]),
    "gif": ("image/gif", _gif),
    "webp": ("image/webp", _webp),
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "docx": (_OFFICE + "wordprocessingml.document", _zipped("[Content_Types].xml", "word/")),
    "xlsx": (_OFFICE + "spreadsheetml.sheet", _zipped("[Content_Types].xml", "xl/")),
    "pptx": (_OFFICE + "presentationml.presentation", _zipped("[Content_Types].xml", "ppt/")),
    "odt": (_OPEN + "text", _zipped("mimetype", "content.xml")),
    "ods": (_OPEN + "spreadsheet", _zipped("mimetype", "content.xml")),
    "odp": (_OPEN + "presentation", _zipped("mimetype", "content.xml")),
    **dict.fromkeys(_TEXTS, ("text/plain", _text)),
}

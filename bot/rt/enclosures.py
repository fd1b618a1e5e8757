"""Files on their way into RT: under which names, and as what, so that RT only lists them. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.legible import plain_name
from bot.domain.transcript import Attached
from bot.relay.ports import Attachment

#: Types that RT shows as a picture or hands to the browser as they are. Everything else is bytes to
#: be saved: RT would show a text in the page, unfolded, and serve markup that a visitor wrote.
SHOWN = re.compile(r"image/(?:png|jpeg|gif|webp|bmp)|application/pdf|(?:audio|video)/[a-z0-9.+-]+")
BYTES = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9.+-]{1,20}/[a-z0-9.+-]{1,80}")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._+-]+")
#: How the file's name begins by which a record is found (wire1.file_name): for nobody else's.
RECORD = "livechat-"
MAX_FILE_NAME = 60
MAX_ENDING = 12
#: So many bytes of a record's beginning hold its times, to the microsecond, and its summary.
_TELLING = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a comment or a mail."""

    name: str
    type: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    def is_left(self, found: bytes, *, ours: bool) -> bool:
        """Whether this is what RT leaves of it where it is too big (RT::Record::_EncodeLOB).

        What anybody could write must be ``ours``; nobody guesses as much as _TELLING of it.
        """
        begins = bool(found) and self.content.startswith(found)
        if begins and len(found) >= _TELLING:
            return True
        return ours and (begins or found == b"Large attachment dropped")


def enclose(files: Iterable[Attachment], taken: Iterable[str]) -> tuple[tuple[Attached, Part], ...]:
    """Give every file a name of its own, beside the names ``taken``, and a harmless type."""
    used = {name.casefold() for name in taken}
    enclosed = []
    for file in files:
        name = _unused(plain_file_name(file.name), used)
        declared = file.type.partition(";")[0].strip().lower()
        declared = declared if _TYPE.fullmatch(declared) else BYTES
        part = Part(name, declared if SHOWN.fullmatch(declared) else BYTES, file.content)
        original = plain_name(file.name) or name
        named = Attached(file.seq, name, original, declared, len(file.content), part.sha256)
        enclosed.append((named, part))
    return tuple(enclosed)


def plain_file_name(name: str) -> str:
    """Return a file's own name without a path, in letters that every way into RT leaves as they are.

    RT's REST 2.0 spoils the others: it takes an ``ü`` for a byte.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    stem, dot, ending = _FORBIDDEN.sub("_", plain).rstrip(" .").rpartition(".")
    stem, ending = (stem, dot + ending) if dot else (ending, "")
    ending = ending[:MAX_ENDING].rstrip(" ._")
    kept = stem[: MAX_FILE_NAME - len(ending)].strip(" ._")
    if kept.casefold().startswith(RECORD):
        kept = f"file-{kept}"[: MAX_FILE_NAME - len(ending)].rstrip(" ._")
    return (kept or "file") + ending


def _unused(name: str, used: set[str]) -> str:
    """Count a name up until nobody has it: pasted pictures are all called ``image.png``."""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot else (name, "")
    candidate, number = name, 1
    while candidate.casefold() in used:
        number += 1
        candidate = f"{stem}-{number}{ending}"
    used.add(candidate.casefold())
    return candidate

"""The widget's files, given out from memory: a file system that is slow holds nobody up."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

CACHING: Final = "public, max-age=300"
FOREVER: Final = "public, max-age=31536000, immutable"

_KINDS = {
    "widget.js": "text/javascript",
    "widget.js.map": "application/json",
    "poll.js": "text/javascript",
    "widget.css": "text/css",
    "frame.js": "text/javascript",
    "chat.css": "text/css",
}
_BESIDE = {"br": ".br", "gzip": ".gz"}  # the best first


@dataclass(frozen=True, slots=True)
class _Form:
    """One file as it is sent; ``encoding`` is empty for the file itself."""

    encoding: str
    body: bytes
    tag: str


class Bundle:
    """The files in ``folder``, each with what was compressed beforehand and lies beside it."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: _forms(folder / name) for name in _KINDS}
        words = {path.stem: path.read_bytes() for path in sorted(folder.glob("words/*.json"))}
        self._words = {language: _packed(body) for language, body in words.items()}
        #: Names the widget by its content: what is asked for by it never changes.
        self.version = version(folder)
        lazy = folder / "more.js"
        self._lazy = _packed(lazy.read_bytes()) if lazy.is_file() else []
        #: Names the script that the widget fetches, as widget/build.mjs does.
        self.lazy_edition = self._lazy[-1].tag[:8] if self._lazy else ""
        #: Names the files of words together, as widget/build.mjs does.
        self.edition = hashlib.sha256(b"".join(words.values())).hexdigest()[:8]

    def words(self, language: str, edition: str, request: web.Request) -> web.Response | None:
        """Answer with what the widget says in ``language``; None if it is not spoken here.

        The file of this edition never changes. A widget of another edition gets this one, too:
        its sentences are the keys, and what it lacks is said in English.
        """
        caching = FOREVER if edition == self.edition else CACHING
        return self._answer(self._words.get(language, []), "application/json", caching, request)

    def script(self, edition: str, request: web.Request) -> web.Response | None:
        """Answer with what the widget fetches with a chat; None for another edition's.

        The bundle and this script know one another's members by names that only one build gave.
        """
        if edition != self.lazy_edition:
            return None
        return self._answer(self._lazy, "text/javascript", FOREVER, request)

    def answer(self, name: str, request: web.Request) -> web.Response | None:
        """Answer with a file, in the best form that the browser takes; None if it is not there."""
        kind = _KINDS.get(name, "")
        named = name == "widget.js" and request.query.get("v") == self.version
        caching = FOREVER if named else CACHING
        return self._answer(self._files.get(name, []), kind, caching, request)

    def _answer(
        self, all_forms: list[_Form], kind: str, caching: str, request: web.Request
    ) -> web.Response | None:
        accepted = _accepted(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        forms = [f for f in all_forms if not f.encoding or f.encoding in accepted]
        if not forms:
            return None
        form = forms[0]
        response = web.Response(headers={hdrs.CACHE_CONTROL: caching})
        response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
        response.etag = form.tag
        if any(tag.value in (form.tag, "*") for tag in request.if_none_match or ()):
            response.set_status(304)
            return response
        response.headers[hdrs.CONTENT_TYPE] = f"{kind}; charset=utf-8"
        if form.encoding:
            response.headers[hdrs.CONTENT_ENCODING] = form.encoding
        response.body = form.body
        return response


def _forms(path: Path) -> list[_Form]:
    if not path.is_file():
        return []
    files = {encoding: path.with_name(path.name + end) for encoding, end in _BESIDE.items()}
    bodies = {encoding: file.read_bytes() for encoding, file in files.items() if file.is_file()}
    return [_form(encoding, body) for encoding, body in [*bodies.items(), ("", path.read_bytes())]]


def _packed(body: bytes) -> list[_Form]:
    return [_form("gzip", gzip.compress(body, mtime=0)), _form("", body)]


def _form(encoding: str, body: bytes) -> _Form:
    return _Form(encoding, body, hashlib.sha256(body).hexdigest()[:32])


def version(folder: Path) -> str:
    """Return the widget's name by its content, for ``widget.js?v=…``; empty if it was not built."""
    file = folder / "widget.js"
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else ""


def integrity(folder: Path) -> str:
    """Return the bundle's hash as browsers compare it: the attribute ``integrity`` (SRI)."""
    digest = hashlib.sha384((folder / "widget.js").read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def _accepted(header: str) -> set[str]:
    """Return the encodings that the browser names and does not refuse."""
    offers = [offer.strip().partition(";") for offer in header.lower().split(",")]
    return {name.strip() for name, _, weight in offers if weight.strip() not in ("q=0", "q=0.0")}

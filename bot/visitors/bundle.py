"""The widget's files, given out from memory: a file system that is slow holds nobody up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

CACHING: Final = "public, max-age=300"

_KINDS = {"widget.js": "text/javascript", "widget.js.map": "application/json"}
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

    def answer(self, name: str, request: web.Request) -> web.Response | None:
        """Answer with a file, in the best form that the browser takes; None if it is not there."""
        accepted = _accepted(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        forms = [f for f in self._files.get(name, ()) if not f.encoding or f.encoding in accepted]
        if not forms:
            return None
        form = forms[0]
        response = web.Response(headers={hdrs.CACHE_CONTROL: CACHING})
        response.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
        response.etag = form.tag
        if any(tag.value in (form.tag, "*") for tag in request.if_none_match or ()):
            response.set_status(304)
            return response
        response.headers[hdrs.CONTENT_TYPE] = f"{_KINDS[name]}; charset=utf-8"
        if form.encoding:
            response.headers[hdrs.CONTENT_ENCODING] = form.encoding
        response.body = form.body
        return response


def _forms(path: Path) -> list[_Form]:
    if not path.is_file():
        return []
    files = {encoding: path.with_name(path.name + end) for encoding, end in _BESIDE.items()}
    bodies = {encoding: file.read_bytes() for encoding, file in files.items() if file.is_file()}
    return [
        _Form(encoding, body, hashlib.sha256(body).hexdigest()[:32])
        for encoding, body in [*bodies.items(), ("", path.read_bytes())]
    ]


def _accepted(header: str) -> set[str]:
    """Return the encodings that the browser names and does not refuse."""
    offers = [offer.strip().partition(";") for offer in header.lower().split(",")]
    return {name.strip() for name, _, weight in offers if weight.strip() not in ("q=0", "q=0.0")}

"""The few lines of HTTP that msal needs, in the thread that asks Entra.

msal's own choice, requests, lets the environment (REQUESTS_CA_BUNDLE) overrule a configured
certificate file, and repeats requests on its own.
"""

from __future__ import annotations

import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

TIMEOUT = 10.0  # seconds
MAX_BYTES = 1024 * 1024


class EntraFailed(Exception):
    """Entra answered with an error status."""


@dataclass
class Answer:
    """An answer in the shape that msal reads."""

    status_code: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Raise EntraFailed for an error status."""
        if self.status_code >= 400:
            raise EntraFailed(self.status_code)


class EntraHttp:
    """msal's ``http_client``. ``ca_file`` replaces the system's trusted authorities."""

    def __init__(self, ca_file: str = "") -> None:
        context = ssl.create_default_context(cafile=ca_file or None)
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), _StayHere()
        )

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_more: Any,
    ) -> Answer:
        """GET ``url``."""
        return self._send(url, params, headers, None)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_more: Any,
    ) -> Answer:
        """POST a form to ``url``."""
        if isinstance(data, Mapping):
            data = urllib.parse.urlencode(data)
        body = data.encode() if isinstance(data, str) else data or b""
        return self._send(url, params, headers, body)

    def close(self) -> None:
        """Nothing is kept open."""

    def _send(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> Answer:
        if params:
            url = f"{url}?{urllib.parse.urlencode(params)}"
        if not url.startswith("https://"):
            raise ValueError("Entra is spoken to by https only.")
        sent = {name: str(value) for name, value in (headers or {}).items()}
        request = urllib.request.Request(url, data=body, headers=sent)  # noqa: S310 - https, above
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return _read(answer.status, answer.headers, answer.read(MAX_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error.headers, error.read(MAX_BYTES))


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the secret elsewhere."""

    def redirect_request(self, *_args: Any) -> None:
        """Follow nothing."""


def _read(status: int, headers: Message, body: bytes) -> Answer:
    return Answer(status, body.decode("utf-8", "replace"), dict(headers.items()))

"""Who somebody is, by the word of the web server in front of us.

Apache knows (single sign-on, Kerberos, Shibboleth, …) and says so in a header. A header is just
what somebody wrote, so it is believed only where nobody but the proxy can have written it: on a
Unix socket, or from loopback together with a secret that the proxy adds. Apache must drop what a
client sends under those names; that it does is looked at as well: two values, or another spelling
that some server would take for the same header, and the request is refused.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from aiohttp import web

from bot.domain.identity import LOGIN
from bot.visitors.guard import Refusal, is_loopback

SECRET_HEADER = "X-Livechat-Proxy"  # noqa: S105 - a header's name
#: What Apache writes for a variable that is not set.
_NOBODY = frozenset({"", "(null)", "-"})


@dataclass(frozen=True, slots=True)
class ProxyIdentity:
    """Reads ``header``. ``secret`` is what the proxy must show on TCP; on a socket none is needed.

    An empty ``header``: nobody is ever signed in. ``realms`` are those whose logins are this site's
    own: with a federation in front, ``ada@elsewhere.example`` is another Ada.
    """

    header: str = ""
    secret: str = field(default="", repr=False)
    realms: frozenset[str] = frozenset()

    def login(self, request: web.Request) -> str | None:
        """Return the login, None if nobody is signed in. Raises Refusal for what looks forged."""
        if not self.header:
            return None
        _check_spelling(request, self.header, SECRET_HEADER)
        values = request.headers.getall(self.header, [])
        if not values or (len(values) == 1 and values[0].strip() in _NOBODY):
            return None
        if len(values) > 1 or not LOGIN.fullmatch(values[0]) or not self._is_proxy(request):
            raise Refusal(403, "forged")
        return values[0]

    def local(self, login: str) -> str | None:
        """Return a login of this site without realm or domain, in lower case; None for another's."""
        plain, at, realm = login.casefold().partition("@")
        return plain if not at or realm in {ours.casefold() for ours in self.realms} else None

    def _is_proxy(self, request: web.Request) -> bool:
        """Tell whether only the proxy can have sent this."""
        if _on_socket(request) and not self.secret:
            return True
        if not (_on_socket(request) or is_loopback(request.remote or "")):
            return False
        shown = request.headers.getall(SECRET_HEADER, [])
        if not self.secret or len(shown) != 1:
            return False
        return hmac.compare_digest(shown[0].encode(), self.secret.encode())


def _check_spelling(request: web.Request, *names: str) -> None:
    """Refuse ``X_Remote_User`` and its like: a server that makes variables of headers mixes them up."""
    exact = {name.lower() for name in names}
    for sent in request.headers:
        plain = sent.strip().lower()
        if plain not in exact and plain.replace("_", "-") in exact:
            raise Refusal(403, "forged")


def _on_socket(request: web.Request) -> bool:
    transport = request.transport
    return transport is not None and not transport.get_extra_info("peername")

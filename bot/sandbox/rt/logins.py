"""How one gets into the stand-in's REST interface: RT's cookie, token and Basic, in RT's order."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

from aiohttp import web
from yarl import URL

COOKIE = "RT_SID_rt.test.80"
#: What RT says since November 2026 to a cookie's bearer who would write, and comes from elsewhere.
FORGERY = "Cross-site request forgery protection refused this request"


class Logins:
    """The service's account, its token and password, and who has a session.

    ``vouched`` says that a web server in front has checked a Kerberos ticket: then REST 1.0 gives
    out the cookie for the asking, as a real RT does behind mod_auth_gssapi. REST 2.0 never does.
    ``site`` is where RT takes itself to be, host and port; where it is, if empty.
    """

    def __init__(self, account: str, password: str, token: str, *, vouched: bool) -> None:
        self.account = account
        self.password = password
        self.token = token
        self.vouched = vouched
        self.site = ""
        self._sessions: set[str] = set()

    def forget(self) -> None:
        """Drop every session."""
        self._sessions.clear()

    def check(self, request: web.Request) -> web.Response | None:
        """Return RT's refusal of a REST 2.0 request; None if it is let in."""
        if "Cookie" in request.headers and not self._of_our_pages(request):
            return web.json_response({"message": FORGERY}, status=403)
        if self._knows(request):
            return None
        if "Cookie" in request.headers:  # RT takes it for a browser and sends it to the front page
            return web.Response(status=302, headers={"Location": "/"})
        return web.json_response(
            {"message": "Unauthorized"},
            status=401,
            headers={"WWW-Authenticate": 'Basic realm="example.com"'},
        )

    def _of_our_pages(self, request: web.Request) -> bool:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return True
        origin = request.headers.get("Origin", request.headers.get("Referer", ""))
        return URL(origin).authority == (self.site or request.host)

    def _knows(self, request: web.Request) -> bool:
        if request.cookies.get(COOKIE) in self._sessions:
            return True
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "token":
            return _same(rest.strip(), self.token)
        if scheme.lower() == "basic":
            return _same(_decoded(rest), f"{self.account}:{self.password}")
        return False

    def enter(self, request: web.Request) -> tuple[web.Response | None, str]:
        """Return REST 1.0's refusal or None, and a new session's cookie if there is none yet."""
        if request.cookies.get(COOKIE) in self._sessions:
            return None, ""
        if not (self.vouched or self._knows(request)):
            page = "<html><head><title>401 Unauthorized</title></head></html>"
            headers = {"WWW-Authenticate": "Negotiate"}
            refusal = web.Response(status=401, text=page, content_type="text/html", headers=headers)
            return refusal, ""
        session = secrets.token_hex(16)
        self._sessions.add(session)
        return None, session

    def give(self, answer: web.StreamResponse, session: str) -> None:
        """Put a session's cookie into an answer."""
        answer.set_cookie(COOKIE, session, httponly=True)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())

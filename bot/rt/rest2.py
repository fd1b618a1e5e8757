"""RT's REST 2.0 over requests: logging in, staying logged in, and which failures mean what.

Blocking: one object per thread (see gateway.py).
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import structlog
from urllib3 import exceptions as urllib3_errors

from bot.relay.ports import NotDone, OutsideError, Unclear
from bot.rt import kerberos
from bot.rt.instance import Login, RtInstance
from bot.rt.wire import Reply, trouble

log = structlog.get_logger(__name__)

#: Failures before the first byte of the request was written.
BEFORE = (urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError)


class Rest2:
    """A conversation with one RT.

    Behind Kerberos, RT's REST 2.0 knows nobody but by RT's own cookie, which REST 1.0 gives out to
    whomever the web server vouches for (facts measured on stock RT 4.4, 5 and 6). The cookie is
    asked for when needed and again when RT has forgotten it.
    """

    def __init__(self, instance: RtInstance) -> None:
        self._rt = instance
        self._session: requests.Session | None = None
        self._known = False
        self._account = instance.account

    def close(self) -> None:
        """Drop the connection and the cookie."""
        if self._session:
            self._session.close()
        self._session, self._known = None, False

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Ask for something. Raises NotDone."""
        return self._ask("GET", path, wrote=False, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Add something. Raises NotDone, Unclear."""
        return self._ask("POST", path, wrote=True, json=body)

    def put(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Change something. Raises NotDone, Unclear."""
        return self._ask("PUT", path, wrote=True, json=body)

    def account(self) -> str:
        """Return the service's own login name in RT; empty if RT does not tell. Raises NotDone."""
        if not self._account and self._rt.login is Login.KERBEROS:
            try:
                self._account = kerberos.standing().account
            except kerberos.NoKerberos as error:
                raise NotDone(f"{self._called} cannot be reached: {error}") from error
        elif not self._account and self._rt.token_owner:
            reply = self.get(f"user/{self._rt.token_owner}")
            user = reply.data if isinstance(reply.data, dict) else {}
            self._account = str(user.get("Name") or "")
        return self._account

    def _ask(self, method: str, path: str, *, wrote: bool, **content: Any) -> Reply:
        reply = self._try(method, path, wrote=wrote, **content)
        if reply.logged_out and self._rt.login is Login.KERBEROS:
            log.info("rt_logged_out", rt=self._rt.name, status=reply.status)
            self.close()  # RT has not looked at the request: ask again with a new cookie
            reply = self._try(method, path, wrote=wrote, **content)
        if problem := trouble(reply, self._called, wrote=wrote):
            raise problem
        return reply

    def _try(self, method: str, path: str, *, wrote: bool, **content: Any) -> Reply:
        self._log_in()
        return self._send(method, f"/REST/2.0/{path}", wrote=wrote, **content)

    def _log_in(self) -> None:
        if self._session is None:
            self._session = self._open()
        if self._known or self._rt.login is not Login.KERBEROS:
            return
        reply = self._send("GET", "/REST/1.0/", wrote=False)
        if reply.status == 200 and len(self._session.cookies):
            self._known = True
            return
        self.close()
        raise NotDone(self._login_problem(reply))

    def _open(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # neither .netrc nor proxies nor REQUESTS_CA_BUNDLE
        session.headers["User-Agent"] = "livechat"
        session.headers["Accept"] = "application/json"
        if self._rt.login is Login.KERBEROS:
            try:
                kerberos.standing()
                session.auth = kerberos.auth()
            except kerberos.NoKerberos as error:
                raise NotDone(f"{self._called} cannot be reached: {error}") from error
            return session
        # A cookie would make RT look for a session instead of at the login.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers["Authorization"] = self._authorization()
        return session

    def _authorization(self) -> str:
        if self._rt.login is Login.TOKEN:
            return f"token {self._rt.secret}"
        pair = f"{self._rt.account}:{self._rt.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def _login_problem(self, reply: Reply) -> str:
        if reply.status == 403:
            return (
                f"{self._called} does not know the live chat's account. Whoever administers RT "
                "must make a user of that name there."
            )
        if problem := trouble(reply, self._called, wrote=False):
            return problem.sentence
        return f"{self._called} gave the live chat no session (answer {reply.status})."

    def _send(self, method: str, path: str, *, wrote: bool, **content: Any) -> Reply:
        assert self._session
        try:
            answer = self._session.request(
                method,
                self._rt.base + path,
                timeout=(self._rt.connect_timeout, self._rt.read_timeout),
                allow_redirects=False,  # a redirect is RT's way to say "log in", never a way on
                verify=self._rt.ca or True,
                **content,
            )
            return Reply.read(answer.status_code, answer.headers, answer.content)
        except requests.RequestException as error:
            self.close()
            log.warning("rt_call_failed", rt=self._rt.name, method=method, error=_kind(error))
            raise self._failure(error, wrote=wrote) from error

    def _failure(self, error: requests.RequestException, *, wrote: bool) -> OutsideError:
        """Tell what is known to have happened when a request broke off."""
        if before_bytes(error):
            return NotDone(f"{self._called} cannot be reached at the moment ({_kind(error)}).")
        if wrote:
            return Unclear(f"{self._called} broke off while it was writing ({_kind(error)}).")
        if isinstance(error, requests.Timeout):
            seconds = f"{self._rt.read_timeout:g}"
            return NotDone(f"{self._called} did not answer within {seconds} seconds. Try again.")
        return NotDone(f"{self._called} broke off its answer ({_kind(error)}). Try again.")

    @property
    def _called(self) -> str:
        return f"RT ({self._rt.name})"


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and all that led to it, as requests, urllib3 and Python wrap it."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, getattr(one, "reason", None), *one.args]
    return found


def before_bytes(error: BaseException) -> bool:
    """Whether nothing of the request can have reached RT.

    Of TLS only a certificate that does not satisfy us is certain to come before the request.
    """
    return any(isinstance(e, (*BEFORE, ssl.SSLCertVerificationError)) for e in causes(error))


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted here"),
    (urllib3_errors.NameResolutionError, "its name is unknown"),
    (ConnectionRefusedError, "connection refused"),
    (urllib3_errors.ConnectTimeoutError, "no connection in time"),
    (urllib3_errors.NewConnectionError, "no connection"),
    (requests.Timeout, "no answer in time"),
    (ssl.SSLError, "TLS failed"),
)


def _kind(error: BaseException) -> str:
    chain = causes(error)
    for kind, words in _KINDS:
        if any(isinstance(e, kind) for e in chain):
            return words
    if type(error).__name__ == "MutualAuthenticationError":
        return "the server did not prove who it is"
    return "connection lost"

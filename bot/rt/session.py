"""HTTP to one RT: connections, who we are there, and what is known when a call breaks off.

Blocking: one object per thread (see gateway.py). What RT's answers mean is not known here.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bot.relay.outcomes import NotDone, OutsideError, Unclear
from bot.rt.instance import Login, RtInstance
from bot.rt.kerberos import Kerberos, KerberosTicket
from bot.rt.kerberos_trouble import LoginTrouble, NoKerberos

#: Bytes of an answer that are read at once, and of all of it: a record that is read back may have
#: the chat's text, escaped, in base64, and REST 1.0 lists all that is attached to a ticket.
_AT_ONCE, _MOST = 64 * 1024, 64 * 1024 * 1024
#: Failures before the first byte of the request was written.
BEFORE = (urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came over the wire; ``headers`` ignores case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooLate(Exception):
    """Our claim ran out before the first byte: by now others may be writing the same."""


class Session:
    """A conversation with one RT's web server.

    ``still`` tells whether our claim on what we write stands. It is asked when the connection stands
    and nothing of the request has left: a process that was stopped before that writes nothing, and
    one that is stopped after it holds a connection which the web server soon gives up.
    """

    def __init__(self, rt: RtInstance, *, cookies: bool) -> None:
        self._rt = rt
        self._cookies = cookies
        self._open: requests.Session | None = None
        self._kerberos = Kerberos(rt.host, rt.keytab, rt.principal)
        self.still: Callable[[], bool] = lambda: True

    @property
    def called(self) -> str:
        """What to call this RT in a sentence."""
        return f"RT ({self._rt.name})"

    @property
    def has_cookie(self) -> bool:
        """Whether RT gave us a session of its own."""
        return self._open is not None and len(self._open.cookies) > 0

    def close(self) -> None:
        """Drop the connections and the cookie."""
        if self._open:
            self._open.close()
        self._open = None

    def send(self, method: str, path: str, *, wrote: bool, **content: Any) -> Answer:
        """Ask for something; ``wrote`` if it may change anything. Raises NotDone, Unclear."""
        self.tickets()
        answer = self._once(method, path, wrote=wrote, **content)
        if not self._turned_away(answer):
            return answer
        self._kerberos.forget()  # the web server's key may be a new one, or a clock was set
        self.tickets()
        answer = self._once(method, path, wrote=wrote, **content)
        if self._turned_away(answer):
            challenge = answer.headers.get("WWW-Authenticate", "")
            raise LoginTrouble(self.called, self._kerberos.refusal(challenge))
        return answer

    def tickets(self) -> KerberosTicket | None:
        """Have Kerberos tickets, if that is how we log in. Raises NotDone."""
        if self._rt.login is not Login.KERBEROS:
            return None
        try:
            return self._kerberos.ticket()
        except NoKerberos as error:
            raise LoginTrouble(self.called, error) from error

    def account(self) -> str:
        """Return the first part of our Kerberos principal. Raises NotDone."""
        ticket = self.tickets()
        return ticket.account if ticket else ""

    def _turned_away(self, answer: Answer) -> bool:
        """Whether the web server did not take our ticket, so that RT was not even asked."""
        if self._rt.login is not Login.KERBEROS or answer.status != 401:
            return False
        kind = answer.headers.get("Content-Type", "")
        return "json" not in kind and not answer.body.startswith(b"RT/")

    def _once(self, method: str, path: str, *, wrote: bool, **content: Any) -> Answer:
        session = self._session()
        try:
            answer = session.request(
                method,
                self._rt.base + path,
                timeout=(self._rt.connect_timeout, self._rt.read_timeout),
                allow_redirects=False,  # one is RT's way to say "log in", never a way on
                verify=self._rt.ca or True,
                stream=True,
                **content,
            )
            return Answer(answer.status_code, answer.headers, _body(answer, self._rt.read_timeout))
        except TooLate as error:
            self.close()
            raise NotDone("The live chat came too late with it. We shall try again.") from error
        except requests.RequestException as error:
            self.close()
            raise self._failure(error, wrote=wrote) from error
        except OSError as error:  # requests looks for the file before it connects
            raise NotDone(
                f"The certificates for {self.called} cannot be read here. Whoever runs the live chat "
                "must look at its ca_file."
            ) from error

    def _session(self) -> requests.Session:
        if self._open is None:
            self._open = self._begin()
        return self._open

    def _begin(self) -> requests.Session:
        session = _Straight()
        session.trust_env = False  # neither .netrc nor proxies nor REQUESTS_CA_BUNDLE
        session.headers["User-Agent"] = "livechat"
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Watchful(self._may))
        if not self._cookies:  # a cookie would make RT look for a session instead of at the login
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if self._rt.login is Login.KERBEROS:
            session.auth = self._kerberos.auth()
        elif self._rt.login is Login.TOKEN:
            session.headers["Authorization"] = f"token {self._rt.secret}"
        else:
            session.auth = HTTPBasicAuth(self._rt.account.encode(), self._rt.secret.encode())
        return session

    def _may(self, method: str) -> None:
        if method not in ("GET", "HEAD") and not self.still():
            raise TooLate

    def _failure(self, error: requests.RequestException, *, wrote: bool) -> OutsideError:
        """Tell what is known to have happened when a request broke off."""
        if before_bytes(error):
            return NotDone(f"{self.called} cannot be reached at the moment ({words(error)}).")
        if wrote:
            return Unclear(f"{self.called} broke off while it was writing ({words(error)}).")
        if isinstance(error, requests.Timeout):
            seconds = f"{self._rt.read_timeout:g}"
            return NotDone(f"{self.called} did not answer within {seconds} seconds. Try again.")
        return NotDone(f"{self.called} broke off its answer ({words(error)}). Try again.")


def _body(answer: requests.Response, seconds: float) -> bytes:
    """Read all of an answer's body, unless it is endless: each read has its time, and so has the whole.

    Raises requests.RequestException.
    """
    ends, parts, size = time.monotonic() + seconds, [], 0
    try:
        while part := answer.raw.read1(_AT_ONCE, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > _MOST:
                raise requests.exceptions.ContentDecodingError("too much")
            if time.monotonic() > ends:
                raise requests.ReadTimeout("the body does not end")
    except urllib3_errors.ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except urllib3_errors.HTTPError as error:
        raise requests.ConnectionError(error) from error
    finally:  # what was read to its end keeps the connection for the next request
        answer.close()
    return b"".join(parts)


class _Straight(requests.Session):
    """Knows no redirects. Told only not to follow one, requests reads all of its body and its Location
    first, however long that goes on and whatever stands there.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _Watchful(HTTPAdapter):
    """Asks ``still(method)``, which may raise, when a request's first byte is next to leave.

    Kerberos reads what comes with a 401 by requests' own means, which have no limit: here they have.
    """

    def __init__(self, still: Callable[[str], None]) -> None:
        self._still = still
        super().__init__()

    def send(self, *args: Any, **more: Any) -> requests.Response:
        answer = super().send(*args, **more)
        seconds = more["timeout"][1]
        answer.iter_content = lambda *_: iter([_body(answer, seconds)])  # type: ignore[method-assign]
        return answer

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        plain, safe = _connections(self._still)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": safe}),
        }


def _connections(
    still: Callable[[str], None],
) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    class Plain(HTTPConnection):
        def request(self, method: str, url: str, *args: Any, **more: Any) -> None:
            if self.sock is None:
                self.connect()
            still(method)
            super().request(method, url, *args, **more)

    class Safe(HTTPSConnection):
        def request(self, method: str, url: str, *args: Any, **more: Any) -> None:
            if self.sock is None:
                self.connect()
            still(method)
            super().request(method, url, *args, **more)

    return Plain, Safe


# --- what went wrong -----------------------------------------------------------------------------


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


#: OpenSSL's codes for a certificate whose time it is not.
_TIMES = {
    9: "its certificate is not valid yet by this machine's clock",
    10: "its certificate has expired by this machine's clock",
}


def words(error: BaseException) -> str:
    """Say in a few words what kind of failure it was."""
    chain = causes(error)
    for code in (getattr(e, "verify_code", 0) for e in chain):
        if code in _TIMES:
            return _TIMES[code]
    for kind, said in _KINDS:
        if any(isinstance(e, kind) for e in chain):
            return said
    if type(error).__name__ == "MutualAuthenticationError":
        return "the server did not prove who it is"
    return "connection lost"

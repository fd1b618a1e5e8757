"""RT's REST 1.0: logging in, and RT's own troubles. What RT 4.4 has, and RT 5 and 6 still have.

Blocking: one object per thread (see gateway.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.relay.outcomes import Refused
from bot.rt.enclosures import Part
from bot.rt.instance import Login, RtInstance
from bot.rt.session import Session
from bot.rt.wire1 import Form, compose, plain_file_name, trouble

log = structlog.get_logger(__name__)


class Rest1:
    """A conversation with one RT.

    REST 1.0 takes the web server's word for who we are, by Kerberos or Basic. RT's own password is
    given once, in the body of a request, for RT's cookie; RT 5 has no tokens here.
    """

    def __init__(self, instance: RtInstance) -> None:
        self._rt = instance
        self.session = Session(instance, cookies=True)
        self._account = instance.account

    def close(self) -> None:
        """Drop the connection and the cookie."""
        self.session.close()

    def account(self) -> str:
        """Return the service's own login name in RT. Raises NotDone."""
        if not self._account and self._rt.login is Login.KERBEROS:
            self._account = self.session.account()
        return self._account

    def get(self, path: str, **asked: str) -> Form:
        """Ask for something. Raises NotDone."""
        return self._checked(self._get(path, asked), wrote=False)

    def list(self, path: str) -> Form:
        """Ask for a list, of which RT may have ``nothing`` to say. Raises NotDone."""
        form = self._get(path, {})
        return form if form.nothing else self._checked(form, wrote=False)

    def _get(self, path: str, asked: dict[str, str]) -> Form:
        form = self._try("GET", path, wrote=False, params=asked)
        if self._forgot(form):
            form = self._try("GET", path, wrote=False, params=asked)
        return form

    def post(self, path: str, fields: dict[str, str], files: Sequence[Part] = ()) -> Form:
        """Add or change something. Raises NotDone, Unclear."""
        parts = [(plain_file_name(part.name), part.type, part.content) for part in files]
        content = compose(fields, [name for name, _, _ in parts])
        sent: list[tuple[str, tuple[str | None, str | bytes, str]]] = [
            ("content", (None, content, "text/plain; charset=utf-8"))
        ]
        for n, (name, kind, data) in enumerate(parts, start=1):
            sent.append((f"attachment_{n}", (name, data, kind)))
        form = self._try("POST", path, wrote=True, files=sent)
        if self._forgot(form):
            form = self._try("POST", path, wrote=True, files=sent)
        return self._checked(form, wrote=True)

    def _forgot(self, form: Form) -> bool:
        """Whether RT did not know us, so that nothing was done and asking again may help."""
        forgot = form.http in (302, 401) or form.status == 401
        if forgot:
            log.info("rt_logged_out", rt=self._rt.name, status=form.status or form.http)
            self.close()
        return forgot

    def _checked(self, form: Form, *, wrote: bool) -> Form:
        if problem := trouble(form, self.session.called, wrote=wrote):
            raise problem
        return form

    def _try(self, method: str, path: str, *, wrote: bool, **content: object) -> Form:
        self._log_in()
        return Form.read(self.session.send(method, f"/REST/1.0/{path}", wrote=wrote, **content))

    def _log_in(self) -> None:
        """Give RT's own password, if that is how we come in; RT looks at it before anything else."""
        if self._rt.login is Login.TOKEN:
            raise Refused(f"{self.session.called} has no tokens in REST 1.0: set auth otherwise.")
        if self._rt.login is not Login.BASIC or self.session.has_cookie:
            return
        given = {"user": self._rt.account, "pass": self._rt.secret}
        self.session.send("POST", "/REST/1.0/", wrote=False, data=given)

"""RT's REST 2.0: logging in, staying logged in, and RT's own troubles.

Blocking: one object per thread (see gateway.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.relay.outcomes import NotDone
from bot.rt.enclosures import Part
from bot.rt.failures import trouble
from bot.rt.instance import Login, RtInstance
from bot.rt.session import Session
from bot.rt.wire import Reply, message

log = structlog.get_logger(__name__)


class Rest2:
    """A conversation with one RT.

    Behind Kerberos, RT's REST 2.0 knows nobody but by RT's own cookie, which REST 1.0 gives out to
    whomever the web server vouches for (facts measured on stock RT 4.4, 5 and 6). The cookie is
    asked for when needed and again when RT has forgotten it. An RT with a plugin that takes the web
    server's word in REST 2.0 too needs none (``RtInstance.vouched``).
    """

    def __init__(self, instance: RtInstance) -> None:
        self._rt = instance
        self._by_cookie = instance.login is Login.KERBEROS and not instance.vouched
        self.session = Session(instance, cookies=self._by_cookie)
        self._account = instance.account

    def close(self) -> None:
        """Drop the connection and the cookie."""
        self.session.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Ask for something. Raises NotDone."""
        return self._ask("GET", path, wrote=False, params=params)

    def knock(self) -> Reply:
        """Find nothing, in the way in which we write: RT may take that for another site's. Raises NotDone."""
        return self._ask("POST", "tickets", wrote=False, params={"query": "id=0"})

    def post(self, path: str, body: Mapping[str, Any], files: Sequence[Part] = ()) -> Reply:
        """Add something, with files if it is a message. Raises NotDone, Unclear."""
        if not files:
            return self._ask("POST", path, wrote=True, json=body)
        return self._ask("POST", path, wrote=True, data=message(body, files))

    def put(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Change something. Raises NotDone, Unclear."""
        return self._ask("PUT", path, wrote=True, json=body)

    def account(self) -> str:
        """Return the service's own login name in RT; empty if RT does not tell. Raises NotDone."""
        if not self._account and self._rt.login is Login.KERBEROS:
            self._account = self.session.account()
        elif not self._account and self._rt.token_owner:
            reply = self.get(f"user/{self._rt.token_owner}")
            user = reply.data if isinstance(reply.data, dict) else {}
            self._account = str(user.get("Name") or "")
        return self._account

    def _ask(self, method: str, path: str, *, wrote: bool, **content: Any) -> Reply:
        reply = self._try(method, path, wrote=wrote, **content)
        if reply.logged_out and self._by_cookie:
            log.info("rt_logged_out", rt=self._rt.name, status=reply.status)
            self.close()  # RT has not looked at the request: ask again with a new cookie
            reply = self._try(method, path, wrote=wrote, **content)
        if problem := trouble(reply, self.session.called, wrote=wrote):
            raise problem
        return reply

    def _try(self, method: str, path: str, *, wrote: bool, **content: Any) -> Reply:
        self._log_in()
        return self._send(method, f"/REST/2.0/{path}", wrote=wrote, **content)

    def _log_in(self) -> None:
        if self.session.has_cookie or not self._by_cookie:
            return
        reply = self._send("GET", "/REST/1.0/", wrote=False)
        if reply.status == 200 and self.session.has_cookie:
            return
        self.close()
        raise NotDone(self._login_problem(reply))

    def _login_problem(self, reply: Reply) -> str:
        if reply.status == 403:
            return unknown_account(self.session.called)
        if problem := trouble(reply, self.session.called, wrote=False):
            return problem.sentence
        return f"{self.session.called} gave the live chat no session (answer {reply.status})."

    def _send(self, method: str, path: str, *, wrote: bool, **content: Any) -> Reply:
        headers = {"Accept": "application/json"}
        if self._by_cookie:  # whoever has but a cookie must come from RT's own pages to write there
            headers["Origin"] = self._rt.origin
        if "data" in content:
            headers["Content-Type"] = "application/json"
        answer = self.session.send(method, path, wrote=wrote, headers=headers, **content)
        return Reply.read(answer.status, answer.headers, answer.body)


def unknown_account(called: str) -> str:
    """Say that the web server let us in and RT has no such user."""
    return (
        f"{called} does not know the live chat's account. Whoever administers RT must make a user "
        "of that name there."
    )

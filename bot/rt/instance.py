"""One Request Tracker: where it is and how we log in there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

# An RT auth token says whose it is: "1-43-0123…" belongs to the user with the id 43.
_TOKEN = re.compile(r"\d+-(\d+)-\w+")


class Login(StrEnum):
    """How the service proves to an RT who it is."""

    KERBEROS = "kerberos"  # the web server's Negotiate, then RT's own cookie
    TOKEN = "token"  # noqa: S105  # an RT auth token, RT 5 and later
    BASIC = "basic"  # the account's RT password


class Form(StrEnum):
    """What the record of a chat looks like in RT."""

    HTML = "html"
    TEXT = "text"  # lines that begin with "> ", which RT folds too


@dataclass(frozen=True, slots=True)
class RtInstance:
    """An RT as the settings name it.

    ``url`` is RT's own base address (its ``WebBaseURL`` and ``WebPath``), without REST/2.0.
    ``account`` is the service's login name in RT; it may stay empty with Kerberos (then it is the
    principal's first part) and with a token (which knows its owner). ``secret`` is the token or
    the password. ``ca`` is a PEM file to trust instead of the usual authorities. ``keytab`` is a
    file for this RT alone; without one the process's environment says whose tickets we have.
    ``vouched`` says that its REST 2.0 takes the web server's word for who we are, by a plugin.
    Time-outs are in seconds; at most ``workers`` calls run at a time.
    """

    name: str
    url: str
    login: Login = Login.KERBEROS
    account: str = ""
    secret: str = field(default="", repr=False)
    ca: str = ""
    keytab: str = ""
    vouched: bool = False
    form: Form = Form.HTML
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    workers: int = 4

    @property
    def base(self) -> str:
        """The address without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def token_owner(self) -> str:
        """RT's id of the user whose token this is, or nothing."""
        match = _TOKEN.fullmatch(self.secret) if self.login is Login.TOKEN else None
        return match[1] if match else ""

    def page(self, number: int, transaction: int = 0) -> str:
        """The address of a ticket's page, at one of its transactions if given."""
        anchor = f"#txn-{transaction}" if transaction else ""
        return f"{self.base}/Ticket/Display.html?id={number}{anchor}"

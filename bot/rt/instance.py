"""One Request Tracker: where it is and how we log in there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from bot.rt.mail import MailRoute

# An RT auth token says whose it is: "1-43-0123…" belongs to the user with the id 43.
_TOKEN = re.compile(r"\d+-(\d+)-\w+")


class Login(StrEnum):
    """How the service proves to an RT who it is."""

    KERBEROS = "kerberos"  # the web server's Negotiate, then RT's own cookie
    TOKEN = "token"  # noqa: S105  # an RT auth token, RT 5 and later
    BASIC = "basic"  # the account's RT password


class Api(StrEnum):
    """How RT is read, and written to unless that is done by mail."""

    REST2 = "rest2"
    REST1 = "rest1"
    NONE = "none"  # not read at all


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
    ``principal`` is which of the keytab's is ours, the first one if empty.
    ``vouched`` says that its REST 2.0 takes the web server's word for who we are, by a plugin.
    ``mail`` is how records are written if that is done by mail; then ``api`` only reads.
    ``queues`` are those whose tickets the chat may work with, all if empty; in ``makes_in`` it makes
    tickets by itself; ``statuses`` are those that
    it may set. ``marker_field`` is a
    ticket's custom field for our marker in new tickets, beside their subject; ``rating_field`` is
    one for whether the chat helped.
    Time-outs are in seconds; at most ``workers`` calls run at a time.
    """

    name: str
    url: str
    login: Login = Login.KERBEROS
    api: Api = Api.REST2
    account: str = ""
    secret: str = field(default="", repr=False)
    ca: str = ""
    keytab: str = ""
    principal: str = ""
    vouched: bool = False
    form: Form = Form.HTML
    mail: MailRoute | None = None
    queues: tuple[str, ...] = ()
    makes_in: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    marker_field: str = ""
    rating_field: str = ""
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    workers: int = 4

    @property
    def base(self) -> str:
        """The address without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def origin(self) -> str:
        """The web site that RT's own pages are, as browsers name it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"

    @property
    def host(self) -> str:
        """The web server's name, by which Kerberos knows it."""
        return urlsplit(self.url).hostname or ""

    @property
    def token_owner(self) -> str:
        """RT's id of the user whose token this is, or nothing."""
        match = _TOKEN.fullmatch(self.secret) if self.login is Login.TOKEN else None
        return match[1] if match else ""

    def takes(self, queue: str) -> bool:
        """Whether the chat may work with tickets of this queue."""
        return not self.queues or queue.casefold() in {one.casefold() for one in self.queues}

    def page(self, number: int, transaction: int = 0) -> str:
        """The address of a ticket's page, at one of its transactions if given."""
        anchor = f"#txn-{transaction}" if transaction else ""
        return f"{self.base}/Ticket/Display.html?id={number}{anchor}"

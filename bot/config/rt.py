"""The section of one Request Tracker. The text under each setting is its documentation."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from bot.config.sections import Section
from bot.config.values import BaseUrl, ReadableFile, SecretFromFile, wrong


class RtAuth(StrEnum):
    """How the service signs in to an RT."""

    KERBEROS = "kerberos"
    TOKEN = "token"  # noqa: S105  a word
    BASIC = "basic"


class RtApi(StrEnum):
    """How records get into an RT."""

    REST2 = "rest2"
    REST1 = "rest1"
    MAIL = "mail"


class RtReadApi(StrEnum):
    """How an RT that is written to by mail is read."""

    REST2 = "rest2"
    REST1 = "rest1"
    NONE = "none"


class Rt(Section):
    """One Request Tracker, `[rt.<name>]`. The one that a bare number means is `[rt.rt]`."""

    api: RtApi = RtApi.REST2
    """`rest2`; `rest1`, for RT 4.4 without the extension; or `mail`, by RT's mail gateway, which
    needs the section `[mail]`, `mail_to` and `rtname`. docs/rt.md compares them."""
    read_api: RtReadApi = RtReadApi.NONE
    """Mail: how to look at tickets, and whether records arrived: `rest2` or `rest1`. Without one,
    tickets are not shown, and receipts say that RT did not confirm them."""
    rtname: str = Field(
        default="", max_length=64, pattern=r"^[^\[\]#\s]*$", examples=["rt.example.org"]
    )
    """Mail: RT's `$rtname`, which stands in the tags of its subjects: `[rt.example.org #123]`."""
    mail_to: str = Field(
        default="", pattern=r"^([^@\s<>]+@[^@\s<>]+)?$", examples=["support-comment@rt.example.org"]
    )
    """Mail: the gateway's address for comments (`rt-mailgate --action comment`)."""
    mail_queues: dict[str, str] = Field(
        default={}, examples=[{"Support": "support@rt.example.org"}]
    )
    """Mail: the gateway's addresses for new tickets, by queue."""
    queues: tuple[str, ...] = ()
    """The queues whose tickets the chat may work with; tickets of others are refused when they are
    asked for and again when they are filed. Empty: every queue that the account may see."""
    triage: str | None = Field(default=None, min_length=1, examples=["Live chat triage"])
    """The queue in which doubtful records become new tickets, to be sorted out: by a CO's choice, and
    by themselves where nobody decides: visitor and ticket do not fit, RT refused the record, or the
    ticket had changed. Not set: there is no such choice, and such records are held."""
    marker_field: str = Field(default="", pattern=r"^[^{}'\\]*$", examples=["Chat ID"])
    """A custom field of tickets that takes our marker in new tickets, beside the subject. Empty:
    the subject alone."""
    rating_field: str = Field(
        default="", max_length=64, pattern=r"^[^{}'\\\n]*$", examples=["Chat rating"]
    )
    """A custom field of tickets, of one value, that is set to what the visitor answered (`yes`,
    `partly` or `no`) on the ticket that has the record. Empty: it stands in the record only."""

    url: BaseUrl = Field(examples=["https://rt.example.org"])
    """RT's web address, up to where `/Ticket/` or `/REST/` would follow."""
    auth: RtAuth = RtAuth.KERBEROS
    """`kerberos`, `token` (RT 5's authentication tokens) or `basic` (user and password)."""
    account: str | None = Field(default=None, min_length=1, examples=["livechat"])
    """The name of the service's user in RT. Needed for `basic`; with Kerberos it is the first part
    of the principal unless set, and a token knows its owner."""
    keytab: ReadableFile | None = None
    """Kerberos: the keytab; tickets are got and renewed from it, in memory. Each RT may have its
    own. Not set: `KRB5_CLIENT_KTNAME`, else the tickets that are there."""
    principal: str = Field(default="", pattern=r"^[^\s]*$", examples=["livechat@EXAMPLE.ORG"])
    """Kerberos: which of the keytab's principals is ours, if it has several. Empty: its first."""
    vouched: bool = False
    """Kerberos: RT has a plugin by which its REST 2.0 takes the web server's word for who we are.
    Then no session cookie is fetched first, and REST 1.0 may be closed."""
    password: SecretStr | None = None
    """Basic: the password. Better: the next setting."""
    password_file: SecretFromFile | None = None
    """Basic: a file with the password."""
    token: SecretStr | None = None
    """Token: the token. Better: the next setting."""
    token_file: SecretFromFile | None = None
    """Token: a file with the token."""
    ca_file: ReadableFile | None = None
    """Certificates (PEM) to trust for this RT, if not the system's."""
    statuses: tuple[str, ...] = ("resolved", "stalled")
    """Statuses that a CO may set with Send to RT. Empty: comment only."""
    form: Literal["html", "text"] = "html"
    """What the record looks like in RT: `html`, the transcript folded; or `text`, with `> ` lines,
    which RT folds too."""

    @property
    def host(self) -> str:
        """The host, with its port if any, as it stands in a pasted ticket URL; lower case."""
        return urlsplit(self.url).netloc.lower()

    @model_validator(mode="after")
    def _has_a_way(self) -> Self:
        if self.triage and self.queues and self.triage not in self.queues:
            raise wrong("triage", "it is not among the queues that the live chat may work with")
        by_mail = self.api is RtApi.MAIL
        for name in ("rtname", "mail_to"):
            if by_mail and not getattr(self, name):
                raise wrong(name, 'it is missing: api = "mail" needs it')
        if self.rating_field and self.reads_by is RtReadApi.NONE:
            raise wrong("rating_field", "a mail sets no fields of tickets: it needs read_api")
        if not by_mail and self.read_api is not RtReadApi.NONE:
            raise wrong("read_api", 'it is for api = "mail" only')
        if self.reads_by is RtReadApi.REST1 and self.auth is RtAuth.TOKEN:
            raise wrong("auth", 'REST 1.0 takes no tokens: write "kerberos" or "basic"')
        return self

    @property
    def reads_by(self) -> RtReadApi:
        """The API that is spoken to, if any."""
        return self.read_api if self.api is RtApi.MAIL else RtReadApi(self.api.value)

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if self.reads_by is RtReadApi.NONE:
            return self
        needs: dict[RtAuth, tuple[tuple[str, object], ...]] = {
            RtAuth.KERBEROS: (),
            RtAuth.TOKEN: (("token_file", self.token),),
            RtAuth.BASIC: (("account", self.account), ("password_file", self.password)),
        }
        for name, value in needs[self.auth]:
            if value is None:
                raise wrong(name, f'it is missing: auth = "{self.auth}" needs it')
        return self

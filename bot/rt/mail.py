"""Mail by SMTP (relay.ports.Mailer): the pure half says what goes out and what an error means."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderDefect, HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

import structlog

from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear
from bot.relay.ports import Mailer
from bot.rt.threads import Threads

log = structlog.get_logger(__name__)


#: What the standard library raises for what is no address; the last three are faults of its own, over
#: brackets that nobody closes.
_NO_ADDRESS = (
    HeaderDefect,
    HeaderParseError,
    ValueError,
    IndexError,
    AttributeError,
    UnboundLocalError,
    RecursionError,
)
_TOO_BIG = 552  # of a sender or a text; of a recipient it means that his box is full


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Stage(StrEnum):
    """How far the handing in of a mail got."""

    BEFORE = "before"
    UNDER_WAY = "under way"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. ``sender`` is the From address; time-out in seconds."""

    host: str
    sender: str
    port: int = 25
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    sender_name: str = "Live chat"
    ca: str = ""
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class MailRoute:
    """How records get into an RT by mail.

    ``to`` is the gateway's address for comments, ``rtname`` RT's own name in its subject tags,
    ``queues`` the addresses for new tickets by queue. ``patience`` is for how many seconds we wait
    to see a record in RT that the mail server took.
    """

    server: MailServer
    to: str
    rtname: str
    queues: Mapping[str, str] = field(default_factory=dict)
    patience: float = 20.0


@dataclass(frozen=True, slots=True)
class Sentences:
    """What to tell people of a mail that did not go, by what is known of it."""

    closed: str
    refused: str
    broke_off: str
    later: str
    too_big: str = ""


INVITATION = Sentences(
    closed="The mail server does not let the live chat send mail. Pass the link on.",
    refused="The mail server refused the invitation. Check the requestor's address in RT, or pass "
    "the link on yourself.",
    broke_off="The mail server broke off: the invitation may have gone or not.",
    later="The mail server did not take the invitation yet. We shall try again.",
)


class SmtpMailer(Mailer):
    """Hands mail to one server, in at most two threads."""

    def __init__(
        self, server: MailServer, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._server = server
        self._clock = clock
        self._threads = Threads(2, "mail")

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send one plain-text mail. Raises NotDone, Unclear, Refused."""
        mail = compose(self._server, to, subject, text, message_id, self._clock())
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, hand_in, self._server, mail)

    def close(self) -> None:
        """Take no more mail."""
        self._threads.shutdown()


def compose(
    server: MailServer, to: str, subject: str, text: str, message_id: str, at: datetime
) -> EmailMessage:
    """Return the mail. Raises Refused for an address that is none; no header can be smuggled in.

    A ``message_id`` that names no domain gets the sender's.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = address(server.sender, server.sender_name)
    mail["To"] = address(to)
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(at)
    name = "".join(message_id.split()).strip("<>")
    mail["Message-ID"] = f"<{name}>" if "@" in name else f"<{name}@{_domain(server.sender)}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    mail.set_content(text, cte="quoted-printable")
    return mail


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2]


def address(text: str, name: str = "") -> Address:
    """Read one address. Raises Refused."""
    try:
        return Address(name, addr_spec=text)
    except _NO_ADDRESS as error:
        raise Refused(
            "That is no address that mail can be sent to. Pass the link on yourself."
        ) from error


def hand_in(
    server: MailServer,
    mail: EmailMessage,
    sentences: Sentences = INVITATION,
    *,
    still: Callable[[], bool] = lambda: True,
) -> None:
    """Hand a mail to its server, unless ``still`` says that it is too late for that.

    Blocking. Raises NotDone, Unclear, Refused.
    """
    stage = Stage.BEFORE
    try:
        with _connect(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            if not still():
                raise NotDone("The live chat came too late with it. We shall try again.")
            stage = Stage.UNDER_WAY
            smtp.send_message(mail, server.sender)
            stage = Stage.TAKEN
    except (OSError, smtplib.SMTPException) as error:
        if stage is Stage.TAKEN:
            return  # only saying goodbye went wrong
        problem = meaning(error, stage, sentences)
        log.warning("mail_failed", error=type(error).__name__, outcome=type(problem).__name__)
        raise problem from error


def stands(server: MailServer) -> str:
    """Say what keeps us from handing in mail; nothing if the server would listen. Sends none."""
    try:
        with _connect(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        return f"The mail server {server.host} does not serve us ({type(error).__name__})."
    return ""


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.security is Security.TLS:
        trust = ssl.create_default_context(cafile=server.ca or None)
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=trust)
    smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        if server.security is Security.STARTTLS:
            smtp.starttls(context=ssl.create_default_context(cafile=server.ca or None))
    except BaseException:
        smtp.close()
        raise
    return smtp


def meaning(error: Exception, stage: Stage, sentences: Sentences = INVITATION) -> OutsideError:
    """Tell what an error while handing in means.

    A server's answer is a fact: 5xx about this mail will not change, 4xx may. What it does not let
    us do at all is for whoever runs the service. No answer leaves it open.
    """
    code = _code(error)
    if code == _TOO_BIG and isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return Refused(sentences.too_big or sentences.refused)
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused):
        return NotDone(sentences.closed)
    if stage is Stage.UNDER_WAY and (
        code >= 500 or isinstance(error, smtplib.SMTPNotSupportedError)
    ):
        return Refused(sentences.refused)
    if stage is Stage.UNDER_WAY and not code:
        return Unclear(sentences.broke_off)
    return NotDone(sentences.later)


def _code(error: Exception) -> int:
    """Return the server's answer, 0 if it did not answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=0)
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else 0

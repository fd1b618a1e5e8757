"""Invitations by mail, handed to a real SMTP server on loopback."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.rt.mail import MailServer, Security, SmtpMailer, Stage, compose, meaning

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Post:
    """A mail server that keeps what it gets, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to_recipient = ""
        self.to_data = "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.to_data == "drop":
            server.transport.abort()
        elif self.to_data.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.to_data


@pytest.fixture
def post() -> Post:
    return Post()


@asynccontextmanager
async def served(post: Post) -> AsyncIterator[MailServer]:
    """A mail server on loopback, without encryption."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(post), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield MailServer("127.0.0.1", "chat@help.test", port, Security.NONE, timeout=5)
    listening.close()


@pytest.fixture
async def server(post: Post) -> AsyncIterator[MailServer]:
    async with served(post) as listening:
        yield listening


async def send(server: MailServer, to: str = "ada@help.test", subject: str = "Join us") -> None:
    mailer = SmtpMailer(server, lambda: AT)
    try:
        await mailer.send(to, subject, "https://help.test/#abc\n", "chat-1.1@help.test")
    finally:
        mailer.close()


async def test_an_invitation_arrives_as_plain_text_that_no_holiday_notice_answers(
    server: MailServer, post: Post
) -> None:
    await send(server)
    (mail,) = post.mails
    assert (mail["To"], mail["From"]) == ("ada@help.test", "Live chat <chat@help.test>")
    assert (mail["Subject"], mail["Message-ID"]) == ("Join us", "<chat-1.1@help.test>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == ["https://help.test/#abc"]


async def test_a_subject_cannot_bring_headers_along(server: MailServer, post: Post) -> None:
    await send(server, subject="Printer\r\nBcc: all@help.test\n\nHello 🖨 " + "x" * 300)
    (mail,) = post.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Printer Bcc: all@help.test Hello 🖨 " + "x" * 300


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@help.test\nBcc: all@help.test",
        "ada@help.test, all@help.test",
        "<a@b> c@d",
        "ada@[help",
        "ada@[\t",
        "(" * 2000,
    ],
    ids=lambda address: address[:20],
)
async def test_what_is_not_one_address_is_refused_before_anything_is_sent(
    server: MailServer, post: Post, address: str
) -> None:
    with pytest.raises(Refused, match="no address"):
        await send(server, to=address)
    assert post.mails == []


@pytest.mark.parametrize(
    ("to_recipient", "to_data", "error"),
    [
        ("550 no such user", "", Refused),
        ("451 greylisted", "", NotDone),
        ("", "554 looks like spam", Refused),
        ("", "452 disk full", NotDone),
        ("", "drop", Unclear),
    ],
)
async def test_what_the_server_says_decides_whether_we_try_again(
    server: MailServer, post: Post, to_recipient: str, to_data: str, error: type[Exception]
) -> None:
    post.to_recipient, post.to_data = to_recipient, to_data
    with pytest.raises(error):
        await send(server)


async def test_nobody_listening_is_not_done(server: MailServer, unused_tcp_port: int) -> None:
    nobody = MailServer("127.0.0.1", "chat@help.test", unused_tcp_port, Security.NONE)
    with pytest.raises(NotDone):
        await send(nobody)


async def test_without_the_encryption_that_was_asked_for_nothing_goes_out(
    server: MailServer, post: Post
) -> None:
    wary = MailServer("127.0.0.1", "chat@help.test", server.port, Security.STARTTLS)
    with pytest.raises(NotDone):
        await send(wary)
    assert post.mails == []


def test_a_login_that_is_not_accepted_is_for_those_who_run_the_service() -> None:
    refused = smtplib.SMTPAuthenticationError(535, b"no")
    assert isinstance(meaning(refused, Stage.BEFORE), NotDone)


def test_a_message_id_may_come_with_its_brackets() -> None:
    server = MailServer("127.0.0.1", "chat@help.test")
    mail = compose(server, "ada@help.test", "x", "y", "<a.1@b>", AT)
    assert mail["Message-ID"] == "<a.1@b>"


def test_a_name_for_a_mail_that_has_no_domain_gets_the_senders() -> None:
    """A Message-ID without one is none (RFC 5322, 3.6.4), and counts as a sign of spam."""
    server = MailServer("mail.help.test", "chat@help.test")
    mail = compose(server, "ada@help.test", "Join us", "Hello", "invitation-abc_-1", AT)
    assert mail["Message-ID"] == "<invitation-abc_-1@help.test>"

"""The RTs that keep the same promises: a stand-in and real ones, each entered in its own way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiosmtpd.smtp import SMTP

from bot.domain.messages import Kind, Message
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.ports import Dossier
from bot.rt import record, wire1
from bot.rt.gateway import RtGateway
from bot.rt.instance import Api, Login, RtInstance
from bot.rt.mail import MailRoute, MailServer, Security
from bot.sandbox.rt import RtStandIn, seeds
from bot.sandbox.rt.world import Part, Person
from tests.people import ADA, GRACE, filing

if TYPE_CHECKING:
    from tests.rigs.rt.rig import Rig

LONDON = ZoneInfo("Europe/London")
NUMBERS = count(1)
NAMES = (
    *("printer", "resolved", "rejected", "deleted", "merged", "forbidden", "no_requestor"),
    *("several", "no_address", "teaching", "read_only", "owned"),
)
SENDER = "livechat@help.test"


@dataclass
class Place:
    """An RT, with what the tests must know and do beside the gateway.

    ``comment_by_grace(dossier)`` lets Grace write what looks like the dossier's record.
    ``comments(number)`` tells how many comments a ticket has, as its database knows; ``move`` and
    ``rename`` let Grace give a ticket another queue or subject, ``alter`` any field, ``merge``
    merge it into another. ``create(subject)`` lets her make a ticket without a word in it and tells its
    number. ``newest()`` is the newest ticket's number, ``user(login)`` a user's. ``field(number, name)`` is what
    a custom field holds. ``keytab`` is the service's,
    if the RT is entered with one.
    """

    way: str
    gateway: RtGateway
    instance: RtInstance
    numbers: dict[str, int]
    mails: Callable[[], list[str]]
    comment_by_grace: Callable[[Dossier], None]
    comments: Callable[[int], int]
    move: Callable[[int, str], None]
    rename: Callable[[int, str], None]
    alter: Callable[[int, str, str], None]
    merge: Callable[[int, int], None]
    create: Callable[[str], int]
    newest: Callable[[], int]
    field: Callable[[int, str], str]
    user: Callable[[str], int]
    keytab: str = ""

    def ref(self, name: str) -> TicketRef:
        return TicketRef("rt", self.numbers[name])

    def dossier(self, name: str, text: str = "Hello?", new: NewTicket | None = None) -> Dossier:
        """A chat about a ticket, never the same twice; or one for a ``new`` ticket."""
        at = datetime.now(UTC)
        chat_id = f"{at.timestamp():.0f}-{next(NUMBERS)}"
        chat = replace(filing(), id=chat_id, created=at - timedelta(minutes=15))
        if new:
            assert chat.filing
            chat = replace(chat, filing=replace(chat.filing, new_ticket=new))
        log = tuple(
            Message(seq, author, Kind.SAID, text, at)
            for seq, author in enumerate((ADA, GRACE), start=1)
        )
        return Dossier(self.ref(name), f"[chat:{chat_id}]", chat, log)


#: Every way into every kind of RT. ``rest2 plugin`` is on PostgreSQL, the others on SQLite.
STAND_INS = ("stand-in rest2", "stand-in rest1", "stand-in mail")
REAL = (
    *("rt5 rest2 cookie", "rt5 rest2 plugin", "rt5 rest1", "rt5 mail"),
    *("rt4 rest1", "rt4 mail"),
)
WAYS = [*STAND_INS, *(pytest.param(way, marks=pytest.mark.real_rt) for way in REAL)]

_RIGS = {"rt5 rest2 plugin": "rt_with_plugin", "rt4 rest1": "rt4", "rt4 mail": "rt4"}


@asynccontextmanager
async def entered(way: str, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Enter an RT in one of WAYS."""
    if way in STAND_INS:
        async with RtStandIn() as rt, mail_server(Posting(rt.url)) as port:
            place = at_stand_in(rt, way, port)
            yield place
            place.gateway.close()
        return
    rig: Rig = request.getfixturevalue(_RIGS.get(way, "real_rt"))
    with rig.acting_as("svc-livechat"):
        from tests.rigs.rt.smtp2rt import Gateway

        async with mail_server(Gateway(dict(rig.facts))) as port:
            place = at_real_rt(rig, way, port)
            yield place
            place.gateway.close()


def gateway_of(instance: RtInstance) -> RtGateway:
    """A gateway into one RT by other settings than a place's own."""
    return RtGateway([instance], LONDON)


def by_mail(instance: RtInstance, port: int) -> RtInstance:
    """Our mail server answers when RT's gateway has, so there is nothing to wait for."""
    server = MailServer("127.0.0.1", SENDER, port, Security.NONE)
    queues = {"Support": "support@rt.test"}
    route = MailRoute(server, "support-comment@rt.test", "rt.test", queues, patience=0)
    return replace(instance, mail=route)


def at_stand_in(rt: RtStandIn, way: str, port: int) -> Place:
    rt.world.rights["Support"] -= {"ModifyTicket"}
    api = Api.REST1 if way.endswith("rest1") else Api.REST2
    instance = RtInstance("rt", rt.url, Login.BASIC, api, rt.account, secret=rt.password)
    if way.endswith("mail"):
        instance = by_mail(instance, port)

    def comment_by_grace(dossier: Dossier) -> None:
        subject = record.subject(dossier.marker)
        made = rt.world.note(dossier.ref.number, "Comment", "grace", f"{subject}\n")
        name = wire1.file_name(dossier.marker)
        rt.world.attach(made, Part(name, "application/json", b"{}"))

    def comments(number: int) -> int:
        return sum(t.kind == "Comment" and t.ticket == number for t in rt.world.transactions)

    def alter(number: int, field: str, value: str) -> None:
        ticket = rt.world.tickets[number]
        if field == "Requestors" and rt.world.person(value) is None:
            rt.world.add_person(Person(value, "", value))  # as RT does
        setattr(ticket, field.lower(), [value] if field == "Requestors" else value)
        rt.world.note(number, "Set", "grace")

    return Place(
        way,
        RtGateway([instance], LONDON),
        instance,
        {name: getattr(seeds, name.upper()) for name in NAMES} | {"missing": 99999},
        lambda: [f"{m.subject}\n{m.text}" for m in rt.world.mails],
        comment_by_grace,
        comments,
        lambda number, queue: setattr(rt.world.tickets[number], "queue", queue),
        lambda number, subject: setattr(rt.world.tickets[number], "subject", subject),
        alter,
        lambda number, into: rt.world.merge(number, into=into),
        lambda subject: rt.world.create("Support", subject, None, "grace", None, []).id,
        lambda: max(rt.world.tickets),
        lambda number, name: rt.world.tickets[number].fields.get(name, ""),
        rt.world.number_of,
    )


def at_real_rt(rig: Rig, way: str, port: int) -> Place:
    rest1 = way.endswith("rest1") or rig.facts["rt"] == "4"
    instance = RtInstance(
        "rt",
        rig.url,
        api=Api.REST1 if rest1 else Api.REST2,
        ca=rig.ca,
        vouched=rig.facts["rest2_takes_remote_user"],
    )
    if way.endswith("mail"):
        instance = by_mail(instance, port)

    def comment_by_grace(dossier: Dossier) -> None:
        number = dossier.ref.number
        form = wire1.compose(
            {"id": str(number), "Action": "comment", "Text": record.subject(dossier.marker)},
            [wire1.file_name(dossier.marker)],
        )
        with rig.acting_as("grace"), rig.session(cookie=False) as session:
            files = [
                ("content", (None, form.encode(), "text/plain")),
                ("attachment_1", ("x", b"{}", "application/json")),
            ]
            url = f"{rig.url}/REST/1.0/ticket/{number}/comment"
            assert "Comments added" in session.post(url, files=files).text
        if rig.facts["rt"] == "5":
            with rig.acting_as("grace"), rig.session() as session:
                body = {"Subject": record.subject(dossier.marker), "Content": "x"}
                url = f"{rig.url}/REST/2.0/ticket/{number}/comment"
                session.post(url, json=body | {"ContentType": "text/plain"}).raise_for_status()

    return Place(
        way,
        RtGateway([instance], LONDON),
        instance,
        rig.tickets | {"missing": 99999},
        rig.mails,
        comment_by_grace,
        rig.comments,
        rig.move,
        rig.rename,
        rig.alter,
        rig.merge,
        rig.create,
        rig.newest,
        rig.field,
        lambda login: int(rig.facts["seed"]["users"][login]),
        str(rig.facts["keytabs"]["svc-livechat"]),
    )


class Posting:
    """What a mail server does with mail for RT: it posts it to RT's gateway."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/REST/1.0/NoAuth/mail-gateway"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for recipient in envelope.rcpt_tos:
            action = "comment" if "-comment@" in recipient else "correspond"
            form = aiohttp.FormData({"queue": "Support", "action": action})
            form.add_field("message", BytesIO(envelope.content), filename="message")
            async with aiohttp.ClientSession() as post, post.post(self._url, data=form) as answer:
                if answer.status != 200:
                    return "451 RT did not take it"
        return "250 OK"


@asynccontextmanager
async def mail_server(handler: object, most: int = 50_000_000) -> AsyncIterator[int]:
    """A mail server on loopback that takes mails of at most so many bytes; yields its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, data_size_limit=most), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()

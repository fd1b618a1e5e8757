"""RT's mail gateway: takes a mail, says nothing of what became of it, and refuses in silence."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

from aiohttp import web

from bot.sandbox.rt.faults import Faults
from bot.sandbox.rt.world import Part, Person, World

_TAG = re.compile(r"\[rt\.test #(\d+)\]", re.IGNORECASE)
KINDS = {"comment": ("Comment", "CommentOnTicket"), "correspond": ("Correspond", "ReplyToTicket")}


class Gate:
    """POST /REST/1.0/NoAuth/mail-gateway, as rt-mailgate calls it: queue, action, message."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/REST/1.0/NoAuth/mail-gateway", self.take)]

    async def take(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.carry_out(request, self._take)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        sent = await request.post()
        message = sent["message"]
        raw = message.file.read() if isinstance(message, web.FileField) else str(message).encode()
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mailed(str(sent["queue"]), str(sent["action"]), mail)
        return web.Response(text="ok\n")

    def mailed(self, queue: str, action: str, mail: EmailMessage) -> None:
        """Do what the first tag in the subject says; without one, make a ticket."""
        world = self._world
        sender = self._person(str(mail["Reply-To"] or mail["From"]))
        subject = " ".join(str(mail["Subject"] or "").split())
        body, parts = _parts(mail)
        tag = _TAG.search(subject)
        if tag is None:
            world.create(queue, subject, sender, sender.login, body, parts)
            return
        ticket = world.load(int(tag[1]))
        kind, right = KINDS[action]
        if ticket is None or (sender.login == world.account and not world.may(ticket, right)):
            return  # RT writes into its log
        world.write(ticket, kind, subject, body, parts, by=sender.login)

    def _person(self, address: str) -> Person:
        name, plain = parseaddr(address)
        known = self._world.person(plain)
        if known is None:
            known = Person(plain, name, plain)
            self._world.add_person(known)
        return known


def _parts(mail: EmailMessage) -> tuple[Part | None, list[Part]]:
    body = mail.get_body(("html", "plain"))
    text = Part("", body.get_content_type(), body.get_content().encode()) if body else None
    files = []
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        name = part.get_filename() or ""
        if isinstance(content, bytes):
            files.append(Part(name, part.get_content_type(), content))
    return text, files

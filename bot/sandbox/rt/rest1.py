"""RT's REST 1.0 as far as we use it, with the answers that real RT 4.4 and 5 gave to the same.

HTTP's status is 200 whatever happened; RT's own stands in the first line of the body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.rt.faults import Faults
from bot.sandbox.rt.logins import Logins
from bot.sandbox.rt.searching import WrongQuery, in_order, search
from bot.sandbox.rt.world import NOBODY, Denied, Part, Ticket, Transaction, World

#: The custom field that there is, as forms name it.
FIELDS = ("CF.{Chat ID}",)
KINDS = {"comment": ("Comment", "CommentOnTicket"), "correspond": ("Correspond", "ReplyToTicket")}
_FIELD = re.compile(r"([A-Za-z][\w-]*|CF\.\{[^}]+\}):(?:\s+(.*))?$")


class Rest1:
    """The routes under /REST/1.0."""

    def __init__(self, world: World, logins: Logins, faults: Faults) -> None:
        self._world = world
        self._logins = logins
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        v1, ticket = "/REST/1.0", r"/REST/1.0/ticket/{number:\d+}"
        return [
            web.get(f"{v1}/", self._inside(self.nothing)),
            web.post(f"{v1}/", self._inside(self.nothing)),
            web.get(ticket, self._inside(self.show)),
            web.get(f"{ticket}/show", self._inside(self.show)),
            web.get(f"{ticket}/history", self._inside(self.history)),
            web.get(rf"{ticket}/history/id/{{line:\d+}}", self._inside(self.line)),
            web.get(f"{ticket}/attachments", self._inside(self.attachments)),
            web.get(rf"{ticket}/attachments/{{part:\d+}}", self._inside(self.attachment)),
            web.get(rf"{ticket}/attachments/{{part:\d+}}/content", self._inside(self.content)),
            web.post(f"{ticket}/comment", self._inside(self.write)),
            web.post(f"{ticket}/edit", self._inside(self.edit)),
            web.post(f"{v1}/ticket/new", self._inside(self.create)),
            web.get(f"{v1}/search/ticket", self._inside(self.search)),
            web.get(f"{v1}/user/{{known}}", self._inside(self.user)),
        ]

    def _inside(self, handler: Any) -> Any:
        async def checked(request: web.Request) -> web.StreamResponse:
            refusal, cookie = self._logins.enter(request)
            answer: web.StreamResponse = refusal or await handler(request)
            if cookie:
                self._logins.give(answer, cookie)
            return answer

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._faults.carry_out(request, checked)

        return answer

    def _asked(self, request: web.Request) -> Ticket | None:
        return self._world.load(int(request.match_info["number"]))

    # --- reading ---------------------------------------------------------------------------------

    async def nothing(self, request: web.Request) -> web.Response:
        return said("# Invalid object specification: ''\n\nid: ")

    async def show(self, request: web.Request) -> web.Response:
        ticket, asked = self._asked(request), request.match_info["number"]
        if ticket is None:
            return said(f"# Ticket {asked} does not exist.")
        if not self._world.may(ticket, "ShowTicket"):
            return said(f"# You are not allowed to display ticket {asked}.")
        fields = self._fields(ticket)
        fields |= {f"CF.{{{n}}}": v for n, v in self._world.fields_of(ticket).items()}
        return said(form(fields, request))

    def _fields(self, ticket: Ticket) -> dict[str, str]:
        return {
            "id": f"ticket/{ticket.id}",
            "Queue": ticket.queue,
            "Owner": ticket.owner,
            "Creator": ticket.creator,
            "Subject": ticket.subject,
            "Status": ticket.status,
            "Requestors": self._addresses(ticket.requestors),
            "Cc": self._addresses(ticket.ccs),
            "Created": ticket.created.strftime("%a %b %d %H:%M:%S %Y"),
        }

    def _addresses(self, logins: list[str]) -> str:
        """People are told of by address; whoever has none is not."""
        return ", ".join(filter(None, (self._world.people[login].address for login in logins)))

    async def user(self, request: web.Request) -> web.Response:
        known = request.match_info["known"]
        person = self._world.person(known)
        if person is None or person.login == NOBODY:
            return said(f"# No user named {known} exists.\n\nid: user/{known}")
        fields = {"id": "user/1", "Name": person.login}
        fields |= {"RealName": person.name} if person.name else {}
        fields |= {"EmailAddress": person.address} if person.address else {}
        return said(form(fields, request))

    async def history(self, request: web.Request) -> web.Response:
        ticket = self._asked(request)
        if ticket is None:
            return said(f"# Ticket {request.match_info['number']} does not exist.")
        lines = self._seen(ticket)
        told = "\n".join(f"{t.id}: {_described(t)}" for t in lines)
        return said(f"# {len(lines)}/{len(lines)} (/total)\n\n{told}")

    def _seen(self, ticket: Ticket) -> list[Transaction]:
        return [t for t in self._world.history(ticket) if self._world.visible(t)]

    async def line(self, request: web.Request) -> web.Response:
        found = self._world.transaction(int(request.match_info["line"]))
        ticket = self._asked(request)
        if ticket is None or found is None or found not in self._seen(ticket):
            number, line = request.match_info["number"], request.match_info["line"]
            return said(f"# Transaction {line} is not related to Ticket {number}")
        fields = {
            "id": str(found.id),
            "Ticket": str(found.ticket),
            "Type": found.kind,
            "Data": found.data.strip() or "No Subject",
            "Content": "(what a person wrote)",
            "Creator": found.creator,
            "Created": found.created.strftime("%Y-%m-%d %H:%M:%S"),
        }
        if "content" not in request.query.get("fields", "content").lower():
            del fields["Creator"]  # so it is in RT
        told = form(fields, request)
        if "attachments" in request.query.get("fields", "attachments").lower():
            files = (
                f"{p.id}: {p.name or 'untitled'} ({_size(p.content)})" for p in found.attachments
            )
            told += "\n\nAttachments: " + "".join(f"\n             {file}" for file in files)
        return said(f"# 1/9 (id/{found.id}/total)\n\n{told}")

    async def attachments(self, request: web.Request) -> web.Response:
        ticket = self._asked(request)
        if ticket is None:
            return said(f"# Ticket {request.match_info['number']} does not exist.")
        parts = [part for line in self._seen(ticket) for part in line.attachments]
        if not parts:
            return web.Response(text="")  # not even a status
        told = [f"{p.id}: {p.name or '(Unnamed)'} ({p.kind} / {_size(p.content)})" for p in parts]
        listed = ",\n             ".join(told)
        return said(f"id: ticket/{ticket.id}/attachments\n\nAttachments: {listed}\n\n")

    async def attachment(self, request: web.Request) -> web.Response:
        line, part = self._part(request)
        if line is None or part is None:
            return said(f"# Invalid attachment id: {request.match_info['part']}")
        fields = {
            "id": str(part.id),
            "Creator": "43",
            "Transaction": str(line.id),
            "Filename": part.name,
            "ContentType": part.kind,
        }
        return said(form(fields, request))

    async def content(self, request: web.Request) -> web.Response:
        _, part = self._part(request)
        if part is None:
            return said(f"# Invalid attachment id: {request.match_info['part']}")
        if part.content == b"0":
            return web.Response(text="")  # not even a status
        head = b"RT/5.0.3-stand-in 200 Ok\n\n"
        return web.Response(body=head + part.content, content_type=part.kind)

    def _part(self, request: web.Request) -> tuple[Transaction | None, Any]:
        ticket, number = self._asked(request), int(request.match_info["part"])
        for line in self._seen(ticket) if ticket else []:
            for part in line.attachments:
                if part.id == number:
                    return line, part
        return None, None

    async def search(self, request: web.Request) -> web.Response:
        try:
            found = search(self._world, request.query.get("query", ""))
        except WrongQuery as problem:
            return said(f"Invalid query: '{problem}'.", "400 Bad request")
        found = in_order(self._world, found, request.query)
        if found and request.query.get("format") == "l":
            return said("\n--\n\n".join(f"{form(self._fields(t), request)}\n" for t in found))
        lines = "\n".join(f"{ticket.id}: {ticket.subject}" for ticket in found)
        return said(lines or "No matching results.")

    # --- writing ---------------------------------------------------------------------------------

    async def write(self, request: web.Request) -> web.Response:
        fields, parts = await _submitted(request)
        ticket, number = self._asked(request), request.match_info["number"]
        if ticket is None:
            return said(f"# Ticket {number} does not exist.", "400 Bad Request")
        action = fields.get("Action", "")
        if action not in KINDS:
            return said(f"# Invalid action: `{action.capitalize()}'.", "400 Bad Request")
        kind, right = KINDS[action]
        if not (fields.get("Text") or parts):
            return said("# Empty comment with no attachments submitted.", "400 Bad Request")
        if not self._world.may(ticket, right):
            words = f"# You are not allowed to {kind} on ticket {number}."
            return said(words, "400 Bad Request")
        self._world.write(ticket, kind, "", _body(fields), parts)
        return said("# Comments added" if kind == "Comment" else "# Correspondence added")

    async def create(self, request: web.Request) -> web.Response:
        fields, parts = await _submitted(request)
        queue = fields.get("Queue", "")
        if not self._world.may_create(queue):
            words = f"No permission to create tickets in the queue '{queue}'"
            return said(f"# Could not create ticket.\n# {words}")
        person = self._world.person(fields.get("Requestor", ""))
        ticket = self._world.create(
            queue, fields.get("Subject", ""), person, self._world.account, _body(fields), parts
        )
        ticket.fields |= {n[4:-1]: v for n, v in fields.items() if n in FIELDS}
        return said(f"# Ticket {ticket.id} created.")

    async def edit(self, request: web.Request) -> web.Response:
        fields, _ = await _submitted(request)
        ticket, number = self._asked(request), request.match_info["number"]
        if ticket is None:
            return said(f"# Ticket {number} does not exist.", "400 Bad Request")
        if not self._world.may(ticket, "ModifyTicket"):
            return said(f"# You are not allowed to modify ticket {number}.", "400 Bad Request")
        for name, value in fields.items():
            try:
                self._change(ticket, name, value)
            except Denied as problem:
                words = f"# {name}: {problem}\n\nid: \n{name}: x"
                return said(words, "409 Syntax Error")
        return said(f"# Ticket {number} updated.")

    def _change(self, ticket: Ticket, name: str, value: str) -> None:
        """Change one thing of a ticket; of what it does not know RT says so here."""
        if name == "Status":
            self._world.set_status(ticket, value)
        elif not self._world.set_field(ticket, name[4:-1], value):
            raise Denied("Unknown custom field.")


def said(text: str, status: str = "200 Ok") -> web.Response:
    """Return RT's form of an answer."""
    return web.Response(text=f"RT/5.0.3-stand-in {status}\n\n{text}\n\n")


def form(fields: Mapping[str, str], request: web.Request) -> str:
    """Compose a form of those of the fields that were asked for."""
    asked = request.query.get("fields", "").lower().split(",")
    wanted = {k: v for k, v in fields.items() if asked == [""] or k.lower() in (*asked, "id")}
    return "\n".join(f"{name}: {' '.join(value.split())}" for name, value in wanted.items())


async def _submitted(request: web.Request) -> tuple[dict[str, str], list[Part]]:
    """Read a form and its files, by RT's rules: what is indented goes on with the line before."""
    sent = await request.post()
    fields: dict[str, str] = {}
    name = ""
    for line in str(sent.get("content", "")).replace("\r\n", "\n").split("\n"):
        if match := _FIELD.match(line):
            name = match[1]
            fields[name] = match[2] or ""
        elif name and (line.startswith(" ") or not line):
            fields[name] += f"\n{line[1:]}"
    fields = {name: value.strip("\n") for name, value in fields.items()}
    parts = []
    for n, file in enumerate(fields.get("Attachment", "").split(), start=1):
        data = sent.get(f"attachment_{n}")
        if isinstance(data, web.FileField):
            parts.append(Part(file, data.content_type, data.file.read()))
    return fields, parts


def _body(fields: Mapping[str, str]) -> Part | None:
    text = fields.get("Text", "").strip("\n")
    kind = fields.get("Content-Type", "text/plain")
    return Part("", kind, text.encode()) if text else None


def _described(one: Transaction) -> str:
    words = {
        "Create": "Ticket created",
        "Comment": "Comments added",
        "Correspond": "Correspondence added",
    }
    return f"{words.get(one.kind, one.kind)} by {one.creator}"


def _size(content: bytes) -> str:
    size = len(content)
    return f"{int(size / 102.4) / 10:g}k" if size > 1024 else f"{size}b"

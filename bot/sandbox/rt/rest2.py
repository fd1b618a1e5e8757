"""RT's REST 2.0 as far as we use it, with the answers that a real RT 5.0.3 gave to the same.

tests/contract holds the stand-in and a real RT against the same cases.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from aiohttp import web

from bot.sandbox.rt import told
from bot.sandbox.rt.faults import Faults
from bot.sandbox.rt.logins import Logins
from bot.sandbox.rt.searching import WrongQuery, in_order, search
from bot.sandbox.rt.world import Denied, Part, Ticket, World

KINDS = {
    "comment": ("Comment", "CommentOnTicket"),
    "correspond": ("Correspond", "ReplyToTicket"),
}


class Rest2:
    """The routes under /REST."""

    def __init__(self, world: World, logins: Logins, faults: Faults) -> None:
        self._world = world
        self._logins = logins
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        v2 = "/REST/2.0"
        number = r"{number:\d+}"
        return [
            web.get(f"{v2}/rt", self._inside(self.rt)),
            web.get(f"{v2}/user/{{login}}", self._inside(self.user)),
            web.get(f"{v2}/queue/{{name}}", self._inside(self.queue)),
            web.get(f"{v2}/tickets", self._inside(self.search)),
            web.post(f"{v2}/tickets", self._inside(self.search)),
            web.post(f"{v2}/ticket", self._inside(self.create)),
            web.get(f"{v2}/ticket/{number}", self._inside(self.ticket)),
            web.put(f"{v2}/ticket/{number}", self._inside(self.change)),
            web.get(f"{v2}/ticket/{number}/history", self._inside(self.history)),
            web.post(f"{v2}/ticket/{number}/{{what:comment|correspond}}", self._inside(self.write)),
            web.get(f"{v2}/transaction/{number}", self._inside(self.transaction)),
            web.get(f"{v2}/transaction/{number}/attachments", self._inside(self.attachments)),
            web.get(f"{v2}/attachment/{number}", self._inside(self.attachment)),
            web.get(f"{v2}/{{rest:.*}}", self._inside(self.nowhere)),
        ]

    def _inside(self, handler: Any) -> Any:
        """Let a handler answer whoever RT lets in, and let it go wrong if that is planned."""

        async def checked(request: web.Request) -> web.StreamResponse:
            refusal = self._logins.check(request)
            answer: web.StreamResponse = refusal or await handler(request)
            return answer

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._faults.carry_out(request, checked)

        return answer

    # --- reading ---------------------------------------------------------------------------------

    async def rt(self, request: web.Request) -> web.Response:
        return web.json_response({"Version": "5.0.3-stand-in"})

    async def user(self, request: web.Request) -> web.Response:
        login = request.match_info["login"]
        if login == self._logins.token.split("-")[1]:  # a token says whose it is, by number
            login = self._world.account
        person = self._world.people.get(login)
        if person is None:
            return error(404, "Not Found")
        return web.json_response(told.user(person))

    async def queue(self, request: web.Request) -> web.Response:
        """Tell of a queue; RT says the same of one that is not there and one that is not for us."""
        name = request.match_info["name"]
        if name not in self._world.rights:
            return error(403, "Forbidden")
        return web.json_response(told.queue(self._world, name))

    async def ticket(self, request: web.Request) -> web.Response:
        ticket = self._asked(request)
        if ticket is None:
            return error(404, "Not Found")
        if not self._world.may(ticket, "ShowTicket"):
            return error(403, "Forbidden")
        return web.json_response(told.ticket(self._world, ticket))

    async def search(self, request: web.Request) -> web.Response:
        try:
            found = search(self._world, request.query.get("query", ""))
        except WrongQuery as problem:
            return error(400, str(problem))
        found = in_order(self._world, found, request.query)
        size = int(request.query.get("per_page", "20"))
        fields = {name: value.split(",") for name, value in request.query.items()}
        shown = [told.found(self._world, t, fields) for t in found[:size]]
        return web.json_response(told.page(shown, size=size))

    async def history(self, request: web.Request) -> web.Response:
        """Tell the history. Of a ticket that is not there or not for us it is empty, not an error."""
        ticket = self._asked(request)
        lines = self._world.history(ticket) if ticket else []
        if request.query.get("orderby") == "id" and request.query.get("order") == "DESC":
            lines.reverse()
        size, page = int(request.query.get("per_page", "20")), int(request.query.get("page", "1"))
        lines = lines[(page - 1) * size : page * size]  # RT pages first and hides afterwards
        fields = request.query.get("fields", "").split(",")
        shown = [told.line(t, fields) for t in lines if self._world.visible(t)]
        return web.json_response(told.page(shown, page, size, total=False))

    async def transaction(self, request: web.Request) -> web.Response:
        found = self._world.transaction(int(request.match_info["number"]))
        if found is None:
            return error(500, "Internal Server Error")
        if not self._world.visible(found):
            return error(403, "Forbidden")
        return web.json_response(told.transaction(found))

    async def attachments(self, request: web.Request) -> web.Response:
        found = self._world.transaction(int(request.match_info["number"]))
        if found is None or not self._world.visible(found):
            return error(403, "Forbidden")
        size, page = int(request.query.get("per_page", "20")), int(request.query.get("page", "1"))
        listed = found.attachments[(page - 1) * size : page * size]
        shown = [told.attachment(a) for a in listed]
        return web.json_response(told.page(shown, page, size, total=False))

    async def attachment(self, request: web.Request) -> web.Response:
        """Give an attachment back with its content."""
        number = int(request.match_info["number"])
        visible = (t for t in self._world.transactions if self._world.visible(t))
        found = next((a for t in visible for a in t.attachments if a.id == number), None)
        if found is None:
            return error(404, "Not Found")
        return web.json_response(told.content(found))

    async def nowhere(self, request: web.Request) -> web.Response:
        return error(404, "Not Found")

    # --- writing ---------------------------------------------------------------------------------

    async def write(self, request: web.Request) -> web.Response:
        """Take a comment or a correspondence; whether there is such a ticket RT does not say."""
        try:
            body = json.loads(await request.read())
            subject, text, parts = _message(body)
        except BadMessage as problem:
            return error(400, str(problem))
        except (AttributeError, ValueError):
            return web.Response(status=500, content_type="application/json")
        ticket = self._asked(request)
        kind, right = KINDS[request.match_info["what"]]
        if ticket is None or not self._world.may(ticket, right):
            return error(400, "Permission Denied")
        made = self._world.write(ticket, kind, subject, text, parts)
        words = "Comments added" if kind == "Comment" else "Correspondence added"
        headers = {"Location": f"/REST/2.0/transaction/{made.id}"}
        return web.json_response([words], status=201, headers=headers)

    async def create(self, request: web.Request) -> web.Response:
        """Make a ticket; RT says the same of a queue that is not there and one that is not for us."""
        try:
            body = json.loads(await request.read())
            _, text, parts = _message(body)
        except BadMessage as problem:
            return error(400, str(problem))
        queue = str(body.get("Queue") or "")
        if not self._world.may_create(queue):
            return error(403, f"No permission to create tickets in the queue '{queue}'")
        person = self._world.person(str(body.get("Requestor") or ""))
        subject, account = str(body.get("Subject") or ""), self._world.account
        made = self._world.create(queue, subject, person, account, text, parts)
        told_fields = body.get("CustomFields") or {}
        made.fields |= {n: str(v) for n, v in told_fields.items() if n == "Chat ID"}
        url = f"/REST/2.0/ticket/{made.id}"
        told_of = {"type": "ticket", "id": str(made.id), "_url": url}
        return web.json_response(told_of, status=201, headers={"Location": url})

    async def change(self, request: web.Request) -> web.Response:
        """Change a ticket's status or fields. Denied or done, RT answers 200 with a list of words."""
        ticket = self._asked(request)
        if ticket is None:
            return error(404, "Resource does not exist; use POST to create")
        asked = await request.json()
        said = [f"Ticket {ticket.id}: {word}" for word in self._status(ticket, asked)]
        for name, value in (asked.get("CustomFields") or {}).items():
            try:
                said.append(self._world.set_field(ticket, str(name), str(value)))
            except Denied as problem:
                said.append(str(problem))
        return web.json_response([word for word in said if word])

    def _status(self, ticket: Ticket, asked: dict[str, Any]) -> list[str]:
        if "Status" not in asked:
            return []
        try:
            if not self._world.may(ticket, "ModifyTicket"):
                raise Denied("Permission Denied")
            word = self._world.set_status(ticket, str(asked["Status"]))
        except Denied as problem:
            word = str(problem)
        return [word] if word else []

    def _asked(self, request: web.Request) -> Ticket | None:
        return self._world.load(int(request.match_info["number"]))


class BadMessage(Exception):
    """RT does not take the message; the text is RT's."""


def _message(body: dict[str, Any]) -> tuple[str, Part | None, list[Part]]:
    """Read a comment's JSON: subject, body (RT takes an empty one for none), files."""
    parts = [_file(part) for part in body.get("Attachments") or []]
    content = body.get("Content")
    if not content or content == "0":
        return str(body.get("Subject") or ""), None, parts
    if not body.get("ContentType"):
        raise BadMessage("ContentType is a required field for application/json")
    text = Part("", str(body["ContentType"]), str(content).encode())
    subject = str(body.get("Subject") or "").replace("\r", "").replace("\n", "")
    return subject[:255], text, parts


def _file(part: dict[str, Any]) -> Part:
    for name in ("FileName", "FileType", "FileContent"):
        if not part.get(name):
            raise BadMessage(f"{name} is a required field for each attachment in Attachments")
    try:
        content = base64.b64decode(part["FileContent"])
    except binascii.Error as problem:
        raise BadMessage("FileContent is not base64") from problem
    return Part(str(part["FileName"]), str(part["FileType"]), content)


def error(status: int, message: str) -> web.Response:
    """Return RT's form of an error."""
    return web.json_response({"message": message}, status=status)

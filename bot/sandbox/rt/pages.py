"""The stand-in's pages for people: tickets, one ticket as RT shows it, and the mail it would send."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.sandbox.rt.shown import files, shown
from bot.sandbox.rt.world import NOBODY, Ticket, World

_templates = Environment(
    loader=PackageLoader("bot.sandbox.rt"), autoescape=True, undefined=StrictUndefined
)

#: Kinds of transactions in RT's own words.
_WORDS = {
    "Create": "Ticket created",
    "Comment": "Comments added",
    "Correspond": "Correspondence added",
    "Status": "Status changed",
    "AddLink": "Merged",
}


class Pages:
    """The routes for people; nobody has to log in."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        file = r"/Ticket/Attachment/{transaction:\d+}/{attachment:\d+}/{name:.*}"
        return [
            web.get("/", self.tickets),
            web.get("/Ticket/Display.html", self.ticket),
            web.get(file, self.attachment),
            web.get("/mail", self.mail),
        ]

    async def tickets(self, request: web.Request) -> web.Response:
        return self._page("tickets.html", tickets=list(self._world.tickets.values()))

    async def ticket(self, request: web.Request) -> web.Response:
        number = request.query.get("id", "")
        ticket = self._world.load(int(number)) if number.isdecimal() else None
        if ticket is None:
            return self._page("missing.html", status=404, number=number)
        history = [
            {"it": t, "word": _WORDS.get(t.kind, t.kind), "by": self._called(t.creator)}
            for t in self._world.history(ticket)
        ]
        return self._page("ticket.html", ticket=ticket, history=history)

    async def attachment(self, request: web.Request) -> web.Response:
        """Serve a file; HTML as plain text, as RT does with what it does not trust."""
        made = self._world.transaction(int(request.match_info["transaction"]))
        number = int(request.match_info["attachment"])
        found = next((a for a in made.attachments if a.id == number), None) if made else None
        if found is None:
            raise web.HTTPNotFound
        kind = "text/plain" if found.kind.startswith("text/") else found.kind
        charset = "utf-8" if kind in ("text/plain", "application/json") else None
        return web.Response(body=found.content, content_type=kind, charset=charset)

    async def mail(self, request: web.Request) -> web.Response:
        return self._page("mail.html", mails=self._world.mails[::-1])

    def _page(self, name: str, status: int = 200, **values: Any) -> web.Response:
        text = _templates.get_template(name).render(
            people=self._people, called=self._called, shown=shown, files=files, **values
        )
        return web.Response(status=status, text=text, content_type="text/html")

    def _people(self, ticket: Ticket, role: str) -> str:
        logins = {"Requestors": ticket.requestors, "Cc": ticket.ccs, "Owner": [ticket.owner]}[role]
        return ", ".join(self._called(login) for login in logins)

    def _called(self, login: str) -> str:
        person = self._world.people.get(login)
        if person is None or login == NOBODY:
            return login
        return f"{person.name or login} <{person.address}>" if person.address else person.name

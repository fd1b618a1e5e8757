"""Beginning a chat without a link, or going on in one's own: docs/widget-protocol.md."""

from __future__ import annotations

import re
from typing import Any, Final

import structlog
from aiohttp import web

from bot.domain.admission import SignIn
from bot.domain.asking import BadFields, Detail, Question, read_question
from bot.domain.reception import Admits
from bot.relay.beginning import Beginning, CannotBegin
from bot.relay.joining import Joined
from bot.visitors import guard, wire
from bot.visitors.allowance import Buckets, Rate
from bot.visitors.around import answer, error
from bot.visitors.guard import Refusal
from bot.visitors.routes import Allowances
from bot.visitors.senders import Senders
from bot.visitors.sign_in_routes import SignInRoutes
from bot.visitors.socket import Shared
from bot.visitors.wire import Close

log = structlog.get_logger(__name__)

#: A question of 4000 characters, each of them escaped, and the rest of the form.
MAX_BODY_BYTES: Final = 32 * 1024
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_FIELDS = frozenset({"key", "question", "name", "email"})
_CHAT = re.compile(r"[A-Za-z0-9_-]{1,128}")
_STATUS = {"sign_in": 401, "not_yours": 403, "ended": 410}
#: How often one address may ask how it stands.
LOOKS = Rate(per_minute=60, burst=60)
#: How often it may send a form, whatever becomes of that: each is looked for in the database.
TRIES = Rate(per_minute=60, burst=60)
#: How often one form: a repeat gives a seat each time.
REPEATS = Rate(per_minute=10, burst=10)


class BeginRoutes:
    """The handlers. ``signing`` is where visitors sign in, if they can."""

    def __init__(
        self,
        beginning: Beginning,
        shared: Shared,
        origins: frozenset[str],
        allowances: Allowances,
        signing: SignInRoutes | None,
    ) -> None:
        self._beginning = beginning
        self._shared = shared
        self._origins = origins
        self._signing = signing
        self._looks = Senders(LOOKS, allowances.shared)
        self._tries = Senders(TRIES, allowances.shared)
        self._keys = Buckets(REPEATS)
        self._asks = Senders(allowances.begins, allowances.shared)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [
            web.get("/api/begin", self.look),
            web.post("/api/begin", self.ask),
            web.post("/api/go-on", self.go_on),
        ]

    async def look(self, request: web.Request) -> web.Response:
        """Tell how it stands, who is there, and what he would have to fill in."""
        self._looks.check(request)
        step = await self._beginning.doorstep()
        known: dict[str, Any] = {"state": step.state}
        if step.state != "off":
            known |= await self._there(request)
        if step.until is not None:
            known |= {
                "until": wire.time(step.until),
                "anyone": step.admits is Admits.ANYONE,
                "details": list(step.details),
                "search": step.search,
            }
        return answer(200, known)

    async def _there(self, request: web.Request) -> dict[str, Any]:
        """Tell who signed in, if somebody did, and in which chat he is already."""
        found = await self._who(request)
        who = found.who if found else None
        inside = await self._beginning.running(who) if who else None
        return {
            "person": wire.person(who) if who else "",
            "who": (who.name or who.login or who.address) if who else "",
            "sign_in": self._signing.page if self._signing else "",
            "inside": inside and wire.inside(inside),
        }

    async def ask(self, request: web.Request) -> web.Response:
        """Take a question in, and give the browser its seat."""
        guard.check_post(request, self._origins)
        body = await guard.read_body(request, MAX_BODY_BYTES)
        texts = all(isinstance(value, str) for value in body.values())
        if not (texts and _FIELDS <= set(body) <= _FIELDS | set(Detail)):
            raise Refusal(400, "broken")
        if not _KEY.fullmatch(body["key"]):
            raise Refusal(400, "broken")
        self._tries.check(request)
        guard.check_rate(self._keys, guard.token_name(body["key"]))
        who = await self._who(request)
        try:
            question = await self._question(request, body, who)
            joined = await self._ask(request, question, body["key"], who)
        except BadFields as bad:
            return answer(422, {"error": "fields", "fields": bad.why})
        except CannotBegin as refusal:
            log.info("begin_refused", why=refusal.code)
            return _refused(refusal)
        log.info("begun", chat=joined.chat.id, verified=joined.chat.identity.verified)
        return await self._seated(joined, guard.before(request))

    async def go_on(self, request: web.Request) -> web.Response:
        """Give whoever signed in a seat in the chat that he is in already, with another browser."""
        guard.check_post(request, self._origins)
        body = await guard.read_body(request)
        chat = body.get("chat")
        if set(body) != {"chat"} or not isinstance(chat, str) or not _CHAT.fullmatch(chat):
            raise Refusal(400, "broken")
        self._tries.check(request)
        who = await self._who(request)
        try:
            if who is None:
                raise CannotBegin("sign_in")
            joined = await self._beginning.go_on(chat, guard.secret_of(request), who)
        except CannotBegin as refusal:
            log.info("go_on_refused", why=refusal.code)
            return _refused(refusal)
        log.info("went_on", chat=joined.chat.id)
        return await self._seated(joined, guard.before(request))

    async def _question(
        self, request: web.Request, body: dict[str, Any], who: SignIn | None
    ) -> Question | None:
        """Read the form; None if it was taken: what is sent now is a repeat.

        Raises BadFields, Refusal.
        """
        if await self._beginning.begun(body["key"]):
            return None
        question = read_question(
            body["question"],
            body["name"],
            body["email"],
            signed_in=who is not None,
            details=body,
        )
        self._asks.check(request)
        return question

    async def _ask(
        self, request: web.Request, question: Question | None, key: str, who: SignIn | None
    ) -> Joined:
        present = guard.secret_of(request)
        try:
            return await self._beginning.ask(question or Question(""), key, present, who)
        except Exception:
            if question:  # only what begins something counts
                self._asks.give_back(request)
            raise

    async def _seated(self, joined: Joined, before: dict[str, bool]) -> web.Response:
        """Give the browser its seat; ``before`` is told beside the view."""
        longer = await self._shared.waits.longer_than(joined.chat)
        view = wire.view(joined.chat, joined.relayed, longer)
        if view is None:
            raise Refusal(410, "gone")
        if joined.left:
            self._shared.hub.dismiss(joined.left.chat_id, joined.left.id, Close.OTHER_CHAT)
            await self._shared.visiting.leave(joined.left)
        self._shared.attendance.expect(joined.chat.id)  # his window has yet to open
        response = answer(200, view | before)
        guard.set_secret(response, joined.secret, joined.seat.expires, self._shared.now())
        if self._signing:
            self._signing.forget(response)
        return response

    async def _who(self, request: web.Request) -> SignIn | None:
        return await self._signing.who(request) if self._signing else None


def _refused(refusal: CannotBegin) -> web.Response:
    if refusal.until is not None:
        until = wire.time(refusal.until)
        return answer(403, {"error": refusal.code, "until": until})
    return error(_STATUS.get(refusal.code, 409), refusal.code)

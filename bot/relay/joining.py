"""How a visitor comes to his seat in a chat, by a link or by the cookie that he got for one.

What he does once he is there is in visiting.py.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.domain import events as e
from bot.domain.admission import Admission, SignIn, bearer, called, is_his
from bot.domain.blocking import Block, kept_out
from bot.domain.chat import Chat, NotNow, State
from bot.domain.identity import BEARER, Identity
from bot.domain.invitations import Fate, digest, make_token
from bot.domain.messages import Author, Role
from bot.relay.ports import Knock, Seat
from bot.relay.relay import Relay
from bot.relay.storage import Unit


@dataclass(frozen=True, slots=True)
class Peek:
    """What a link is worth: ``fate`` as in docs/widget-protocol.md; the rest when pending.

    Who is blocked is so until ``expires``.

    ``admission`` tells what becomes of whoever asked. ``who`` is what he signed in as, if he did.
    """

    fate: str
    ticket: str = ""
    operators: tuple[str, ...] = ()
    expires: datetime | None = None
    admission: Admission = Admission.JOIN
    who: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A seat was taken: ``secret`` goes into the cookie and nowhere else.

    ``left`` is the seat in another chat for which that cookie stood before, where that is known.
    """

    secret: str
    seat: Seat
    chat: Chat
    relayed: int
    left: Seat | None = None


class CannotJoin(Exception):
    """The link gives no seat; ``fate`` is used, revoked, expired or unknown.

    Or it would, and ``fate`` is sign_in (nobody signed in), not_yours (somebody else did) or blocked.
    """

    def __init__(self, fate: str) -> None:
        super().__init__(fate)
        self.fate = fate


@dataclass(frozen=True, slots=True)
class _Shown:
    """What somebody shows at the door: a link's token and his nonce, as digests, his cookie's secret, his sign-in."""

    key: str
    mark: str
    present: str | None
    sign_in: SignIn | None


class Joining:
    """What becomes of whoever shows a link, or the secret of his cookie."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def peek(
        self, token: str, sign_in: SignIn | None = None, present: str | None = None
    ) -> Peek:
        """Tell what a link is worth, to whoever signed in, without using it up.

        ``present`` is the secret of the cookie that was sent along, if any.
        """
        key = digest(token)
        knock = await self._relay.store.find_knock(key)
        found = await self._relay.store.look(knock.chat_id) if knock else None
        if knock is None or found is None:
            return Peek("unknown")
        chat = found[0]
        fate = self._fate(knock, chat, key)
        if fate != Fate.PENDING:
            return Peek(fate)
        people = tuple(operator.name for operator in chat.operators)
        who = sign_in.who if sign_in else None
        admission = self._relay.rules.admission.admits(chat.invitation, chat.ticket, who)
        if admission is Admission.NOT_YOURS:  # the ticket is nobody's business but its people's
            await self._relay.store.write(lambda unit: self._seen_by(unit, chat.id, who))
            return Peek(fate, admission=admission, who=_account(who))
        if admission is Admission.JOIN:
            block = self._block(await self._relay.store.blocks(), chat, who, present)
            if block is not None:
                return Peek("blocked", expires=block.until)
        number = str(chat.ticket.ref.number)
        return Peek(fate, number, people, knock.expires, admission, _account(who))

    async def join(
        self, token: str, nonce: str, present: str | None, sign_in: SignIn | None = None
    ) -> Joined:
        """Exchange a link for a seat. ``present`` is the secret of the cookie sent along, if any.

        The same nonce, or a cookie that is seated in that chat already, gets in again. A sign-in
        is used up. Raises CannotJoin.
        """
        secret, now = secrets.token_urlsafe(32), self._relay.now()
        shown = _Shown(digest(token), digest(nonce), present, sign_in)

        async def work(unit: Unit) -> Seat | str:
            chat = await unit.chat(known.chat_id) if known else None  # first, as everybody locks it
            knock = await unit.knock(shown.key)
            if knock is None or chat is None:
                return "unknown"
            if refused := await self._let_in(unit, chat, knock, shown):
                return refused
            seat = Seat(digest(secret), chat.id, now + self._relay.rules.session_ttl)
            await unit.seat(seat)
            return seat

        known = await self._relay.store.find_knock(shown.key)
        if present and known and (again := await self._seated(present, known)):
            return again
        seat = await self._relay.store.write(work)
        if isinstance(seat, str):
            raise CannotJoin(seat)
        found = await self._relay.store.look(seat.chat_id)
        if found is None:
            raise CannotJoin("unknown")
        return Joined(secret, seat, *found)

    async def seat(self, secret: str) -> Seat | None:
        """Find the seat that a cookie's secret stands for; None if there is none (any more)."""
        seat = await self._relay.store.find_seat(digest(secret))
        return seat if seat and seat.expires > self._relay.now() else None

    async def _let_in(self, unit: Unit, chat: Chat, knock: Knock, shown: _Shown) -> str:
        """Use the link up for whoever shows it. Return why not, or ""."""
        fate, sign_in = self._fate(knock, chat, shown.key), shown.sign_in
        if fate == Fate.USED and knock.used_by != shown.mark:
            await self._knocked_again(unit, chat)
            return fate
        who = sign_in.who if sign_in else None
        if fate == Fate.USED:
            return "" if not who or is_his(who, chat.identity, chat.ticket) else Admission.NOT_YOURS
        if fate != Fate.PENDING:
            return fate
        admission = self._relay.rules.admission.admits(chat.invitation, chat.ticket, who)
        if admission is not Admission.JOIN:
            await self._turn_away(unit, chat, who)
            return admission
        if self._block(await unit.blocks(), chat, who, shown.present):
            return "blocked"
        if sign_in and not await unit.sign_out(sign_in.id, joins=True):
            return Admission.SIGN_IN  # used up by another chat since it was looked at
        await unit.use(shown.key, shown.mark)
        visitor, known = _visitor(chat, knock.number, who)
        rates = self._relay.rules.rating
        joined = e.VisitorJoined(self._relay.now(), visitor, known, rates)
        await self._relay.happen(unit, chat, joined)
        return ""

    def _block(
        self, blocks: list[Block], chat: Chat, who: Identity | None, present: str | None
    ) -> Block | None:
        """Return what keeps whoever holds the chat's link out, if anything does."""
        link, seat = chat.invitation, digest(present) if present else ""
        known = who or (bearer(link) if link else None)
        return kept_out(blocks, self._relay.now(), known, seat)

    async def _seated(self, present: str, knock: Knock) -> Joined | None:
        """A browser that joined opens its own link once more: that is no second person."""
        seat = await self.seat(present)
        if seat is None or knock.chat_id != seat.chat_id:
            return None
        found = await self._relay.store.look(seat.chat_id)
        return Joined(present, seat, *found) if found else None

    def _fate(self, knock: Knock, chat: Chat, key: str) -> str:
        """What has become of a stored invitation: the chat knows, the clock overrules.

        ``key`` is its token's digest: whoever had a secret key of before could make the token.
        """
        if knock.used_by:
            return Fate.USED
        current = chat.invitation
        if current is None or current.number != knock.number or chat.state is not State.INVITED:
            expired = current is not None and current.fate is Fate.EXPIRED
            return Fate.EXPIRED if expired else Fate.REVOKED
        if key != digest(make_token(self._relay.rules.secret, chat.id, knock.number)):
            return Fate.REVOKED
        return Fate.EXPIRED if knock.expires <= self._relay.now() else Fate.PENDING

    async def _knocked_again(self, unit: Unit, chat: Chat) -> None:
        """Tell the CO, once an hour, that somebody else has the link."""
        now = self._relay.now()
        if await unit.first_time(f"chat:{chat.id}", f"knocked:{now:%Y%m%d%H}"):
            try:
                await self._relay.happen(unit, chat, e.KnockedAgain(now))
            except NotNow:
                return  # the record is in RT: nobody is left to tell

    async def _seen_by(self, unit: Unit, chat_id: str, who: Identity | None) -> None:
        chat = await unit.chat(chat_id)
        if chat is not None and chat.state is State.INVITED:
            await self._turn_away(unit, chat, who)

    async def _turn_away(self, unit: Unit, chat: Chat, who: Identity | None) -> None:
        """Tell the CO, once an hour, that somebody signed in whom the link is not for."""
        now = self._relay.now()
        if who and await unit.first_time(f"chat:{chat.id}", f"turned away:{now:%Y%m%d%H}"):
            await self._relay.happen(unit, chat, e.TurnedAway(now, _account(who)))


def _visitor(chat: Chat, number: int, who: Identity | None) -> tuple[Author, Identity]:
    """How a visitor is called, and what is known of him."""
    id_, link = f"{chat.id}:{number}", chat.invitation
    if who:
        return Author(Role.VISITOR, id_, called(who, chat.ticket)), who
    known = bearer(link) if link else BEARER
    return Author(Role.VISITOR, id_, known.name), known


def _account(who: Identity | None) -> str:
    return (who.login or who.address) if who else ""

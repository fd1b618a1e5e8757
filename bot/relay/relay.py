"""The one way in which things happen to a chat: load, advance, save and schedule, commit, ring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bot.domain import effects as f
from bot.domain.addressing import NAME
from bot.domain.admission import Policy
from bot.domain.advance import advance
from bot.domain.chat import Chat, State
from bot.domain.events import Event, FilingRequested, Moved
from bot.domain.invitations import Fate, Route, make_token
from bot.domain.messages import Kind, Role
from bot.domain.silence import Patience
from bot.relay import rows
from bot.relay.delivery import Bell, Committed, Delivery, Lane, Stream
from bot.relay.door import Door
from bot.relay.files import FileRules
from bot.relay.life import Life
from bot.relay.ports import CardView, Thread
from bot.relay.spans import measure
from bot.relay.storage import Store, Unit


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that the use cases go by.

    ``link_base`` is the page a link opens, without the fragment. ``routes`` are offered to COs,
    the default one first. ``statuses`` are those of each RT, by our name of it, offered beside
    "comment only". ``rt_hosts`` maps an RT's host to our name of it, ``bot_name`` is what COs call
    the bot. ``quarantine`` is how long RT may still be busy with a request whose outcome we do not
    know. ``unfiled_for`` is how long a chat that ended waits for a CO to send it to RT before it is
    sent by itself. ``queues`` are those in which tickets may be made, by our name of the RT (none:
    the queue of the chat's ticket), ``triage`` the one for doubtful records. ``undo`` is for how long
    a filing may be undone; nothing leaves before. ``admission`` says who has to sign in;
    ``sign_in_ttl`` is how long after it he may join. ``door`` is for chats that visitors begin.
    ``delete_posts``: a purged chat's posts in Teams are taken back, all but its card. ``rating``:
    visitors are asked at the end whether the chat helped; ``rated_in`` are the RTs whose tickets have
    a field for the answer.
    """

    secret: bytes
    link_base: str
    routes: tuple[Route, ...] = (Route.COPY,)
    statuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rt_hosts: Mapping[str, str] = field(default_factory=dict)
    bot_name: str = NAME
    invitation_ttl: timedelta = timedelta(hours=72)
    session_ttl: timedelta = timedelta(hours=24)
    quarantine: timedelta = timedelta(seconds=180)
    purge_grace: timedelta = timedelta(seconds=5)
    card_delay: timedelta = timedelta(seconds=3)
    proposed_for: timedelta = timedelta(hours=24)
    kept_for: timedelta = timedelta(days=7)
    silence: Patience = field(default_factory=Patience)
    unfiled_for: timedelta = timedelta(hours=72)
    zone: tzinfo = UTC
    queues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    triage: Mapping[str, str] = field(default_factory=dict)
    undo: timedelta = timedelta(seconds=60)
    files: FileRules = field(default_factory=FileRules)
    admission: Policy = field(default_factory=Policy)
    sign_in_ttl: timedelta = timedelta(minutes=10)
    delete_posts: bool = False
    door: Door = field(default_factory=Door)
    rating: bool = False
    rated_in: frozenset[str] = frozenset()


#: How many chats come into these states is told every day.
_COUNTED = frozenset({State.FILED, State.PURGED})
#: And how many confirmations there were of a ticket for a visitor, by how the two fit.
CONFIRMED = "confirmed"


class Relay:
    """What all use cases share: the store, the clock, the rules; the bells ring by themselves.

    Use cases do not ring: after each commit the store tells what it left to do.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        bells: Sequence[Bell],
        rules: Rules,
        process: str = "alone",
    ) -> None:
        """``process`` names this process to the others on its database."""
        self.store = store
        self.now = clock
        self.rules = rules
        self.process = process
        self.life = Life()
        self._bells = bells
        store.tell(self.ring)

    def ring(self, committed: Committed) -> None:
        """Tell everybody what was committed. One who fails keeps it from nobody."""
        problems = []
        for bell in self._bells:
            try:
                bell.ring(committed)
            except Exception as error:  # noqa: BLE001 - raised below, when all have heard
                problems.append(error)
        if problems:
            raise ExceptionGroup("a bell failed", problems)

    async def happen(self, unit: Unit, chat: Chat, event: Event) -> Chat:
        """Let ``event`` happen to ``chat`` (loaded through ``unit``) within its transaction.

        Raises NotNow, ChatFull, ThreadTaken; then nothing of it is kept.
        """
        after, effects = advance(chat, event)
        if after != chat:
            await unit.save(after)
        if after.state is not chat.state and after.state in _COUNTED:
            await unit.tally(after.state.value)
        if confirmed := _confirmed(chat, after, event):
            await unit.tally(f"{CONFIRMED} {confirmed}")
        await measure(unit, chat, after, event)
        for effect in effects:
            if isinstance(effect, f.Record):
                await unit.record(chat.id, effect.message)
                if chat.files and effect.message.kind is Kind.REMOVED:
                    await unit.drop_file(chat.id, effect.message.target or 0)
            elif delivery := self._delivery(after, effect, event.at):
                await unit.schedule(delivery)
        return after

    def _delivery(self, chat: Chat, effect: f.Effect, at: datetime) -> Delivery | None:
        """Turn an effect into its row of the outbox."""
        match effect:
            case f.RelayToThread(seq, first, size, alone):
                return rows.message(chat, seq, first=first, alone=alone, size=size)
            case f.OpenThread():
                return rows.begin(chat)
            case f.FindOwnTickets():
                door = self.rules.door
                return rows.own(chat, door.instance) if door.own_tickets else None
            case f.TellThread(word, detail, calls):
                # What tells of messages that wait must not wait behind them.
                stream = Stream.UNSEEN if word is f.Word.UNSEEN else Stream.CHAT
                return rows.notice(
                    stream.of(chat.id),
                    chat.thread,
                    word,
                    detail,
                    chat_id=chat.id,
                    fixed=False,
                    mention=(calls.id, calls.name) if calls else None,
                )
            case f.TellElsewhere(word):
                return rows.lost(chat, chat.thread, word, "", chat.responsible)
            case f.ShowCard(soon):
                due = at if soon else at + self.rules.card_delay
                return rows.card(chat.id, chat.thread, due=due)
            case f.SendInvitation(number):
                return self._invitation(chat, number)
        return self._of_filing(chat, effect, at)

    def _of_filing(self, chat: Chat, effect: f.Effect, at: datetime) -> Delivery | None:
        """The same for what puts the record into RT, and for what follows from that."""
        match effect:
            case f.MailAnswers(number):
                return rows.answers(chat, number)
            case f.ReleaseFiling(number, until):
                return rows.release(chat, number, until)
            case f.FileTranscript():
                return rows.file(chat)
            case f.SetTicketStatus(status):
                return rows.status(chat, status)
            case f.SetRating(ticket, rating):
                rated = ticket.instance in self.rules.rated_in
                return rows.rating(chat, ticket, rating) if rated else None
            case f.Audit(word, ticket, match, by):
                noted = {"word": word, "ticket": str(ticket), "match": match.value, "operator": by}
                return rows.audit(chat.id, noted, chat.id)
            case f.Purge():
                return rows.purge(chat, at + self.rules.purge_grace)
        raise TypeError(f"no delivery for {type(effect).__name__}")

    def _invitation(self, chat: Chat, number: int) -> Delivery | None:
        link = chat.invitation
        if link is None or link.route is Route.COPY:
            return None  # the card shows the link; nothing goes out
        return rows.invite(chat, number, Lane.MAIL if link.route is Route.MAIL else Lane.RT)

    def link(self, chat: Chat) -> str:
        """Return the chat's invitation link while it is worth something, else an empty text."""
        invitation = chat.invitation
        if chat.state is not State.INVITED or not invitation or invitation.fate is not Fate.PENDING:
            return ""
        if invitation.expires <= self.now():
            return ""
        token = make_token(self.rules.secret, chat.id, invitation.number)
        return f"{self.rules.link_base}#livechat={token}"

    def view(self, chat: Chat, thread: Thread) -> CardView:
        """Return what the chat's card shows now."""
        routes = tuple(route.value for route in self.rules.routes)
        return CardView(
            chat,
            thread.listening,
            self.link(chat),
            routes,
            self.statuses(chat),
            self.queues(chat),
            self.rules.triage.get(chat.ticket.ref.instance, ""),
        )

    def queues(self, chat: Chat) -> tuple[str, ...]:
        """Return the queues in which a ticket may be made for the chat's record."""
        allowed = self.rules.queues.get(chat.ticket.ref.instance, ())
        if chat.intake is not None:
            return tuple(dict.fromkeys((chat.intake.queue, *allowed)))
        return allowed or ((chat.ticket.queue,) if chat.ticket.queue else ())

    def statuses(self, chat: Chat) -> tuple[str, ...]:
        """Return the statuses that a CO may set on the chat's ticket."""
        return self.rules.statuses.get(chat.ticket.ref.instance, ())


def _confirmed(before: Chat, after: Chat, event: Event) -> str:
    """Return how visitor and ticket fit if a CO has just confirmed the two, else an empty text."""
    if not isinstance(event, FilingRequested | Moved) or event.by.role is not Role.OPERATOR:
        return ""
    if isinstance(event, FilingRequested) and event.new_ticket is not None:
        return ""
    begun = after.filings > before.filings or len(after.rebindings) > len(before.rebindings)
    return event.match.value if begun else ""

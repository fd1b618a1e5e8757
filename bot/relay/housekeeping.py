"""What time does to chats: invitations expire, silent chats end, records go to RT by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.matching import Match, match
from bot.domain.messages import SYSTEM, Role
from bot.domain.quiet import asked_of_rt
from bot.domain.silence import warn_at
from bot.relay.answering import Answer
from bot.relay.outcomes import NotDone
from bot.relay.receiving import Receiving
from bot.relay.relay import Relay
from bot.relay.sending import unattended
from bot.relay.storage import Unit
from bot.relay.telling import Telling

#: Teams does not repeat an activity after so long.
_IDS_KEPT = timedelta(days=7)
#: A chat that ended and was not sent to RT is brought to mind after so long, once a day.
_UNFILED = timedelta(hours=1)
#: A record that waits for RT raises an alarm after so long, and then every day.
_WAITS = (timedelta(hours=1), timedelta(hours=4), timedelta(days=1))
#: Whoever is this late to end a silent chat was away, and so was whom the visitor could have told that
#: he is there; a round comes every five minutes at the least.
_LATE = timedelta(minutes=10)
#: What RT refused is tried again by itself after so long, and then more and more seldom.
_AGAIN, _SELDOM = timedelta(minutes=15), timedelta(hours=6)


class Housekeeping:
    """One round of it; the composition root calls ``tidy`` every now and then."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._telling = Telling(relay)
        self._receiving = Receiving(relay)
        self._since: datetime | None = None  # when this process began to look

    async def tidy(self) -> None:
        """Do what is due. What one part of it meets with is raised when all have had their turn."""
        now, rules = self._relay.now(), self._relay.rules
        self._since = min(self._since or now, now)  # also by a clock that was set back
        due = {
            State.INVITED: now,
            State.PROPOSED: now - rules.proposed_for,
            State.OPEN: now,  # a window that comes and goes changes it, and keeps nothing open
            State.FILING: now,  # whatever else changed about it: its age is the filing's
            State.ENDED: now - min(_UNFILED, _AGAIN, rules.unfiled_for),
            State.CANCELLED: now - rules.proposed_for,
            State.PURGED: now - rules.kept_for,
            State.ERASED: now - rules.kept_for,
        }
        stale = await self._relay.store.stale({s.value: at for s, at in due.items()})
        chores: list[Callable[[], Awaitable[object]]] = [partial(self._age, one) for one in stale]
        chores += [self._receiving.tidy, partial(self._relay.store.sweep, _IDS_KEPT)]
        faults: list[Exception] = []
        for chore in chores:
            try:
                await chore()
            except NotDone:
                raise  # the database is away, for the others as well
            except Exception as fault:  # noqa: BLE001 - it must not keep the others waiting for ever
                faults.append(fault)
        if faults:
            raise faults[0]

    async def _age(self, seen: Chat) -> None:
        async def work(unit: Unit) -> None:
            chat = await unit.chat(seen.id)
            if chat is None or chat.state is not seen.state:
                return  # it moved on while we looked
            try:
                await self._treat(unit, chat)
            except NotNow:
                return

        if self._is_due(seen):
            await self._relay.store.write(work)

    def _is_due(self, chat: Chat) -> bool:
        """Tell whether it is worth a transaction: open chats are looked at all the time."""
        if chat.state is State.FILING and chat.filing:
            return self._relay.now() - chat.filing.requested >= _WAITS[0]
        if chat.state is not State.OPEN:
            return True
        silent = chat.closing or warn_at(chat, self._relay.rules.silence)
        return self._unanswered(chat) or silent <= self._relay.now()

    def _unanswered(self, chat: Chat) -> bool:
        """Tell whether a visitor is to be told that nobody has answered him."""
        since, patience = chat.waits_since, self._relay.rules.door.answer_within
        waits = since is not None and since + patience <= self._relay.now()
        return waits and chat.unanswered is None

    async def _treat(self, unit: Unit, chat: Chat) -> None:
        now = self._relay.now()
        match chat.state:
            case State.INVITED if chat.invitation and chat.invitation.expires <= now:
                await self._relay.happen(unit, chat, e.InvitationExpired(now))
            case State.PROPOSED:
                await self._relay.happen(unit, chat, e.Cancelled(now, SYSTEM))
            case State.OPEN if self._unanswered(chat):
                await self._relay.happen(unit, chat, e.Unanswered(now))
            case State.OPEN if self._is_due(chat):
                await self._silent(unit, chat)
            case State.ENDED if self._files_at(chat) <= now:
                await self._file(unit, chat, _why(chat))
            case State.ENDED if (chat.ended or chat.created) <= now - _UNFILED:
                await self._remind(unit, chat)
            case State.FILING:
                await self._alarm(unit, chat)
            case State.CANCELLED | State.PURGED | State.ERASED:
                await unit.forget(chat.id)

    async def _silent(self, unit: Unit, chat: Chat) -> None:
        """Warn both sides; when nobody minded, end it and put it on its way to RT.

        Who could not be heard, since nobody was here when it was to end, is warned once more.
        """
        now = self._relay.now()
        too_late = max(now - _LATE, self._since or now)
        if chat.closing is None or chat.closing <= too_late:
            closes = now + self._relay.rules.silence.warning
            await self._relay.happen(unit, chat, e.SilenceWarned(now, closes))
            return
        chat = await self._relay.happen(unit, chat, e.Ended(now, SYSTEM))
        await self._file(unit, chat, _why(chat))

    async def _file(self, unit: Unit, chat: Chat, why: str) -> None:
        """Into the chat's ticket, unless that is in doubt: there nobody has confirmed it.

        What RT refused, and what was stopped, is tried again there only if nobody sorts it out.
        """
        fits, filing = match(chat.identity, chat.ticket), asked_of_rt(chat)
        astray = filing is not None and filing.refused is not None
        made = unattended(self._relay, chat) if astray or fits is Match.RED else None
        if fits is Match.RED and made is None and not (filing and filing.new_ticket):
            await self._remind(unit, chat)
            return
        await self._relay.happen(unit, chat, e.FiledUnasked(self._relay.now(), why, fits, made))

    def _files_at(self, chat: Chat) -> datetime:
        """When a chat that ended is sent to RT although no CO does."""
        filing, since = asked_of_rt(chat), _minded(chat)
        # Whom nobody has answered, nobody writes a summary for; who has sent it by then has.
        sent = chat.filing is not None and chat.filing.by.role is Role.OPERATOR
        alone = chat.intake is not None and not chat.took_part and not sent
        due = since if alone else since + self._relay.rules.unfiled_for
        if filing is None or filing.refused is None:
            return due
        pause = min(_AGAIN * float(2 ** min(chat.filings - 1, 10)), _SELDOM)
        # What went by itself, or was due to, goes again by itself; what a CO sent waits for him.
        again = filing.refused + pause
        return again if filing.unasked else max(due, again)

    async def _alarm(self, unit: Unit, chat: Chat) -> None:
        """RT has not taken a record for long: its thread is told now and then."""
        assert chat.filing
        age = self._relay.now() - chat.filing.requested
        passed = [span for span in _WAITS if span <= age]
        if not passed:
            return
        hours = int(passed[-1] / timedelta(hours=1))
        day = int(age / _WAITS[-1])
        if await unit.first_time(f"chat:{chat.id}", f"waits:{chat.filings}:{hours}:{day}"):
            since = "an hour" if hours == 1 else f"{hours if day < 2 else day * hours} hours"
            problem = f": {chat.filing.problem}" if chat.filing.problem else "."
            detail = f"for {since}{problem}"
            await self._telling.tell_chat(unit, chat, Answer.FILING_WAITS, detail)

    async def _remind(self, unit: Unit, chat: Chat) -> None:
        """Its text is kept until somebody files it, so somebody must be told."""
        if not await unit.first_time(f"chat:{chat.id}", f"unfiled:{self._relay.now():%Y%m%d}"):
            return
        stands = (await unit.thread_by_id(chat.thread)).open
        filing, word = asked_of_rt(chat), Answer.NOT_FILED if stands else Answer.STRANDED
        await self._telling.tell_chat(unit, chat, word, filing.problem if filing else "")


def _minded(chat: Chat) -> datetime:
    """When somebody last decided about the record: the end, an undone filing's time, a move."""
    until = chat.filing.until if chat.filing and chat.filing.undone_by else None
    moves = (moved.at for moved in chat.rebindings)
    return max(filter(None, (chat.ended or chat.created, until, *moves)))


def _why(chat: Chat) -> str:
    if chat.ended_by is not None and chat.ended_by.role is Role.SYSTEM:
        return "nobody had written for long, and the chat ended by itself."
    return "the chat had ended, and nobody sent it to RT in time."

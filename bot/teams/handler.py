"""What Teams tells the bot, turned into the operators' use cases.

A turn persists and returns: Teams gets its answer only when the handler ends. It waits at most
15 s for that, so a turn that cannot be finished in a few is given up: 503, and Teams comes again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler

from bot.domain.commands import is_note
from bot.relay.answering import Answer
from bot.relay.inbound import Pressing
from bot.relay.missing import Missed
from bot.relay.operating import Operating
from bot.relay.outcomes import OutsideError
from bot.relay.ports import Listening, Scope, Tell, Thread, Threads
from bot.teams import activity as read
from bot.teams import cards, words
from bot.teams.adapter import RAW
from bot.teams.clocks import Clocks
from bot.teams.membership import Gatekeeper
from bot.teams.misses import Miss, Misses

log = structlog.get_logger(__name__)

T = TypeVar("T")

LIMIT = 4.0  # seconds for a turn, whatever the database or Teams' own API do
TOLD_AGAIN = 600.0  # seconds between two refusals to the same person
MAX_TOLD = 1000


def _nothing() -> None:
    """Nobody waits for it."""


class TeamsHandler(TeamsActivityHandler):  # type: ignore[misc]
    """Reads activities, turns away who may not act, and calls the use cases."""

    def __init__(
        self,
        operating: Operating,
        membership: Gatekeeper,
        threads: Threads,
        listening: dict[str, Listening],
        zone: tzinfo,
        *,
        in_groups: Listening = Listening.MENTION,
        clock: Callable[[], float] = time.monotonic,
        limit: float = LIMIT,
    ) -> None:
        super().__init__()
        self._operating = operating
        self._membership = membership
        self._threads = threads
        self._listening = listening
        self._zone = zone
        self._in_groups = in_groups
        self._clock = clock
        self._limit = limit
        self._clocks = Clocks()
        self._misses = Misses(self._is_able, self._tell_missed)
        self._told: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop what is under way."""
        await self._misses.close()
        await self._membership.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- botbuilder's hooks ---

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Take in a message."""
        raw = _raw(turn_context)
        if read.from_bot(raw):
            return
        who, where = read.person(raw), self._thread(raw)
        heard = read.heard(raw, where, who)
        at = self._clocks.ours(read.moment(raw), datetime.now(UTC))

        def missed() -> Missed | None:
            if is_note(heard.text) or not (heard.mentioned or where.listening is Listening.THREAD):
                return None
            when, mentioned = self._when(raw), heard.mentioned
            return Missed(who.operator, heard.key, when, at, mentioned=mentioned)

        async def take_in() -> None:
            if await self._may(who, where):
                await self._operating.hears(heard, at)
            elif heard.mentioned or await self._operating.carries_chat(where):
                # Other posts of theirs are their own business: not answered, not kept.
                self._turn_away(who, where)

        await self._in_time(take_in(), who, where, missed)

    async def on_teams_message_edit(self, turn_context: TurnContext) -> None:
        """Take in an edit."""
        await self._changes(turn_context, removed=False)

    async def on_teams_message_undelete(self, turn_context: TurnContext) -> None:
        """Take in that a removed message is back."""
        await self._changes(turn_context, removed=False)

    async def on_teams_message_soft_delete(self, turn_context: TurnContext) -> None:
        """Take in a removal."""
        await self._changes(turn_context, removed=True)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Answer a button or a dialog; anything else is not for us."""
        raw = _raw(turn_context)
        name = raw.get("name")
        if name == "adaptiveCard/action":
            return await self._press(raw)
        if name in {"task/fetch", "task/submit"}:
            return _ok({"task": {"type": "message", "value": words.NO_DIALOG}})
        return InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Somebody came or went: ask the roster anew at the next occasion."""
        raw = _raw(turn_context)
        team = read.text_at(raw, "channelData", "team", "id")
        self._membership.forget(team, left=bool(raw.get("membersRemoved")))

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """Log that the app came or went; posts to a place it left will say so themselves."""
        raw = _raw(turn_context)
        where = self._thread(raw)
        self._membership.forget(where.team_id)
        log.info("installation", action=read.text_at(raw, "action")[:40], scope=where.scope)

    # --- what they lead to ---

    async def _changes(self, context: TurnContext, *, removed: bool) -> None:
        raw = _raw(context)
        if read.from_bot(raw):
            return
        who, where = read.person(raw), self._thread(raw)
        changed, at = read.changed(raw, where, who, removed=removed), read.moment(raw)

        def missed() -> Missed:
            when, change = self._when(raw), changed.activity_id
            return Missed(who.operator, changed.key, when, at, change, changed.mentioned)

        async def take_in() -> None:
            if await self._may(who, where):
                await self._operating.changes(changed, at)

        await self._in_time(take_in(), who, where, missed)

    async def _press(self, raw: read.Json) -> InvokeResponse:
        who, where = read.person(raw), self._thread(raw)
        return await self._in_time(self._pressed(raw, who, where), who, where)

    async def _pressed(self, raw: read.Json, who: read.Person, where: Thread) -> InvokeResponse:
        if not await self._may(who, where):
            log.warning("press_refused", person=who.object_id, tenant=who.tenant_id)
            return _message(words.PRESS_NOT_ALLOWED)
        pressed = read.pressed(raw, where, who)
        if pressed is None:
            return _message(words.PRESS_UNKNOWN)
        if pressed.values.get("status") == cards.KEEP:
            pressed.values["status"] = ""
        return self._shown(await self._operating.presses(pressed))

    def _shown(self, pressing: Pressing) -> InvokeResponse:
        shows = pressing.view is not None and (pressing.view.wrong or not pressing.sentence)
        if not shows or pressing.view is None:
            return _message(pressing.sentence or words.DONE)
        card = cards.card(pressing.view, self._zone)
        return _ok({"statusCode": 200, "type": cards.CONTENT_TYPE, "value": card})

    async def _in_time(
        self,
        turn: Awaitable[T],
        who: read.Person,
        where: Thread,
        missed: Callable[[], Missed | None] = _nothing,
    ) -> T:
        """End a turn in time; what it could not take in is ``missed`` until Teams brings it again.

        Raises TimeoutError, and whatever the turn does.
        """
        try:
            async with asyncio.timeout(self._limit):
                return await turn
        except Exception:
            if one := missed():
                self._misses.note(Miss(where, who, one))
            raise

    async def _is_able(self, miss: Miss) -> None:
        """Fail while nothing can be written."""
        await self._operating.missed(miss.where, [])

    async def _tell_missed(self, misses: list[Miss]) -> None:
        """Tell a thread what Teams has not brought again; strangers' words are not spoken of."""
        told = [one.missed for one in misses if await self._may(one.who, one.where)]
        if told:
            await self._operating.missed(misses[0].where, told)

    def _when(self, raw: read.Json) -> str:
        at = read.moment(raw) or datetime.now(UTC)
        return f"{at.astimezone(self._zone):%H:%M}"

    async def _may(self, who: read.Person, where: Thread) -> bool:
        """Tell whether ``who`` may act in ``where``. Raises OutsideError when nobody can tell."""
        if self._elsewhere(where):
            return False
        return await self._membership.allows(who, where.service_url)

    def _elsewhere(self, where: Thread) -> bool:
        """Tell whether ``where`` is in a team that is not configured."""
        if where.scope is not Scope.CHANNEL or not self._listening:
            return False
        return where.team_id not in self._listening

    def _turn_away(self, who: read.Person, where: Thread) -> None:
        """Say why, behind the answer to Teams, and not time and again."""
        log.warning("person_refused", person=who.object_id, tenant=who.tenant_id, scope=where.scope)
        now = self._clock()
        known = who.object_id or who.teams_id
        if now - self._told.get(known, float("-inf")) < TOLD_AGAIN:
            return
        if len(self._told) >= MAX_TOLD:
            self._told = {k: at for k, at in self._told.items() if now - at < TOLD_AGAIN}
        if len(self._told) >= MAX_TOLD:
            return
        self._told[known] = now
        task = asyncio.create_task(self._refuse(where))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refuse(self, where: Thread) -> None:
        detail = words.OTHER_TEAM if self._elsewhere(where) else ""
        try:
            await self._threads.tell(where, Tell(Answer.NOT_ALLOWED, detail))
        except OutsideError as error:
            log.warning("refusal_not_sent", error=type(error).__name__)

    def _thread(self, raw: read.Json) -> Thread:
        return read.thread(raw, self._listens)

    def _listens(self, scope: Scope, team_id: str) -> Listening:
        if scope is Scope.PERSONAL:
            return Listening.THREAD
        if scope is Scope.GROUP:
            return self._in_groups
        return self._listening.get(team_id, Listening.MENTION)


def _raw(context: TurnContext) -> read.Json:
    raw: read.Json = context.turn_state[RAW]
    return raw


def _ok(body: dict[str, Any]) -> InvokeResponse:
    return InvokeResponse(status=HTTPStatus.OK, body=body)


def _message(sentence: str) -> InvokeResponse:
    kind = "application/vnd.microsoft.activity.message"
    return _ok({"statusCode": 200, "type": kind, "value": sentence})

"""Keeping a visitor out for a while: by a CO's command, by the prompt, and at the door."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.blocking import (
    LONGEST_REASON,
    SHORTEST_REASON,
    BadSpan,
    Block,
    day_and_time,
    span,
)
from bot.domain.chat import Chat, NotNow, State
from bot.domain.identity import Proof
from bot.domain.legible import plain_name
from bot.domain.messages import Author
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.inbound import Heard
from bot.relay.ports import Thread
from bot.relay.relay import Relay
from bot.relay.storage import Store, Unit
from bot.relay.telling import Telling

#: States in which it is known who the visitor is.
_KNOWN = frozenset({State.OPEN, State.ENDED, State.HELD, State.FILING, State.FILED})
_WHY = (
    "Nobody was blocked, and nothing of it was sent to the visitor. Say for how long and why, in at "
    "least {least} characters: “block 2h because REASON”."
)
_WORDS = "If it was meant for the visitor, write it again in other words."
_NOT_HERE = (
    "Nobody is in this thread's chat whom I could block. While nobody has joined, “revoke link” "
    "keeps everybody out; after the record was deleted here I do not know any more who it was."
)
#: Nobody knows who it is: docs/decisions/0026.
_BROWSER_ONLY = ", but only in that browser, and until they close this chat there"
_NO_BLOCK = "There is no block {id}. Mention me with “blocks” to see those that there are."
NOBODY = "Nobody is kept out."
#: How many are listed in one post, the newest; Teams takes no post of any length.
_LISTED = 30
_EARLIER = "{count} earlier ones are not shown here; “livechat blocks” at a prompt lists everybody."


class Blocking:
    """The use cases."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._telling = Telling(relay)

    async def command(
        self,
        unit: Unit,
        thread: Thread,
        chats: list[Chat],
        heard: Heard,
        command: c.Block | c.Misput | c.Unblock | c.Blocks,
    ) -> None:
        """Do what a CO says in ``thread``, whose chats are given newest first."""
        by = heard.operator.author
        match command:
            case c.Blocks():
                now = self._relay.now()
                listed = [one for one in await unit.blocks() if one.until > now]
                told = "\n".join(map(self.line, listed[-_LISTED:])) or NOBODY
                if len(listed) > _LISTED:
                    told = f"{_EARLIER.format(count=len(listed) - _LISTED)}\n{told}"
                await self._telling.answer(unit, thread, heard, Answer.BLOCKS, told)
            case c.Unblock(id_):
                found = await self.lift(unit, id_, by)
                word = Answer.UNBLOCKED if found else Answer.BLOCK_NOT
                told = plain_name(found.name) if found else _NO_BLOCK.format(id=id_)
                await self._telling.answer(unit, thread, heard, word, told)
            case c.Misput():
                told = f"{_WHY.format(least=SHORTEST_REASON)} {_WORDS}"
                await self._telling.answer(unit, thread, heard, Answer.BLOCK_NOT, told)
            case c.Block():
                chat = next((one for one in chats if one.state in _KNOWN and one.visitor), None)
                await self._block(unit, thread, chat, heard, command)

    async def _block(
        self, unit: Unit, thread: Thread, chat: Chat | None, heard: Heard, command: c.Block
    ) -> None:
        tell, now = self._telling.answer, self._relay.now()
        try:
            until = now + span(command.span)
        except BadSpan as wrong:
            await tell(unit, thread, heard, Answer.BLOCK_NOT, str(wrong))
            return
        if len(command.reason) < SHORTEST_REASON:
            why = _WHY.format(least=SHORTEST_REASON)
            await tell(unit, thread, heard, Answer.BLOCK_NOT, why)
            return
        if chat is None or chat.visitor is None:
            await tell(unit, thread, heard, Answer.BLOCK_NOT, _NOT_HERE)
            return
        by = heard.operator.author
        block = Block(
            chat.id,
            chat.identity,
            chat.visitor.name,
            tuple(await unit.seats(chat.id)),
            by,
            command.reason[:LONGEST_REASON],
            now,
            until,
        )
        await unit.block(block)
        chat = await self._relay.happen(unit, chat, e.Blocked(now, by, until))
        await self._audit(unit, "block", block, by)
        when = day_and_time(until, self._relay.rules.zone)
        weak = _BROWSER_ONLY if chat.identity.proof is Proof.ANONYMOUS else ""
        told = f"{when}{weak} ({block.id})"
        await tell(unit, thread, heard, Answer.BLOCKED, told, chat=chat)

    async def lift(self, unit: Unit, block_id: str, by: Author) -> Block | None:
        """Let somebody in again; return what kept him out, or None if nothing did."""
        kept = next((one for one in await unit.blocks() if one.id == block_id), None)
        # First, as everybody locks a chat before what belongs to it.
        chat = await unit.chat(kept.chat) if kept else None
        found = await unit.unblock(block_id)
        if found is None:
            return None
        if chat is not None:
            with suppress(NotNow):  # it is over, and shows nothing of it any more
                await self._relay.happen(unit, chat, e.Unblocked(self._relay.now()))
        await self._audit(unit, "unblock", found, by)
        return found

    async def _audit(self, unit: Unit, word: str, block: Block, by: Author) -> None:
        """Note who did it to which chat's visitor; neither a name nor the reason."""
        noted = {"word": word, "block": block.id, "until": f"{block.until:%Y-%m-%dT%H:%M:%SZ}"}
        noted |= {"chat": block.chat, "operator": by.id}
        await unit.schedule(rows.audit(block.chat, noted))

    def line(self, block: Block) -> str:
        """Tell of a block on one line."""
        known = block.who.login or block.who.address
        who = f"{plain_name(block.name) or 'a visitor'}{f' ({plain_name(known)})' if known else ''}"
        until = day_and_time(block.until, self._relay.rules.zone)
        by = plain_name(block.by.name) or "somebody"
        reason = " ".join(block.reason.split())
        return f"{block.id}: {who}, until {until}, by {by}: {reason}"


async def everybody(store: Store, now: datetime) -> list[Block]:
    """Read who is kept out now."""
    return [block for block in await store.blocks() if block.until > now]

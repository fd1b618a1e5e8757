"""Commands that are typed and do what a card's button does: cards fail on some phones."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.chat import Chat, State
from bot.domain.commands import Press, without_notes
from bot.domain.tickets import parse_ticket
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.belonging import RECORD, is_vague, meant
from bot.relay.buttons import Buttons
from bot.relay.inbound import Heard, Pressed
from bot.relay.ports import Thread
from bot.relay.relay import Relay
from bot.relay.sending import SENT
from bot.relay.storage import Unit
from bot.relay.telling import Telling

_SECOND_SUMMARY = (
    "This chat was sent to RT already, with the summary it was sent with. Add yours on the ticket."
)
_HELD_SUMMARY = (
    "This chat goes to RT in a moment, with the summary it was sent with. To change that, mention me "
    "with “undo” and send it again."
)
_WHICH = (
    "This thread has had more than one chat, and your summary would go on the record of just one. Say "
    "on which: “send to rt 345: SUMMARY”, with the last digits of its ticket, or press the button on "
    "its card."
)
_WHOSE = (
    "This thread has had more than one chat. Say whose visitor shall be mailed: “mail answers 345”, with the "
    "last digits of the ticket, or press the button on its card."
)
_NOTED = "Lines of the summary that begin with // are notes, which do not go to RT."
_BESIDE = "Pictures and files in that message went nowhere: attach them to the ticket in RT."
_CARRIED_OUT = {
    "move": Answer.MOVE_ASKED,
    "stay": Answer.STAYS,
    "take": Answer.TAKEN,
    "mail": Answer.MAIL_ASKED,
}


class Typed:
    """Does what was typed, and says in the thread what came of it."""

    def __init__(self, relay: Relay, buttons: Buttons, telling: Telling) -> None:
        self._relay = relay
        self._buttons = buttons
        self._telling = telling
        self._hosts = dict(relay.rules.rt_hosts)

    async def for_one_of(
        self, unit: Unit, thread: Thread, chats: list[Chat], heard: Heard, command: Press
    ) -> None:
        """A typed command in a thread that has had these chats, newest first."""
        chat = meant(command.verb, chats)
        if is_vague(command, chat, chats):
            which = _WHOSE if command.verb == "mail" else _WHICH
            await self._telling.answer(unit, thread, heard, Answer.NOTHING_HERE, which)
            return
        await self.carry_out(unit, thread, chat, heard, command)

    async def carry_out(
        self,
        unit: Unit,
        thread: Thread,
        chat: Chat,
        heard: Heard,
        command: Press,
        about: str = "",
    ) -> None:
        """A typed command that does what a button does (cards fail on some phones).

        ``about`` says which chat it was about, where that may not be clear.
        """
        verb, (summary, notes) = command.verb, without_notes(command.summary)
        if verb == "look":
            await self._show_again(unit, chat)
            return
        if verb in RECORD and summary and chat.state in SENT:
            word = Answer.NOTHING_HERE
            why = _HELD_SUMMARY if chat.state is State.HELD else _SECOND_SUMMARY
            await self._telling.answer(unit, thread, heard, word, why, chat=chat)
            return
        if notes and not summary.strip():
            await self._telling.answer(unit, thread, heard, Answer.NOTHING_HERE, _NOTED, chat=chat)
            return
        values = dict(command.typed) | ({"summary": summary} if summary else {})
        pressed = Pressed(thread, heard.operator, verb, chat.id, values)
        pressing = await self._buttons.apply(unit, thread, chat, pressed)
        word = Answer.NOTHING_HERE if pressing.sentence else _CARRIED_OUT.get(verb, Answer.DONE)
        kept = _NOTED if notes else "", _BESIDE if heard.brings else ""
        detail = " ".join(filter(None, (pressing.sentence, about, *kept)))
        if word is Answer.MOVE_ASKED:
            detail = f"Ticket {parse_ticket(values['number'], self._hosts)}"
        await self._telling.answer(unit, thread, heard, word, detail, chat=chat)

    async def _show_again(self, unit: Unit, chat: Chat) -> None:
        """Post the card anew, at the end of a thread that has grown long."""
        await unit.save(replace(chat, card=""))
        await unit.schedule(rows.card(chat.id, chat.thread))
        if chat.card:  # else it would go on saying how things stood
            after = self._relay.now() + self._relay.rules.card_delay
            await unit.schedule(rows.retire(chat, after))

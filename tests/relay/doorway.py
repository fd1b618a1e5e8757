"""Where visitors begin chats: a house that is open to them, and who comes in."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.admission import SignIn
from bot.domain.asking import Question
from bot.domain.chat import Chat
from bot.domain.identity import Identity
from bot.domain.reception import Admits
from bot.relay.door import Door
from bot.relay.joining import Joined
from bot.relay.ports import Seat, Thread
from tests.people import LATER, STRANGER
from tests.relay.house import THREAD, House

DOOR = Door(Admits.ANYONE, most_waiting=2, queue="Live chat")
CHANNEL = replace(THREAD, channel_id="19:chat@thread.tacv2", team_id="19:team@thread.tacv2")
ADAS_QUESTION = Question("Why does it beep?\nIt is the big one.", STRANGER.name, STRANGER.address)
KEY = "k" * 43


async def asks(
    house: House, key: str = KEY, *, who: Identity | None = None, present: str | None = None
) -> Joined:
    """Ada sends the form; as ``who``, if she signed in."""
    sign_in = SignIn(f"signed in for {key}", who, LATER) if who else None
    if sign_in:
        await house.store.write(lambda unit: unit.sign_in(sign_in))
    return await house.beginning.ask(ADAS_QUESTION, key, present, sign_in)


async def thread_of(house: House, chat: Chat) -> Thread:
    return await house.store.thread((await house.chat(chat.id)).thread)


async def answered(house: House) -> tuple[Chat, Seat]:
    """Ada has asked, and Grace has answered."""
    joined = await asks(house)
    await house.deliver()
    await house.writes("Toner?", thread=await thread_of(house, joined.chat))
    return await house.chat(joined.chat.id), joined.seat


async def tidied(house: House, span: timedelta) -> None:
    """Time passes, and housekeeping looks."""
    house.clock.now += span
    await house.housekeeping.tidy()
    await house.deliver()

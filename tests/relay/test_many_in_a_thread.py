"""A thread, a personal chat above all, may have had many chats: what goes on in the oldest counts, too."""

from bot.domain.chat import Chat, State
from bot.domain.invitations import Route
from bot.relay.outcomes import Gone
from tests.relay.house import House
from tests.relay.test_gone import GONE

MANY = 9  # one more than matter to whoever writes in a thread


async def proposed(house: House) -> list[Chat]:
    """Grace looked at so many tickets in one thread, one after the other."""
    found = []
    for _ in range(MANY):
        found.append(await house.proposed())
        house.clock.pass_(seconds=1)
    return found


async def test_who_joined_the_oldest_of_many_chats_reads_what_the_co_answers(house: House) -> None:
    oldest, *_ = await proposed(house)
    await house.presses("invite", oldest, route=Route.COPY.value)
    await house.joining.join(house.token(oldest), "nonce", None)
    await house.writes("Which printer is it?", mention=False)
    assert "Which printer is it?" in await house.texts(oldest.id)


async def test_a_lost_thread_ends_its_oldest_chat_however_many_it_has_had(house: House) -> None:
    """Ada's first chat ended, and waits for Grace; she has looked at many tickets there since."""
    first, seat = await house.talking()
    await house.visiting.end(seat)
    await house.deliver()
    house.clock.pass_(seconds=1)
    *_, last = await proposed(house)
    house.threads.faults.before += [Gone(GONE)] * 2
    await house.presses("invite", last, route=Route.COPY.value)
    await house.joining.join(house.token(last), "nonce", None)
    for _ in range(2):
        await house.deliver("tell")
        house.clock.pass_(seconds=5)
    assert not (await house.store.thread(first.thread)).open
    assert (await house.chat(last.id)).state is State.FILING
    assert (await house.chat(first.id)).state is State.FILING

"""Who waits for an answer is told how many others have been waiting longer, and when that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat
from bot.domain.presence import Presence
from bot.relay.outcomes import NotDone
from bot.visitors.hub import Hub
from bot.visitors.pace import Pace
from bot.visitors.waits import Waits
from tests.people import INTAKE
from tests.visitors.browser import Browser, Poller, Tab, until
from tests.visitors.conftest import Site, StartSite
from tests.visitors.fakes import GRACE, NOW
from tests.visitors.test_hub import Ear

VIEWS = ("view",)


@pytest.fixture
async def site(start_site: StartSite) -> Site:
    """A service that looks often."""
    return await start_site(pace=Pace(line=0.01))


async def begins(site: Site, number: int) -> tuple[Browser, str]:
    """Somebody begins a chat, the ``number``th minute."""
    browser = await site.browser()
    view = await browser.join(site.visiting.invite(number))
    chat = site.visiting.chats[str(view["chat"])]
    at = NOW + timedelta(minutes=number)
    site.visiting.chats[chat.id] = replace(chat, intake=INTAKE, operators=(), created=at)
    return browser, chat.id


async def welcomed(browser: Browser, chat: str) -> tuple[Tab, int | None]:
    """Open a window; return what its welcome tells."""
    tab = await browser.tab()
    return tab, (await tab.hello(chat))["view"].get("waiting_longer")


@pytest.mark.parametrize("end", ["answered", "over", "away"])
async def test_it_is_pushed_when_somebody_who_has_been_waiting_longer_waits_no_more(
    site: Site, end: str
) -> None:
    _, first = await begins(site, 1)
    bob, second = await begins(site, 2)
    tab, told = await welcomed(bob, second)
    assert told == 1
    assert (await (await bob.get("api/session")).json())["waiting_longer"] == 1
    if end == "answered":
        site.visiting.answer(first, "Toner?")
    elif end == "over":
        site.visiting.happen(first, e.Ended(NOW, GRACE))
    else:
        site.visiting.happen(first, e.PresenceChanged(NOW, Presence.GONE))
    assert (await tab.next(*VIEWS))["view"]["waiting_longer"] == 0


async def test_who_is_put_back_waits_behind_those_who_wait_already(site: Site) -> None:
    ada, first = await begins(site, 1)
    bob, second = await begins(site, 2)
    hers, _ = await welcomed(ada, first)
    his, _ = await welcomed(bob, second)
    site.visiting.answer(first, "Toner?")
    assert "waiting_longer" not in (await hers.next(*VIEWS))["view"]
    assert (await his.next(*VIEWS))["view"]["waiting_longer"] == 0
    site.visiting.happen(first, e.HandedBack(NOW + timedelta(minutes=9), GRACE))
    assert (await hers.next(*VIEWS))["view"]["waiting_longer"] == 1
    site.visiting.answer(second, "Paper?")
    assert "waiting_longer" not in (await his.next(*VIEWS))["view"]
    assert (await hers.next(*VIEWS))["view"]["waiting_longer"] == 0


async def test_a_window_without_a_websocket_is_told_as_well(site: Site) -> None:
    _, first = await begins(site, 1)
    bob, second = await begins(site, 2)
    window = Poller(bob, second)
    assert (await window.frames())[0]["view"]["waiting_longer"] == 1
    site.visiting.answer(first, "Toner?")
    frames = await window.frames()
    assert [frame["view"]["waiting_longer"] for frame in frames] == [0]


async def test_who_does_not_wait_is_told_nothing_and_costs_nothing(site: Site) -> None:
    await begins(site, 1)
    ada = await site.browser()
    view = await ada.join(site.visiting.invite(99))
    assert "waiting_longer" not in view
    tab, told = await welcomed(ada, str(view["chat"]))
    site.visiting.answer(str(view["chat"]), "Toner?")
    await tab.next("line")
    assert told is None
    assert site.visiting.asked["waiting_longer"] == 0


class Line:
    """How many have been waiting longer than whom, as the database has it."""

    def __init__(self, **found: int) -> None:
        self.found, self.asked, self.away = found, 0, False
        self.hub = Hub()
        self.waits = Waits(self.hub, self.read, 0.005)

    async def read(self) -> dict[str, int]:
        self.asked += 1
        if self.away:
            raise NotDone("The database does not answer.")
        return dict(self.found)

    async def told(self, chat: Chat, name: str) -> int | None:
        """A window of the chat of that name asks."""
        return await self.waits.longer_than(replace(chat, id=name, intake=INTAKE, operators=()))


@pytest.fixture
async def chat(site: Site) -> Chat:
    """One in which somebody waits."""
    return site.visiting.chats[(await begins(site, 1))[1]]


async def test_only_windows_to_which_it_makes_a_difference_are_woken_and_once(chat: Chat) -> None:
    line, ada, bob = Line(ada=0, bob=1, elsewhere=2), Ear("ada"), Ear("bob")
    for ear in (ada, bob):
        line.hub.watch(ear)
        assert await line.told(chat, ear.chat_id) == line.found[ear.chat_id]
    line.found = {"ada": 0, "bob": 0, "new": 2}
    await until(lambda: bool(bob.heard))
    asked = line.asked
    await until(lambda: line.asked > asked + 2)
    assert (ada.heard, bob.heard) == ([], ["wake"])
    await line.waits.close()


async def test_two_windows_of_one_chat_never_differ_for_good(chat: Chat) -> None:
    line, first, second = Line(ada=3), Ear("ada"), Ear("ada")
    line.hub.watch(first)
    assert await line.told(chat, "ada") == 3
    line.found["ada"] = 2
    line.hub.watch(second)
    assert await line.told(chat, "ada") == 2  # before any look by the clock
    assert first.heard == ["wake"]
    await line.waits.close()


async def test_it_looks_on_after_trouble_and_not_once_nobody_waits_here(chat: Chat) -> None:
    line, ada = Line(ada=1), Ear("ada")
    line.hub.watch(ada)
    await line.told(chat, "ada")
    line.away = True
    asked = line.asked
    await until(lambda: line.asked > asked + 1)
    line.away, line.found = False, {"ada": 0}
    await until(lambda: ada.heard == ["wake"])
    line.hub.unwatch(ada)
    await until(lambda: line.waits._task is None)
    line.hub.watch(ada)
    await line.told(chat, "ada")
    assert line.waits._task is not None
    line.found = {}  # she is answered
    await until(lambda: line.waits._task is None)
    assert ada.heard == ["wake"]

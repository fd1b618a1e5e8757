"""Random histories of a network: what happens to it, and to Ada's browser, while a chat goes on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

from playwright.async_api import expect

from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.upgrades import How, Upgrades
from tests.faults.faultproxy import FaultProxy

_TROUBLE = 0.4  # of the messages have some of it before them
_TURNS = 60  # of waiting until everything is shown; each is five seconds to the page
_UPGRADES: list[How] = ["through", "refused", "swallowed"]


class Service(Protocol):
    """What can be taken away in the middle of it."""

    async def stop(self) -> None: ...
    async def start(self) -> None: ...


class Told(Protocol):
    """The chat, from the operators' side; what it holds of each side's is told in order."""

    @property
    def token(self) -> str: ...
    def grace(self, text: str) -> None: ...
    def said(self, *roles: Role) -> list[str]: ...
    async def quiet(self) -> None: ...


class History:
    """One chat of ``messages`` messages, half of them Ada's, under troubles that ``seed`` decides."""

    def __init__(
        self,
        seed: int,
        ada: Ada,
        service: Service,
        talk: Told,
        network: FaultProxy,
        upgrades: Upgrades,
    ) -> None:
        self._random = random.Random(seed)
        self._ada = ada
        self._service = service
        self._talk = talk
        self._network = network
        self._upgrades = upgrades
        self.said: list[str] = []  # by Ada, in her order
        self.answers = 0
        self.met: Counter[str] = Counter()

    async def play(self, messages: int) -> None:
        """Let the chat go on until all is said, then the troubles end."""
        await self._ada.context.clock.install()
        await self._ada.join(self._talk)
        troubles: list[Callable[[], Awaitable[None]]] = [
            self._drop,
            self._one_way,
            self._change_proxy,
            self._restart,
            self._kill,
            self._reload,
        ]
        browser = self._ada.context.browser
        if browser and browser.browser_type.name == "chromium":  # others cannot be told to sleep
            troubles.append(self._sleep)
        for number in range(messages):
            if self._random.random() < _TROUBLE:
                trouble = self._random.choice(troubles)
                self.met[trouble.__name__.strip("_")] += 1
                await trouble()
            await self._speak(number)
        self._network.mend()
        await self._settle()

    async def _speak(self, number: int) -> None:
        if self._random.random() < 0.5:
            self.answers += 1
            self._talk.grace(f"answer {number}")
        else:
            self.said.append(f"message {number}")
            await self._ada.say(f"message {number}")
        if self._random.random() < 0.3:
            await self._pass(self._random.randrange(20_000))

    async def _settle(self) -> None:
        await self._talk.quiet()
        for _ in range(_TURNS):
            await self._pass(5_000)
            sending = await self._ada.page.get_by_text("Sending").count()
            if not sending and await self._ada.messages.count() == len(self.said) + self.answers:
                return

    async def check(self) -> None:
        """Nothing is lost, doubled or out of order, on either side."""
        log = self._talk.said(Role.VISITOR, Role.OPERATOR)
        problems = [
            *_differences("stored", self._talk.said(Role.VISITOR), self.said),
            *_differences("shown", await self._ada.said(), log),
        ]
        assert not problems, f"{problems} after {dict(self.met)}"
        assert len(log) == len(self.said) + self.answers
        await expect(self._ada.page.get_by_text("Sending")).to_have_count(0)

    # --- what happens -------------------------------------------------------------------------------

    async def _pass(self, milliseconds: int) -> None:
        """Time goes by for the page, in steps between which answers can come."""
        for _ in range(max(1, milliseconds // 1_000)):
            await self._ada.page.clock.run_for(min(milliseconds, 1_000))

    async def _drop(self) -> None:
        self._network.cut()

    async def _one_way(self) -> None:
        self._network.part(*self._random.choice([("up",), ("down",), ("up", "down")]))
        await self._speak_into_it()
        await self._pass(self._random.choice([1_000, 8_000, 30_000]))
        self._network.mend()

    async def _change_proxy(self) -> None:
        self._upgrades.how = self._random.choice(_UPGRADES)
        self._network.cut()

    async def _sleep(self) -> None:
        """The computer sleeps; its network is another one when it wakes."""
        session = await self._ada.context.new_cdp_session(self._ada.page)
        await session.send("Page.setWebLifecycleState", {"state": "frozen"})
        self._network.cut()
        self._talk.grace(f"while you slept {self.answers}")
        self.answers += 1
        await session.send("Page.setWebLifecycleState", {"state": "active"})
        await session.detach()

    async def _restart(self) -> None:
        await self._service.stop()
        await self._speak_into_it()
        await self._service.start()

    async def _kill(self) -> None:
        """The tab is gone, with what it was just saying; another one goes on."""
        self._network.part("up")
        await self._speak_into_it()
        await self._ada.page.close()
        self._network.mend()
        self._ada.page = await self._ada.tab()
        await self._ada.visit()
        await self._ada.launcher.click()
        await self._come_back()

    async def _reload(self) -> None:
        await self._ada.box.fill("half a sentence")
        await self._ada.page.reload()
        await self._come_back()
        await expect(self._ada.box).to_have_value("half a sentence")

    async def _come_back(self) -> None:
        for _ in range(_TURNS):
            if await self._ada.box.is_visible():
                return
            await self._pass(1_000)
            await asyncio.sleep(0)
        await expect(self._ada.box).to_be_visible()

    async def _speak_into_it(self) -> None:
        text = f"into it {len(self.said)}"
        self.said.append(text)
        await self._ada.say(text)


def _differences(what: str, found: list[str], wanted: list[str]) -> list[str]:
    """Say how two lists of texts differ."""
    lost = [text for text in wanted if text not in found]
    doubled = [text for text, times in Counter(found).items() if times > 1]
    moved = [f"{a} for {b}" for a, b in zip(found, wanted, strict=False) if a != b][:3]
    told = {"lost": lost, "doubled": doubled, "out of order, first": moved}
    return [f"{what}: {name} {texts}" for name, texts in told.items() if texts]

"""Faults to be planted into a service process, to see that the accounting catches them (T17).

Each is a mistake that programs like this one have really made. They live here
and nowhere else: tests/hatchery.py plants one after the fork, in that process only.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.messages import Kind, Message
from bot.relay.delivery import News
from bot.relay.inbound import Heard
from bot.relay.ports import Seat
from tests.faults import dying

_LATER: set[asyncio.Task[Any]] = set()


def acknowledge_before_the_commit() -> None:
    """The visitor is told that his message is stored; it is stored a little later."""
    from bot.relay.visiting import Visiting

    store = Visiting.say

    async def say(self: Visiting, seat: Seat, key: str, text: str) -> Message:
        found = await self.look(seat)
        if found is None or found[0].visitor is None:
            return await store(self, seat, key, text)
        chat = found[0]
        task = asyncio.create_task(_later(0.2, lambda: store(self, seat, key, text)))
        _LATER.add(task)
        assert chat.visitor
        return Message(chat.head + 1, chat.visitor, Kind.SAID, text, chat.created, key)

    _put(Visiting, "say", say)


def forget_what_teams_repeats() -> None:
    """An activity that comes twice is two messages."""
    from bot.relay.operating import Operating

    take = Operating.hears

    async def hears(self: Operating, heard: Heard, *more: Any) -> None:
        await take(self, _as_if_new(heard), *more)

    _put(Operating, "hears", hears)


def check_before_the_insert() -> None:
    """Whether an activity is known is asked first and noted later: two at once are both new."""
    from bot.relay.operating import Operating

    take, known = Operating.hears, set[str]()

    async def hears(self: Operating, heard: Heard, *more: Any) -> None:
        if heard.key in known:
            return
        await asyncio.sleep(0.02)  # the answer's way from the database
        known.add(heard.key)
        await take(self, _as_if_new(heard), *more)

    _put(Operating, "hears", hears)


def resend_without_a_label() -> None:
    """Whoever takes over a claimed row posts it as if for the first time."""
    from bot.teams.threads import TeamsThreads

    post = TeamsThreads.relay

    async def relay(self: TeamsThreads, *arguments: Any, **named: Any) -> Any:
        return await post(self, *arguments, **{**named, "resent": False})

    _put(TeamsThreads, "relay", relay)


def let_the_push_task_die() -> None:
    """What reads the log for a socket ends at the first error; the socket stays open."""
    from bot.visitors.socket import Socket

    follow = Socket._follow

    async def dead_end(self: Socket) -> None:
        try:
            await follow(self)
        except Exception:  # noqa: BLE001 - that is the bug
            self._following = asyncio.current_task()
            await asyncio.Event().wait()

    _put(Socket, "_follow", dead_end)


def believe_the_highest_number() -> None:
    """A socket stands at the highest number it has seen, whatever else was committed before."""
    from bot.visitors import wire
    from bot.visitors.shown import Shown

    hear = Shown.hear

    def jump(self: Shown, news: News) -> list[bytes] | None:
        fresh = [line for line in news.lines if line.seq > (self.cursor or 0)]
        if self.cursor is None or not self.welcomed or not fresh:
            return hear(self, news)
        self.cursor = fresh[-1].seq
        return [wire.write(wire.line(line)) for line in fresh]

    _put(Shown, "hear", jump)


def look_in_rt_at_once() -> None:
    """After a time-out RT is searched and posted to again without waiting for it to finish."""
    from bot import app

    usual = app.rules

    def rules(settings: Any) -> Any:
        return replace(usual(settings), quarantine=timedelta(0))

    _put(app, "rules", rules)


def follow_redirects() -> None:
    """Whoever answers with a redirect gets the request, with the credentials in it."""
    import requests

    from bot.rt.session import _Straight

    send = requests.Session.request

    def request(self: requests.Session, *arguments: Any, **named: Any) -> requests.Response:
        return send(self, *arguments, **{**named, "allow_redirects": True})

    _put(requests.Session, "request", request)
    _put(_Straight, "get_redirect_target", requests.Session.get_redirect_target)


def hurry() -> None:
    """No bug: nobody is told to slow down, for trials in which an hour passes within a minute."""
    from bot import parts
    from bot.visitors.allowance import Rate
    from bot.visitors.routes import Allowances

    usual, much = Allowances, Rate(per_minute=60_000, burst=10_000)
    _put(parts, "Allowances", lambda **more: usual(by_address=much, says=much, **more))


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        acknowledge_before_the_commit,
        forget_what_teams_repeats,
        check_before_the_insert,
        resend_without_a_label,
        let_the_push_task_die,
        believe_the_highest_number,
        look_in_rt_at_once,
        follow_redirects,
    )
}


def plant(name: str) -> None:
    """Put the bug of that name into this process; or ``hurry``, or a death as dying.order() names it."""
    kind, _, ordered = name.partition(":")
    if ordered:
        assert kind == "die"
        dying.plant(ordered)
    else:
        (hurry if name == "hurry" else BUGS[name])()


def _as_if_new(heard: Heard) -> Heard:
    return replace(heard, key=f"{heard.key}-{secrets.token_hex(4)}")


async def _later(seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
    await asyncio.sleep(seconds)
    await work()


def _put(place: Any, name: str, value: object) -> None:
    setattr(place, name, value)

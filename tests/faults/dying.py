"""A service that dies by its own hand, once at every step of a filing and of the purge after it.

Nothing outside can kill it so exactly, least of all between an answer of a real RT and what is done
about it. tests/hatchery.py plants it after the fork, in that process only.

A step is what is about to happen, or has just happened: ``before POST /ticket/N/comment``,
``after settling file``. At which it has died stands in a folder, as a file each: it never dies at
the same step again, in however many processes.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.processes import ServiceProcess

#: The kinds of delivery that carry a record to RT, or forget it here; and what opens a thread.
_KINDS = frozenset({"release", "file", "status", "purge", "begin"})
#: Steps from a visitor's form to the thread of his chat.
BEGINNING = frozenset(
    {"before asking", "after asking", "claimed begin", "settling begin", "settled begin"}
)
#: Steps of writing the database anew after a purge.
SCRUBBING = frozenset({"before scrubbing", "amid VACUUM", "before cutting the log", "scrubbed"})
#: Steps of every filing, whatever the way into RT, and of the purge.
KEEPING = frozenset(
    f"{when} {kind}" for when in ("claimed", "settling", "settled") for kind in ("file", "purge")
)
#: Every step but those.
NOT_SCRUBBING = r"^(?!.*(scrub|VACUUM|the log))"
_SOME = 200  # instructions of SQLite's machine: VACUUM is under way


def order(folder: Path, only: str = "") -> str:
    """What to tell the hatchery to plant; ``only`` the steps that this pattern finds.

    Nothing dies before the folder is there.
    """
    return f"die:{folder}:{only}"


def steps(folder: Path) -> set[str]:
    """At which steps it has died."""
    return {file.name.replace("|", "/") for file in folder.iterdir()}


def plant(ordered: str) -> None:
    """Let this process die as ``order`` said."""
    folder, _, only = ordered.partition(":")
    _Death(Path(folder), re.compile(only)).plant()


class _Death:
    def __init__(self, folder: Path, only: re.Pattern[str]) -> None:
        self._folder, self._only = folder, only

    def at(self, step: str) -> None:
        """Die, if this is the first time."""
        if not self._only.search(step):
            return
        try:
            (self._folder / step.replace("/", "|")).touch(exist_ok=False)
        except (FileExistsError, FileNotFoundError):
            return  # at this one it has died; or it is not to die yet
        os.kill(os.getpid(), signal.SIGKILL)

    def plant(self) -> None:
        self._in_rts_way()
        self._in_the_mails_way()
        self._in_the_outbox()
        self._in_scrubbing()
        self._at_the_door()

    def _in_rts_way(self) -> None:
        from bot.rt.session import Session

        send = Session.send

        def dying(session: Session, method: str, path: str, **more: Any) -> Any:
            plain = re.sub(r"user/.*|\d{2,}", "N", path.partition("?")[0])
            self.at(f"before {method} {plain}")
            answer = send(session, method, path, **more)
            self.at(f"after {method} {plain}")
            return answer

        _put(Session, "send", dying)

    def _in_the_mails_way(self) -> None:
        from bot.rt import by_mail

        hand_in = _take(by_mail, "hand_in")

        def dying(*arguments: Any, **more: Any) -> None:
            self.at("before the mail")
            hand_in(*arguments, **more)
            self.at("after the mail")

        _put(by_mail, "hand_in", dying)

    def _in_the_outbox(self) -> None:
        from bot.relay.dispatching import Dispatcher

        deliver, settle = Dispatcher._deliver, Dispatcher._settle

        async def claimed(dispatcher: Dispatcher, run: Any) -> Any:
            if run.delivery.kind in _KINDS:
                self.at(f"claimed {run.delivery.kind}")
            return await deliver(dispatcher, run)

        async def settled(dispatcher: Dispatcher, run: Any, after: Any) -> Any:
            if run.delivery.kind in _KINDS:
                self.at(f"settling {run.delivery.kind}")
            following = await settle(dispatcher, run, after)
            if run.delivery.kind in _KINDS:
                self.at(f"settled {run.delivery.kind}")
            return following

        _put(Dispatcher, "_deliver", claimed)
        _put(Dispatcher, "_settle", settled)

    def _at_the_door(self) -> None:
        from bot.relay.beginning import Beginning

        ask = Beginning.ask

        async def dying(beginning: Beginning, *arguments: Any) -> Any:
            self.at("before asking")
            joined = await ask(beginning, *arguments)
            self.at("after asking")
            return joined

        _put(Beginning, "ask", dying)

    def _in_scrubbing(self) -> None:
        from bot.store import scrubbing

        connect = _take(scrubbing, "connect")

        def dying(*arguments: Any) -> sqlite3.Connection:
            self.at("before scrubbing")
            database: sqlite3.Connection = connect(*arguments)

            def traced(statement: str) -> None:
                if "wal_checkpoint" in statement:
                    self.at("before cutting the log")

            database.set_trace_callback(traced)
            database.set_progress_handler(lambda: self.at("amid VACUUM"), _SOME)
            return database

        _put(scrubbing, "connect", dying)
        rewrite = scrubbing.rewrite

        def after(file: str) -> bool:
            done = rewrite(file)
            self.at("scrubbed")
            return done

        _put(scrubbing, "rewrite", after)


def _take(place: Any, name: str) -> Any:
    return getattr(place, name)


def _put(place: Any, name: str, value: object) -> None:
    setattr(place, name, value)


@asynccontextmanager
async def kept_alive(service: ServiceProcess) -> AsyncIterator[list[int]]:
    """Start it again whenever it has died; yields a list that grows by one for each death."""
    deaths: list[int] = []

    async def keep() -> None:
        while True:
            if not service.alive:
                deaths.append(service.pid)
                await _start(service)
            await asyncio.sleep(0.05)

    keeping = asyncio.create_task(keep())
    try:
        yield deaths
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _start(service: ServiceProcess) -> None:
    try:
        await service.start()
    except AssertionError:  # dead again before it had answered
        return

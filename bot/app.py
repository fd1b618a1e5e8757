"""The composition root: the only module that sees every room.

``Service`` is the whole bot in one process: built from the settings, started, stopped.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import gc
import os
import re
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import structlog
from aiohttp import web

from bot import parts
from bot.backlog import Backlog
from bot.chores import every, patiently
from bot.config import Settings
from bot.domain.admission import Policy
from bot.domain.chat import State
from bot.domain.presence import Presence
from bot.domain.silence import Patience
from bot.files.pictures import Pictures
from bot.logs import tell_from
from bot.metrics import Metrics
from bot.relay.attaching import Attaching
from bot.relay.bringing import FetchHandler
from bot.relay.budget import Budget
from bot.relay.delivering import CardHandler, TellHandler
from bot.relay.delivery import Bell, Delivery, DeliveryKind
from bot.relay.faults import describe
from bot.relay.filing import (
    AuditHandler,
    FileHandler,
    PurgeHandler,
    ReleaseHandler,
    StatusHandler,
)
from bot.relay.handlers import Handler
from bot.relay.heartbeat import AwayHandler, Heartbeat
from bot.relay.housekeeping import Housekeeping
from bot.relay.listing import ListHandler
from bot.relay.mailing import AnswersHandler
from bot.relay.moving import MoveHandler
from bot.relay.opening import InvitationHandler, LookupHandler
from bot.relay.operating import Operating
from bot.relay.outbox import Outbox
from bot.relay.outcomes import NotDone, OutsideError
from bot.relay.own_tickets import OwnHandler
from bot.relay.placing import BeginHandler, LostHandler, OpenHandler
from bot.relay.rating import RatingHandler
from bot.relay.relay import Relay, Rules
from bot.relay.relaying import RelayHandler
from bot.relay.retiring import EraseHandler, RetireHandler
from bot.rt.watch import Watch
from bot.store import UNREADABLE, SqlStore, at_head, forget
from bot.visitors.around import expecting, nowhere
from bot.visitors.hub import Hub

log = structlog.get_logger(__name__)

#: What stands in the way of listening and is no fault of the settings; the command says what to do.
TAKEN = {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}
_BEAT_EVERY = 5.0
_SCRUB_EVERY, _FORGET_EVERY = 2.0, 900.0
#: How often the outbox looks without being rung: another process may have died with its rings.
_LOOK_EVERY, _LOOK_EVERY_ALONE = 1.0, 5.0
#: Together with closing the sockets this stays below the 5 seconds that a restart may take.
_PATIENCE = 2.0


class CannotStart(Exception):
    """The service cannot run; the text says what to do."""


class Service:
    """One process of the live chat."""

    def __init__(self, settings: Settings) -> None:
        """Wire the rooms together; nothing is opened before ``start``."""
        self.settings = settings
        self.store = SqlStore.at(settings.database.url)
        self.hub = Hub()
        bells: list[Bell] = [self.hub]
        self.relay = Relay(self.store, _now, bells, rules(settings), _owner())
        self.scanner = parts.scanner(settings)
        self.teams = parts.teams_room(settings, Operating(self.relay))
        self.tickets = parts.rt_gateway(settings)
        self.mailer = parts.mailer(settings)
        self._watch = Watch(self.tickets.names, self.tickets.knock)
        attaching = Attaching(self.relay, self.scanner)
        self.visitors = parts.visitors_room(settings, self.relay, self.hub, attaching, self._health)
        several, relaying = settings.database.sqlite_file is None, settings.relay
        rts, asked = (lambda: self._watch.states), (lambda: self.teams.answers)
        self.metrics = Metrics(self.store, _now, self.hub.count, rts, asked)
        bells.append(self.metrics)
        budget = Budget(hourly=relaying.hourly_limit, limited=relaying.pacing)
        self.outbox = Outbox(
            self.relay,
            self._handlers(),
            self._report,
            budget=budget,
            look_every=_LOOK_EVERY if several else _LOOK_EVERY_ALONE,
            lease=relaying.lease_seconds,
        )
        bells.append(self.outbox)
        patience = timedelta(seconds=relaying.dead_after_seconds)
        self._heartbeat = Heartbeat(
            self.relay,
            budget,
            self.visitors.expect,
            self.visitors.retell,
            patience,
            alone=not several,
        )
        self._beat_every = min(_BEAT_EVERY, relaying.dead_after_seconds / 4)
        self._housekeeping = Housekeeping(self.relay)
        self._backlog = Backlog(self.store, _now)
        self._chores: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self._lock: IO[str] | None = None

    def _health(self) -> dict[str, object]:
        """Tell what is known without asking: whether one heartbeat or the next came through, and of RT."""
        written = self.relay.life.silent() <= 2.5 * self._beat_every
        return {"database": "ok" if written else "away", "rt": self._watch.states}

    def _handlers(self) -> dict[str, Handler]:
        relay, threads, tickets = self.relay, self.teams.threads, self.tickets
        places, pool = self.teams.places, parts.pool(self.settings, self.relay)
        words = RelayHandler(relay, threads, Pictures())
        return {
            DeliveryKind.RELAY: words,
            DeliveryKind.SINGLE: words,
            DeliveryKind.TELL: TellHandler(relay, threads),
            DeliveryKind.LIST: ListHandler(relay, threads, places, self.teams.membership),
            DeliveryKind.AWAY: AwayHandler(relay),
            DeliveryKind.CARD: CardHandler(relay, threads),
            DeliveryKind.RETIRE: RetireHandler(relay, threads),
            DeliveryKind.OPEN: OpenHandler(relay, places, pool),
            DeliveryKind.BEGIN: BeginHandler(relay, places),
            DeliveryKind.LOST: LostHandler(relay, places, threads),
            DeliveryKind.LOOKUP: LookupHandler(
                relay, tickets, lambda: secrets.token_urlsafe(16), pool
            ),
            DeliveryKind.MOVE: MoveHandler(relay, tickets),
            DeliveryKind.OWN: OwnHandler(relay, tickets),
            DeliveryKind.INVITE: InvitationHandler(relay, tickets, self.mailer),
            DeliveryKind.ANSWERS: AnswersHandler(relay, tickets),
            DeliveryKind.RELEASE: ReleaseHandler(relay),
            DeliveryKind.AUDIT: AuditHandler(lambda said: log.info("confirmed", **said)),
            DeliveryKind.FILE: FileHandler(relay, tickets),
            DeliveryKind.STATUS: StatusHandler(relay, tickets),
            DeliveryKind.RATING: RatingHandler(relay, tickets),
            DeliveryKind.PURGE: PurgeHandler(relay),
            DeliveryKind.FETCH: FetchHandler(relay, self.teams.fetch, self.scanner),
            DeliveryKind.ERASE: EraseHandler(relay, threads),
        }

    async def start(self) -> None:
        """Open the database, take over what a predecessor left, listen. Raises CannotStart, TooNew."""
        self._lock = _only_one(self.settings)
        try:
            await self._open()
        except (NotDone, *UNREADABLE) as error:
            said = f"The database does not answer ({type(error).__name__}). Is it running?"
            raise CannotStart(f"{said} livechat doctor says more.") from error
        self.outbox.start()
        daily, tidy = parts.daily(self.settings, self.relay), self.settings.relay.tidy_seconds
        self._chores = [
            asyncio.create_task(every(self._beat_every, self._heartbeat.beat), name="heartbeat"),
            asyncio.create_task(every(tidy, self._housekeeping.tidy), name="housekeeping"),
            asyncio.create_task(every(tidy, self._backlog.look), name="backlog"),
            asyncio.create_task(every(tidy, daily.tell), name="daily line"),
            asyncio.create_task(every(tidy, self._watch.look), name="RT watched"),
            asyncio.create_task(every(_SCRUB_EVERY, self.store.scrub), name="scrubbing"),
            asyncio.create_task(every(_FORGET_EVERY, forget), name="forgetting"),
        ]
        await self._listen()
        await self._tell_figures()
        log.info("started", on_stand_ins=self.settings.on_stand_ins)

    async def _open(self) -> None:
        if not await asyncio.to_thread(at_head, self.settings.database.url):
            raise CannotStart("The database is not of this version. Run: livechat migrate")
        if self._lock:
            await self.store.take_over(self.relay.rules.quarantine)
        await self.teams.start()
        await patiently(self._heartbeat.beat)  # whoever is not known holds nothing
        await self._expect_visitors()

    def _report(self, what: str, delivery: Delivery, error: BaseException) -> None:
        self.metrics.troubles[delivery.lane, what] += 1
        _report(what, delivery, error)

    async def _expect_visitors(self) -> None:
        """Whoever had a window open when we went down and does not come back is gone."""
        open_chats = await self.store.in_states(State.OPEN)
        self.visitors.expect(c.id for c in open_chats if c.presence is not Presence.GONE)

    def routes(self) -> list[web.RouteDef]:
        """Return everything that is answered, by whichever room."""
        start = parts.start_routes(self.settings, self.relay, self.tickets, self.teams)
        page = start.table() if start else []
        return expecting([*self.visitors.routes(page), *self.teams.routes()])

    async def _listen(self) -> None:
        app = web.Application(client_max_size=256 * 1024)
        app.add_routes(self.routes())
        nowhere(app)
        # The sockets are closed by the visitors' room; nothing else of ours takes long.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        server = self.settings.server
        site: web.BaseSite
        if server.unix_socket:
            site = web.UnixSite(self._runner, str(server.unix_socket))
        else:
            site = web.TCPSite(self._runner, server.host, server.port)
        try:
            await site.start()
        except OSError as error:
            if error.errno in TAKEN:
                raise
            where = server.unix_socket or f"{server.host}:{server.port}"
            raise CannotStart(f"Cannot listen on {where}: {error.strerror or error}.") from error

    async def _tell_figures(self) -> None:
        port = self.settings.metrics.port
        if port is None:
            return
        try:
            await self.metrics.serve(port)
        except OSError as error:
            raise CannotStart(f"metrics.port: {port} cannot be had. {error.strerror}") from error

    async def stop(self) -> None:
        """End within 5 seconds: widgets are told to come back, what is under way is kept."""
        if self._runner:
            for site in list(self._runner.sites):
                await site.stop()
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(self.visitors.close(), self.outbox.stop(_PATIENCE))
        if self._runner:
            await self._runner.cleanup()
        await self.metrics.close()
        await self.teams.close()
        self.tickets.close()
        if self.mailer:
            self.mailer.close()
        if self._chores:  # else we never said that we live
            with suppress(OutsideError):
                await self.store.rest(self.relay.process)
        await self.store.close()
        if self._lock:
            self._lock.close()
        log.info("stopped")


def rules(settings: Settings) -> Rules:
    """Return what the use cases go by."""
    retention = settings.retention
    return Rules(
        secret=settings.secret,
        link_base=settings.help_page,
        routes=settings.routes,
        statuses={name: rt.statuses for name, rt in settings.rt.items()},
        rated_in=frozenset(name for name, rt in settings.rt.items() if rt.rating_field),
        queues={name: rt.queues for name, rt in settings.rt.items()},
        triage={name: rt.triage for name, rt in settings.rt.items() if rt.triage},
        undo=timedelta(seconds=settings.filing.undo_seconds),
        files=settings.files.rules,
        rt_hosts=settings.rt_hosts,
        bot_name=settings.teams.bot_name,
        invitation_ttl=timedelta(hours=settings.invitation.ttl_hours),
        session_ttl=timedelta(hours=settings.visitors.session_hours),
        quarantine=timedelta(seconds=retention.quarantine_seconds),
        door=parts.door(settings),
        rating=settings.visitors.rating,
        delete_posts=retention.delete_teams_posts,
        purge_grace=timedelta(seconds=retention.purge_grace_seconds),
        proposed_for=timedelta(hours=retention.proposed_hours),
        kept_for=timedelta(days=retention.purged_days),
        silence=_patience(settings),
        admission=Policy(
            settings.sign_in.offered,
            settings.sign_in.demand,
            re.compile(settings.sign_in.accounts, re.IGNORECASE),
        ),
        sign_in_ttl=timedelta(minutes=settings.sign_in.minutes),
        unfiled_for=timedelta(hours=retention.unfiled_hours),
        zone=settings.timezone,
    )


def _patience(settings: Settings) -> Patience:
    minutes = settings.silence
    return Patience(
        gone=timedelta(minutes=minutes.gone_minutes),
        hidden=timedelta(minutes=minutes.hidden_minutes),
        open=timedelta(minutes=minutes.open_minutes),
        warning=timedelta(minutes=minutes.warning_minutes),
    )


async def serve(settings: Settings, ready: Callable[[], None] | None = None) -> None:
    """Run the service until SIGTERM or SIGINT. Raises CannotStart, TooNew, OSError."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _let_the_log_be_told(settings.log.level)
    service = Service(settings)
    try:
        await service.start()
        _settle_memory()
        if ready:
            ready()
        await stop.wait()
    finally:
        await service.stop()


def _let_the_log_be_told(usual: str) -> None:
    """SIGUSR1: log everything; SIGUSR2: as much as is usual again.

    Signals say it all: the configuration cannot be read again, since systemd hands over copies.
    """
    for number, level in ((signal.SIGUSR1, "debug"), (signal.SIGUSR2, usual)):
        asyncio.get_running_loop().add_signal_handler(number, tell_from, level)


def _settle_memory() -> None:
    """What is there after the start stays: the collector need not look through it all the time.

    Measured: 5 to 7 % of the CPU of a busy service (docs/performance.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _now() -> datetime:
    return datetime.now(UTC)


def _owner() -> str:
    """A name for this process's claims that no other process ever has."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def _only_one(settings: Settings) -> IO[str] | None:
    """SQLite is for one process: a second one would send what the first has claimed."""
    file = settings.database.sqlite_file
    if file is None:
        return None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        name = f"{file.resolve()}.lock"  # beside the file itself, whatever leads to it
        lock = Path(name).open("w", encoding="ascii")  # noqa: SIM115 - held for life
    except OSError as error:
        said = f"database.url: {error.filename} cannot be used: {error.strerror}."
        todo = "Give the service's user that folder and what is in it."
        raise CannotStart(f"{said} {todo}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CannotStart(f"Another process uses {file}. Stop that one first.") from error
    return lock


def _report(what: str, delivery: Delivery, error: BaseException) -> None:
    """Log what became of a delivery; of a fault of our own its place, never what it quotes."""
    bound = log.bind(
        lane=delivery.lane, kind=delivery.kind, chat=delivery.chat_id, attempt=delivery.attempt
    )
    if isinstance(error, OutsideError):
        bound.warning(what, reason=type(error).__name__, sentence=error.sentence)
    else:
        bound.error(what, reason=describe(error))

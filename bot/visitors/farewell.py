"""Why a socket is closed."""

from __future__ import annotations

import structlog
from aiohttp import ClientConnectionResetError

from bot.relay.faults import describe
from bot.relay.outcomes import NotDone
from bot.visitors.outgoing import Overflow
from bot.visitors.wire import Close

log = structlog.get_logger(__name__)


class Farewell(Exception):
    """The socket is to be closed, for a reason; ``dead`` if nobody is there to be told."""

    def __init__(self, code: Close, why: str, *, dead: bool = False) -> None:
        super().__init__(why)
        self.code = code
        self.why = why
        self.dead = dead


def farewell_for(error: BaseException, chat_id: str) -> Farewell:
    """Return how a socket of that chat ends that met with ``error``."""
    if isinstance(error, Farewell):
        return error
    if isinstance(error, Overflow):
        return Farewell(Close.TRY_LATER, "overflow")
    if isinstance(error, (ConnectionError, ClientConnectionResetError)):
        return Farewell(Close.BYE, "lost")
    if isinstance(error, NotDone):  # the database is away, or we were: whoever comes back finds out
        log.warning("socket_put_off", chat=chat_id, error=describe(error))
        return Farewell(Close.TRY_LATER, "no database")
    log.error("socket_failed", chat=chat_id, error=describe(error))
    return Farewell(Close.TRY_LATER, "trouble")

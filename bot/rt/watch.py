"""Whether each RT lets us in, looked at every so often: told once when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from bot.relay.outcomes import OutsideError, Refused
from bot.rt.kerberos_trouble import LoginTrouble

log = structlog.get_logger(__name__)

WELL, UNREACHABLE, REFUSED = "ok", "unreachable", "refused"


class Watch:
    """Knows of every RT in one word how it is: ``ok``, ``unreachable``, ``refused`` or a Cause.

    ``knock`` raises OutsideError if the RT of that name does not let us in.
    """

    def __init__(self, names: Iterable[str], knock: Callable[[str], Awaitable[None]]) -> None:
        self._names = list(names)
        self._knock = knock
        self._states: dict[str, str] = {}

    @property
    def states(self) -> Mapping[str, str]:
        """How each RT was when it was last looked at; nothing before that."""
        return dict(self._states)

    async def look(self) -> None:
        """Look at all of them, side by side."""
        await asyncio.gather(*(self._look_at(name) for name in self._names))

    async def _look_at(self, name: str) -> None:
        try:
            await self._knock(name)
        except OutsideError as error:
            state, said = _state(error), getattr(error, "advice", error.sentence)
        else:
            state, said = WELL, ""
        before = self._states.get(name, WELL)
        self._states[name] = state
        if state == before:
            return
        if state == WELL:
            log.info("rt_well_again", rt=name, was=before)
        else:
            log.warning("rt_trouble", rt=name, cause=state, said=said)


def _state(error: OutsideError) -> str:
    if isinstance(error, LoginTrouble):
        return error.cause.value
    return REFUSED if isinstance(error, Refused) else UNREACHABLE

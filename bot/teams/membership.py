"""Who may act: members of the configured teams, asked from Teams itself and kept for minutes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.relay.ports import OutsideError, Refused
from bot.teams.activity import Json, Person, objects, text_at
from bot.teams.connector import Conversations, Wire

log = structlog.get_logger(__name__)

MAX_AGE = 300.0  # seconds that a roster is believed
STALE_AGE = 3600.0  # how long a roster is believed while Teams does not tell
DOUBT_AGE = 20.0  # a roster older than this is asked again before somebody is turned away
MAX_PAGES = 50


@dataclass(frozen=True, slots=True)
class Roster:
    """The members of a team that may act, by Entra object id in lower case."""

    members: frozenset[str]
    fetched: float


class Gatekeeper(Protocol):
    """Who may act."""

    async def allows(self, person: Person, service_url: str) -> bool:
        """Tell whether ``person`` may act. Raises NotDone or Unclear when nobody can tell."""

    def forget(self, team: str) -> None:
        """Ask anew at the next occasion: somebody joined or left the team."""


class Everybody:
    """Development without a team: whoever reaches the loopback address may act."""

    async def allows(self, person: Person, service_url: str) -> bool:
        """Tell that he may, if he has an id to act under."""
        return bool(person.object_id)

    def forget(self, team: str) -> None:
        """Nothing is known, so nothing is to be forgotten."""


class Membership:
    """Answers whether a person may act. ``teams`` are Teams' ids (19:…@thread.tacv2)."""

    def __init__(
        self,
        wire: Wire,
        teams: Iterable[str],
        tenants: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = wire
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._clock = clock
        self._rosters: dict[str, Roster | None] = dict.fromkeys(teams)
        self._locks = {team: asyncio.Lock() for team in self._rosters}

    async def allows(self, person: Person, service_url: str) -> bool:
        """Tell whether ``person`` may act; ``service_url`` is where the rosters can be asked.

        Raises NotDone or Unclear when Teams does not tell and nothing recent is known.
        """
        if person.guest or not person.object_id or person.tenant_id.lower() not in self._tenants:
            return False
        trouble: OutsideError | None = None
        for age in (MAX_AGE, DOUBT_AGE):
            for team in self._rosters:
                try:
                    roster = await self._roster(team, service_url, age)
                except OutsideError as error:
                    trouble = error
                    continue
                if person.object_id in roster.members:
                    return True
            if trouble is not None:
                raise trouble
        return False

    def forget(self, team: str) -> None:
        """Ask anew at the next occasion: somebody joined or left the team."""
        if team in self._rosters:
            self._rosters[team] = None

    async def _roster(self, team: str, service_url: str, age: float) -> Roster:
        async with self._locks[team]:
            known = self._rosters[team]
            if known is not None and self._clock() - known.fetched <= age:
                return known
            asked = self._clock()
            try:
                members = await self._ask(team, service_url)
            except Refused as error:
                # The app is not in that team (any more): nobody acts as its member.
                log.error("roster_refused", team=team, why=error.sentence)  # noqa: TRY400
                members = frozenset()
            except OutsideError:
                if known is not None and asked - known.fetched <= STALE_AGE:
                    return known
                raise
            roster = self._rosters[team] = Roster(members, asked)
            return roster

    async def _ask(self, team: str, service_url: str) -> frozenset[str]:
        conversations = Conversations(self._wire, service_url)
        found: set[str] = set()
        token = ""
        for _ in range(MAX_PAGES):
            page = await conversations.paged_members(team, token)
            found.update(read_members(page, self._tenants))
            token = text_at(page, "continuationToken")
            if not token:
                break
        log.info("roster_fetched", team=team, members=len(found))
        return frozenset(found)


def read_members(page: Json, tenants: frozenset[str]) -> set[str]:
    """Return the object ids of those on a page of members who may act: no guests, no strangers."""
    members = set()
    for member in objects(page.get("members")):
        object_id = text_at(member, "aadObjectId") or text_at(member, "objectId")
        home = text_at(member, "tenantId").lower()
        role = text_at(member, "userRole").lower()
        if object_id and role not in {"guest", "anonymous"} and (not home or home in tenants):
            members.add(object_id.lower())
    return members

"""Who may act: members of the configured teams, asked from Teams itself and kept for minutes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bot.relay.inbound import Operator
from bot.relay.outcomes import NotDone, OutsideError, Refused
from bot.teams.activity import Json, Person, objects, text_at
from bot.teams.connector import Conversations, Wire

log = structlog.get_logger(__name__)

MAX_AGE = 300.0  # seconds that a roster is believed
EARLY = 60.0  # so long before that it is asked anew behind the scenes, if somebody acts
STALE_AGE = 3600.0  # how long a roster is believed while Teams does not tell
DOUBT_AGE = 20.0  # a roster older than this is asked again before somebody is turned away
PATIENCE = 2.5  # seconds that somebody waits for a roster; Teams wants its answer soon
AGAIN = 2.0  # seconds after which Teams is asked again that did not tell
MAX_PAGES = 50

_UNKNOWN = "Teams does not tell in time who is a member."


@dataclass(frozen=True, slots=True)
class Roster:
    """The members of a team that may act, by Entra object id in lower case.

    ``people`` are the same by their user principal names and mail addresses, in lower case.
    """

    members: frozenset[str]
    fetched: float
    people: Mapping[str, Operator] = field(default_factory=dict, repr=False)


#: A member, and the names under which a sign-in elsewhere may know him.
Member = tuple[Operator, set[str]]


class Gatekeeper(Protocol):
    """Who may act."""

    async def close(self) -> None:
        """Stop what is under way."""

    async def allows(self, person: Person, service_url: str) -> bool:
        """Tell whether ``person`` may act. Raises NotDone or Unclear when nobody can tell."""

    async def known(self, address: str, service_url: str) -> Operator | None:
        """Find the member with that user principal name or mail address. Raises as ``allows``."""

    async def teams_of(self, operator_id: str, service_url: str) -> frozenset[str]:
        """Return the teams that he is in. Raises as ``allows``."""

    def forget(self, team: str, *, left: bool = False) -> None:
        """Ask anew at the next occasion; if somebody ``left`` the team, believe nothing older."""


class Everybody:
    """Development without a team: whoever reaches the loopback address may act."""

    async def allows(self, person: Person, service_url: str) -> bool:
        """Tell that he may, if he has an id to act under."""
        return bool(person.object_id)

    async def known(self, address: str, service_url: str) -> Operator | None:
        """Nobody is known by his address."""
        return None

    async def teams_of(self, operator_id: str, service_url: str) -> frozenset[str]:
        """There are no teams."""
        return frozenset()

    def forget(self, team: str, *, left: bool = False) -> None:
        """Nothing is known, so nothing is to be forgotten."""

    async def close(self) -> None:
        """Nothing is under way."""


class Membership:
    """Answers whether a person may act. ``teams`` are Teams' ids (19:…@thread.tacv2)."""

    def __init__(
        self,
        wire: Wire,
        teams: Iterable[str],
        tenants: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._wire = wire
        self._patience = patience
        self._tenants = frozenset(tenant.lower() for tenant in tenants)
        self._clock = clock
        self._rosters: dict[str, Roster | None] = dict.fromkeys(teams)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble: dict[str, tuple[float, OutsideError]] = {}
        self._doubted: set[str] = set()  # teams that we are not in, as Teams said the last time

    async def allows(self, person: Person, service_url: str) -> bool:
        """Tell whether ``person`` may act; ``service_url`` is where the rosters can be asked.

        A member is let in without a word to Teams while a roster of the last five minutes names
        him. Else Teams is asked, and waited for PATIENCE seconds; the answer serves the next one
        even if it comes later. Raises NotDone or Unclear when nobody can tell: whoever is on a
        roster that is not too old is believed then, but nobody is turned away by one.
        """
        if person.guest or not person.object_id or person.tenant_id.lower() not in self._tenants:
            return False
        if self._is_on_one(person, MAX_AGE):
            self._ask_about(self._older_than(MAX_AGE - EARLY), service_url)
            return True
        await self._wait(self._ask_about(self._older_than(DOUBT_AGE), service_url))
        if self._is_on_one(person, STALE_AGE):
            return True
        self._must_all_be_known()
        return False

    async def known(self, address: str, service_url: str) -> Operator | None:
        """Find a member by his user principal name or mail address; kept and asked like ``allows``."""
        address = address.casefold()
        if found := self._named(address, MAX_AGE):
            return found
        await self._wait(self._ask_about(self._older_than(DOUBT_AGE), service_url))
        found = self._named(address, STALE_AGE)
        if found is None:
            self._must_all_be_known()
        return found

    async def teams_of(self, operator_id: str, service_url: str) -> frozenset[str]:
        """Return the teams that a member is in; kept and asked like ``allows``."""
        await self._wait(self._ask_about(self._older_than(MAX_AGE), service_url))
        since = self._clock() - STALE_AGE
        believed = {t: r for t, r in self._rosters.items() if r is not None and r.fetched >= since}
        if len(believed) < len(self._rosters):
            self._must_all_be_known()
        return frozenset(team for team, r in believed.items() if operator_id in r.members)

    def forget(self, team: str, *, left: bool = False) -> None:
        """Ask anew at the next occasion; if somebody ``left`` the team, believe nothing older."""
        known = self._rosters.get(team)
        if known is not None:
            doubtful = replace(known, fetched=min(known.fetched, self._clock() - MAX_AGE - 1))
            self._rosters[team] = None if left else doubtful
        self._asking.pop(team, None)  # what it brings may be from before the change
        self._trouble.pop(team, None)
        self._doubted.discard(team)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_on_one(self, person: Person, age: float) -> bool:
        """Tell whether a roster of at most that age names ``person``."""
        since = self._clock() - age
        return any(
            roster is not None and roster.fetched >= since and person.object_id in roster.members
            for roster in self._rosters.values()
        )

    def _named(self, address: str, age: float) -> Operator | None:
        since = self._clock() - age
        believed = (r for r in self._rosters.values() if r is not None and r.fetched >= since)
        return next((r.people[address] for r in believed if address in r.people), None)

    def _older_than(self, age: float) -> list[str]:
        since = self._clock() - age
        return [t for t, known in self._rosters.items() if known is None or known.fetched < since]

    def _must_all_be_known(self) -> None:
        """Raise what kept Teams from telling of a team, if anything did: nobody is told that he is on
        no roster because we have not seen one.
        """
        if unknown := self._older_than(DOUBT_AGE + self._patience):
            _, trouble = self._trouble.get(unknown[0], (0.0, NotDone(_UNKNOWN)))
            raise trouble

    def _ask_about(self, teams: list[str], service_url: str) -> list[asyncio.Task[None]]:
        """Ask about ``teams`` behind the scenes: about each once at a time, and not at once again."""
        for team in teams:
            if team not in self._asking and not self._is_too_soon(team):
                task = asyncio.create_task(self._refresh(team, service_url), name="roster")
                self._asking[team] = task
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return [self._asking[team] for team in teams if team in self._asking]

    def _is_too_soon(self, team: str) -> bool:
        return team in self._trouble and self._clock() - self._trouble[team][0] < AGAIN

    async def _wait(self, asking: list[asyncio.Task[None]]) -> None:
        if asking:
            await asyncio.wait(asking, timeout=self._patience)

    async def _refresh(self, team: str, service_url: str) -> None:
        asked = self._clock()
        try:
            people = await self._ask(team, service_url)
        except Refused as error:
            # The app is not in that team (any more): nobody acts as its member.
            log.error("roster_refused", team=team, why=error.sentence)  # noqa: TRY400
            if team not in self._doubted:  # said once, it may be a mistake (docs/decisions/0020)
                self._doubted.add(team)
                self._not_told(team, NotDone(_UNKNOWN))
                return
            people = []
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the asking
            log.warning("roster_not_fetched", team=team, error=type(error).__name__)
            self._not_told(team, error if isinstance(error, OutsideError) else NotDone(_UNKNOWN))
            return
        else:
            self._doubted.discard(team)
        if self._asking.get(team) is asyncio.current_task():  # else the team has changed since
            del self._asking[team]
            self._trouble.pop(team, None)
            ids = frozenset(person.id for person, _ in people)
            names = {address: person for person, own in people for address in own}
            self._rosters[team] = Roster(ids, asked, names)

    def _not_told(self, team: str, trouble: OutsideError) -> None:
        self._trouble[team] = (self._clock(), trouble)
        self._asking.pop(team, None)

    async def _ask(self, team: str, service_url: str) -> list[Member]:
        conversations = Conversations(self._wire, service_url)
        found: list[Member] = []
        token = ""
        for _ in range(MAX_PAGES):
            page = await conversations.paged_members(team, token)
            if not isinstance(page.get("members"), list):
                raise NotDone(_UNKNOWN)  # what is no list names nobody, and turns nobody away
            found += read_members(page, self._tenants)
            token = text_at(page, "continuationToken")
            if not token:
                break
        log.info("roster_fetched", team=team, members=len(found))
        return found


def read_members(page: Json, tenants: frozenset[str]) -> list[Member]:
    """Return those on a page of members who may act: no guests, no strangers."""
    members: list[Member] = []
    for member in objects(page.get("members")):
        object_id = text_at(member, "aadObjectId") or text_at(member, "objectId")
        home = text_at(member, "tenantId").lower()
        role = text_at(member, "userRole").lower()
        if object_id and role not in {"guest", "anonymous"} and (not home or home in tenants):
            person = Operator(object_id.lower(), text_at(member, "name"), text_at(member, "id"))
            own = {text_at(member, key).casefold() for key in ("userPrincipalName", "email")}
            members.append((person, own - {""}))
    return members

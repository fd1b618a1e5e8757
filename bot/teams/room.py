"""The room put together: what the service's composition root builds, starts and closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from aiohttp import web

from bot.relay.operating import Operating
from bot.relay.ports import Listening
from bot.teams.adapter import TeamsAdapter, TeamsAuthentication
from bot.teams.connector import Wire
from bot.teams.credentials import AppTokens, Certificate, Secret
from bot.teams.handler import TeamsHandler
from bot.teams.hosts import ServiceHosts
from bot.teams.inbound_auth import DevelopmentInbound, Inbound, TeamsInbound
from bot.teams.keys import METADATA_URL, SigningKeys
from bot.teams.membership import Everybody, Gatekeeper, Membership
from bot.teams.places import TeamsPlaces
from bot.teams.routes import routes
from bot.teams.threads import TeamsThreads

LOGIN = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class TeamConfig:
    """A team whose members may act: Teams' id (19:…@thread.tacv2) and how the bot listens there."""

    id: str
    listening: Listening = Listening.MENTION


class TeamsRoom:
    """Everything on the Teams side.

    tenant_ids      Entra tenants that are served; the first is the app's own
    credential      None only in development
    service_hosts   allowed beside Teams' own, ``name`` or ``name:port``
    metadata_url    Bot Framework's OpenID metadata; the stand-in has its own
    authority       Entra's URL of the tenant; by default made of the first tenant
    ca_file         PEM file to trust for the authority instead of the usual ones
    loopback        allow service URLs on this machine (stand-in, development)
    development     no authentication; then ``bound_to`` must be loopback or ValueError is raised, and
                    app id, tenants and teams may be empty (everybody may act)
    in_groups       which messages are for the bot in a group chat (see Listening)
    zone            time zone of the times that people see
    fallback        channel in which lost chats are reported; without one, in personal chats
    connections     to Teams at once, at most
    """

    def __init__(  # noqa: PLR0913 - plain values instead of a container
        self,
        *,
        app_id: str,
        credential: Secret | Certificate | None,
        tenant_ids: Iterable[str],
        teams: Iterable[TeamConfig],
        operating: Operating,
        service_hosts: Iterable[str] = (),
        metadata_url: str = METADATA_URL,
        authority: str = "",
        ca_file: str = "",
        loopback: bool = False,
        development: bool = False,
        bound_to: str = "",
        in_groups: Listening = Listening.MENTION,
        zone: tzinfo = UTC,
        fallback: str = "",
        connections: int = 50,
    ) -> None:
        tenants, known = tuple(tenant_ids), tuple(teams)
        if not development and not (app_id and tenants and known and credential):
            raise ValueError(
                "The Teams side needs an app id, its secret or certificate, a tenant and a team."
            )
        hosts = ServiceHosts(service_hosts, loopback=loopback or development)
        listening = {team.id: team.listening for team in known}
        self.tokens: AppTokens | None = None
        if credential is not None and not development:
            url = authority or f"{LOGIN}/{tenants[0]}"
            self.tokens = AppTokens(app_id, credential, url, ca_file=ca_file)
        self._wire = Wire(hosts, self.tokens, connections=connections)
        self._keys = SigningKeys(metadata_url, lambda: self._wire.session)
        inbound: Inbound = TeamsInbound(app_id, tenants, hosts, self._keys)
        if development:
            inbound = DevelopmentInbound(bound_to, tenants)
        self.adapter = TeamsAdapter(TeamsAuthentication(app_id, inbound, self._wire))
        self.threads = TeamsThreads(self.adapter, zone)
        self.places = TeamsPlaces(self._wire, zone, fallback)
        self.membership: Gatekeeper = Everybody()
        if known:
            self.membership = Membership(self._wire, listening, tenants)
        self.handler = TeamsHandler(
            operating,
            self.membership,
            self.threads,
            listening,
            zone,
            in_groups=in_groups,
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the service's application."""
        return routes(self.adapter, self.handler)

    async def fetch(self, url: str, most: int) -> bytes:
        """Fetch what lies with Teams; see Wire.fetch."""
        return await self._wire.fetch(url, most)

    @property
    def answers(self) -> Mapping[tuple[str, int], int]:
        """How often Teams answered what since the start: by method and status, 0 if not at all."""
        return self._wire.answers

    async def start(self) -> None:
        """Make the session; nothing is fetched before it is needed."""
        _ = self._wire.session

    async def close(self) -> None:
        """Stop what is under way and close the connections."""
        await self.handler.close()
        await self._keys.close()
        if self.tokens is not None:
            await self.tokens.close()
        await self._wire.close()

"""The rooms' constructor arguments, out of the settings; for bot/app.py and bot/doctor.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time, timedelta
from urllib.parse import urlsplit

from bot.config import ConfigError, Rt, RtApi, RtAuth, Settings
from bot.config.values import origin_of
from bot.domain.reception import Admits
from bot.domain.tickets import DEFAULT_INSTANCE
from bot.files.clamd import Clamd
from bot.relay.attaching import Attaching
from bot.relay.beginning import Beginning
from bot.relay.counts import Daily
from bot.relay.door import Door
from bot.relay.joining import Joining
from bot.relay.operating import Operating
from bot.relay.pool import Channel, Pool
from bot.relay.ports import Listening, Tickets
from bot.relay.relay import Relay
from bot.relay.signing_in import SigningIn
from bot.relay.starting import Starting
from bot.relay.visiting import Visiting
from bot.rt.gateway import RtGateway
from bot.rt.instance import Api, Form, Login, RtInstance
from bot.rt.mail import MailRoute, MailServer, Security, SmtpMailer
from bot.teams import Certificate, Secret, TeamConfig, TeamsRoom
from bot.teams.credentials import AppTokens
from bot.teams.keys import METADATA_URL
from bot.visitors.allowance import Rate
from bot.visitors.assertions import Assertions
from bot.visitors.hub import Hub
from bot.visitors.pace import Pace
from bot.visitors.proxy_identity import ProxyIdentity
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from bot.visitors.sign_in_routes import Porch
from bot.visitors.start_routes import Desk, StartRoutes

#: Seconds after which the sockets look without being rung, with several processes: another may have
#: died with its rings.
_RECHECK = 3.0


def rt_instances(settings: Settings) -> list[RtInstance]:
    """Return every RT, the one that a bare number means first."""
    names = sorted(settings.rt, key=lambda name: name != "rt")
    server = mail_server(settings)
    return [
        _rt_instance(name, settings.rt[name], server, _made_unasked(settings, name))
        for name in names
    ]


def _made_unasked(settings: Settings, name: str) -> tuple[str, ...]:
    """Return the queues of an RT in which tickets are made although no CO chose them."""
    asked, triage = settings.visitor_start, settings.rt[name].triage
    begun = name == DEFAULT_INSTANCE and asked.who is not Admits.NOBODY
    return tuple(filter(None, dict.fromkeys((triage, asked.queue if begun else ""))))


def _rt_instance(
    name: str, rt: Rt, server: MailServer | None, makes_in: tuple[str, ...]
) -> RtInstance:
    secret = {RtAuth.TOKEN: rt.token, RtAuth.BASIC: rt.password}.get(rt.auth)
    return RtInstance(
        name=name,
        url=rt.url,
        api=Api(rt.reads_by.value),
        login=Login(rt.auth.value),
        account=rt.account or "",
        secret=secret.get_secret_value() if secret else "",
        ca=str(rt.ca_file or ""),
        keytab=str(rt.keytab or ""),
        principal=rt.principal,
        vouched=rt.vouched,
        form=Form(rt.form),
        mail=_mail_route(rt, server),
        queues=rt.queues,
        makes_in=makes_in,
        statuses=rt.statuses,
        marker_field=rt.marker_field,
        rating_field=rt.rating_field,
    )


def app_tokens(settings: Settings) -> AppTokens:
    """Return what fetches the bot's own token. Needs a credential: not for development mode."""
    teams = settings.teams
    assert teams.app_id is not None
    return AppTokens(
        teams.app_id,
        _credential(settings),
        teams.authority_url,
        ca_file=str(teams.ca_file or ""),
    )


def _credential(settings: Settings) -> Secret | Certificate:
    teams = settings.teams
    if teams.app_password is not None:
        return Secret(teams.app_password.get_secret_value())
    assert teams.certificate_key_file is not None
    assert teams.certificate_file is not None
    return Certificate(
        teams.certificate_key_file.read_text(encoding="utf-8", errors="replace"),
        teams.certificate_file.read_text(encoding="utf-8", errors="replace"),
    )


def teams_room(settings: Settings, operating: Operating) -> TeamsRoom:
    """Return the operators' side."""
    teams = settings.teams
    development = teams.without_authentication
    return TeamsRoom(
        app_id=teams.app_id or "",
        credential=None if development else _credential(settings),
        tenant_ids=[teams.tenant_id] if teams.tenant_id else [],
        teams=[TeamConfig(team.id, team.listening) for team in teams.teams],
        operating=operating,
        service_hosts=teams.service_hosts,
        metadata_url=teams.metadata_url or METADATA_URL,
        authority=teams.authority_url,
        ca_file=str(teams.ca_file or ""),
        loopback=settings.on_stand_ins,
        development=development,
        bound_to=settings.server.host,
        in_groups=teams.listening_elsewhere,
        fallback=teams.fallback or "",
        zone=settings.timezone,
    )


def pool(settings: Settings, relay: Relay) -> Pool:
    """Return what chooses a channel for a new chat."""
    return Pool(relay, _channels(settings, None, None))


def _channels(settings: Settings, channel: str | None, team: str | None) -> tuple[Channel, ...]:
    """Return the one channel that was set, else those of the pool."""
    teams = settings.teams
    only = teams.teams[0].id if teams.teams else ""
    asked = [(channel, team)] if channel else [(one.id, one.team) for one in teams.pool]
    listening = {one.id: one.listening for one in teams.teams}
    return tuple(
        Channel(id_, whose or only, listening.get(whose or only, Listening.MENTION))
        for id_, whose in asked
    )


def start_routes(
    settings: Settings, relay: Relay, tickets: Tickets, teams: TeamsRoom
) -> StartRoutes | None:
    """Return the page on which COs start chats from RT, if there shall be one."""
    asked = settings.start
    if not asked.enabled:
        return None
    channels = _channels(settings, asked.channel, asked.team)
    desk = Desk(
        prefix=settings.prefix,
        origin=origin_of(settings.public_url),
        rt_origins=frozenset(origin_of(rt.url) for rt in settings.rt.values()),
        hosts=settings.rt_hosts,
        secret=settings.secret,
        domain=asked.domain,
        zone=settings.timezone,
        now=relay.now,
    )
    starting = Starting(relay, tickets, teams.places, teams.membership, channels)
    return StartRoutes(starting, proxy_identity(settings), desk)


def door(settings: Settings) -> Door:
    """Return who may begin chats, and how."""
    asked = settings.visitor_start
    return Door(
        asked.who,
        time.fromisoformat(asked.closes_at),
        asked.most_waiting,
        timedelta(minutes=asked.answer_minutes),
        queue=asked.queue or settings.rt[DEFAULT_INSTANCE].triage or "",
        details=asked.details,
        search=asked.search,
        own_tickets=asked.own_tickets,
    )


def _porch(settings: Settings, relay: Relay) -> Porch | None:
    """Return where visitors sign in, if they can. Raises ConfigError for unusable keys."""
    asked = settings.sign_in
    if not asked.offered:
        return None
    return Porch(
        signing_in=SigningIn(relay),
        proxy=proxy_identity(settings) if asked.by_proxy else None,
        assertions=_assertions(settings),
        domain=asked.domain,
        page=f"{settings.prefix}/sign-in" if asked.by_proxy else asked.page or "",
        home=urlsplit(settings.help_page).path or "/",
        everywhere=asked.everywhere,
    )


def _assertions(settings: Settings) -> Assertions | None:
    asked = settings.sign_in
    if not asked.keys_file:
        return None
    assertions = Assertions(asked.keys_file, asked.issuer, asked.audience or settings.public_url)
    try:
        assertions.load()
    except (ValueError, OSError) as error:
        raise ConfigError(f"sign_in.keys_file: {error}.") from error
    return assertions


def proxy_identity(settings: Settings) -> ProxyIdentity:
    """Return what reads the web server's word about who somebody is."""
    secret = settings.proxy.secret
    return ProxyIdentity(
        settings.proxy.header,
        secret.get_secret_value() if secret else "",
        frozenset(settings.proxy.realms),
    )


def daily(settings: Settings, relay: Relay) -> Daily:
    """Return what tells every day how things stand."""
    teams, asked = settings.teams, settings.daily
    first = teams.pool[0] if teams.pool else None
    team = teams.teams[0].id if teams.teams else ""
    channel = asked.channel or teams.fallback or (first.id if first else team)
    at = time.fromisoformat(asked.at) if asked.at else None
    return Daily(relay, channel, (first.team if first else None) or team, at)


def scanner(settings: Settings) -> Clamd | None:
    """Return what looks for malware in files, if there is one."""
    return Clamd(settings.files.clamd) if settings.files.clamd else None


def rt_gateway(settings: Settings) -> RtGateway:
    """Return every RT."""
    return RtGateway(rt_instances(settings), settings.timezone)


def mailer(settings: Settings) -> SmtpMailer | None:
    """Return the way out for mail, if there is one."""
    server = mail_server(settings)
    return SmtpMailer(server) if server else None


def mail_server(settings: Settings) -> MailServer | None:
    """Return where mail is handed in, if anywhere."""
    mail = settings.mail
    if mail is None:
        return None
    return MailServer(
        host=mail.host,
        sender=mail.from_address,
        port=mail.port,
        security=Security(mail.security.value),
        user=mail.user or "",
        password=mail.password.get_secret_value() if mail.password else "",
    )


def _mail_route(rt: Rt, server: MailServer | None) -> MailRoute | None:
    if rt.api is not RtApi.MAIL or server is None:
        return None
    return MailRoute(server, rt.mail_to, rt.rtname, rt.mail_queues)


def visitors_room(
    settings: Settings,
    relay: Relay,
    hub: Hub,
    attaching: Attaching,
    health: Callable[[], Mapping[str, object]],
) -> VisitorsRoom:
    """Return the visitors' side. Raises ConfigError."""
    visitors, begun = settings.visitors, settings.visitor_start
    channels = _channels(settings, begun.channel, begun.team)
    begins = Rate(begun.per_address_hour / 60, max(1, round(begun.per_address_hour)))
    pace = Pace(grace=visitors.presence_grace)
    if settings.database.sqlite_file is None:
        pace = replace(pace, recheck=_RECHECK)
    return VisitorsRoom(
        Joining(relay),
        Visiting(relay),
        hub,
        origins=settings.origins,
        support_url=settings.support,
        support_text=settings.support_text,
        prefix=settings.prefix,
        frame_ancestors=visitors.frame_ancestors,
        accessibility_url=visitors.accessibility_url or "",
        allowances=Allowances(shared=visitors.shared_networks, begins=begins),
        pace=pace,
        now=relay.now,
        attaching=attaching,
        porch=_porch(settings, relay),
        beginning=Beginning(relay, channels),
        health=health,
    )

"""All settings together, and what has to fit between the sections."""

# ruff: noqa: ARG003  the signature of settings_customise_sources is pydantic's

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config import sections as s
from bot.config.files import Files
from bot.config.rt import Rt, RtApi
from bot.config.site import Proxy, SignIn, Start, VisitorStart
from bot.config.values import (
    Contact,
    InstanceName,
    Page,
    PathUrl,
    SecretFromFile,
    is_loopback,
    origin_of,
    wrong,
)
from bot.domain.invitations import Route
from bot.domain.reception import Admits
from bot.domain.tickets import DEFAULT_INSTANCE

SECRET_BYTES = 32
SHORTEST_QUARANTINE = 60
_MICROSOFT = (
    "https://login.botframework.com/",
    "https://login.botframework.azure.us/",
    "https://login.microsoftonline.com/",
    "https://login.microsoftonline.us/",
)


class Settings(BaseSettings):
    """Everything that can be set. Made by ``bot.config.load``, or in code by keyword.

    Making one reads neither the environment nor a configuration file; only the secret files that
    it names.
    """

    model_config = SettingsConfigDict(
        env_prefix="LIVECHAT_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    public_url: PathUrl = Field(examples=["https://computing.help.example/livechat"])
    """The service's own address: a path on the help site that the web server passes on to us."""
    help_page: Page = Field(examples=["https://computing.help.example/"])
    """The page that embeds the pop-up; invitations lead there. It must be on the same origin as
    `public_url`. Without such a page: `public_url` followed by `/chat`."""
    secret_key: SecretStr | None = None
    """At least 32 bytes that nobody can guess; invitation links are derived from it, so changing
    it makes the ones that are out worthless. Better: the next setting."""
    secret_key_file: SecretFromFile | None = None
    """A file with the secret key: `openssl rand -base64 48 > secret_key`."""
    timezone: ZoneInfo = ZoneInfo("Europe/London")
    """The time zone of times on cards and in RT."""
    support_url: Contact | None = None
    """Where a visitor whose link is of no use gets help instead, a page or `mailto:`. Not set:
    `help_page`."""
    support_text: str = "computing support"
    """What that place is called in a sentence."""
    server: s.Server = s.Server()
    database: s.Database = s.Database()
    teams: s.Teams
    rt: dict[InstanceName, Rt]
    invitation: s.Invitation = s.Invitation()
    mail: s.Mail | None = None
    visitors: s.Visitors = s.Visitors()
    proxy: Proxy = Proxy()
    start: Start = Start()
    visitor_start: VisitorStart = VisitorStart()
    files: Files = Files()
    sign_in: SignIn = SignIn()
    silence: s.Silence = s.Silence()
    daily: s.Daily = s.Daily()
    filing: s.Filing = s.Filing()
    retention: s.Retention = s.Retention()
    relay: s.Relay = s.Relay()
    metrics: s.Metrics = s.Metrics()
    log: s.Log = s.Log()
    manifest: s.Manifest = s.Manifest()
    sandbox: s.Sandbox = s.Sandbox()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the caller gives, nothing else."""
        return (init_settings,)

    @property
    def secret(self) -> bytes:
        """The secret key's bytes."""
        assert self.secret_key is not None  # see _has_a_secret
        return self.secret_key.get_secret_value().encode()

    @property
    def prefix(self) -> str:
        """The path below which the service is reached: ``/livechat``."""
        return urlsplit(self.public_url).path

    @property
    def origins(self) -> frozenset[str]:
        """Origins that may talk to the service."""
        return frozenset(self.visitors.origins or (origin_of(self.help_page),))

    @property
    def routes(self) -> tuple[Route, ...]:
        """The invitation's routes that a CO may choose from, the default one first."""
        if self.invitation.routes is not None:
            return self.invitation.routes
        return (Route.MAIL, Route.COPY) if self.mail else (Route.COPY,)

    @property
    def rt_hosts(self) -> dict[str, str]:
        """Our name of the RT at each host, for ticket URLs that people paste."""
        return {instance.host: name for name, instance in self.rt.items()}

    @property
    def support(self) -> str:
        """Where visitors get help when the chat cannot give it."""
        return self.support_url or self.help_page

    @property
    def on_stand_ins(self) -> bool:
        """True when Teams is a stand-in or a developer's tool on this machine."""
        ours = (self.teams.metadata_url, self.teams.authority)
        elsewhere = any(url and not url.startswith(_MICROSOFT) for url in ours)
        return self.teams.without_authentication or elsewhere

    def invitation_link(self, token: str) -> str:
        """Return the link that carries an invitation's token."""
        return f"{self.help_page}#livechat={token}"

    @model_validator(mode="after")
    def _has_a_secret(self) -> Self:
        s.fold_secret_files(self)
        if self.secret_key is None:
            raise wrong("secret_key_file", "it is missing: openssl rand -base64 48 > secret_key")
        if len(self.secret) < SECRET_BYTES or len(set(self.secret)) < SECRET_BYTES // 3:
            raise wrong(
                "secret_key", "it is too easy to guess: openssl rand -base64 48 makes a good one"
            )
        return self

    @model_validator(mode="after")
    def _waits_for_rt(self) -> Self:
        if self.retention.quarantine_seconds < SHORTEST_QUARANTINE and not self.sandbox.enabled:
            raise wrong(
                "retention.quarantine_seconds",
                f"at least {SHORTEST_QUARANTINE}: asking RT sooner could file a chat twice",
            )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if origin_of(self.help_page) != origin_of(self.public_url):
            raise wrong(
                "help_page",
                f"it must be on {origin_of(self.public_url)}, as public_url is: the pop-up talks "
                f"to its own origin only. Without a page there, write {self.public_url}/chat",
            )
        if Route.MAIL in self.routes and self.mail is None:
            raise wrong("invitation.routes", 'the route "mail" needs a section [mail]')
        return self

    @model_validator(mode="after")
    def _knows_its_rts(self) -> Self:
        if DEFAULT_INSTANCE not in self.rt:
            raise wrong("rt", "one RT must be called rt, the one that a bare number means: [rt.rt]")
        hosts: dict[str, str] = {}
        for name, instance in self.rt.items():
            if instance.host in hosts:
                raise wrong(
                    f"rt.{name}.url",
                    f"rt.{hosts[instance.host]} has the same host; a pasted URL could mean either",
                )
            hosts[instance.host] = name
        return self

    @model_validator(mode="after")
    def _can_mail_records(self) -> Self:
        for name, instance in self.rt.items():
            if instance.api is RtApi.MAIL and self.mail is None:
                raise wrong(f"rt.{name}.api", "writing by mail needs a section [mail]")
        return self

    @model_validator(mode="after")
    def _believes_only_its_proxy(self) -> Self:
        """A header that anybody could write must not say who somebody is."""
        proxy, server = self.proxy, self.server
        if proxy.header and server.unix_socket is None:
            if not is_loopback(server.host):
                raise wrong(
                    "proxy.header",
                    "anybody who reaches this address could write it; listen on "
                    "server.unix_socket, or on 127.0.0.1 with proxy.secret_file",
                )
            if proxy.secret is None or len(proxy.secret.get_secret_value()) < SECRET_BYTES:
                raise wrong(
                    "proxy.secret_file",
                    "on TCP every user of this machine could write the header: openssl rand -hex 32",
                )
        if self.sign_in.by_proxy and not proxy.header:
            raise wrong("sign_in.by_proxy", "nobody can sign in: set proxy.header")
        if self.sign_in.everywhere and not self.sign_in.by_proxy:
            raise wrong("sign_in.everywhere", "nobody can sign in: set sign_in.by_proxy as well")
        if self.start.enabled and not proxy.header:
            raise wrong("start.enabled", "nobody can sign in: set proxy.header")
        if self.start.enabled and not (self.start.channel or self.teams.pool):
            raise wrong("start.channel", "say where these chats are opened, or set up a teams.pool")
        return self

    @model_validator(mode="after")
    def _can_receive_visitors(self) -> Self:
        asked = self.visitor_start
        if asked.who is Admits.NOBODY:
            return self
        if asked.who is Admits.SIGNED_IN and not self.sign_in.offered:
            raise wrong("visitor_start.who", "nobody can sign in: set up [sign_in], or let anyone")
        rt = self.rt[DEFAULT_INSTANCE]
        if not (asked.queue or rt.triage):
            raise wrong(
                "visitor_start.queue",
                "say where tickets are made for these chats, or set rt.rt.triage",
            )
        if asked.queue and rt.queues and asked.queue not in rt.queues:
            raise wrong(
                "visitor_start.queue",
                "it is not among the queues that the live chat may work with: add it to rt.rt.queues",
            )
        return self

    @model_validator(mode="after")
    def _keeps_stand_ins_at_home(self) -> Self:
        at_home = is_loopback(urlsplit(self.public_url).hostname or "")
        if self.teams.without_authentication:
            listens_here = is_loopback(self.server.host) and self.server.unix_socket is None
            if not (listens_here and at_home):
                raise wrong(
                    "teams.without_authentication",
                    "only for development: it needs server.host = 127.0.0.1, no unix_socket and a "
                    "public_url on localhost",
                )
        for name in ("metadata_url", "authority"):
            url = getattr(self.teams, name)
            if url is None or url.startswith(_MICROSOFT) or self.sandbox.enabled:
                continue
            if not (at_home and is_loopback(urlsplit(url).hostname or "")):
                raise wrong(f"teams.{name}", "this is not Microsoft's; leave it out in production")
        return self

"""The sections of the configuration. The text under each setting is its documentation."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.config.values import (
    CertificateFile,
    ChannelId,
    Contact,
    DatabaseUrl,
    Guid,
    Network,
    Origin,
    Page,
    PrivateKeyFile,
    ReadableFile,
    SecretFile,
    SecretFromFile,
    TeamId,
    is_loopback,
    wrong,
)
from bot.domain.invitations import Route
from bot.relay.ports import Listening

M = TypeVar("M", bound=BaseModel)


def fold_secret_files(model: M) -> M:
    """Let ``x`` hold what the file named by ``x_file`` contains. Both together are an error."""
    for name in type(model).model_fields:
        held = getattr(model, name)
        if isinstance(held, SecretFile):
            plain = name.removesuffix("_file")
            if getattr(model, plain) is not None:
                raise wrong(name, f"give {plain} or {name}, not both")
            model.__dict__[plain] = held.content
    return model


class Section(BaseModel):
    """A table of the configuration: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    @model_validator(mode="after")
    def _read_secrets(self) -> Self:
        return fold_secret_files(self)


class Server(Section):
    """Where the service listens. Apache (or another proxy) stands in front and speaks TLS."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on. Leave it on loopback unless the proxy is another machine."""
    port: int = Field(default=8360, ge=1, le=65535)
    """TCP port to listen on."""
    unix_socket: Path | None = None
    """Listen on this socket instead of host and port."""


class Database(Section):
    """Where chats live until they are filed."""

    url: DatabaseUrl = Field(default="sqlite+aiosqlite:///var/livechat.db", repr=False)
    """`sqlite:////absolute/path` or `postgresql://user@host/database`. With three slashes a SQLite
    path is relative to the working directory. A PostgreSQL password belongs in `~/.pgpass`, or here
    if the service's user has no home, as under the systemd unit: root alone reads this file then."""

    @property
    def sqlite_file(self) -> Path | None:
        """The file of a SQLite database."""
        scheme, _, rest = self.url.partition(":///")
        return Path(rest.partition("?")[0]) if scheme.startswith("sqlite") else None


class Team(Section):
    """One team whose members may use the bot (`[[teams.teams]]`, once per team)."""

    id: TeamId = Field(examples=["19:8f0c3d…@thread.tacv2"])
    """The team's id, out of its link in Teams (… > Get link to team)."""
    listening: Listening = Listening.MENTION
    """Which words in a chat's thread reach the visitor: `mention`, only messages that mention the
    bot; `thread`, every reply but notes (`//`), which needs the team's consent (RSC)."""
    name: str = ""
    """What people call the team; for your own eyes and for the log."""


class PoolChannel(Section):
    """One channel for chats (`[[teams.pool]]`, once per channel). Teams takes about two posts a
    second for each channel, over all its threads: several channels keep many chats quick.
    """

    id: ChannelId = Field(examples=["19:5e1a7b…@thread.tacv2"])
    """The channel's id, out of its link in Teams (… > Get link to channel). Bots cannot post in
    private channels."""
    team: TeamId | None = Field(default=None, examples=["19:8f0c3d…@thread.tacv2"])
    """The team it belongs to, one of `teams`. Not set: the only team there is."""


class Teams(Section):
    """Microsoft Teams: who the bot is, and who may use it. infra/azure.md says where from."""

    app_id: Guid | None = Field(default=None, examples=["00000000-1111-2222-3333-444444444444"])
    """The bot's application (client) id in Entra."""
    tenant_id: Guid | None = Field(default=None, examples=["00000000-1111-2222-3333-444444444444"])
    """The tenant's id in Entra; activities of any other tenant are refused."""
    app_password: SecretStr | None = None
    """The bot's client secret. Better: the next setting, or a certificate."""
    app_password_file: SecretFromFile | None = None
    """A file with the client secret."""
    certificate_file: CertificateFile | None = None
    """The bot's certificate (PEM), instead of a client secret."""
    certificate_key_file: PrivateKeyFile | None = None
    """The certificate's private key (PEM)."""
    bot_name: str = Field(default="Live Chat", min_length=1, max_length=30)
    """What the bot is called in Teams."""
    teams: tuple[Team, ...] = ()
    """The teams whose members may use the bot."""
    pool: tuple[PoolChannel, ...] = ()
    """Channels over which new chats are spread. Who asks for a ticket in a channel of that team gets
    a link to the chat's thread there. Empty: a chat's thread is where it was asked for."""
    fallback: ChannelId | None = None
    """The channel in which the bot reports a chat whose thread was lost. Not set: the personal chat
    of the CO whose chat it is."""
    listening_elsewhere: Listening = Listening.MENTION
    """The same choice as a team's `listening`, for group chats."""
    service_hosts: tuple[str, ...] = ()
    """Hosts that may be sent the bot's token, beside Teams' own `smba.trafficmanager.net`:
    `name` or `name:port`. For a government cloud; else empty."""
    metadata_url: Page | None = None
    """Where to find the keys that sign Teams' requests, if not at Microsoft's usual address."""
    authority: Page | None = None
    """Where the bot gets its token, if not at `https://login.microsoftonline.com/<tenant>`."""
    ca_file: ReadableFile | None = None
    """Certificates (PEM) to trust there, if not the system's (a proxy that opens TLS)."""
    without_authentication: bool = False
    """Development only: accept requests without a signature. Refused off loopback."""

    @property
    def authority_url(self) -> str:
        """Where the bot gets its token."""
        return self.authority or f"https://login.microsoftonline.com/{self.tenant_id}"

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.without_authentication:
            return self
        for name in ("app_id", "tenant_id"):
            if getattr(self, name) is None:
                raise wrong(name, "it is missing; infra/azure.md says where to find it")
        if not self.teams:
            raise wrong("teams", "nobody may use the bot yet; write a [[teams.teams]] with an id")
        self._check_pool()
        self._check_credential()
        return self

    def _check_pool(self) -> None:
        teams, ids = [team.id for team in self.teams], [channel.id for channel in self.pool]
        for number, channel in enumerate(self.pool):
            if channel.team is None and len(teams) > 1:
                raise wrong(f"pool.{number}.team", "it is missing: there are several teams")
            if channel.team is not None and channel.team not in teams:
                raise wrong(f"pool.{number}.team", "no [[teams.teams]] has this id")
            if channel.id in ids[:number]:
                raise wrong(f"pool.{number}.id", "this channel is in the pool already")

    def _check_credential(self) -> None:
        certificate = (self.certificate_file, self.certificate_key_file)
        if self.app_password is not None and any(certificate):
            raise wrong("app_password", "give a client secret or a certificate, not both")
        if self.app_password is None and not all(certificate):
            raise wrong(
                "app_password_file",
                "the bot cannot sign in: name the file with its client secret here, or set "
                "certificate_file and certificate_key_file",
            )


class Invitation(Section):
    """How the requestor gets the link."""

    routes: tuple[Route, ...] | None = Field(default=None, min_length=1)
    """The ways a CO may choose from, the usual one first: `mail` (from us, needs `[mail]`),
    `correspond` (RT mails it; reopens a resolved ticket, and Ccs get it too), `copy` (the CO
    passes it on). Not set: `mail` and `copy` where `[mail]` is set up, else `copy`."""
    ttl_hours: float = Field(default=72, gt=0, le=24 * 90)
    """Hours until an unused link expires."""


class Security(StrEnum):
    """How a connection to a mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Mail(Section):
    """The mail server for invitations. Leave the section out to send none."""

    host: str = Field(min_length=1, examples=["mail.example.org"])
    """The server's name."""
    port: int = Field(default=25, ge=1, le=65535)
    """Its port: 25, 587 (usually with `starttls`) or 465 (`tls`)."""
    security: Security = Security.STARTTLS
    """`starttls`, `tls`, or `none`, which is for a server on this machine."""
    user: str | None = None
    """User name, if the server wants one."""
    password: SecretStr | None = None
    """The password. Better: the next setting."""
    password_file: SecretFromFile | None = None
    """A file with the password."""
    from_address: str = Field(
        pattern=r"^[^@\s<>]+@[^@\s<>]+$", examples=["computing-support@example.org"]
    )
    """The sender; answers to an invitation go there, so somebody should read it."""

    @model_validator(mode="after")
    def _protects_passwords(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise wrong("user", "user and password_file go together: set both or neither")
        if self.user and self.security is Security.NONE and not is_loopback(self.host):
            raise wrong("security", 'a password must not travel in the clear; write "starttls"')
        return self


class Visitors(Section):
    """The visitor's side: the pop-up on the help site."""

    origins: tuple[Origin, ...] = ()
    """Origins of pages that may talk to the service. Not set: that of `help_page`."""
    frame_ancestors: tuple[Origin, ...] = ()
    """Origins of other sites that may show the stand-alone page (`/chat`) in a frame: docs/embedding.md."""
    accessibility_url: Contact | None = None
    """Your accessibility statement, to which the stand-alone page then links. Not set: no such line."""
    shared_networks: tuple[Network, ...] = ()
    """Networks behind one address, or few: a campus, a VPN, halls (`["192.0.2.0/24"]`). Twenty times
    as many requests may come from an address of theirs, so that a lecture hall is not taken for a
    flood. Limits by link, chat and login are the same for everybody."""
    presence_grace: float = Field(default=30, ge=1, le=600)
    """Seconds without a window after which a visitor counts as gone."""
    session_hours: float = Field(default=12, gt=0, le=24 * 14)
    """Hours for which a browser that joined may come back to its chat."""
    rating: bool = True
    """Whether visitors are asked at the end, once, whether the chat has helped. The answer goes into the
    record, and nowhere else unless `rt.<name>.rating_field` is set; nobody has to answer."""


class Silence(Section):
    """When a chat that nobody ends is ended. Both sides are warned before, and the visitor says with
    one press that he is still there; what was written is filed, without a summary.
    """

    gone_minutes: float = Field(default=30, gt=0, le=7 * 24 * 60)
    """Minutes after which a chat counts as silent when the visitor has left the page."""
    hidden_minutes: float = Field(default=120, gt=0, le=7 * 24 * 60)
    """The same while another window is in front of the chat."""
    open_minutes: float = Field(default=480, gt=0, le=7 * 24 * 60)
    """The same while the visitor has the chat in front of him."""
    warning_minutes: float = Field(default=15, gt=0, le=24 * 60)
    """Minutes from the warning to the end. Somebody may need longer to read, and to press: less
    than some minutes shuts people out."""


class Daily(Section):
    """The line that says every day how many chats are open, wait for RT, were filed and purged; and
    that no closed chat's words are here. `livechat status` says the same at any time.
    """

    at: str = Field(default="08:00", pattern=r"^((([01]\d|2[0-3]):[0-5]\d)|)$")
    """When, in `timezone`. Empty: never."""
    channel: ChannelId | None = None
    """The channel it is posted in. Not set: `teams.fallback`, else the first channel of
    `teams.pool`, else the General channel of the first team."""


class Filing(Section):
    """Sending the record of a chat to RT, which cannot take it back."""

    undo_seconds: float = Field(default=60, ge=0, le=600)
    """Seconds for which Send to RT can be undone; nothing leaves before. 0: it is sent at
    once; a visitor who is still in the chat then is not asked whether it helped (`visitors.rating`),
    for an answer could not go into the record any more."""


class Retention(Section):
    """How long things are kept here. RT is the record; this service is no archive."""

    purge_grace_seconds: float = Field(default=5, ge=0, le=24 * 3600)
    """Seconds between RT's receipt and the deletion of a chat's text."""
    proposed_hours: float = Field(default=24, gt=0, le=24 * 30)
    """Hours after which a ticket that was shown, and nobody invited, is forgotten."""
    unfiled_hours: float = Field(default=72, gt=0, le=24 * 90)
    """Hours for which a chat that ended waits for a CO to send it to RT; then it goes by itself,
    without a summary. Its thread is reminded every day until then."""
    quarantine_seconds: float = Field(default=180, ge=1, le=3600)
    """Seconds for which an RT may still be working on a request that it did not answer: at least
    the time limit of its web server. Only then do we look whether the record arrived."""
    purged_days: float = Field(default=7, ge=0, le=366)
    """Days for which a purged chat's row, without anybody's text, is kept for its receipt."""
    delete_teams_posts: bool = False
    """Delete the bot's own posts in the chat's thread as well, all but its card. What COs wrote there
    stays, and so does whatever the tenant's policies keep."""


class Relay(Section):
    """Carrying messages to Teams, by one process or several on one database."""

    pacing: bool = True
    """Stay below Teams' published limits. Without it only Teams' refusals slow us down, and a busy
    hour in one channel meets many of them."""
    hourly_limit: bool = False
    """Reckon with 1800 posts an hour per channel as well. Microsoft's page limits that line to
    many messages to one person; switch it on if a busy channel meets refusals."""
    lease_seconds: float = Field(default=30, ge=2, le=300)
    """Seconds after which another process takes over what a process that died was sending. Teams
    has 10 seconds to answer, so less than 15 makes repeats, marked "(resent)", more frequent."""
    dead_after_seconds: float = Field(default=20, ge=1, le=300)
    """Seconds of silence after which the other processes take one to be dead; and the time for
    which Teams may be trusted to bring again what we could not take in."""
    tidy_seconds: float = Field(default=30, ge=1, le=300)
    """Seconds between two looks at what comes by itself with time: silent chats, records that wait,
    the daily line, and how each RT is."""


class Metrics(Section):
    """Figures for Prometheus, about the service and never about a person, a chat or a ticket."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """Give them out at http://127.0.0.1:PORT/metrics, to this machine only. Not set: nowhere."""


class Log(Section):
    """What the service says to the journal. Never texts, links or addresses."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important events to be logged."""
    format: Literal["auto", "json", "console"] = "auto"
    """`json`, one object per line; `console`, for eyes; `auto`, console on a terminal."""


class Manifest(Section):
    """What the Teams app says about its makers (`livechat manifest`)."""

    organisation: str = Field(default="Computing Support", min_length=1, max_length=32)
    """Who offers the app, as Teams shows it."""
    website_url: Page | None = None
    """Its web site. Not set: `help_page`. Teams accepts https only."""
    privacy_url: Page | None = None
    """Its privacy notice. Not set: `help_page`."""
    terms_url: Page | None = None
    """Its terms of use. Not set: `help_page`."""


class Sandbox(Section):
    """For demos and tests. Nothing of it in production."""

    enabled: bool = False
    """Allow stand-ins for Microsoft's servers in `[teams]` wherever they are, and say so in the
    log at every start."""

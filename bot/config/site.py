"""The sections about the site's own sign-in, and what COs do by it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from bot.config.sections import Section
from bot.config.values import (
    BaseUrl,
    ChannelId,
    Expression,
    ReadableFile,
    SecretFromFile,
    TeamId,
    wrong,
)
from bot.domain.admission import ACCOUNT, Demand
from bot.domain.asking import Detail
from bot.domain.reception import Admits


class Proxy(Section):
    """Who somebody is, by the word of the web server in front (single sign-on, Kerberos, …)."""

    header: str = Field(default="", pattern=r"^([A-Za-z0-9]+(-[A-Za-z0-9]+)*)?$")
    """The header in which it says so, for instance `X-Remote-User`. Empty: nobody is signed in. It is
    believed only on `server.unix_socket`, or from this machine together with the next setting."""
    realms: tuple[str, ...] = ()
    """Realms or domains whose logins are this site's own: `["INF.ED.AC.UK"]`. What follows the `@` of
    `grace@INF.ED.AC.UK` is left out then; with any other it is somebody else's login, and not taken."""
    secret: SecretStr | None = None
    """What the web server shows in `X-Livechat-Proxy`. Better: the next setting."""
    secret_file: SecretFromFile | None = None
    """A file with it: `openssl rand -hex 32`."""


class SignIn(Section):
    """Who visitors are, by the site's own sign-in. COs see in Teams whether it was used, and as whom."""

    by_proxy: bool = False
    """Whether the web server signs visitors in ([proxy]), at `<public_url>/sign-in`."""
    everywhere: bool = False
    """Whether the web server also says with every other request below `public_url` who is signed in, and
    nobody's name once he signed out. Then signing out at the site ends the pop-up's session as well."""
    demand: Demand = Demand.ACCOUNT
    """Who must sign in to use an invitation: `account` (whose link was for somebody with an account at
    the site), `always`, or `never`. Then it must be somebody on the ticket."""
    accounts: Expression = Field(default=ACCOUNT, examples=[r"s\d{7}|[a-z]{3,8}"])
    """What RT's names of people with an account look like, a regular expression for all of it. Not set: anything but mail addresses, by
    which RT calls those whom it knows from mail only."""
    domain: str = Field(default="", pattern=r"^[^@\s]*$", examples=["ed.ac.uk"])
    """What makes a login a mail address by which RT may know the person. Empty: logins are compared
    with RT's user names only."""
    minutes: float = Field(default=10, gt=0, le=24 * 60)
    """Minutes after signing in within which a chat must be joined; then nothing of it is kept."""
    keys_file: ReadableFile | None = None
    """Public keys of the host site (a JWK set), if it vouches for its users by signed tokens."""
    issuer: str = ""
    """What such a token calls its issuer (`iss`)."""
    audience: str = ""
    """What it calls its audience (`aud`). Empty: `public_url`."""
    page: BaseUrl | None = None
    """Where people sign in at the host site, for those whom only it vouches for. Behind a `?` it gets
    the path to lead back to."""

    @property
    def offered(self) -> bool:
        """Whether anybody can sign in."""
        return self.by_proxy or self.keys_file is not None

    @model_validator(mode="after")
    def _knows_who_signs(self) -> Self:
        if self.keys_file is not None and not self.issuer:
            raise wrong("issuer", "it is missing: whose tokens are these keys for?")
        if self.keys_file is not None and not self.by_proxy and self.page is None:
            raise wrong("page", "it is missing: where are people sent who must sign in?")
        return self


class VisitorStart(Section):
    """Chats that visitors begin themselves, without a ticket, while a CO has said `open` in Teams."""

    who: Admits = Admits.NOBODY
    """Who may: `nobody`; `signed_in`, whom the site vouches for ([sign_in]); or `anyone`, whose name is
    then what he says it is, and whose record goes into no ticket that there is already."""
    closes_at: str = Field(default="18:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """The site's closing hour, in `timezone`: nothing is open beyond it."""
    queue: str = ""
    """The queue of `rt.rt` in which tickets are made for such chats, one of its `queues` if there are
    any. Not set: its `triage`."""
    channel: ChannelId | None = None
    """The channel in which these chats are opened. Not set: those of `teams.pool`, or else the one in
    which `open` was said."""
    team: TeamId | None = None
    """The team it belongs to. Not set: the first one."""
    answer_minutes: float = Field(default=10, gt=0, le=24 * 60)
    """Minutes after which a visitor whom nobody has answered is told so, and `open` is over. One who
    was invited is told after as long."""
    most_waiting: int = Field(default=10, ge=1, le=1000)
    """How many may wait for a first answer at once. The next one is told that all are busy."""
    details: tuple[Detail, ...] = ()
    """What else the form asks, and nobody has to answer: `room` (room or machine), `browser` (browser and
    system, filled in from what the browser says of itself, to be changed or deleted). COs see it on the
    card, and it stands in the record."""
    search: str = Field(
        default="",
        pattern=r"^(/([^/\s#{}\\][^\s#{}\\]*)?\{words\}[^\s#{}\\]*)?$",
        examples=["/search/suggest?q={words}"],
    )
    """A path of the help site that answers with pages for what is typed, as OpenSearch suggestions do:
    `[words, titles, descriptions, addresses]`. Up to three, of the site itself, are shown below the
    question. Not set: nothing that is typed leaves the page before the form is sent."""
    own_tickets: bool = True
    """Whether the card of a chat that somebody began who had signed in lists his open tickets in `rt.rt`,
    at most five, so that a CO can take the chat to one of them: number, subject, status and queue. Only
    those of which he is a requestor, and with which the chat may work (`rt.rt.queues`). Everybody who
    reads the channel sees them. By `mail` without `read_api` there is no list."""
    per_address_hour: float = Field(default=10, gt=0, le=10_000)
    """How many chats an hour may be begun from one address; twenty times as many from those in
    `visitors.shared_networks`."""


class Start(Section):
    """Starting a chat from RT's ticket page, for COs whom the web server has signed in ([proxy])."""

    enabled: bool = False
    """Whether there is such a page (`<public_url>/start`)."""
    domain: str = Field(default="", pattern=r"^[^@\s]*$", examples=["inf.ed.ac.uk"])
    """What makes a login a name in Entra: the CO `grace` is the team's member `grace@` this. Empty: the
    web server's word is such a name already."""
    channel: ChannelId | None = None
    """The channel in which these chats are opened. Not set: those of `teams.pool`."""
    team: TeamId | None = None
    """The team it belongs to. Not set: the first one."""

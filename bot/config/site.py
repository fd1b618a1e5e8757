"""The sections about the site's own sign-in, and what COs do by it."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bot.config.sections import Section
from bot.config.values import ChannelId, SecretFromFile, TeamId


class Proxy(Section):
    """Who somebody is, by the word of the web server in front (single sign-on, Kerberos, …)."""

    header: str = Field(default="", pattern=r"^([A-Za-z0-9]+(-[A-Za-z0-9]+)*)?$")
    """The header in which it says so, for instance `X-Remote-User`. Empty: nobody is signed in. It is
    believed only on `server.unix_socket`, or from this machine together with the next setting."""
    secret: SecretStr | None = None
    """What the web server shows in `X-Livechat-Proxy`. Better: the next setting."""
    secret_file: SecretFromFile | None = None
    """A file with it: `openssl rand -hex 32`."""


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

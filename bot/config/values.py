"""Kinds of values that settings have, each with a sentence for whoever wrote a wrong one."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEAM = re.compile(r"19:[\w.-]+@thread\.(?:tacv2|skype)")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_INSTANCE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_HOST = re.compile(r"(\[[^\]/?]+\]|[^:\[\]/?]*)(:\d+)?([/?]|$)")
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def wrong(key: str, sentence: str) -> PydanticCustomError:
    """An error about setting ``key`` (dotted, as seen from the section that checks it)."""
    return PydanticCustomError("wrong", "{sentence}", {"key": key, "sentence": sentence})


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses and names."""
    bare = host.strip("[]").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def split(url: str) -> SplitResult:
    """Take a URL apart. Raises ValueError with a sentence if it is not http(s) with a host."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError on nonsense
    except ValueError:
        raise ValueError("this is not a URL; write https://host/path") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("this is not a web address; write https://host/path")
    if "@" in parts.netloc:
        raise ValueError("no user name or password here; there are settings for them")
    return parts


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error.msg}") from None
    return text


def _page(url: str) -> str:
    parts = split(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("it must begin with https:// (http only on this machine itself)")
    if parts.fragment or url.endswith("#"):
        raise ValueError("leave out the # and what follows")
    return url


def _base(url: str) -> str:
    if "?" in url:
        raise ValueError("leave out the ? and what follows")
    return _page(url).rstrip("/")


def _below(url: str) -> str:
    url = _base(url)
    if not _PATH.fullmatch(urlsplit(url).path):
        raise ValueError(
            "it needs a path of its own on the site, of letters, digits, -, _, . and ~: "
            "https://host/livechat"
        )
    return url


def _contact(url: str) -> str:
    return url if url.startswith("mailto:") and "@" in url else _page(url)


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as e:
        raise ValueError(f"write a network as 192.0.2.0/24 or 2001:db8::/32: {e}") from None


def _origin(url: str) -> str:
    parts = split(_base(url))
    if parts.path not in {"", "/"}:
        raise ValueError("an origin has no path; write https://host or https://host:port")
    return origin_of(url)


def origin_of(url: str) -> str:
    """Return a URL's origin as browsers write it: lower case, the default port left out."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _guid(value: str) -> str:
    value = value.strip().lower()
    if not _GUID.fullmatch(value):
        raise ValueError("this is not an id of Entra's; it looks like 00000000-1111-2222-3333-…")
    return value


def _team(value: str) -> str:
    if not _TEAM.fullmatch(value):
        raise ValueError(
            "this is not a team's id; it looks like 19:…@thread.tacv2 and stands in the team's "
            "link (… > Get link to team) after /team/, where %3A is : and %40 is @"
        )
    return value


def _channel(value: str) -> str:
    if not _TEAM.fullmatch(value):
        raise ValueError(
            "this is not a channel's id; it looks like 19:…@thread.tacv2 and stands in the "
            "channel's link (… > Get link to channel) after /channel/, where %3A is : and %40 is @"
        )
    return value


def _database(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in _DRIVERS:
        raise ValueError("write sqlite:////path/of/livechat.db or postgresql://user@host/database")
    if scheme.startswith("sqlite"):
        path = rest.partition("?")[0]
        if not path.startswith("/") or path.strip("/") in ("", ":memory:"):
            raise ValueError("name the database's file: sqlite:////path/of/livechat.db")
    elif rest.count("@") > 1:  # the driver takes the rest of the password for the host, and says it
        raise ValueError("an @ in the password is written %40")
    elif not _HOST.match(rest.rpartition("@")[2]):
        raise ValueError("host and port do not look right: postgresql://user@host:5432/database")
    return f"{_DRIVERS[scheme]}://{rest}"


def _instance(name: str) -> str:
    if not _INSTANCE.fullmatch(name):
        raise ValueError(
            "people type this name before the number (physics#12345): lower-case letters, digits, "
            "- and _, a letter first, at most 32"
        )
    return name


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that holds one secret, read once."""

    path: Path
    content: SecretStr


def _read_secret(value: object) -> object:
    if not isinstance(value, (str, Path)):
        return value
    path = Path(value)
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "it is not text"
        raise _cannot_read(path, why) from None
    if not content:
        raise ValueError(f"{path} is empty; put the secret into it, on one line")
    return SecretFile(path, SecretStr(content))


def _existing(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as e:
        raise _cannot_read(path, e.strerror) from None
    return path


def _cannot_read(path: Path, why: str | None) -> ValueError:
    """Under systemd the service sees nothing of /etc/livechat but what its unit hands over."""
    todo = "Make it readable for this user"
    if "CREDENTIALS_DIRECTORY" in os.environ:
        line = f"LoadCredential={path.name}:/etc/livechat/{path.name}"
        todo = f"The unit must hand it over ({line}), and the name stand here without a folder"
    return ValueError(f"cannot read {path}: {why}. {todo}")


def _holds(path: Path, kind: str) -> bool:
    """Whether a PEM file has a part of this kind; other text may stand around it."""
    text = _existing(path).read_text(encoding="utf-8", errors="replace")
    return re.search(f"^-----BEGIN {kind}-----", text, re.MULTILINE) is not None


def _certificate(path: Path) -> Path:
    if not _holds(path, "CERTIFICATE"):
        raise ValueError(f"this is no certificate in PEM: {path}")
    return path


def _private_key(path: Path) -> Path:
    if not _holds(path, "((RSA|EC) )?PRIVATE KEY"):
        raise ValueError(f"this is no private key in PEM without a passphrase: {path}")
    return path


Expression = Annotated[str, AfterValidator(_expression)]
Page = Annotated[str, AfterValidator(_page)]
BaseUrl = Annotated[str, AfterValidator(_base)]
PathUrl = Annotated[str, AfterValidator(_below)]
Contact = Annotated[str, AfterValidator(_contact)]
Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]
Guid = Annotated[str, AfterValidator(_guid)]
TeamId = Annotated[str, AfterValidator(_team)]
ChannelId = Annotated[str, AfterValidator(_channel)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
InstanceName = Annotated[str, AfterValidator(_instance)]
SecretFromFile = Annotated[SecretFile, BeforeValidator(_read_secret)]
ReadableFile = Annotated[Path, AfterValidator(_existing)]
CertificateFile = Annotated[Path, AfterValidator(_certificate)]
PrivateKeyFile = Annotated[Path, AfterValidator(_private_key)]

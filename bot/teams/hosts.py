"""Which service URLs we speak to: our bearer token goes to no other (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Where Teams' Connector lives for the public cloud; government clouds are configured.
PUBLIC = "smba.trafficmanager.net"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

# Strict on purpose: no user part, query, fragment, backslash, escape or white space, so that no
# two URL parsers can disagree about the host.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[::1\])(?P<port>:\d{1,5})?(?:/[\w.~-]*)*",
    re.ASCII,
)


class ServiceHosts:
    """The allow-list. ``hosts`` are ``name`` or ``name:port``, spoken to by https only.

    ``loopback`` also allows http and https to this machine, for stand-ins and development.
    """

    def __init__(self, hosts: Iterable[str] = (), *, loopback: bool = False) -> None:
        self._hosts = frozenset({PUBLIC, *(host.lower() for host in hosts)})
        self._loopback = loopback

    def allow(self, url: object) -> bool:
        """Tell whether ``url`` may be called with our token."""
        match = _URL.fullmatch(url) if isinstance(url, str) else None
        if match is None or ".." in match[0]:
            return False
        if match["host"] in LOOPBACK:
            return self._loopback
        port = match["port"] or ""
        host = match["host"] + ("" if port == ":443" else port)
        return match["scheme"] == "https" and host in self._hosts


def is_loopback(url: object) -> bool:
    """Tell whether ``url`` leads to this machine."""
    match = _URL.fullmatch(url) if isinstance(url, str) else None
    return match is not None and match["host"] in LOOPBACK

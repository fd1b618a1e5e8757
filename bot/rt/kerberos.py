"""Kerberos: ask for the ticket ourselves first, because requests-kerberos says nothing useful.

Without a ticket it logs a traceback and hands on the web server's 401 as if nothing had been tried.
Nothing of Kerberos is imported before an instance is configured for it: it needs a compiled library.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEYTAB = "KRB5_CLIENT_KTNAME"


class NoKerberos(Exception):
    """Kerberos cannot be used here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A usable ticket: whose it is and for how many seconds yet."""

    principal: str
    lifetime: int

    @property
    def account(self) -> str:
        """The name by which mod_auth_gssapi with GssapiLocalName knows the principal."""
        return self.principal.partition("@")[0]


def load() -> tuple[Any, Any]:
    """Import gssapi and requests_kerberos. Raises NoKerberos naming the extra to install."""
    try:
        import gssapi
        import requests_kerberos
    except ImportError as error:
        raise NoKerberos(
            f"Kerberos is configured for RT, but {error.name or 'a library'} is not installed. "
            "Install the extra: pip install 'livechat[kerberos]' (it needs gcc and libkrb5-dev)."
        ) from error
    return gssapi, requests_kerberos


def auth(keytab: str = "") -> Any:
    """Return what requests takes to speak Negotiate, after ``standing``. Raises NoKerberos."""
    _, requests_kerberos = load()
    whose = None
    if keytab:
        import spnego  # what requests_kerberos stands on

        whose = spnego.KerberosCCache(_cache(keytab))
    return requests_kerberos.HTTPKerberosAuth(
        mutual_authentication=requests_kerberos.REQUIRED,
        sanitize_mutual_error_response=False,
        principal=whose,
    )


def _cache(keytab: str) -> str:
    """Name the place in this process's memory for the tickets got from a keytab."""
    return f"MEMORY:livechat:{keytab}"


def standing(keytab: str = "") -> Standing:
    """Get hold of a ticket, from the keytab if need be. Blocks on the KDC. Raises NoKerberos.

    ``keytab`` is a file of its own for one RT; else the process's environment says where to look.
    """
    gssapi, _ = load()
    where = {"client_keytab": f"FILE:{keytab}", "ccache": _cache(keytab)} if keytab else None
    try:
        credentials = gssapi.Credentials(usage="initiate", store=where)
        lifetime = credentials.lifetime
        principal = str(credentials.name)
    except gssapi.exceptions.ExpiredCredentialsError as error:
        raise NoKerberos(
            f"The Kerberos ticket has expired and no keytab renews it: set the RT's keytab or {KEYTAB}."
        ) from error
    except gssapi.exceptions.GSSError as error:
        words = " ".join(str(error).split())
        raise NoKerberos(f"There is no Kerberos ticket to be had: {words}") from error
    return Standing(principal, int(lifetime or 0))


def keytab_trouble(environment: os._Environ[str] | dict[str, str]) -> str:
    """Say what is wrong with the keytab that ``environment`` names; nothing if it is readable."""
    named = environment.get(KEYTAB, "")
    if not named:
        return f"{KEYTAB} is not set: the service lives on whatever ticket is in the cache."
    path = Path(named.removeprefix("FILE:"))
    if not path.is_file():
        return f"{KEYTAB} names {path}, which does not exist."
    if not os.access(path, os.R_OK):
        return f"{KEYTAB} names {path}, which the service's user may not read."
    return ""

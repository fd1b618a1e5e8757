"""Kerberos: ask for the tickets ourselves first, because requests-kerberos says nothing useful.

Without a ticket it logs a traceback and hands on the web server's 401 as if nothing had been tried.
Nothing of Kerberos is imported before an instance is configured for it: it needs a compiled library.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from bot.rt import keytab as keytabs
from bot.rt.kerberos_trouble import Cause, NoKerberos, Scene, of_code

#: What a code means when it is not the KDC's but the web server's.
_BY_SERVER = {Cause.KEY_OUTDATED: Cause.SERVICE_KEY, Cause.TICKET_EXPIRED: Cause.CLOCK}

#: What tickets in our own cache may seem to be after the clock was set.
_BY_ANOTHER_CLOCK = (Cause.TICKET_EXPIRED, Cause.CLOCK)
_KDC = "the KDC"


@dataclass(frozen=True, slots=True)
class KerberosTicket:
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
        lacking = Scene(detail=error.name or "a library")
        raise NoKerberos(Cause.NOT_INSTALLED, lacking) from error
    return gssapi, requests_kerberos


@dataclass(frozen=True, slots=True)
class Kerberos:
    """Who we are to one web server.

    ``host`` is the server's name in the address that is asked. ``keytab`` is a file of its own for
    one RT; else the environment names one; else the tickets are used that somebody else got.
    ``principal`` is the one of the keytab's that is ours; empty: the first.
    """

    host: str
    keytab: str = ""
    principal: str = ""

    @property
    def file(self) -> str:
        """The keytab that is used, if any."""
        return keytabs.named(self.keytab)

    @property
    def service(self) -> str:
        """The principal of the web server, without its realm."""
        return f"HTTP/{self.host}"

    def auth(self) -> Any:
        """Return what requests takes to speak Negotiate, after ``ticket``. Raises NoKerberos."""
        _, requests_kerberos = load()
        whose = None
        if self.file:
            import spnego  # what requests_kerberos stands on

            whose = spnego.KerberosCCache(self._cache())
        return requests_kerberos.HTTPKerberosAuth(
            mutual_authentication=requests_kerberos.REQUIRED,
            sanitize_mutual_error_response=False,
            principal=whose,
        )

    def ticket(self) -> KerberosTicket:
        """Have a ticket of our own, and one for the web server. Blocks on the KDC if need be.

        Costs next to nothing while both are good. Raises NoKerberos.
        """
        gssapi, _ = load()
        try:
            return self._ticket(gssapi)
        except NoKerberos as error:
            if not self.file or error.cause not in _BY_ANOTHER_CLOCK:
                raise
        self.forget()  # the clock was set: the cache goes by what it was
        try:
            return self._ticket(gssapi)
        except NoKerberos as error:
            if error.cause is Cause.TICKET_EXPIRED:  # although it is new
                raise NoKerberos(Cause.CLOCK, self._scene(_KDC)) from error
            raise

    def _ticket(self, gssapi: Any) -> KerberosTicket:
        try:
            credentials = self._credentials(gssapi)
            found = KerberosTicket(str(credentials.name), int(credentials.lifetime or 0))
            self._context(gssapi, credentials).step()
        except gssapi.exceptions.ExpiredCredentialsError as error:
            raise NoKerberos(Cause.TICKET_EXPIRED) from error
        except gssapi.exceptions.GSSError as error:
            raise self._trouble(error) from error
        return found

    def forget(self) -> None:
        """Drop the tickets that we got ourselves: the next call gets new ones from the keytab."""
        if not self.file:
            return
        import krb5

        context = krb5.init_context()
        try:
            krb5.cc_destroy(context, krb5.cc_resolve(context, self._cache().encode()))
        except krb5.Krb5Error:
            return  # there were none

    def refusal(self, challenge: str) -> NoKerberos:
        """Say why the web server did not take a ticket, after its ``WWW-Authenticate``."""
        try:
            answer = base64.b64decode(challenge.partition(" ")[2], validate=True)
        except ValueError:  # a realm may be written in other letters, too
            answer = b""
        cause = self._said(answer) if answer else Cause.OTHER
        if cause is Cause.OTHER:
            return NoKerberos(Cause.TURNED_AWAY, self._scene())
        return NoKerberos(cause, self._scene(self.service))

    def _said(self, answer: bytes) -> Cause:
        """Let the library read the error that came back for a ticket."""
        gssapi, _ = load()
        try:
            context = self._context(gssapi, self._credentials(gssapi))
            context.step()
            context.step(answer)
        except gssapi.exceptions.GSSError as error:
            cause = of_code(error.min_code)
            return _BY_SERVER.get(cause, cause)
        return Cause.OTHER

    def _cache(self) -> str:
        """Name the place in this process's memory for the tickets got from a keytab."""
        return f"MEMORY:livechat:{self.principal}:{self.file}"

    def _credentials(self, gssapi: Any) -> Any:
        if not self.file:
            return gssapi.Credentials(usage="initiate")
        name = None
        if self.principal:
            kind = gssapi.NameType.kerberos_principal
            name = gssapi.Name(keytabs.owner(self.file, self.principal), kind)
        store = {"client_keytab": f"FILE:{self.file}", "ccache": self._cache()}
        return gssapi.Credentials(name=name, usage="initiate", store=store)

    def _context(self, gssapi: Any, credentials: Any) -> Any:
        return gssapi.SecurityContext(
            name=gssapi.Name(f"HTTP@{self.host}", gssapi.NameType.hostbased_service),
            creds=credentials,
            usage="initiate",
            mech=gssapi.MechType.kerberos,
            flags=gssapi.RequirementFlag.mutual_authentication,
        )

    def _trouble(self, error: Any) -> NoKerberos:
        """Say what an error means, with a look into the keytab where that tells more."""
        cause = of_code(error.min_code)
        if cause is Cause.NO_CREDENTIALS and self.file:
            try:
                keytabs.owner(self.file, self.principal)
            except NoKerberos as found:
                return found
        detail = {Cause.CLOCK: _KDC, Cause.OTHER: " ".join(str(error).split())}.get(cause, "")
        return NoKerberos(cause, self._scene(detail))

    def _scene(self, detail: str = "") -> Scene:
        whose = self.principal
        if not whose and self.file:
            try:
                whose = keytabs.owner(self.file)
            except NoKerberos:
                whose = ""
        return Scene(self.file, whose, self.service, detail)

"""What may be wrong with Kerberos, and with RT behind it: causes, and what to do about each.

Kerberos' own are told apart by its error codes.
The library's own sentences are in its user's language and change with its version; codes do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bot.relay.outcomes import NotDone


class Cause(StrEnum):
    """Why Kerberos does not let us in; the values stand in the log and in ``healthz``."""

    NOT_INSTALLED = "kerberos_not_installed"
    KEYTAB_MISSING = "keytab_missing"
    KEYTAB_UNREADABLE = "keytab_unreadable"
    KEYTAB_EMPTY = "keytab_empty"
    KEYTAB_OF_OTHERS = "keytab_lacks_the_principal"
    KEY_OUTDATED = "key_outdated"
    PRINCIPAL_UNKNOWN = "principal_unknown"
    PRINCIPAL_LOCKED = "principal_locked"
    TICKET_EXPIRED = "ticket_expired"
    NO_CREDENTIALS = "no_credentials"
    CLOCK = "clock_skew"
    SERVICE_UNKNOWN = "service_unknown"
    SERVICE_KEY = "service_key_outdated"
    NO_KDC = "kdc_unreachable"
    NO_REALM = "realm_unknown"
    TURNED_AWAY = "ticket_refused"
    FOREIGN = "origin_refused"
    OTHER = "kerberos_failed"


#: MIT's codes (krb5_err.et), which GSS-API hands on as the minor status, and errno.
_CODES = {
    2: Cause.KEYTAB_MISSING,  # ENOENT
    13: Cause.KEYTAB_UNREADABLE,  # EACCES
    -1765328383: Cause.PRINCIPAL_LOCKED,  # KDC_ERR_NAME_EXP
    -1765328378: Cause.PRINCIPAL_UNKNOWN,  # KDC_ERR_C_PRINCIPAL_UNKNOWN
    -1765328377: Cause.SERVICE_UNKNOWN,  # KDC_ERR_S_PRINCIPAL_UNKNOWN
    -1765328370: Cause.KEY_OUTDATED,  # KDC_ERR_ETYPE_NOSUPP
    -1765328366: Cause.PRINCIPAL_LOCKED,  # KDC_ERR_CLIENT_REVOKED
    -1765328361: Cause.PRINCIPAL_LOCKED,  # KDC_ERR_KEY_EXPIRED
    -1765328360: Cause.KEY_OUTDATED,  # KDC_ERR_PREAUTH_FAILED
    -1765328353: Cause.KEY_OUTDATED,  # AP_ERR_BAD_INTEGRITY
    -1765328352: Cause.TICKET_EXPIRED,  # AP_ERR_TKT_EXPIRED
    -1765328351: Cause.CLOCK,  # AP_ERR_TKT_NYV
    -1765328347: Cause.CLOCK,  # AP_ERR_SKEW
    -1765328343: Cause.SERVICE_KEY,  # AP_ERR_MODIFIED
    -1765328340: Cause.SERVICE_KEY,  # AP_ERR_BADKEYVER
    -1765328339: Cause.SERVICE_KEY,  # AP_ERR_NOKEY
    -1765328243: Cause.NO_CREDENTIALS,  # CC_NOTFOUND
    -1765328236: Cause.CLOCK,  # KDCREP_SKEW
    -1765328230: Cause.NO_REALM,  # REALM_UNKNOWN
    -1765328228: Cause.NO_KDC,  # KDC_UNREACH
    -1765328203: Cause.KEYTAB_OF_OTHERS,  # KT_NOTFOUND
    -1765328189: Cause.NO_CREDENTIALS,  # FCC_NOFILE
    -1765328174: Cause.KEY_OUTDATED,  # PREAUTH_FAILED, as the library says it
    -1765328171: Cause.KEYTAB_EMPTY,  # KEYTAB_BADVNO
    -1765328164: Cause.NO_REALM,  # REALM_CANT_RESOLVE
    -1765328154: Cause.KEY_OUTDATED,  # KT_KVNONOTFOUND
}


def of_code(code: int) -> Cause:
    """Return the cause for a code, signed or as GSS-API has it: 32 bits without a sign."""
    signed = code - (1 << 32) if code >= 1 << 31 else code
    return _CODES.get(signed, Cause.OTHER)


class Words(NamedTuple):
    """For COs, who cannot mend it: what it is. For whoever can: what it is, and what to do."""

    short: str
    advice: str


_WORDS = {
    Cause.NOT_INSTALLED: Words(
        "Kerberos is not installed",
        "Kerberos is configured for RT, but {detail} is not installed. Run infra/dev/install.sh "
        "kerberos where the live chat is installed (docs/operations.md says what it needs), and "
        "start the service again.",
    ),
    Cause.KEYTAB_MISSING: Words(
        "its keytab is missing",
        "The keytab {keytab} does not exist. Put one there, or correct the RT's keytab or "
        "KRB5_CLIENT_KTNAME.",
    ),
    Cause.KEYTAB_UNREADABLE: Words(
        "its keytab cannot be read",
        "The service's user may not read the keytab {keytab}. Give it to that user: chown, chmod 600.",
    ),
    Cause.KEYTAB_EMPTY: Words(
        "its keytab is empty",
        "The file {keytab} is no keytab, or has no keys in it. Extract one from the KDC again "
        "(kadmin: ktadd -k; Active Directory: ktpass or msktutil).",
    ),
    Cause.KEYTAB_OF_OTHERS: Words(
        "its keytab is somebody else's",
        "The keytab {keytab} has no key of {principal}{detail}. Put the right keytab there, or "
        "correct the RT's principal.",
    ),
    Cause.KEY_OUTDATED: Words(
        "its Kerberos key is outdated",
        "The KDC does not take the key of {principal} in {keytab}: it was changed there. Extract "
        "the keytab again, into a new file (ktadd makes a new key: whoever has the old one needs it).",
    ),
    Cause.PRINCIPAL_UNKNOWN: Words(
        "Kerberos does not know its account",
        "The KDC does not know {principal}: it was deleted or renamed there. Have it made again, and "
        "extract its keytab.",
    ),
    Cause.PRINCIPAL_LOCKED: Words(
        "its Kerberos account is locked or has expired",
        "The KDC has locked {principal}, or its password or account has expired. Ask whoever "
        "administers the KDC to unlock it.",
    ),
    Cause.TICKET_EXPIRED: Words(
        "its Kerberos ticket has expired",
        "The Kerberos ticket has expired and no keytab renews it. Set the RT's keytab, or "
        "KRB5_CLIENT_KTNAME.",
    ),
    Cause.NO_CREDENTIALS: Words(
        "it has no Kerberos credentials",
        "There is neither a keytab nor a cache with a ticket. Set the RT's keytab, or "
        "KRB5_CLIENT_KTNAME.",
    ),
    Cause.CLOCK: Words(
        "the clocks differ by too much",
        "This machine's clock and that of {detail} differ by more than Kerberos allows (5 minutes). "
        "Look at the time synchronisation of both (timedatectl).",
    ),
    Cause.SERVICE_UNKNOWN: Words(
        "Kerberos does not know RT's web server",
        "The KDC does not know {service}. The RT's url must have the web server's own name, and the "
        "KDC a principal of that name.",
    ),
    Cause.SERVICE_KEY: Words(
        "RT's web server has an outdated Kerberos key",
        "RT's web server cannot read a ticket for {service}: its keytab does not have the KDC's "
        "present key. Whoever runs RT's web server must extract it again.",
    ),
    Cause.NO_KDC: Words(
        "the Kerberos server does not answer",
        "No KDC answers{detail}. Look whether it runs, and whether a firewall stops port 88.",
    ),
    Cause.NO_REALM: Words(
        "its Kerberos realm has no server",
        "No KDC is known for the realm of {principal}. Name one in krb5.conf, or in DNS (SRV "
        "records).",
    ),
    Cause.TURNED_AWAY: Words(
        "RT's web server does not take its Kerberos ticket",
        "RT's web server does not take our ticket for {service}. Its error log says why: keytab, "
        "clock, or Require.",
    ),
    Cause.FOREIGN: Words(
        "RT takes what we write for another web site's",
        "RT takes what we write for another web site's. Whoever runs the live chat must set url to RT's "
        "own address (its WebBaseURL), or whoever administers RT must add url's host and port "
        "(“host:443”) to ReferrerWhitelist.",
    ),
    Cause.OTHER: Words(
        "Kerberos failed", "Kerberos failed: {detail}. Try kinit -k -t {keytab} on this machine."
    ),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a sentence may name: files and principals, no secrets."""

    keytab: str = ""
    principal: str = ""
    service: str = ""
    detail: str = ""


class NoKerberos(Exception):
    """Kerberos cannot be used; the text says why and what to do, ``cause`` which case it is."""

    def __init__(self, cause: Cause, scene: Scene | None = None) -> None:
        self.cause = cause
        super().__init__(_WORDS[cause].advice.format(**_named(scene or Scene())))

    @property
    def short(self) -> str:
        """What it is, for those who cannot mend it."""
        return _WORDS[self.cause].short


def _named(scene: Scene) -> dict[str, str]:
    return {
        "keytab": scene.keytab or "(the default keytab)",
        "principal": scene.principal or "the live chat's principal",
        "service": scene.service or "RT's web server",
        "detail": scene.detail,
    }


class LoginTrouble(NotDone):
    """We did not get in; nothing was done. ``advice`` is for whoever runs the service."""

    def __init__(self, called: str, error: NoKerberos) -> None:
        super().__init__(
            f"{called} cannot be reached by the live chat: {error.short}. Whoever runs the live chat "
            "must look at it (livechat doctor); nothing is lost meanwhile."
        )
        self.cause, self.advice = error.cause, str(error)

"""A keytab: whether it is there, may be read, and whose keys are in it."""

from __future__ import annotations

import os
from typing import NamedTuple

from bot.rt.kerberos_trouble import Cause, NoKerberos, Scene, of_code

VARIABLE = "KRB5_CLIENT_KTNAME"


class Key(NamedTuple):
    """Whose key, and which version of it the KDC counted."""

    principal: str
    version: int


def named(keytab: str = "") -> str:
    """Return the file of an RT's own keytab, or the one that the environment names."""
    return keytab or os.environ.get(VARIABLE, "").removeprefix("FILE:")


def keys(path: str) -> list[Key]:
    """Read whose keys are in a file. Raises NoKerberos if there are none to be had."""
    try:
        import krb5
    except ImportError as error:
        raise NoKerberos(Cause.NOT_INSTALLED, Scene(detail="krb5")) from error
    try:
        context = krb5.init_context()
        found = [
            Key(str(entry.principal), entry.kvno)
            for entry in krb5.kt_resolve(context, f"FILE:{path}".encode())
        ]
    except krb5.Krb5Error as error:
        raise NoKerberos(of_code(error.err_code), Scene(path, detail=str(error))) from error
    if not found:
        raise NoKerberos(Cause.KEYTAB_EMPTY, Scene(path))
    return found


def owner(path: str, principal: str = "") -> str:
    """Return the principal whose keys are used: ``principal``, with its realm or not, or the first.

    Raises NoKerberos.
    """
    found = [key.principal for key in keys(path)]
    if not principal:
        return found[0]
    for one in found:
        if principal in (one, one.rpartition("@")[0]):
            return one
    held = ", but of " + ", ".join(sorted(set(found)))
    raise NoKerberos(Cause.KEYTAB_OF_OTHERS, Scene(path, principal, detail=held))

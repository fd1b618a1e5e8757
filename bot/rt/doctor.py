"""Whether an RT can be worked with: findings for the person who sets the service up."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from bot.relay.ports import OutsideError
from bot.rt import kerberos
from bot.rt.instance import Login, RtInstance
from bot.rt.operations import Rest
from bot.rt.rest1 import Rest1


class Finding(NamedTuple):
    """One thing that was looked at: its name, whether it is well, and a sentence."""

    name: str
    ok: bool
    sentence: str


def check(rest: Rest, rt: RtInstance) -> list[Finding]:
    """Look at everything that can be seen without touching a ticket."""
    name = f"rt {rt.name}"
    found = [_keytab(name, rt), _ticket(name, rt)] if rt.login is Login.KERBEROS else []
    return [*found, *_reach(rest, rt, name)]


def _keytab(name: str, rt: RtInstance) -> Finding:
    named = rt.keytab or os.environ.get(kerberos.KEYTAB, "")
    problem = kerberos.keytab_trouble({kerberos.KEYTAB: named})
    if not problem and _readable_by_others(named):
        problem = "Others may read the keytab: chmod 600, or 640 with the service's group."
    return Finding(f"{name}: keytab", not problem, problem or "The keytab is there.")


def _readable_by_others(named: str) -> bool:
    return bool(Path(named.removeprefix("FILE:")).stat().st_mode & stat.S_IROTH)


def _ticket(name: str, rt: RtInstance) -> Finding:
    try:
        standing = kerberos.standing(rt.keytab)
    except kerberos.NoKerberos as error:
        return Finding(f"{name}: kerberos", ok=False, sentence=str(error))
    minutes = standing.lifetime // 60
    words = f"A ticket of {standing.principal} is good for {minutes} minutes."
    return Finding(f"{name}: kerberos", ok=True, sentence=words)


def _reach(rest: Rest, rt: RtInstance, name: str) -> list[Finding]:
    try:
        answer = rest.get("rt")
        version = str(answer.data.get("Version", "?")) if isinstance(answer.data, dict) else "?"
        reached = Finding(f"{name}: login", ok=True, sentence=f"RT {version} took the login.")
        return [reached, _account(rest, name)]
    except OutsideError as error:
        return [Finding(f"{name}: login", ok=False, sentence=error.sentence)]


def check_rest1(rest: Rest1, rt: RtInstance) -> list[Finding]:
    """The same by REST 1.0."""
    name = f"rt {rt.name}"
    found = [_keytab(name, rt), _ticket(name, rt)] if rt.login is Login.KERBEROS else []
    try:
        rest.get("")
        account = rest.account()
        user = rest.get(f"user/{account}", fields="Name") if account else None
    except OutsideError as error:
        return [*found, Finding(f"{name}: login", ok=False, sentence=error.sentence)]
    words = "RT took the login, by REST 1.0."
    found.append(Finding(f"{name}: login", ok=True, sentence=words))
    known = user is not None and user.fields.get("Name", "").casefold() == account.casefold()
    words = f"We are {account} there." if known else f"RT shows no user “{account}”: set account."
    return [*found, Finding(f"{name}: account", ok=known, sentence=words)]


def _account(rest: Rest, name: str) -> Finding:
    account = rest.account()
    if not account:
        words = "Set the account's login name, so that it recognises what it wrote itself."
        return Finding(f"{name}: account", ok=False, sentence=words)
    reply = rest.get(f"user/{account}")
    if reply.status != 200:
        words = f"RT does not show the user {account} (answer {reply.status}): is it privileged?"
        return Finding(f"{name}: account", ok=False, sentence=words)
    return Finding(f"{name}: account", ok=True, sentence=f"We are {account} there.")

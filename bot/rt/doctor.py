"""Whether an RT can be worked with: findings for the person who sets the service up."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from bot.relay.outcomes import OutsideError
from bot.rt import keytab
from bot.rt.fields import looked_for
from bot.rt.instance import Login, RtInstance
from bot.rt.kerberos import Kerberos
from bot.rt.kerberos_trouble import LoginTrouble, NoKerberos
from bot.rt.operations import Rest
from bot.rt.queues import looked_at
from bot.rt.rest1 import Rest1
from bot.rt.rights import too_few, too_many
from bot.rt.wire import Reply


class Finding(NamedTuple):
    """One thing that was looked at: its name, whether it works, a sentence; and if it is unwise."""

    name: str
    ok: bool
    sentence: str
    unwise: bool = False


class _Rest(Rest, Protocol):
    def knock(self) -> Reply: ...


def check(rest: _Rest, rt: RtInstance) -> list[Finding]:
    """Look at everything that can be seen without touching a ticket."""
    name = f"rt {rt.name}"
    found = _kerberos(name, rt)
    return found if _stuck(found) else [*found, *_reach(rest, rt, name)]


def check_rest1(rest: Rest1, rt: RtInstance) -> list[Finding]:
    """The same by REST 1.0."""
    name = f"rt {rt.name}"
    found = _kerberos(name, rt)
    return found if _stuck(found) else [*found, *_reach_rest1(rest, name)]


def _kerberos(name: str, rt: RtInstance) -> list[Finding]:
    if rt.login is not Login.KERBEROS:
        return []
    who = Kerberos(rt.host, rt.keytab, rt.principal)
    return [_keytab(f"{name}: keytab", who), _tickets(f"{name}: kerberos", who)]


def _stuck(found: list[Finding]) -> bool:
    """Whether there are no tickets: then RT can only say the same once more."""
    return bool(found) and not found[-1].ok


def _keytab(name: str, who: Kerberos) -> Finding:
    if not who.file:
        words = f"No keytab is set, nor {keytab.VARIABLE}: the service lives on a ticket of others."
        return Finding(name, ok=False, sentence=words)
    try:
        owner = keytab.owner(who.file, who.principal)
    except NoKerberos as error:
        return Finding(name, ok=False, sentence=str(error))
    versions = [str(key.version) for key in keytab.keys(who.file) if key.principal == owner]
    words = f"The keytab has keys of {owner}, version {', '.join(dict.fromkeys(versions))}."
    return Finding(name, ok=True, sentence=words)


def _tickets(name: str, who: Kerberos) -> Finding:
    try:
        ticket = who.ticket()
    except NoKerberos as error:
        return Finding(name, ok=False, sentence=str(error))
    minutes = ticket.lifetime // 60
    words = f"A ticket of {ticket.principal} is good for {minutes} minutes, also for {who.service}."
    return Finding(name, ok=True, sentence=words)


def _reach(rest: _Rest, rt: RtInstance, name: str) -> list[Finding]:
    try:
        answer = rest.get("rt")
        version = str(answer.data.get("Version", "?")) if isinstance(answer.data, dict) else "?"
        rest.knock()
        reached = Finding(f"{name}: login", ok=True, sentence=f"RT {version} took the login.")
        seen = [*_queues(rest, rt, name), *_fields(rest, rt, name), *_rights(rest, rt, name)]
        return [reached, _account(rest, name), *seen]
    except OutsideError as error:
        return [_outside(name, error)]


def _queues(rest: Rest, rt: RtInstance, name: str) -> list[Finding]:
    return [Finding(f"{name}: queues", *look) for look in looked_at(rest, rt)]


def _fields(rest: Rest, rt: RtInstance, name: str) -> list[Finding]:
    looks = looked_for(rest, rt)
    return [Finding(f"{name}: rating field", ok=True, sentence=s, unwise=m) for m, s in looks]


def _rights(rest: Rest, rt: RtInstance, name: str) -> list[Finding]:
    found = [*too_many(rest, rt), *too_few(rest, rt)]
    return [Finding(f"{name}: rights", ok=True, sentence=said, unwise=True) for said in found]


def _reach_rest1(rest: Rest1, name: str) -> list[Finding]:
    try:
        rest.get("")
        account = rest.account()
        user = rest.get(f"user/{account}", fields="Name") if account else None
    except OutsideError as error:
        return [_outside(name, error)]
    login = Finding(f"{name}: login", ok=True, sentence="RT took the login, by REST 1.0.")
    known = user is not None and user.fields.get("Name", "").casefold() == account.casefold()
    words = f"We are {account} there." if known else f"RT shows no user “{account}”: set account."
    return [login, Finding(f"{name}: account", ok=known, sentence=words)]


def _outside(name: str, error: OutsideError) -> Finding:
    words = error.advice if isinstance(error, LoginTrouble) else error.sentence
    return Finding(f"{name}: login", ok=False, sentence=words)


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

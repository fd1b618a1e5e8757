"""``livechat doctor``: look at everything the service needs, and say what to do where it fails.

It changes nothing, sends nothing to anybody, and reads no chat.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from bot.config import ConfigError, RtAuth, Settings, chosen, load
from bot.config.values import SecretFile, is_loopback
from bot.logs import redact
from bot.relay.outcomes import OutsideError
from bot.rt import keytab

LIMIT = 30.0
"""Seconds that one check may take: Kerberos and RT may each run into a time-out of their own."""
SOON = timedelta(days=30)
RENEWED = timedelta(days=14)
"""What renews web servers' certificates has long done so by then, or does not work."""
CLOSE, FAR = timedelta(minutes=1), timedelta(minutes=5)
"""How far clocks may be apart without harm; and so far that nobody believes what the other signed."""
ENOUGH_MIB = 256
"""Free disk: SQLite's log takes up to 32 MiB, and the file is written anew beside itself."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``todo`` says what to do about it, if anything."""

    level: Level
    what: str
    said: str
    todo: str = ""


Check = Callable[[], Awaitable[Sequence[Finding]]]


async def examine_all(config: Path | None) -> list[Finding]:
    """Load the configuration and look at everything."""
    try:
        settings = load(config)
    except ConfigError as e:
        return [Finding(Level.FAIL, "configuration", problem) for problem in e.problems]
    return [*look_at_settings(settings, chosen(config)), *await examine(checks(settings))]


def checks(settings: Settings) -> dict[str, Check]:
    """Return what to look at beyond the settings, by name."""
    return {
        "database": lambda: _database(settings),
        "entra": lambda: _entra(settings),
        "clock": lambda: _clock(settings),
        "rt": lambda: _rt(settings),
        "mail": lambda: _mail(settings),
        "clamd": lambda: _clamd(settings),
        "sign_in.keys_file": lambda: _keys(settings),
        "websockets": lambda: _websockets(settings),
        "certificate": lambda: _certificate(settings),
        "apache": _apache,
    }


async def examine(wanted: Mapping[str, Check], limit: float = LIMIT) -> list[Finding]:
    """Run all checks side by side; one that fails or hangs is a finding, and stops no other."""
    found = await asyncio.gather(*(_run(name, check, limit) for name, check in wanted.items()))
    return [finding for findings in found for finding in findings]


async def _run(name: str, check: Check, limit: float) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(limit):
            return await check()
    except TimeoutError:
        todo = "Look whether a firewall drops what we send there."
        return [Finding(Level.FAIL, name, f"no answer within {limit:g} s", todo)]
    except OutsideError as e:
        return [Finding(Level.FAIL, name, e.sentence)]
    except Exception as e:  # noqa: BLE001  whatever it is, it is what the doctor was called for
        first_line = next(iter(str(e).splitlines()), "")
        return [Finding(Level.FAIL, name, redact(f"{type(e).__name__}: {first_line}"))]


def look_at_settings(settings: Settings, config: Path | None = None) -> list[Finding]:
    """Judge what is allowed and yet unwise, in the settings and the file that they came from."""
    found = [Finding(Level.OK, "configuration", "it is complete and fits together")]
    if settings.on_stand_ins or settings.sandbox.enabled:
        said = "Teams' servers are stand-ins, or nobody checks who calls"
        todo = "Never in production: leave out [sandbox], metadata_url, authority and "
        found.append(Finding(Level.WARN, "teams", said, todo + "without_authentication."))
    if settings.server.unix_socket is None and not is_loopback(settings.server.host):
        said = f"the service listens on {settings.server.host}, without TLS"
        todo = "Let only the proxy reach it, or write host = 127.0.0.1."
        found.append(Finding(Level.WARN, "server", said, todo))
    return found + [_exposed(path) for path in _secret_files(settings, config) if _is_open(path)]


def _secret_files(settings: Settings, config: Path | None) -> list[Path]:
    """Name every file with a secret in it, the configuration too if one is written there."""
    sections = [settings, settings.teams, settings.proxy, *settings.rt.values()]
    sections += filter(None, [settings.mail])
    held = [getattr(section, name) for section in sections for name in type(section).model_fields]
    files = [value.path for value in held if isinstance(value, SecretFile)]
    files += filter(None, [settings.teams.certificate_key_file])
    keys = [str(rt.keytab or "") for rt in settings.rt.values() if rt.auth is RtAuth.KERBEROS]
    files += [
        Path(one) for one in dict.fromkeys(map(keytab.named, keys)) if os.access(one, os.R_OK)
    ]
    secrets = [value.get_secret_value() for value in held if isinstance(value, SecretStr)]
    login = settings.database.url.partition("://")[2].rpartition("@")[0]
    secrets += filter(None, [login.partition(":")[2]])
    text = config.read_text(encoding="utf-8") if config else ""
    return [*files, config] if config and any(secret in text for secret in secrets) else files


def _is_open(path: Path) -> bool:
    """Whether others may read or write a file, and get to it: through each of its folders."""
    place = path.resolve()  # a link's own folders protect nothing
    reached = all(folder.stat().st_mode & stat.S_IXOTH for folder in place.parents)
    return reached and bool(place.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))


def _exposed(path: Path) -> Finding:
    todo = f"chmod o= {path}, and change the secret if others have accounts here."
    return Finding(Level.WARN, "secrets", f"everybody on this machine may read {path}", todo)


async def _database(settings: Settings) -> list[Finding]:
    from bot.store import TooNew, at_head

    file = settings.database.sqlite_file
    if file is not None and not file.exists():
        said = f"there is no {file.absolute()} yet"
        return [Finding(Level.FAIL, "database", said, "Run livechat migrate.")]
    if file is not None and not os.access(file, os.W_OK):
        todo = "Run the doctor as the service's user, or give that user the file."
        return [Finding(Level.FAIL, "database", f"this user may not write {file}", todo)]
    try:
        ready = await asyncio.to_thread(at_head, settings.database.url)
    except TooNew as e:
        return [Finding(Level.FAIL, "database", str(e))]
    if not ready:
        said = "its tables are of another version"
        return [Finding(Level.FAIL, "database", said, "Run livechat migrate.")]
    if file is not None and file.stat().st_uid != file.parent.stat().st_uid:
        said = f"{file} belongs to another user than its folder: the service may not use it"
        todo = f"chown --reference={file.parent}/. {file}, and start the service again."
        return [Finding(Level.WARN, "database", said, todo)]
    if file is not None and (free := shutil.disk_usage(file.parent).free // 2**20) < ENOUGH_MIB:
        said = f"{free} MiB are left on the disk of {file}; without room nothing is taken in"
        todo = "Make room there; once there is some the service goes on, or can be started."
        return [Finding(Level.WARN if free else Level.FAIL, "database", said, todo)]
    return [Finding(Level.OK, "database", "it answers, and its tables are of this version")]


async def _entra(settings: Settings) -> list[Finding]:
    if settings.teams.without_authentication:
        return [Finding(Level.WARN, "entra", "not looked at: development mode needs no token")]
    from bot.parts import app_tokens

    tokens = app_tokens(settings)
    try:
        await tokens.token()
    except OutsideError as e:
        todo = (
            "Compare app_id, tenant_id and the credential with Entra (infra/azure.md shows where). "
            f"If it is unreachable, let this machine reach {settings.teams.authority_url} by HTTPS."
        )
        found = [Finding(Level.FAIL, "entra", e.sentence.partition(". ")[0], todo)]
    else:
        found = [Finding(Level.OK, "entra", "Microsoft gives the bot its token")]
    finally:
        await tokens.close()
    if certificate := settings.teams.certificate_file:
        found += await asyncio.to_thread(_ends, certificate, datetime.now(UTC))
    return found


def _ends(certificate: Path, now: datetime) -> list[Finding]:
    """Tell when the bot's own certificate ends soon: from that day on the bot is silent."""
    from cryptography.x509 import load_pem_x509_certificate

    try:
        until = load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except ValueError:
        said = f"the certificate in {certificate} cannot be read"
        return [Finding(Level.FAIL, "entra", said, "Copy it anew; the whole of it, in PEM.")]
    if until - now > SOON:
        return []
    said = f"the bot's certificate ends on {until:%-d %B %Y}, and then the bot is silent"
    todo = "Make another and upload it to Entra (docs/operations.md, Change a secret)."
    return [Finding(Level.WARN, "entra", said, todo)]


async def _clock(settings: Settings) -> list[Finding]:
    """Compare this machine's clock with Microsoft's, by which Teams' requests are signed."""
    from bot.teams.answers import moment
    from bot.teams.entra_http import EntraHttp

    if settings.teams.without_authentication:
        return []
    http = EntraHttp(str(settings.teams.ca_file or ""))
    try:
        answer = await asyncio.to_thread(http.get, settings.teams.authority_url)
    except OSError:
        return []  # the finding about the token says so
    headers = {name.lower(): value for name, value in answer.headers.items()}
    theirs = moment(headers.get("date", ""))
    if theirs is None:
        return []
    ahead = datetime.now(UTC) - theirs
    if abs(ahead) <= CLOSE:
        return [Finding(Level.OK, "clock", "it agrees with Microsoft's")]
    way = "ahead of" if ahead > timedelta() else "behind"
    said = f"this machine's clock is {abs(ahead) // timedelta(minutes=1)} minutes {way} Microsoft's"
    todo = "Let NTP set it (timedatectl): at 5 minutes the bot is silent, and Kerberos refuses us."
    return [Finding(Level.FAIL if abs(ahead) > FAR else Level.WARN, "clock", said, todo)]


async def _rt(settings: Settings) -> list[Finding]:
    from bot.parts import rt_gateway

    gateway = rt_gateway(settings)
    try:
        found = await gateway.check()
    finally:
        gateway.close()
    return [
        Finding(
            Level.FAIL if not f.ok else Level.WARN if f.unwise else Level.OK, f.name, f.sentence
        )
        for f in found
    ]


async def _mail(settings: Settings) -> list[Finding]:
    """Look whether the mail server lets us in; it is handed nothing."""
    from bot.parts import mail_server
    from bot.rt.mail import stands

    server = mail_server(settings)
    if server is None:
        return []
    if trouble := await asyncio.to_thread(stands, server):
        todo = "Look at host, port, security, user and password of [mail], and at its own log."
        return [Finding(Level.FAIL, "mail", trouble, todo)]
    return [Finding(Level.OK, "mail", "the mail server lets us in")]


async def _clamd(settings: Settings) -> list[Finding]:
    """Have it look at as many bytes as a file may have. Raises NotDone if it gives no verdict."""
    from bot.parts import scanner
    from bot.relay.files import TooBigToScan

    clamd = scanner(settings)
    if clamd is None:
        return []
    try:
        await clamd.is_clean(bytes(settings.files.rules.bytes))
    except TooBigToScan:
        said = "it takes less than a file may have, and so not every file is taken"
        todo = "Set its StreamMaxLength to at least files.each_mib, or that to less."
        return [Finding(Level.FAIL, "clamd", said, todo)]
    return [Finding(Level.OK, "clamd", "it looks at files, also at the biggest that are taken")]


async def _keys(settings: Settings) -> list[Finding]:
    """Read the host site's keys. Raises ValueError, OSError: the service would not start."""
    from bot.visitors.assertions import Assertions

    asked = settings.sign_in
    if asked.keys_file is None:
        return []
    Assertions(asked.keys_file, asked.issuer, asked.audience or settings.public_url).load()
    return [Finding(Level.OK, "sign_in.keys_file", "it has public keys")]


async def _websockets(settings: Settings) -> list[Finding]:
    """Look whether a WebSocket comes through from outside, as a browser's does."""
    import aiohttp

    from bot.front import AsksForLogin, upgraded

    url = settings.public_url
    try:
        status = await upgraded(url, min(settings.origins))
    except AsksForLogin:
        said = f"{url}/ws asks for a login, which nobody's pop-up has"
        return [Finding(Level.FAIL, "websockets", said, _SIGN_ON)]
    except aiohttp.ClientConnectorCertificateError as e:
        why = getattr(e.certificate_error, "verify_message", "it is not trusted")
        said = f"the web server's certificate for {url} is no good: {why}"
        todo = "Browsers and Microsoft refuse it as well: renew it, and reload the web server."
        return [Finding(Level.FAIL, "websockets", said, todo)]
    except (aiohttp.ClientError, OSError) as e:
        said = f"{url} does not answer from here ({type(e).__name__})"
        todo = (
            "Start the service and the web server; from elsewhere it may be reached all the same."
        )
        return [Finding(Level.WARN, "websockets", said, todo)]
    if status == 401:
        return [Finding(Level.OK, "websockets", "the web server lets them through")]
    todo = _UPGRADES.get(status, "Look at what stands before the service at that address.")
    comes = (
        "pop-ups will poll, which works and costs more" if status == 426 else "no chat gets through"
    )
    said = f"{url}/ws answers {status}: {comes}"
    return [Finding(Level.WARN, "websockets", said, todo)]


_SIGN_ON = "Let no single sign-on cover that address."
_UPGRADES = {
    403: "Name the pages' origin in visitors.origins; the web server must not change Origin.",
    426: "Write upgrade=websocket behind ProxyPass (infra/apache/livechat.conf).",
    503: "The service is not there, or is full: start it.",
} | dict.fromkeys((301, 302, 303, 307), _SIGN_ON)


async def _certificate(settings: Settings) -> list[Finding]:
    """Tell how long the web server's is good; that it is no good is said of the WebSockets."""
    from bot.front import expires

    until, now = await expires(settings.public_url), datetime.now(UTC)
    if until is None:
        return []
    said = f"the web server's ends on {until:%-d %B %Y} (days left: {(until - now).days})"
    if until - now > RENEWED:
        return [Finding(Level.OK, "certificate", said)]
    todo = "Renew it and reload the web server: browsers and Microsoft refuse it from that day on."
    return [Finding(Level.WARN, "certificate", said, todo)]


async def _apache() -> list[Finding]:
    """Look whether Apache has workers to spare for open pop-ups: each holds one."""
    from bot.front import DEBIAN, ENOUGH, workers

    found = await asyncio.to_thread(workers, DEBIAN)
    if found is None:
        said = f"there is none in {DEBIAN}, so its workers were not looked at"
        todo = "Where it runs: MaxRequestWorkers must leave room for every open pop-up."
        return [Finding(Level.OK, "apache", said, todo)]
    way, number = found
    said = f"mpm_{way} has {number} workers; every open pop-up holds one"
    if number >= ENOUGH and way != "prefork":
        return [Finding(Level.OK, "apache", said)]
    todo = "Take infra/apache/livechat-workers.conf over (a2enconf) and restart Apache."
    if way == "prefork":
        todo = "Change to mpm_event: prefork pays a whole process for each. Then: " + todo
    return [Finding(Level.WARN, "apache", said, todo)]


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 1 if anything failed."""
    return int(any(finding.level is Level.FAIL for finding in findings))


def as_text(findings: Sequence[Finding]) -> str:
    """One line each, such as ``FAIL database: no file yet — Run livechat migrate.``."""
    return "\n".join(
        f"{f.level:4} {f.what}: {f.said}" + (f" — {f.todo}" if f.todo else "") for f in findings
    )


def as_json(findings: Sequence[Finding]) -> str:
    """An object: ``ok``, and ``findings`` with ``level``, ``what``, ``said`` and ``todo``."""
    report = {"ok": not exit_code(findings), "findings": [asdict(f) for f in findings]}
    return json.dumps(report, indent=2, ensure_ascii=False)

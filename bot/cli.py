"""The ``livechat`` command.

Exit codes: 0 done, 1 it failed (or doctor found a fault), 2 wrong usage, 78 the configuration, or a
later version's database, cannot be used (sysexits' EX_CONFIG: systemd is told not to restart after it).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
import structlog

if TYPE_CHECKING:
    from bot.config import Settings

log = structlog.get_logger(__name__)

EX_CONFIG = 78


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="livechat", message="livechat %(version)s")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file [default: $LIVECHAT_CONFIG, else /etc/livechat/livechat.toml].",
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Live chat between a Microsoft Teams thread, a pop-up on the help site, and RT."""
    context.obj = config


@main.command()
@click.pass_obj
def serve(config: Path | None) -> None:
    """Run the service until it is told to stop (SIGTERM, Ctrl+C)."""
    settings = _settings(config)
    import uvloop

    from bot import app, logs
    from bot.config import ConfigError
    from bot.store import TooNew

    logs.configure(settings.log.level, settings.log.format)
    if settings.on_stand_ins or settings.sandbox.enabled:
        log.warning("not_for_production", why="Teams is a stand-in, or its callers go unchecked")
    where = settings.server.unix_socket or f"{settings.server.host}:{settings.server.port}"
    _keep_others_out()
    with _said_if_taken(str(where)):
        try:
            uvloop.run(app.serve(settings))
        except app.CannotStart as e:
            _fail(str(e))
        except (ConfigError, TooNew) as e:
            _fail(str(e), EX_CONFIG)


@main.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65531),  # and the four behind it
    default=8360,
    show_default=True,
    help="Where to listen on 127.0.0.1.",
)
def demo(port: int) -> None:
    """Play the whole story on this machine, with stand-ins for Teams, RT and the help site."""
    import uvloop

    from bot import logs
    from bot.demo import demo as play

    logs.configure("warning")
    with _said_if_taken(f"127.0.0.1, one of the ports {port} to {port + 4}"):
        uvloop.run(play(port))


@main.command()
@click.pass_obj
def migrate(config: Path | None) -> None:
    """Bring the database to the present version's form. Stop the service first."""
    settings = _settings(config)
    from bot.store import KEPT, NoCopy, TooNew, upgrade

    _keep_others_out()
    try:
        copy = upgrade(settings.database.url)
    except TooNew as e:
        _fail(str(e), EX_CONFIG)
    except NoCopy as e:
        _fail(str(e))
    except Exception as e:  # noqa: BLE001  the driver's and alembic's alike end here
        from bot.logs import redact

        reason = next(iter(str(e).splitlines()), "").rstrip(".")
        said = f"The database was not migrated: {type(e).__name__}: {reason}."
        _fail(redact(f"{said} livechat doctor, as root, says more."))
    if copy is not None:
        click.echo(f"As it was, it is in {copy}, which goes by itself after {KEPT.days} days.")
    click.echo("The database is up to date.")


@main.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("teams-app.zip"),
    show_default=True,
    help="Where to write the app.",
)
@click.option("--app-version", help="Teams wants a higher one at every upload [default: ours].")
@click.pass_obj
def manifest(config: Path | None, output: Path, app_version: str | None) -> None:
    """Write the Teams app, to be uploaded to Teams' admin centre."""
    settings = _settings(config)
    from bot.manifest import ManifestError, build

    try:
        output.write_bytes(build(settings, app_version))
    except ManifestError as e:
        _fail(str(e))
    except OSError as e:
        _fail(f"Cannot write {output}: {e.strerror}")
    click.echo(f"Wrote {output}. infra/azure.md says where to upload it.")


@main.command()
@click.option("--sri", is_flag=True, help="Only the hash, for the attribute integrity.")
@click.pass_obj
def widget(config: Path | None, *, sri: bool) -> None:
    """Print the lines that put the pop-up onto a page of the help site."""
    from bot.visitors.bundle import integrity, version
    from bot.visitors.pages import STATIC

    digest = integrity(STATIC)
    if sri:
        click.echo(digest)
        return
    source = f"{_prefix(config)}/widget.js?v={version(STATIC)}"
    click.echo(f'<script type="module" async src="{source}"')
    click.echo(f'  integrity="{digest}"></script>')
    click.echo("<rt-livechat></rt-livechat>")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--roundtrip", is_flag=True, help="Try one message to Teams and the answer back.")
@click.pass_obj
def doctor(config: Path | None, *, as_json: bool, roundtrip: bool) -> None:
    """Look for faults, from the configuration to RT, and say what to do about them.

    With --roundtrip a message goes from a pop-up to Teams, where a CO has to answer it; it asks for
    the link of an invitation that is for nobody else.
    """
    from bot import doctor as doctors
    from bot import logs

    logs.configure("critical")  # the report says it all
    if roundtrip:
        _travel(_settings(config))
        return
    report = asyncio.run(doctors.examine_all(config))
    click.echo(doctors.as_json(report) if as_json else doctors.as_text(report))
    sys.exit(doctors.exit_code(report))


def _travel(settings: Settings) -> None:
    from bot.doctor import as_text
    from bot.roundtrip import NoLink, travel

    link = click.prompt("The link of an invitation that is for nobody else", err=True)
    try:
        came = asyncio.run(travel(settings, link, lambda found: click.echo(as_text([found]))))
    except NoLink:
        raise click.UsageError("That is no such link: it ends in #livechat=…") from None
    if not came:
        sys.exit(1)
    click.echo("It came back. Press Send to RT on the card, and RT is tried as well.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def status(config: Path | None, as_json: bool) -> None:
    """Say how many chats are open, wait for RT, were filed and purged. Only reads."""
    settings = _settings(config)
    from bot import keeping

    with _said_if_away(settings):
        click.echo(asyncio.run(keeping.status(settings, as_json=as_json)))


def _somebody(_context: click.Context, _option: click.Parameter, person: str) -> str:
    """Refuse what names nobody: in a script, a variable that is empty."""
    if not person.strip():
        raise click.BadParameter("it is empty. Give a login, an address, or a name.")
    return person


@main.command()
@click.argument("person", callback=_somebody)
@click.pass_obj
def where(config: Path | None, person: str) -> None:
    """List every place where data of PERSON lies: a login, an address, or a name. Only reads."""
    settings = _settings(config)
    from bot import keeping

    with _said_if_away(settings):
        click.echo(keeping.where(settings, person))


@main.command()
@click.option("--person", required=True, callback=_somebody, help="A login, an address, or a name.")
@click.option("--yes", is_flag=True, help="Do it; without this, only say what would be erased.")
@click.option("--also-unfiled", is_flag=True, help="Also what is not in RT yet, and would be lost.")
@click.pass_obj
def purge(config: Path | None, person: str, yes: bool, also_unfiled: bool) -> None:
    """Erase what is here of a person. What is in RT and Teams has to be erased there."""
    settings = _settings(config)
    from bot import keeping, logs

    logs.configure("warning", settings.log.format)
    _keep_others_out()
    with _said_if_away(settings):
        work = keeping.purge(settings, person, do=yes, also_unfiled=also_unfiled)
        click.echo(asyncio.run(work))


@main.command()
@click.option(
    "--lift", metavar="BLOCK", help="Let somebody in again: the first column of the list."
)
@click.pass_obj
def blocks(config: Path | None, lift: str | None) -> None:
    """List who is kept out of the live chat, why, and until when."""
    settings = _settings(config)
    from bot import keeping, logs

    logs.configure("warning", settings.log.format)
    _keep_others_out()
    with _said_if_away(settings):
        told = asyncio.run(keeping.blocks(settings, lift))
    if told is None:
        _fail(f"There is no block {lift}. `livechat blocks` lists those that there are.")
    click.echo(told)


@contextmanager
def _said_if_away(settings: Settings) -> Iterator[None]:
    """Turn a database that cannot be read into a sentence; make none where there is none."""
    from bot.relay.outcomes import NotDone
    from bot.store import UNREADABLE

    file = settings.database.sqlite_file
    try:
        if file is not None and not file.exists():  # raises where this user may not look
            _fail(f"There is no {file.absolute()}. Has `livechat migrate` been run?")
        yield
    except (NotDone, *UNREADABLE, OSError) as e:
        said = f"The database cannot be read ({type(e).__name__}). Has `livechat migrate` been run?"
        _fail(f"{said} livechat doctor, as root, says more.")


def _prefix(config: Path | None) -> str:
    """Return the path of the service; the usual one for who has no configuration."""
    from bot.config import ConfigError, chosen, load

    if chosen(config) is not None:
        return _settings(config).prefix
    try:
        return load().prefix
    except ConfigError:
        return "/livechat"


def _settings(config: Path | None) -> Settings:
    """Load the settings, or say what is wrong with them and exit."""
    from bot.config import ConfigError, load

    try:
        return load(config)
    except ConfigError as e:
        _fail(str(e), EX_CONFIG)


def _keep_others_out() -> None:
    """The database holds what people say to each other. A group may be let in on purpose."""
    os.umask(os.umask(0o077) | 0o007)


@contextmanager
def _said_if_taken(where: str) -> Iterator[None]:
    """Turn the failure to listen at ``where`` into a sentence."""
    try:
        yield
    except OSError as e:
        from bot.app import TAKEN

        if e.errno not in TAKEN:
            raise
        reason = os.strerror(e.errno).lower()
        _fail(f"Cannot listen on {where}: {reason}. End what uses it, or choose another port.")


def _fail(sentence: str, code: int = 1) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(code)
